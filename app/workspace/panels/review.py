"""The panel of the review: how much was judged, what was said of what is chosen, and the keys that say it."""

from __future__ import annotations

from typing import Any

from app.library.library import Match
from app.views.review_actions import last_action, signed_in, take_actions
from app.workspace.entry import PANEL, Entry, Events, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis


class Review(Entry):
    """Tells ``review`` {author, actions}: what a reviewer did to spots or camera changes, in order."""

    kind = PANEL
    name = "review"
    place = 3
    gives = ("reviewer", "reviewSeen", "reviewProblems")
    every_match = True

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        return {
            "reviewer": signed_in(),
            "reviewSeen": last_action(match),
            "reviewProblems": state.session.get("review_problems", []),
        }

    def events(self, match: Match, analysis: Analysis, state: State) -> Events:
        return {"review": lambda event: take_actions(match, analysis, event)}


register(Review())
