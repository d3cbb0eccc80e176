"""One lane a class: its confidence over the match, its threshold, what was spotted and what is true."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.library.library import Match
from app.state import shared_library
from app.views import page
from app.workspace.entry import LANE, Entry, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import BadInputError


class Curves(Entry):
    """The curves themselves are fetched with the arrays of the halves."""

    kind = LANE
    name = "curves"
    place = 1
    gives = ("truth",)

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        return {"truth": _truth(match, analysis)}


def _truth(match: Match, analysis: Analysis) -> list[list[Any]]:
    try:
        truth = shared_library().truth(match)
    except BadInputError as problem:
        st.toast(page.plain(problem))
        return []
    return [[s.half, s.seconds, analysis.classes.index(s.label)] for s in truth if s.label in analysis.classes]


register(Curves())
