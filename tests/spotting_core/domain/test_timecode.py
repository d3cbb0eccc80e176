"""Frame rates as fractions, and timecodes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotting_core.base.errors import BadInputError
from spotting_core.domain.timecode import (
    drops,
    frame_rate,
    frames_to_microseconds,
    is_drop_frame,
    microseconds_to_frames,
    parse_timecode,
    timecode,
)

NTSC, DOUBLE = Fraction(30000, 1001), Fraction(60000, 1001)


@pytest.mark.parametrize(
    ("said", "meant"),
    [(29.97, NTSC), (29.97003, NTSC), ("30000/1001", NTSC), (23.98, Fraction(24000, 1001)), (23.976, Fraction(24000, 1001)),
     (59.94, DOUBLE), (25, Fraction(25)), (24.999, Fraction(25)), (30.0, Fraction(30)), (2.5, Fraction(5, 2))],
)  # fmt: skip
def test_rates_are_what_they_mean(said: float | str, meant: Fraction) -> None:
    assert frame_rate(said) == meant


@pytest.mark.parametrize("said", [0, -25, float("nan"), float("inf"), "fast", "1/0"])
def test_what_is_no_rate_is_refused(said: float | str) -> None:
    with pytest.raises(BadInputError, match="is no frame rate"):
        frame_rate(said)


def test_drop_frame_numbers_of_the_standard() -> None:
    for frame, text in (
        (1799, "00:00:59;29"),
        (1800, "00:01:00;02"),
        (17_982, "00:10:00;00"),
        (107_892, "01:00:00;00"),
    ):
        assert timecode(frame, NTSC, drop=True) == text
        assert parse_timecode(text, NTSC, drop=True) == frame
    assert timecode(3600, DOUBLE, drop=True) == "00:01:00;04"
    assert parse_timecode("00:01:00;00", NTSC, drop=True) == 1800  # a number that is skipped
    assert is_drop_frame("00:01:00;02")
    assert not is_drop_frame("00:01:00:02")
    assert drops(NTSC)
    assert not drops(Fraction(24000, 1001))


@given(st.integers(0, 2_500_000), st.sampled_from([Fraction(25), NTSC, DOUBLE, Fraction(24000, 1001)]), st.booleans())
def test_every_frame_has_a_timecode_of_its_own(frame: int, rate: Fraction, drop: bool) -> None:
    assert parse_timecode(timecode(frame, rate, drop=drop), rate, drop=drop) == frame
    assert microseconds_to_frames(frames_to_microseconds(frame, rate), rate) == frame


@pytest.mark.parametrize("text", ["00:00:10", "00:60:00:00", "00:00:00:25", "x"])
def test_what_is_no_timecode_is_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="is no timecode"):
        parse_timecode(text, Fraction(25))
