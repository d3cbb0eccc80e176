"""Times as people read and write them.

Inside, a time is an integer of microseconds since the first shown frame of its half. To people it is
``mm:ss.fff`` of the half, or a match time (``domain.parts``).
"""

from __future__ import annotations

import re

from spotting_core.base.errors import BadInputError

_CLOCK = re.compile(r"^(?:(\d{1,4}):)?(\d{1,3}):([0-5]?\d)(?:[.,](\d{1,6}))?$")


def half_clock(time: int, decimals: int = 3) -> str:
    """``mm:ss.fff`` of a time in microseconds; negative times keep their sign."""
    unit = 10 ** (6 - decimals)
    ticks = abs(time) // unit  # cut, never rounded up: 59.9999 must not read 60
    sign = "-" if time < 0 < ticks else ""
    minutes, rest = divmod(ticks, 60 * 10**decimals)
    seconds, fraction = divmod(rest, 10**decimals)
    tail = f".{fraction:0{decimals}d}" if decimals else ""
    return f"{sign}{minutes:02d}:{seconds:02d}{tail}"


def parse_clock(text: str) -> int:
    """Microseconds of ``mm:ss``, ``mm:ss.fff`` or ``h:mm:ss``.

    Errors:
        BadInputError: the text is no clock time.
    """
    match = _CLOCK.match(text.strip())
    if match is None:
        raise BadInputError(f"{text!r} is not a time", fix="Write minutes and seconds, as in 12:43 or 12:43.500")
    hours, minutes, seconds, fraction = match.groups()
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1_000_000 + int((fraction or "").ljust(6, "0"))
