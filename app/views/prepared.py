"""A page that waits for videos to be prepared for the browser."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from app.library.library import Match
from app.state import shared_queue
from spotting_core.jobs.playback import PLAYBACK


def when_prepared(matches: Iterable[Match]) -> None:
    """Make the page again once the video of one of some matches has been prepared for the browser."""
    recent = (shared_queue().recent(match.id, PLAYBACK.name) for match in matches)
    live = [job.id for job in recent if job is not None and job.live]
    if not live:
        return

    def look() -> None:
        jobs = [shared_queue().get(job) for job in live]
        if any(job is None or not job.live for job in jobs):
            st.rerun(scope="app")

    st.fragment(run_every=1.0)(look)()
