"""What stands in the place of the workspace before a match has been analysed."""

from __future__ import annotations

import streamlit as st

from app.library.library import Match
from app.state import shared_library, shared_queue, shared_settings
from app.views import page
from app.views.model_dialog import default_model
from app.work.analysing import ask_for_analysis, resumable, resume
from spotting_core.jobs.analysis import ANALYSIS
from spotting_core.jobs.queue import FAILED
from spotting_core.models.known import known_models
from spotting_core.tasks.spotting import SPOTTING


def not_analysed(match: Match) -> None:
    """Offer an analysis, show how far one is, or say why it failed."""
    st.html(f'<h1 class="tl-title">{page.escape(match.title)}</h1>')
    job, damaged = shared_queue().recent(match.id, ANALYSIS.name), shared_library().damaged(match)
    if job is not None and job.live:
        _running(job.id)
        return
    if job is not None and job.state == FAILED:
        st.error(f"The analysis failed. {page.plain(job.error)}")
    elif damaged:
        for layer in damaged:
            page.error(layer.problem)
    else:
        st.write("This match has not been analysed yet.")
    if job is not None and (share := resumable(job)) and st.button(f"Resume from {page.plain(share)}", type="primary"):
        resume(shared_queue(), job)
        st.rerun()
    model = st.selectbox(
        "Model", list(known_models(shared_settings().data, SPOTTING.name)), index=default_model(), width=320
    )
    if st.button("Analyse anew" if damaged else "Analyse", type="primary"):
        shared_library().put_aside(match, [layer.folder for layer in damaged])
        ask_for_analysis(shared_queue(), shared_library(), match, [model])
        st.rerun()


@st.fragment(run_every=1.0)
def _running(job_id: str) -> None:
    """Progress of an analysis; the page is made again when it ends."""
    job = shared_queue().get(job_id)
    if job is None or not job.live:
        st.rerun(scope="app")
        return
    st.progress(job.progress, text=page.progress_text(job))
    cancel = shared_queue().cancel
    st.button("Cancel", key="cancel_analysis", disabled=job.cancelling, on_click=cancel, args=(job.id,))
