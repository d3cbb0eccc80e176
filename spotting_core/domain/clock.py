"""Times as people read and write them.

Inside, a time is an integer of microseconds since the first shown frame of its half. To people it is
``mm:ss.fff`` of the half, or a match time in which the second half starts at 45:00 and what runs over
the 45 minutes is stoppage time (``45+2:10``).
"""

from __future__ import annotations

import re

from spotting_core.base.errors import BadInputError

HALF_LENGTH = 45 * 60 * 1_000_000
_CLOCK = re.compile(r"^(?:(\d+):)?(\d{1,3}):([0-5]?\d)(?:[.,](\d{1,6}))?$")


def half_clock(time: int, decimals: int = 3) -> str:
    """``mm:ss.fff`` of a time in microseconds; negative times keep their sign."""
    sign, time = ("-", -time) if time < 0 else ("", time)
    unit = 10 ** (6 - decimals)
    ticks = time // unit  # cut, never rounded up: 59.9999 must not read 60
    minutes, rest = divmod(ticks, 60 * 10**decimals)
    seconds, fraction = divmod(rest, 10**decimals)
    tail = f".{fraction:0{decimals}d}" if decimals else ""
    return f"{sign}{minutes:02d}:{seconds:02d}{tail}"


def match_clock(half: int, time: int, decimals: int = 0) -> str:
    """Match time: 00:00 in half 1, 45:00 in half 2, ``45+2:10`` and ``90+0:30`` in stoppage time."""
    if time >= HALF_LENGTH:
        over = half_clock(time - HALF_LENGTH, decimals)
        return f"{45 * half}+{over[1:] if over.startswith('0') else over}"
    return half_clock(time + (half - 1) * HALF_LENGTH, decimals)


def parse_clock(text: str) -> int:
    """Microseconds of ``mm:ss``, ``mm:ss.fff`` or ``h:mm:ss``.

    Errors:
        BadInputError: the text is no clock time.
    """
    found = _CLOCK.match(text.strip())
    if found is None:
        raise BadInputError(f"{text!r} is not a time", fix="Write minutes and seconds, as in 12:43 or 12:43.500")
    hours, minutes, seconds, fraction = found.groups()
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1_000_000 + int((fraction or "").ljust(6, "0"))
