"""The broadcast's own clock in the Model dialog: what has been read of it, and having it read."""

from __future__ import annotations

import streamlit as st

from app.library.broadcast_clock import broadcast_clock
from app.library.library import Match
from app.library.roots import source_of
from app.state import shared_queue, shared_settings
from app.views import page
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.parts import Parts
from spotting_core.jobs.match_clock import CLOCK, ClockParameters
from spotting_core.jobs.queue import FAILED
from spotting_core.score_bug.match_clock import MatchClock

CLOCK_HELP = (
    "Reads the match clock and the score off the score bug, so that every spot shows the broadcast's own minute, and "
    "goals are held against the score; where nobody has labelled the cameras, shots whose clock is away or stands are "
    "taken for replays. No model reads them. It takes a few seconds a video and two more for every "
    "minute of it."
)


def clock_choice(match: Match, parts: Parts) -> None:
    """What is known of a match's clock, and a button that has it read where nothing is.

    Arguments:
        parts: what a match of its class table consists of.
    """
    job = shared_queue().recent(match.id, CLOCK.name)
    if job is not None and job.live:
        st.caption(f"The broadcast's clock is being read, {job.progress:.0%}.")
        return
    clock = clock_of_all(match, parts)
    if clock is not None and clock.why_unknown is None:
        halves = ", ".join(f"{parts.title_with_extra_time(half.half)} {half}" for half in clock.halves)
        where = f"; in the file {halves}" if halves else ""
        st.caption(f"The broadcast's clock has been read{page.plain(where)}.", help=CLOCK_HELP)
        for gap in clock.gaps:
            away = "; advertisements, a studio or long replays lie there"
            st.caption(f"No clock runs from {page.plain(clock.gap_text(*gap))}{away}.")
        return
    if clock is not None:
        st.caption(f"No clock of a broadcast is known: {page.plain(clock.why_unknown)}.", help=CLOCK_HELP)
        return
    if job is not None and job.state == FAILED:
        st.error(f"The clock could not be read. {page.plain(job.error)}")
    if st.button("Read the broadcast's clock", help=CLOCK_HELP):
        ask_for_clock(match)
        page.close_dialog()
        st.rerun()


def clock_of_all(match: Match, parts: Parts) -> MatchClock | None:
    """What has been read of a match's clock, once all its videos have been; for the arguments see ``clock_choice``."""
    clock = broadcast_clock(match, shared_settings().data, parts)
    return clock if clock is not None and len(clock.files) == _videos(match) else None


def _videos(match: Match) -> int:
    """How many videos a match has; 0 where they are gone, which the page tells."""
    try:
        return len(source_of(match.path).halves)
    except TouchlineError:
        return 0


def ask_for_clock(match: Match) -> None:
    """Have the broadcast's clock of a match be read."""
    CLOCK.ask(shared_queue(), ClockParameters(str(match.path), match.title), match.id)
