"""Review in the Match view: what is known of each spot, and what a reviewer did since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.library import Match
from app.state import shared_reviews
from app.views.shown import imported_shown, shown_spots, spot_id
from spotting_core.analysis import Analysis
from spotting_core.errors import TouchlineError
from spotting_core.spots import TEAMS, Spot
from spotting_core.store.reviews import ADD, REDO, UNDO, ReviewConflictError, ReviewedSpot, origin_of

_LEAST = 0.05  # confidence from which a spot can be reviewed
_MOST_NAME = 80


def shown_source(match: Match, analysis: Analysis) -> str:
    """What the shown spots come from: the hash of a model, or the id of an imported set."""
    imported = imported_shown(match, analysis)
    return imported[0].id if imported else str(analysis.record.model["sha256"])


def signed_in() -> str | None:
    """Name of the signed-in user, where the app has a login."""
    user = st.user.to_dict()
    if not user.get("is_logged_in"):
        return None
    return str(user.get("name") or user.get("email") or "") or None


def review_data(match: Match, analysis: Analysis) -> dict[str, Any]:
    """What the workspace shows of the reviews."""
    source = shown_source(match, analysis)
    known = [r for r in shared_reviews().of_match(match.id) if r.label in analysis.classes]
    return {
        "reviewer": signed_in(),
        "reviews": [_as_json(r, source, analysis) for r in known],
        "reviewSeen": st.session_state.get("review_seen", 0),
        "reviewProblems": st.session_state.get("review_problems", []),
        "teams": {"home": match.home or "home", "away": match.away or "away"},
    }


def _as_json(review: ReviewedSpot, source: str, analysis: Analysis) -> dict[str, Any]:
    own = origin_of(Spot(1, 0, ""), source).split("/")[0] + "/"
    return {
        "id": review.origin.removeprefix(own),
        "half": review.half,
        "seconds": review.time / 1e6,
        "label": analysis.classes.index(review.label),
        "team": review.team,
        "state": review.state,
        "comment": review.comment,
        "revision": review.revision,
        "author": review.author,
        "at": review.changed.isoformat(timespec="seconds"),
        "confidence": review.confidence,
    }


def take_actions(match: Match, analysis: Analysis, event: Mapping[str, Any] | None) -> None:
    """Do what a reviewer did, in order; what was done already is passed over."""
    if not event:
        return
    author = (signed_in() or str(event["author"]).strip())[:_MOST_NAME]
    seen = st.session_state.get("review_seen", 0)
    problems: list[dict[str, Any]] = []
    spots = {spot_id(s): s for s in shown_spots(match, analysis, _LEAST)}
    origins = {r.origin: r for r in shared_reviews().of_match(match.id)}
    for action in event["actions"]:
        if int(action["n"]) <= seen:
            continue
        seen = int(action["n"])
        try:
            _take(match, analysis, action, author, spots, origins)
        except ReviewConflictError as conflict:
            theirs = _as_json(conflict.current, shown_source(match, analysis), analysis)
            problems.append({"id": theirs["id"], "text": str(conflict), "mine": action["kind"]})
        except TouchlineError as problem:
            problems.append({"id": action.get("id"), "text": str(problem), "mine": action["kind"]})
    st.session_state["review_seen"] = seen
    st.session_state["review_problems"] = problems


def _take(
    match: Match,
    analysis: Analysis,
    action: Mapping[str, Any],
    author: str,
    spots: Mapping[str, Spot],
    origins: Mapping[str, ReviewedSpot],
) -> None:
    reviews, kind = shared_reviews(), str(action["kind"])
    if kind in (UNDO, REDO):
        (reviews.undo if kind == UNDO else reviews.redo)(match.id, author)
        return
    values = _values(action, analysis)
    if kind == ADD:
        spot = Spot(values["half"], values["time"], values["label"], None, values.get("team", TEAMS[-1]))
        reviews.add(match.id, spot, author)
        return
    wanted = str(action["id"])
    spot_of_model = spots.get(wanted)
    source = shown_source(match, analysis)
    if spot_of_model is not None:
        origin, given = origin_of(spot_of_model, source), spot_of_model
    else:
        origin = wanted if wanted in origins else f"{source[:12]}/{wanted}"
        if origin not in origins:
            return  # it is not spotted any more and nobody has said a thing about it
        given = origins[origin].spot
    reviews.change(match.id, origin, given, kind, author, int(action["revision"]), **values)


def _values(action: Mapping[str, Any], analysis: Analysis) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "half" in action:
        values["half"] = int(action["half"])
    if "seconds" in action:
        values["time"] = round(float(action["seconds"]) * 1e6)
    if "label" in action:
        values["label"] = analysis.classes.names[int(action["label"])]
    values |= {name: str(action[name]) for name in ("team", "comment") if name in action}
    return values
