"""The Match view: the workspace over one analysis, its dialogs, and what stands there before there is one."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.components.workspace import workspace
from app.library.library import Match
from app.state import shared_library, shared_settings
from app.views import page
from app.views.match_address import take_address, words_as_left
from app.views.match_dialogs import ask_for_dialog, show_dialog
from app.views.shown import chosen_analysis, match_of_address
from app.views.unanalysed import bar_shows, layer_before, not_analysed, wait_for_reading
from app.workspace.entry import State
from app.workspace.payload import workspace_data, workspace_events
from app.workspace.ready_layers import answer_ready
from app.workspace.under_way import anything_ended
from app.workspace.videos import prepare_videos
from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.layers import open_layer
from spotting_core.analyses.so_far import is_blank, is_unfinished
from spotting_core.base.errors import TouchlineError


def show() -> None:
    """The page."""
    library = shared_library()
    match = match_of_address(library, words_as_left)
    if match is None:
        st.info("There is no such match in the library.")
        if st.button("Open the library"):
            page.go("library")
        return
    page.title("Match", match.title)
    folders, analyses = library.layer_folders(match), library.layers(match)
    if analyses:
        take_address(match, analyses)
        analysis = chosen_analysis(analyses)
        st.session_state["analysis"] = str(analysis.folder)  # it stays, whatever is chosen or made meanwhile
    else:
        not_analysed(match)
        before = _before_analysis(match)
        if before is None:
            return
        analysis = before
        take_address(match, analyses)
    show_dialog(match, analysis, analyses)
    with st.container(key="workspace_page"):
        prepare_videos(match, analysis)
        st.fragment(_workspace)(match, analysis, analyses, folders)


def _before_analysis(match: Match) -> Analysis | None:
    """What there is to show of a match that has not been analysed; else why there is nothing is on the page."""
    try:
        layer = layer_before(match)
    except TouchlineError as problem:
        if not bar_shows(match, problem):
            page.error(problem)
        return None
    if layer is None:
        wait_for_reading(match)
    return layer


def _has_begun(match: Match, blank: Analysis) -> bool:
    """Whether there is more to show of a match now than nothing."""
    try:
        layer = layer_before(match)
    except TouchlineError:  # what is on screen stays
        return False
    return layer is not None and layer.folder != blank.folder


def _workspace(match: Match, analysis: Analysis, analyses: list[Analysis], folders: frozenset[Path]) -> None:
    ended = anything_ended(match) or shared_library().layer_folders(match) != folders
    if st.session_state.pop("rerun_page", False) or ended:  # before anything is made that the next run makes again
        st.rerun(scope="app")
    if is_blank(analysis) and _has_begun(match, analysis):
        st.rerun(scope="app")
    if is_unfinished(analysis):
        analysis = open_layer(analysis.folder) or analysis  # more of it may have been judged
    state = State(analyses, st.session_state, st.query_params)
    events = {
        "command": lambda event: ask_for_dialog(match, event),
        "ready": lambda event: answer_ready(match, analyses, event),
        **workspace_events(match, analysis, state),
    }
    try:
        data = workspace_data(match, analysis, state)
    except TouchlineError as problem:
        _not_shown(match, analysis, problem)
        return
    workspace(data, key=f"workspace-{match.id}", events=events)


def _not_shown(match: Match, analysis: Analysis, problem: TouchlineError) -> None:
    """What is wrong with an analysis that cannot be shown, and the way to another one."""
    page.error(problem)
    if analysis.folder.is_relative_to(shared_settings().data.root) and st.button("Analyse anew", type="primary"):
        shared_library().put_aside(match, [analysis.folder])
        st.rerun(scope="app")
