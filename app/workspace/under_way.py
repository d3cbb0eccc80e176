"""What is being computed or read while the workspace is on screen, and whether the page is to be made anew."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.library.library import Match
from app.state import shared_queue, shared_reading
from app.views import page
from app.work.kinds import KINDS
from spotting_core.jobs.analysis import ANALYSIS
from spotting_core.jobs.kind import LONG
from spotting_core.jobs.match_clock import CLOCK
from spotting_core.jobs.playback import PLAYBACK

_UNDER_WAY = {  # of the match that is shown
    ANALYSIS.name: "Analysing", PLAYBACK.name: "Preparing", CLOCK.name: "Reading the clock"
}  # fmt: skip

_LIVE = {ANALYSIS.name: "analysing", CLOCK.name: "reading_clock"}  # names of the match of which a job is known to run


def anything_ended(match: Match) -> bool:
    """Whether videos were being read, or an analysis made or a clock read, when this was last asked, and no longer."""
    return any([_reading_ended(match), _ended(match, ANALYSIS.name), _ended(match, CLOCK.name)])


def _reading_ended(match: Match) -> bool:
    before, now = st.session_state.get("reading") == match.id, shared_reading().under_way
    st.session_state["reading"] = match.id if now else None
    return before and not now


def _ended(match: Match, kind: str) -> bool:
    """Whether a job of a kind was under way; each kind by itself, for one may end while another goes on."""
    before = st.session_state.get(_LIVE[kind]) == match.id
    now = any(job.match_id == match.id for job in shared_queue().all_live([kind]))
    st.session_state[_LIVE[kind]] = match.id if now else None
    return before and not now


def waiting(match: Match) -> bool:
    """Whether something is under way, or was an analysis when this run began; the workspace then asks again."""
    known = [st.session_state.get(name) for name in ("reading", *_LIVE.values())]
    return bool(shared_queue().all_live()) or match.id in known


def job_line(match: Match) -> dict[str, Any] | None:
    """The long job that is running, as {text, progress}, or None."""
    running = [j for j in shared_queue().all_live(KINDS.that_need(LONG)) if j.state == "running"]
    if not running:
        return None
    job = running[0]
    name = _UNDER_WAY.get(job.kind, job.title) if job.match_id == match.id else job.title
    if job.cancelling:
        return {"text": f"{name}, cancelling", "progress": job.progress}
    if job.remaining is None:
        far = f" {job.progress:.0%}"
    else:  # beside the bar, which shows the share
        far = f", {page.length(int(job.remaining * 1e6))} left"
    return {"text": f"{name}{far}", "progress": job.progress}
