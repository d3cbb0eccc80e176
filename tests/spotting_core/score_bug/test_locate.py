"""Where the score bug is, by texts in pictures."""

from __future__ import annotations

import pytest

from spotting_core.score_bug.locate import find_bug
from spotting_core.score_bug.text_reader import Box, Text


def text(words: str, x: float, y: float = 0.05, width: float = 0.06) -> Text:
    return Text(words, 1.0, Box(x, y, x + width, y + 0.04))


def picture(seconds: int, *more: Text) -> list[Text]:
    clock = f"{seconds // 60:02d}:{seconds % 60:02d}"
    return [text(clock, 0.05), text("KES", 0.12), text("1-0", 0.19), text("HAL", 0.26), *more]


def test_the_row_about_a_clock_that_moves_on() -> None:
    bug = find_bug([picture(100 + 20 * k) for k in range(6)])
    assert bug is not None
    assert (bug.row.x1, bug.row.x2) == pytest.approx((0.05, 0.32), abs=0.01)
    assert (bug.row.y1, bug.row.y2) == pytest.approx((0.05, 0.09), abs=0.01)


def test_a_time_of_day_that_stands_is_passed_over_and_a_board_that_passes_is_not_of_the_row() -> None:
    pictures = [picture(100 + 20 * k, text("20:45", 0.8, 0.9)) for k in range(6)]
    pictures[2].append(text("BOARD", 0.34))
    bug = find_bug(pictures)
    assert bug is not None
    assert bug.row.x2 < 0.34
    assert bug.row.y2 < 0.2


def test_without_a_clock_that_moves_there_is_no_bug() -> None:
    assert find_bug([]) is None
    assert find_bug([[text("NESYVU", 0.3)]] * 6) is None
    assert find_bug([[text("20:45", 0.8)]] * 6) is None
    assert find_bug([[text(f"0{k}:10", 0.1 * k, 0.1 * k)] for k in range(6)]) is None  # never in one place


def test_a_clock_that_shares_its_text_with_a_name() -> None:
    pictures = [[text("1-0", 0.05), text(f"KES 0{k}:10", 0.12, width=0.16)] for k in range(5)]
    bug = find_bug(pictures)
    assert bug is not None
    assert (bug.row.x1, bug.row.x2) == pytest.approx((0.05, 0.28), abs=0.01)
