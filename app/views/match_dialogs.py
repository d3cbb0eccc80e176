"""The dialogs over the Match view, and the pages that its buttons lead to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.library.library import Match
from app.views import page
from app.views.codes_dialog import codes_dialog
from app.views.export import export_dialog
from app.views.halves_dialog import HALVES, halves_dialog, keep_moment
from app.views.model_dialog import model_dialog
from app.views.shown import final_spots
from app.views.spotting_dialog import spotting_dialog
from app.workspace.panels.why import chosen_spot
from spotting_core.analyses.analysis import Analysis

_PAGES = ("library", "explain")


def ask_for_dialog(match: Match, event: Mapping[str, Any]) -> None:
    """Keep what a button or a key of the workspace asks for, {name}, for the run of the page that follows.

    Of the halves' dialog {half, time} too: the file, and seconds of it, that are on screen.
    """
    st.session_state[page.DIALOG] = (match.id, event["name"])
    if event["name"] == HALVES:
        keep_moment(event)
    st.session_state["rerun_page"] = True


def show_dialog(match: Match, analysis: Analysis, analyses: list[Analysis]) -> None:
    """Open the dialog or the page that was asked for; a dialog stays open until it is closed."""
    page.close_others(match.id)
    _, name = st.session_state.get(page.DIALOG, (None, None))
    if name in _PAGES:
        page.close_dialog()
    if name == "library":
        page.go("library")
    elif name == "explain" and (spot := chosen_spot(match, analysis)) is not None:
        source = f"model:{analysis.record.identity.key}"
        moment = {"half": str(spot.half), "t": f"{spot.seconds:.6f}", "class": spot.label}
        page.go("explain", match=match.id, source=source, **moment)
    elif name == "spotting":
        spotting_dialog(analysis)
    elif name == "export":
        export_dialog(match, analysis, final_spots(match, analysis))
    elif name == HALVES:
        halves_dialog(match, analysis.classes.parts)
    elif name == "codes":
        codes_dialog()
    elif name == "model":
        model_dialog(match, analysis, analyses)
