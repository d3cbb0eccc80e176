"""Scores that do not stand in the clock's row, read off drawn score bugs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.classes import load_classes
from spotting_core.media.ingest import ingest
from spotting_core.score_bug import readings
from spotting_core.score_bug.match_clock import FileClock, file_clock
from spotting_core.score_bug.readings import bug_readings
from tests.score_bugs import Cell, clock_text, make_cells, stacked

pytestmark = pytest.mark.long

LENGTH, GOAL = 24, 12  # seconds
Layout = Callable[[str, int, int], Sequence[Cell]]


@pytest.fixture(autouse=True)
def few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for the bug in few pictures, each of which takes half a second."""
    monkeypatch.setattr(readings, "_PICTURES", 5)


def found(
    tmp_path: Path, cells: Layout, before: tuple[int, int] = (0, 1), after: tuple[int, int] = (1, 1)
) -> FileClock:
    """What is read of a video in which a goal changes the score."""

    def shown(seconds: float) -> Sequence[Cell]:
        return cells(clock_text(700 + seconds), *(after if seconds >= GOAL else before))

    media = ingest(make_cells(tmp_path / "match.mp4", LENGTH, shown, first=51), DataDirectory(tmp_path / "data"))
    read = file_clock(1, media, bug_readings(media), load_classes().parts)
    assert [round((s.clock - s.start) / 1e6) for s in read.clock.stretches] == [pytest.approx(700, abs=1)]
    return read


def in_layout(layout: str) -> Layout:
    return lambda clock, home, away: stacked(layout, clock, home, away)


def changes(read: FileClock) -> list[str]:
    assert all(GOAL <= change.time / 1e6 <= GOAL + 3 for change in read.score.changes)
    return [str(change) for change in read.score.changes]


@pytest.mark.parametrize("layout", ["left", "right", "above", "below", "row"])
def test_a_team_below_the_other(tmp_path: Path, layout: str) -> None:
    read = found(tmp_path, in_layout(layout))
    assert len(read.readings.score_rows) == 2
    assert changes(read) == ["0–1 → 1–1"]
    assert len(read.readings.scores) >= 0.9 * len(read.readings.clocks)


def test_goals_of_two_digits_beside_other_numbers(tmp_path: Path) -> None:
    def cells(clock: str, home: int, away: int) -> list[Cell]:
        more = [Cell(24, 84, "AGG 12-5", 86), *([Cell(200, 300, "10 DUNCAN", 120)] if away == 3 else [])]
        return [*stacked("above", clock, home, away), *more]

    assert changes(found(tmp_path, cells, (10, 2), (10, 3))) == ["10–2 → 10–3"]


def test_penalties_of_a_shoot_out_are_no_goals(tmp_path: Path) -> None:
    def cells(clock: str, home: int, away: int) -> list[Cell]:
        shots = [Cell(110, 36, "(4)", 36, dark=False), Cell(110, 60, "(3)", 36, dark=False)]
        return [*stacked("above", clock, home, away), *shots]

    assert changes(found(tmp_path, cells)) == ["0–1 → 1–1"]


def test_a_row_of_its_own(tmp_path: Path) -> None:
    read = found(
        tmp_path, lambda clock, *score: [Cell(64, 12, clock), Cell(24, 36, "KES {}-{} HAL".format(*score), 140)]
    )
    assert len(read.readings.score_rows) == 1
    assert changes(read) == ["0–1 → 1–1"]


def no_goals(clock: str, home: int, away: int) -> list[Cell]:
    return [cell for cell in stacked("left", clock, home, away) if not cell.text.isdigit()]


def two_columns(clock: str, home: int, away: int) -> list[Cell]:
    sums = [Cell(110, 36, "3", 26, dark=False), Cell(110, 60, "2", 26, dark=False)]
    return [*stacked("above", clock, home, away), *sums]


def table(clock: str, home: int, away: int) -> list[Cell]:
    return [*stacked("above", clock, home, away), Cell(24, 84, "GLE", dark=False), Cell(84, 84, "4", 26)]


@pytest.mark.parametrize("cells", [no_goals, two_columns, table])
def test_without_one_that_is_clear_there_is_no_score(tmp_path: Path, cells: Layout) -> None:
    read = found(tmp_path, cells)
    assert read.readings.score_rows == ()
    assert read.readings.scores == []
