"""The list of spots: what was spotted, the thresholds that narrow it, and what reviewers said of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import streamlit as st

from app.library.broadcast_clock import broadcast_clock, clock_texts
from app.library.codes import coded_classes
from app.library.library import Match
from app.state import shared_settings
from app.views.class_choice import keep_preset, presets_data
from app.views.replayed import cameras_of
from app.views.review_actions import SpotDesk
from app.views.shown import LEAST, imported_shown, shown_spots, spot_id
from app.views.suggested_teams import suggested_teams
from app.workspace.entry import LIST, Entry, Events, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.replayed_spots import LIVE
from spotting_core.domain.classes import HARD, LOCAL, PEAKS, SOFT
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import DEFAULT_THRESHOLD
from spotting_core.reviewing.replayed import SpotAndReview, reviewed_marks
from spotting_core.store.reviews import STANDING, ReviewedSpot


class Spots(Entry):
    """Tells ``thresholds`` {threshold, thresholds, moved} when the user has moved one, ``class_preset`` {keep, labels}
    or {forget} when classes were kept together."""

    kind = LIST
    name = "spots"
    place = 1
    gives = (
        "spots",
        "threshold",
        "thresholds",
        "moved",
        "applied",
        "method",
        "reviews",
        "teams",
        "suggestedTeams",
        "classPresets",
        "broadcast",
    )

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        spots = shown_spots(match, analysis, LEAST)
        desk = SpotDesk(match, analysis)
        marks = _marks(match, spots, desk, state)
        return {
            "spots": [_row(s, analysis.classes.index(s.label), marks[spot_id(s)]) for s in spots],
            "threshold": state.session.get("threshold", DEFAULT_THRESHOLD),
            "thresholds": state.session.get("thresholds", {}),
            "moved": state.session.get("thresholds_moved", 0.0),
            "applied": state.session.get("thresholds_applied", 0),
            "method": "as imported"
            if imported_shown(match, analysis)
            else _method_text(state, analysis.classes.method),
            "reviews": [_review(r, desk, marks) for r in desk.known.values()],
            "teams": {"home": match.home or "home", "away": match.away or "away"},
            "suggestedTeams": _suggested(match, analysis, spots),
            "classPresets": presets_data(analysis.classes, coded_classes(analysis.classes, match.id).names),
            "broadcast": _broadcast(match, analysis, spots),
        }

    def events(self, match: Match, analysis: Analysis, state: State) -> Events:
        return {"thresholds": _thresholds, "class_preset": keep_preset}

    def start(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any] | None:
        """The most confident spot, of the cards where there are any."""
        spots = shown_spots(match, analysis, DEFAULT_THRESHOLD)
        rare = [s for s in spots if analysis.classes.get(s.label).group == "cards"] or spots
        best = max(rare, key=lambda s: s.confidence or 0, default=None)
        if best is None:
            return None
        return {"half": best.half, "seconds": best.seconds, "label": best.label, "pick": True}


def _suggested(match: Match, analysis: Analysis, spots: Sequence[Spot]) -> dict[str, list[Any]]:
    """Team and confidence by spot, where one is suggested; spots whose team is known are for the browser to tell."""
    teams = suggested_teams(match, analysis, spots) if analysis.classes.parts.teams else [None] * len(spots)
    by_spot = zip(spots, teams, strict=True)
    return {spot_id(spot): [team.team, round(team.confidence, 2)] for spot, team in by_spot if team is not None}


def _broadcast(match: Match, analysis: Analysis, spots: Sequence[Spot]) -> dict[str, dict[str, str | None]]:
    """By spot what the score bug shows then: its ``time``, a ``check`` of a goal by its score, and where ``outside`` of
    play it lies; nothing where it is not known."""
    clock = broadcast_clock(match, shared_settings().data, analysis.classes.parts)
    if clock is None:
        return {}
    pairs = zip(spots, clock_texts(clock, spots), strict=True)
    return {spot_id(spot): asdict(texts) for spot, texts in pairs if texts}


def _row(spot: Spot, label: int, mark: str) -> list[Any]:
    """A spot where the model has it, as the browser reads it; the mark is of where its reviewer has left it."""
    return [spot_id(spot), spot.half, spot.seconds, label, round(spot.confidence or 0, 4), mark]


def _review(kept: ReviewedSpot, desk: SpotDesk, marks: Mapping[str, str]) -> dict[str, Any]:
    """A review as the browser reads it, with the mark of its spot: what was added is no row of its own."""
    review = desk.as_json(kept)
    return {**review, "replayed": marks.get(review["id"], LIVE)}


def _marks(match: Match, spots: Sequence[Spot], desk: SpotDesk, state: State) -> dict[str, str]:
    """What each spot, and what reviewers hold to be true besides, is to the replays of the match, by its name.

    What nobody has judged shows an action where it is sure enough at the present thresholds.
    """
    least, own = state.session.get("threshold", DEFAULT_THRESHOLD), state.session.get("thresholds", {})
    reviews = {desk.name_of(r.origin): r for r in desk.known.values()}
    by_name: dict[str, SpotAndReview] = {spot_id(s): (s, reviews.get(spot_id(s))) for s in spots}
    for name, review in reviews.items():
        if name not in by_name and review.state in STANDING:
            by_name[name] = replace(review.spot, confidence=review.confidence), review
    marks = reviewed_marks(
        list(by_name.values()), cameras_of(match), lambda s: (s.confidence or 0) >= own.get(s.label, least)
    )
    return dict(zip(by_name, marks, strict=True))


METHOD_WORDS = {
    HARD: "the surest of each moment",
    SOFT: "neighbours made less sure",
    LOCAL: "what has nothing surer beside it",
    PEAKS: "the highest peaks of the confidence",
}
"""What stays of several votes for one action, for people, by the name of the method."""


def _method_text(state: State, method: str) -> str:
    own = state.session.get("windows", {})
    return METHOD_WORDS[state.session.get("method") or method] + (", own windows" if own else "")


def _thresholds(event: Mapping[str, Any]) -> None:
    st.session_state["threshold"] = float(event["threshold"])
    st.session_state["thresholds"] = {str(k): float(v) for k, v in event["thresholds"].items()}
    st.session_state["thresholds_moved"] = float(event["moved"])


register(Spots())
