"""A match before it has been analysed: what is offered, how far that is, and what there is to show meanwhile."""

from __future__ import annotations

import streamlit as st

from app.library.library import Match
from app.library.roots import source_of
from app.state import shared_library, shared_queue, shared_reading, shared_settings
from app.views import page
from app.views.clock_choice import CLOCK_HELP, ask_for_clock, clock_of_all
from app.views.model_dialog import default_model
from app.views.unanalysed_facts import unanalysed_facts
from app.work.analysing import ask_for_analysis, resumable, resume
from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.so_far import blank_layer, layer_so_far
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.classes import load_classes
from spotting_core.jobs.analysis import ANALYSIS
from spotting_core.jobs.queue import FAILED
from spotting_core.models.known import known_models
from spotting_core.tasks.spotting import SPOTTING

_MODEL, _WITH_CLOCK = "unanalysed_model", "unanalysed_clock"  # in the session: what the bar is set to


def layer_before(match: Match) -> Analysis | None:
    """What there is to show of a match before its analysis is done: what has been judged so far, else nothing but the
    video, on which people can tag. None while the videos are being read.

    Errors:
        BadInputError: they cannot be, or there is no room for it.
    """
    source = source_of(match.path)
    read = {half.half: shared_reading().media(half.path) for half in source.halves}
    videos = {half: media for half, media in read.items() if media is not None}
    if len(videos) < len(read):
        return None
    data = shared_settings().data
    so_far = layer_so_far(data, source.content_hash(data), SPOTTING.name)
    return so_far or blank_layer(data, match.title, videos, load_classes(), SPOTTING.name)


@st.fragment(run_every=1.0)
def wait_for_reading(match: Match) -> None:
    """Say how far the videos are; the page is made again when they have been read, or cannot be."""
    try:
        waiting = [half.path for half in source_of(match.path).halves if shared_reading().media(half.path) is None]
    except TouchlineError:  # which the page tells
        waiting = []
    if not waiting:
        st.rerun(scope="app")
    st.caption(page.plain(f"{shared_reading().progress(waiting[0])}."))


def not_analysed(match: Match) -> None:
    """A bar that offers an analysis, shows how far one is, or says why it failed; below it what the match is, and what
    an analysis of it will be."""
    with st.container(key="unanalysed", gap=None):
        model = _offer(match)
        if model is not None:
            unanalysed_facts(match, model)


def bar_shows(match: Match, problem: TouchlineError) -> bool:
    """Whether the bar says the same already: the analysis failed by what is wrong with the match."""
    job = shared_queue().recent(match.id, ANALYSIS.name)
    return job is not None and job.state == FAILED and job.error == str(problem)


def _offer(match: Match) -> str | None:
    """The bar; returns the model that is chosen, None while an analysis is under way."""
    job, damaged = shared_queue().recent(match.id, ANALYSIS.name), shared_library().damaged(match)
    if job is not None and job.live:
        st.empty()  # in place of what was offered, which would stand on until the whole page has been made
        _running(job.id)
        return None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if job is not None and job.state == FAILED:
            st.error(f"The analysis failed. {page.plain(job.error)}")
        elif damaged:
            for layer in damaged:
                page.error(layer.problem)
        elif job is not None and (done := resumable(job)):
            st.write(f"{page.plain(done)} of this match has been analysed; the rest was cancelled.")
        else:
            st.write("This match has not been analysed yet.")
        st.space("stretch")
        share = resumable(job) if job is not None else None
        # What is clicked is done before the page is made: a second run right after would take the workspace away.
        if job is not None and share:
            again = (resume, shared_queue(), job)
            st.button(f"Resume from {page.plain(share)}", type="primary", on_click=page.attempt, args=again)
        names = list(known_models(shared_settings().data, SPOTTING.name))
        model = st.selectbox("Model", names, index=default_model(), key=_MODEL, width=240, label_visibility="collapsed")
        if clock_of_all(match, load_classes().parts) is None:
            # Ticked: it is read after the analysis, which it does not hold up, in two seconds for a minute of video;
            # without it no spot has the broadcast's minute and fewer replays are told.
            st.checkbox("Read its clock", value=True, key=_WITH_CLOCK, help=CLOCK_HELP)
        st.button("Analyse anew" if damaged else "Analyse", type="primary", on_click=page.attempt, args=(_begin, match))
    return str(model)


def _begin(match: Match) -> None:
    """Have a match analysed as the bar says; what is damaged of it is put aside."""
    library = shared_library()
    library.put_aside(match, [layer.folder for layer in library.damaged(match)])
    ask_for_analysis(shared_queue(), library, match, [st.session_state[_MODEL]])
    if st.session_state.get(_WITH_CLOCK):  # not offered where it has been read
        ask_for_clock(match)


@st.fragment(run_every=1.0)
def _running(job_id: str) -> None:
    """Progress of an analysis; the page is made again when it ends."""
    job = shared_queue().get(job_id)
    if job is None or not job.live:
        st.rerun(scope="app")
        return
    bar, button = st.columns([8, 1], vertical_alignment="center", gap="small")
    bar.progress(job.progress, text=page.progress_text(job))
    cancel = shared_queue().cancel
    button.button(
        "Cancel", key="cancel_analysis", disabled=job.cancelling, on_click=cancel, args=(job.id,), width="stretch"
    )
