"""Frame rates as fractions, and SMPTE timecodes, drop-frame and not.

A programme at 29.97 frames a second has 30000/1001 of them: read as 29.97 it is a frame off after half an hour, read as
30 it is nearly three seconds off at the end of a half. A drop-frame timecode skips the first two numbers of every
minute but each tenth (four at 59.94), so that it keeps step with the clock (SMPTE ST 12-1).
"""

from __future__ import annotations

import re
from fractions import Fraction

from spotting_core.base.errors import BadInputError

_KNOWN = tuple(
    Fraction(rate)
    for rate in (
        "24000/1001", "24", "25", "30000/1001", "30", "48000/1001", "48", "50", "60000/1001", "60", "100",
        "120000/1001", "120",
    )
)  # fmt: skip
_NEAR = Fraction(4, 10_000)  # share by which a rate that was measured or rounded may differ from the one it means
_TIMECODE = re.compile(r"(\d{1,3})[:;.,](\d{2})[:;.,](\d{2})([:;.,])(\d{2,3})")
_FRAME_TEXT = re.compile(r"(\d+)\s*/\s*(\d+)")


def frame_rate(rate: float | Fraction | str) -> Fraction:
    """The rate that a measured or rounded number means: 29.97 is 30000/1001, 23.98 is 24000/1001.

    Errors:
        BadInputError: no number above 0.
    """
    try:
        text = _FRAME_TEXT.fullmatch(rate.strip()) if isinstance(rate, str) else None
        exact = Fraction(int(text[1]), int(text[2])) if text else Fraction(rate)
    except (ValueError, ArithmeticError) as error:
        raise BadInputError(
            f"{rate!r} is no frame rate", fix="Give frames a second, as in 29.97 or 30000/1001"
        ) from error
    if exact <= 0:
        raise BadInputError(f"{rate!r} is no frame rate", fix="Give frames a second, as in 29.97 or 30000/1001")
    nearest = min(_KNOWN, key=lambda known: abs(known - exact))
    if abs(nearest - exact) <= _NEAR * nearest:
        return nearest
    return exact.limit_denominator(1_000_000)


def is_fractional(rate: Fraction) -> bool:
    """Whether a rate is one of NTSC's: a multiple of 1000/1001."""
    return rate.denominator == 1001


def drops(rate: Fraction) -> bool:
    """Whether there is a drop-frame timecode of a rate."""
    return is_fractional(rate) and round(rate) % 30 == 0


def is_timecode(text: str) -> bool:
    """Whether a text is a timecode."""
    return _TIMECODE.fullmatch(text.strip()) is not None


def is_drop_frame(text: str) -> bool:
    """Whether a timecode is written as a drop-frame one, with a semicolon before its frames."""
    match = _TIMECODE.fullmatch(text.strip())
    return match is not None and match[4] in ";,"


def parse_timecode(text: str, rate: Fraction, *, drop: bool = False) -> int:
    """Number of the frame that a timecode names.

    Arguments:
        drop: whether it is a drop-frame timecode.

    Errors:
        BadInputError: no timecode, or one that the rate has not.
    """
    match = _TIMECODE.fullmatch(text.strip())
    if match is None:
        raise BadInputError(f"{text!r} is no timecode", fix="Timecodes are hh:mm:ss:ff")
    hours, minutes, seconds, frames = (int(match[k]) for k in (1, 2, 3, 5))
    whole = max(1, round(rate))
    if minutes > 59 or seconds > 59 or frames >= whole:
        raise BadInputError(
            f"{text} is no timecode at {float(rate):.6g} frames a second",
            fix="Give the frame rate of the timeline, --rate",
        )
    number = ((hours * 60 + minutes) * 60 + seconds) * whole + frames
    if not (drop and drops(rate)):
        return number
    skipped = _skipped(rate)
    if not seconds and frames < skipped and minutes % 10:
        frames = skipped  # a number that is skipped names the one after
        number = ((hours * 60 + minutes) * 60 + seconds) * whole + frames
    total = hours * 60 + minutes
    return number - skipped * (total - total // 10)


def timecode(frame: int, rate: Fraction, *, drop: bool = False) -> str:
    """The timecode of a frame: ``hh:mm:ss:ff``, a drop-frame one ``hh:mm:ss;ff``."""
    whole = max(1, round(rate))
    dropped = drop and drops(rate)
    if dropped:
        skipped = _skipped(rate)
        minute, ten = whole * 60 - skipped, (whole * 60 - skipped) * 10 + skipped
        tens, rest = divmod(frame, ten)
        # The first minute of ten has all of its numbers.
        minutes = 0 if rest < whole * 60 else 1 + (rest - whole * 60) // minute
        frame += skipped * (9 * tens + minutes)
    seconds, frames = divmod(frame, whole)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{';' if dropped else ':'}{frames:02d}"


def _skipped(rate: Fraction) -> int:
    return round(rate) // 15


def frames_to_microseconds(frames: int | Fraction, rate: Fraction) -> int:
    """When a frame begins, microseconds, rounded to nearest."""
    return round(frames * 1_000_000 / rate)


def microseconds_to_frames(time: int, rate: Fraction) -> int:
    """The frame that begins nearest to a time in microseconds."""
    return round(Fraction(time) * rate / 1_000_000)
