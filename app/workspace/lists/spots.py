"""The list of spots: what was spotted, the thresholds that narrow it, and what reviewers said of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.library.library import Match
from app.views.replayed import marks_of
from app.views.review_actions import SpotDesk
from app.views.shown import LEAST, imported_shown, shown_spots, spot_id
from app.workspace.entry import LIST, Entry, Events, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import DEFAULT_THRESHOLD, HARD
from spotting_core.store.reviews import REJECTED, STANDING


class Spots(Entry):
    """Tells ``thresholds`` {threshold, thresholds, moved} when the user has moved one."""

    kind = LIST
    name = "spots"
    place = 1
    gives = ("spots", "threshold", "thresholds", "moved", "applied", "method", "reviews", "teams")

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        spots = shown_spots(match, analysis, LEAST)
        desk = SpotDesk(match, analysis)
        marks = marks_of(match, spots, _standing(spots, desk, state))
        return {
            "spots": [
                [spot_id(s), s.half, s.seconds, analysis.classes.index(s.label), round(s.confidence or 0, 4), mark]
                for s, mark in zip(spots, marks, strict=True)
            ],
            "threshold": state.session.get("threshold", DEFAULT_THRESHOLD),
            "thresholds": state.session.get("thresholds", {}),
            "moved": state.session.get("thresholds_moved", 0.0),
            "applied": state.session.get("thresholds_applied", 0),
            "method": "as imported" if imported_shown(match, analysis) else _method_text(state),
            "reviews": [desk.as_json(r) for r in desk.known.values() if r.label in analysis.classes],
            "teams": {"home": match.home or "home", "away": match.away or "away"},
        }

    def events(self, match: Match, analysis: Analysis, state: State) -> Events:
        return {"thresholds": _thresholds}

    def start(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any] | None:
        """The most confident spot, of the cards where there are any."""
        spots = shown_spots(match, analysis, DEFAULT_THRESHOLD)
        rare = [s for s in spots if analysis.classes.get(s.label).group == "cards"] or spots
        best = max(rare, key=lambda s: s.confidence or 0, default=None)
        if best is None:
            return None
        return {"half": best.half, "seconds": best.seconds, "label": best.label, "pick": True}


def _standing(spots: list[Spot], desk: SpotDesk, state: State) -> list[Spot]:
    """What is sure enough at the present thresholds and not rejected, and what reviewers hold to be true."""
    least, own = state.session.get("threshold", DEFAULT_THRESHOLD), state.session.get("thresholds", {})
    rejected = {desk.name_of(r.origin) for r in desk.known.values() if r.state == REJECTED}
    sure = [s for s in spots if (s.confidence or 0) >= own.get(s.label, least) and spot_id(s) not in rejected]
    return sure + [r.spot for r in desk.known.values() if r.state in STANDING]


def _method_text(state: State) -> str:
    own = state.session.get("windows", {})
    kind = "hard" if state.session.get("method", HARD) == HARD else "soft"
    return f"{kind} suppression" + (", own windows" if own else "")


def _thresholds(event: Mapping[str, Any]) -> None:
    st.session_state["threshold"] = float(event["threshold"])
    st.session_state["thresholds"] = {str(k): float(v) for k, v in event["thresholds"].items()}
    st.session_state["thresholds_moved"] = float(event["moved"])


register(Spots())
