"""Where the halves of a match lie in its files, by its clock, and as a user puts it right from the frame on screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from app.library.broadcast_clock import broadcast_clock
from app.library.library import Match
from app.library.roots import source_of
from app.state import shared_settings
from app.views import page
from app.views.clock_choice import clock_choice
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.domain.clock import half_clock
from spotting_core.domain.parts import Parts
from spotting_core.media.ingest import Media, known_media
from spotting_core.score_bug.halves import MatchHalf
from spotting_core.score_bug.match_clock import FileClock, MatchClock, correct_half, forget_corrections

HALVES = "halves"
_MOMENT = "halves_moment"  # in the session: file and seconds that were on screen


def keep_moment(event: Mapping[str, Any]) -> None:
    """Keep the frame on screen, {half, time}, at which a half may begin or end."""
    st.session_state[_MOMENT] = (int(event["half"]), float(event["time"]))


@st.dialog("Where the halves lie", on_dismiss=page.close_dialog)
def halves_dialog(match: Match, parts: Parts) -> None:
    """The halves in the file on screen, each with buttons that have it begin or end at the frame on screen.

    Arguments:
        parts: what a match of its class table consists of.
    """
    file, seconds = st.session_state.get(_MOMENT, (1, 0.0))
    clock = broadcast_clock(match, shared_settings().data, parts)
    if clock is None or file not in clock.files:
        st.caption(
            "Once the broadcast's clock has been read, it says where the halves lie, and you can put that right."
        )
        clock_choice(match, parts)
        return
    time = round(seconds * 1e6)
    name = _file_name(match, file)
    st.markdown(f"On screen: **{page.plain(half_clock(time, 0))}** of {page.plain(name)}.")
    halves = {half.half: half for half in clock.files[file].halves}
    for number in _numbers(parts, (file, *halves) if parts.is_extra(file) else halves):
        _row(match, clock, file, number, halves.get(number), time)
    if any(half.corrected for half in halves.values()) and st.button("As the clock says"):
        forget_corrections(_media(match))
        st.rerun()


def _numbers(parts: Parts, known: Iterable[int]) -> range:
    """Numbers of the halves that a match has: those of extra time where one is known, or the user says that it was."""
    last = max(known, default=1)
    if parts.count is None:
        return range(1, last + 1)
    most = parts.count
    if parts.most != parts.count and (last > parts.count or st.checkbox("Extra time was played")):
        most = parts.most or most
    return range(1, most + 1)


def _row(match: Match, clock: MatchClock, file: int, number: int, half: MatchHalf | None, time: int) -> None:
    title = clock.parts.title_with_extra_time(number)
    sure = (
        "" if half is None else "as you said" if half.corrected else f"as the clock says, sure to {half.confidence:.2f}"
    )
    lies = f"{half}, {sure}" if half is not None else "not in this file, as the clock says"
    st.markdown(f"**{page.plain(title[:1].upper() + title[1:])}**: {page.plain(lies)}")
    with st.container(horizontal=True):
        begins = st.button("Begins here", key=f"begins-{number}")
        ends = st.button("Ends here", key=f"ends-{number}")
    if not begins and not ends:
        return
    try:
        media = _media(match)
        start, end = _stretch(clock.files[file], half, media[file])
        start, end = (time, end) if begins else (start, time)
        correct_half(media, clock, number, start, end, file)
    except (TouchlineError, KeyError) as problem:
        page.error(problem if isinstance(problem, TouchlineError) else BadInputError("the video is gone"))
        return
    st.rerun()


def _stretch(of_file: FileClock, half: MatchHalf | None, media: Media) -> tuple[int, int]:
    """Where a half lies now; one that is not known lies after all others, to the end of the file."""
    if half is not None:
        return half.start, half.end
    return max((other.end for other in of_file.halves), default=0), media.table.duration


def _file_name(match: Match, file: int) -> str:
    """Name of a file of a match; of one that is gone nobody can say it."""
    try:
        return next(half.path.name for half in source_of(match.path).halves if half.half == file)
    except (TouchlineError, StopIteration):
        return "the file"


def _media(match: Match) -> dict[int, Media]:
    """The files of a match that are known.

    Errors:
        BadInputError: they are gone.
    """
    data = shared_settings().data
    return {h.half: one for h in source_of(match.path).halves if (one := known_media(h.path, data)) is not None}
