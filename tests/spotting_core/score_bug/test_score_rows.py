"""Where a score may stand that is not in the clock's row, by texts in pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from spotting_core.score_bug.score_rows import possible_rows
from spotting_core.score_bug.text_reader import Box, Text

CLOCK = Box(0.04, 0.04, 0.13, 0.09)
PICTURES = 8
Places = dict[str, tuple[float, float]]
NAMES: Places = {"KES": (0.04, 0.1), "HAL": (0.04, 0.16)}
GOALS = (0.12, 0.1), (0.12, 0.16)


def text(words: str, x: float, y: float) -> Text:
    return Text(words, 1.0, Box(x, y, x + 0.02 * len(words), y + 0.05))


def rows(shown: Callable[[int], Sequence[Text]]) -> list[list[tuple[float, float]]]:
    """Left and right edge of the rows that may be a score, of pictures that show a clock and what else is said."""
    pictures = [[text("12:34", 0.04, 0.04), *shown(k)] for k in range(PICTURES)]
    places = possible_rows(pictures, CLOCK)
    return [[(round(r.x1, 2), round(r.x2, 2)) for r in extents[0]] for extents in places if len(extents) == 1]


def teams(k: int, seen: Sequence[int] = (0, 1)) -> list[Text]:
    """Two names, and the numbers behind them of which some are seen."""
    return [*(text(name, *place) for name, place in NAMES.items()), *(text(str(k), *GOALS[row]) for row in seen)]


def test_two_names_with_numbers_behind_them() -> None:
    assert rows(lambda k: teams(k)) == [[(0.04, 0.16), (0.04, 0.16)]]


def test_numbers_of_one_row_are_enough_and_one_text_may_hold_name_and_number() -> None:
    assert rows(lambda k: teams(k, (1,) if k % 3 == 0 else ())) == [[(0.04, 0.16), (0.04, 0.16)]]
    joined = [text("KES 2", 0.04, 0.1), text("HAL 1", 0.04, 0.16)]
    assert rows(lambda _: joined) == [[(0.04, 0.16), (0.04, 0.16)]]


def test_names_behind_which_no_number_was_seen_have_several_widths() -> None:
    pictures = [[text("12:34", 0.04, 0.04), *teams(k, ())] for k in range(PICTURES)]
    [extents] = possible_rows(pictures, CLOCK)
    edges = [home.x2 for home, away in extents if home.x2 == away.x2]
    assert edges == sorted(edges)
    assert 0.1 < edges[0] < edges[1] < edges[-1] < 0.21


def test_a_name_that_was_taken_for_one_text_with_the_clock() -> None:
    shown = [text("KES", 0.12, 0.1), text("HAL", 0.12, 0.16), *(text("2", 0.2, y) for y in (0.1, 0.16))]
    alone = [[text("12:34", 0.04, 0.1), *shown] for _ in range(PICTURES)]
    joined = [[text("12:34KES", 0.02, 0.1), *shown[1:]] for _ in range(PICTURES)]
    clock = Box(0.02, 0.1, 0.11, 0.15)
    [[(home, away)]] = possible_rows(joined, clock)
    [[(same, _)]] = possible_rows(alone, clock)
    assert home.x1 == pytest.approx(same.x1, abs=0.005)
    assert away.x1 == pytest.approx(same.x1, abs=0.005)


def test_what_follows_the_numbers_ends_their_rows() -> None:
    [[home, away]] = rows(lambda k: [*teams(k), text("LIVE", 0.15, 0.13)])
    assert home == away
    assert home[1] < 0.15


@pytest.mark.parametrize(
    "shown",
    [
        lambda k: teams(k, ()),  # names alone
        lambda k: teams(k, (0,) if k == 0 else ()),  # a number that was seen once
        lambda k: [*teams(k), text("3", 0.2, 0.1), text("2", 0.2, 0.16)],  # of another match, behind the goals
        lambda k: teams(k)[1:],  # one name
        lambda k: [text(f"NAME{'ABCDEFGH'[k]}", 0.04, 0.1), *teams(k)[1:]],  # a row whose names change
        lambda k: [text("KES", 0.04, 0.1), text("KES", 0.04, 0.16), *teams(k)[2:]],
        lambda k: [Text(t.text, 1.0, Box(t.box.x1, t.box.y1 + 0.7, t.box.x2, t.box.y2 + 0.7)) for t in teams(k)],
        lambda k: teams(k) if k < 3 else [],  # most pictures do not show it
    ],
)
def test_what_is_no_score(shown: Callable[[int], Sequence[Text]]) -> None:
    assert rows(shown) == []


def test_three_rows_of_numbers_may_each_be_so_whoever_reads_them_decides() -> None:
    assert len(rows(lambda k: [*teams(k), text("GLE", 0.04, 0.22), text("4", 0.12, 0.22)])) > 1


def test_a_row_of_its_own_has_a_score_between_two_names() -> None:
    assert rows(lambda _: [text("KES 1-0 HAL", 0.04, 0.1)]) == [[(0.04, 0.26)]]
    assert rows(lambda _: [text("KES", 0.04, 0.1), text("1-0", 0.12, 0.1), text("HAL", 0.2, 0.1)]) == [[(0.04, 0.26)]]
    assert rows(lambda _: [text("AGG 3-2", 0.04, 0.1)]) == []
    assert rows(lambda _: [text("MATCHDAY 21 LIVE", 0.04, 0.1)]) == []
    assert rows(lambda _: [text("SAT 20:45 KES", 0.04, 0.1)]) == []
    assert rows(lambda k: [text("KES 1-0 HAL", 0.04, 0.1)] if k < 3 else []) == []
