"""What reading takes of memory, at a small scale; ``make bench-reading`` measures the large one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.bounded_reading import bomb, e2e_spot, many_entries, measured, one_video, soccernet, table

MEGABYTE = 1 << 20
SMALL = 60
"""MB above the start that reading of some megabytes piece by piece may take."""


@pytest.mark.parametrize(
    ("make", "way", "refused"),
    [
        (lambda folder: e2e_spot(folder / "val.json", 8 * MEGABYTE), "read", ""),
        (lambda folder: table(folder / "a.csv", 4 * MEGABYTE), "read", ""),
        (lambda folder: table(folder / "one.csv", 30 * MEGABYTE, 1), "read", "larger than 28 MB"),
        (lambda folder: table(folder / "two.csv", 20 * MEGABYTE, 2), "read", "more than 250,000 entries"),
        (lambda folder: one_video(folder / "test.json", 30 * MEGABYTE), "read", "too large to be one"),
        (lambda folder: soccernet(folder / "Labels-v2.json", 30 * MEGABYTE), "read", "larger than 28 MB"),
        (lambda folder: soccernet(folder / "Labels-v2.json", 30 * MEGABYTE), "evaluate", "larger than 28 MB"),
        (lambda folder: bomb(folder / "a.zip", 64 * MEGABYTE), "read", "more than 28 MB come out of it"),
        (lambda folder: many_entries(folder / "many.zip", 101_000), "read", "more than 100000 entries"),
    ],
)
def test_files_are_read_piece_by_piece_or_refused_by_their_size(
    make: Callable[[Path], Path], way: str, refused: str, tmp_path: Path
) -> None:
    one = measured("case", make(tmp_path), way)
    assert one.memory <= SMALL
    assert refused in one.refused
    assert bool(one.entries) == (not refused)
