"""Numbers and times of spreadsheets of any country."""

from __future__ import annotations

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.formats.written_numbers import named_half, parse_number, parse_time


@pytest.mark.parametrize(
    ("text", "value"),
    [("12.5", 12.5), ("12,5", 12.5), ("-0,42", -0.42), ("1.234,5", 1234.5), ("1,234.5", 1234.5), ("1\u00a0234,5", 1234.5),
     ("93%", 0.93), ("93,5 %", 0.935), ("1e3", 1000), (".5", 0.5), (",5", 0.5), ("1'234.5", 1234.5)],
)  # fmt: skip
def test_numbers(text: str, value: float) -> None:
    assert parse_number(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "soon", "1,2,3", "1.2.3", "12:43", "0x10", "--1", "1,23.456,7"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|float"):
        parse_number(text)


def test_a_comma_between_three_digits_may_be_two_things_where_commas_part_cells() -> None:
    assert parse_number("1,234") == 1.234
    assert parse_number("0,930", comma=False) == 0.93
    with pytest.raises(ValueError, match="thousands or a decimal comma"):
        parse_number("1,234", comma=False)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12:43", 763), ("0:12:43", 763), ("0:12:43,5", 763.5), ("1899-12-30 00:12:43", 763), ("12:12:43 AM", 763),
     ("1:00:00 am", 3600), ("12:00:01 PM", 43201)],
)  # fmt: skip
def test_times(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds * 1e6


@pytest.mark.parametrize("text", ["2026-05-01 00:12:43", "01.05.2026 00:12", "12. Mrz", "5/1/2026 12:43"])
def test_dates_are_no_times(text: str) -> None:
    with pytest.raises(BadInputError, match="is a date, which a spreadsheet has made of a time"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "half"),
    [("1", 1), (" 2nd half ", 2), ("First_Half", 1), ("H2", 2), ("second", 2), ("half 1", 1), ("3", None), ("", None)],
)
def test_halves_as_people_write_them(text: str, half: int | None) -> None:
    assert named_half(text) == half
