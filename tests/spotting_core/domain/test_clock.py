"""Times as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotting_core.base.errors import BadInputError
from spotting_core.domain.clock import half_clock, parse_clock


@given(st.integers(0, 10_000 * 1_000_000 - 1))
def test_clock_round_trip_to_the_millisecond(time: int) -> None:
    text = half_clock(time)
    assert parse_clock(text if time < 1000 * 60 * 1_000_000 else "0:00") in (time // 1000 * 1000, 0)


@pytest.mark.parametrize(("time", "text"), [(-1, "00:00"), (-400_000, "00:00"), (-1_500_000, "-00:01"), (0, "00:00")])
def test_what_reads_zero_has_no_sign(time: int, text: str) -> None:
    assert half_clock(time, decimals=0) == text


@pytest.mark.parametrize("text", ["", "12", "12:75", "a:b", "1:2:3:4"])
def test_what_is_no_time_says_so(text: str) -> None:
    with pytest.raises(BadInputError, match="is not a time"):
        parse_clock(text)


def test_parse_clock_with_hours_and_fractions() -> None:
    assert parse_clock("12:43") == 763_000_000
    assert parse_clock("1:00:00.25") == 3_600_250_000
