"""Review in the Match view: what is known of each spot, and what a reviewer did since to spots and camera changes."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import streamlit as st
from sqlalchemy.exc import OperationalError

from app.library.codes import coded_classes
from app.library.library import Match
from app.state import shared_reviews
from app.views.review_cameras import CameraDesk
from app.views.review_clips import ClipDesk
from app.views.review_desk import Desk, LeftAloneError
from app.views.shown import imported_shown, shown_spots, spot_id
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.spots import TEAMS, Spot
from spotting_core.reviewing.spots import LEAST, origins_of
from spotting_core.store.reviews import ReviewConflictError, ReviewedSpot, origin_of, origin_prefix

log = logging.getLogger(__name__)

_MOST_NAME = 80


def shown_sources(match: Match, analysis: Analysis) -> tuple[str, ...]:
    """By what reviews name that which the shown spots come from: a model, or an imported set."""
    imported = imported_shown(match, analysis)
    return (imported[0].id,) if imported else analysis.record.identity.review_sources


def signed_in() -> str | None:
    """Name of the signed-in user, where the app has a login."""
    user = st.user.to_dict()
    if not user.get("is_logged_in"):
        return None
    return str(user.get("name") or user.get("email") or "") or None


class SpotDesk(Desk[Spot, ReviewedSpot]):
    """The reviews of spots of a match."""

    of = "spot"

    def __init__(self, match: Match, analysis: Analysis) -> None:
        sources, spots = shown_sources(match, analysis), shown_spots(match, analysis, LEAST)
        store = shared_reviews()
        known = store.of_match(match.id)
        named = zip(spots, origins_of(spots, known, sources, analysis.classes), strict=True)
        origins = {spot_id(s): origin for s, origin in named if origin != origin_of(s, sources[0])}
        super().__init__(store, match, origin_prefix(sources[0]), {spot_id(s): s for s in spots}, known, origins)
        self.classes = coded_classes(analysis.classes, match.id)
        self.labels = self.classes.names

    def subject(self, kept: ReviewedSpot) -> Spot:
        return kept.spot

    def made(self, values: Mapping[str, Any]) -> Spot:
        return Spot(values["half"], values["time"], values["label"], None, values.get("team", TEAMS[-1]))

    def own(self, kept: ReviewedSpot) -> dict[str, Any]:
        return {"team": kept.team, "confidence": kept.confidence}

    def own_values(self, action: Mapping[str, Any]) -> dict[str, Any]:
        return {"team": str(action["team"])} if "team" in action else {}


def _last_action_key(match: Match) -> str:
    """Where the session keeps the number of the last action that was taken: what is sent at once is of one match."""
    return f"review_seen/{match.id}"


def last_action(match: Match) -> int:
    """Number of the last action that was taken in this session."""
    return int(st.session_state.get(_last_action_key(match), 0))


def take_actions(match: Match, analysis: Analysis, event: Mapping[str, Any] | None) -> None:
    """Do what a reviewer did, in order; what was done already is passed over.

    Each action is counted as soon as it is done or refused, so that none is done twice, whatever happens to those after
    it. Where the database does not answer, the browser keeps the rest and sends it again.
    """
    if not event:
        return
    author = (signed_in() or str(event["author"]).strip())[:_MOST_NAME]
    problems: list[dict[str, Any]] = []
    st.session_state["review_problems"] = problems
    makers = (SpotDesk, CameraDesk, ClipDesk)
    desks: dict[str, Desk[Any, Any]] = {desk.of: desk(match, analysis) for desk in makers}
    for action in event["actions"]:
        if int(action["n"]) <= last_action(match):
            continue
        try:
            problem = _taken(desks, action, author, analysis)
        except OperationalError as error:
            log.warning("a review is left for later: %s", error)
            problems.append(_problem(action, "The database does not answer; it is sent again."))
            return
        if problem is not None:
            problems.append(problem)
        st.session_state[_last_action_key(match)] = int(action["n"])


def _taken(
    desks: Mapping[str, Desk[Any, Any]], action: Mapping[str, Any], author: str, analysis: Analysis
) -> dict[str, Any] | None:
    """Do one action; what kept it from being done, or None.

    Errors:
        OperationalError: the database does not answer.
    """
    try:
        desk = desks[str(action["of"])]
        desk.take(action, author)
    except ReviewConflictError as conflict:
        text = str(ReviewConflictError(conflict.current, analysis.clock))
        return {**_problem(action, text), "id": desk.name_of(conflict.current.origin)}
    except LeftAloneError as left:
        return {**_problem(action, str(left)), "mine": left.mine}
    except TouchlineError as problem:
        return _problem(action, str(problem))
    except OperationalError:
        raise
    except Exception:  # whatever it is, it must neither be done again for ever nor keep the others from being done
        log.exception("a review could not be taken: %s", action)
        return _problem(action, "Something went wrong that nobody foresaw; the log says what.")
    return None


def _problem(action: Mapping[str, Any], text: str) -> dict[str, Any]:
    return {"id": action.get("id"), "text": text, "mine": action.get("kind")}
