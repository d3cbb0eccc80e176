"""The recordings that the benchmark of long ones makes: where they show the demo, what they lack, and how they are woven."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.long_recordings import Recording, Shown, again, stream_of_hours, with_a_gap, woven
from spotting_core.media.completeness import gaps
from spotting_core.media.times import read_time_table


def test_the_demos_spots_are_expected_wherever_it_is_shown() -> None:
    recording = Recording(Path(), [Shown(0, 0, 10), Shown(40, 10, 10)])
    spots = [("Goal", 9.0), ("Foul", 12.0), ("Goal", 20.0)]
    assert recording.expected(spots) == [("Goal", 9.0), ("Foul", 42.0)]
    assert again([("Goal", 9.0), ("Foul", 42.0)], [("Goal", 9.6), ("Goal", 42.0)]) == 1


def test_the_stream_loses_thirty_seconds_and_its_clock_starts_again(tmp_path: Path) -> None:
    recording = stream_of_hours(tmp_path, 0.2)
    (video,) = recording.match.iterdir()
    table = read_time_table(video)
    [gap] = gaps(table)
    assert (gap.end - gap.start) / 1e6 == pytest.approx(30, abs=0.1)
    assert gap.end / 1e6 == pytest.approx(recording.shown[1].at, abs=0.1)
    [broken] = table.breaks
    assert broken.back
    assert broken.at / 1e6 == pytest.approx(recording.shown[2].at, abs=0.1)
    last = recording.shown[-1]
    assert table.duration / 1e6 == pytest.approx(last.at + last.length, abs=0.1)


def test_ten_seconds_or_somewhat_more_are_missing(tmp_path: Path) -> None:
    recording = with_a_gap(tmp_path)
    (video,) = recording.match.iterdir()
    [gap] = gaps(read_time_table(video))
    before, after = recording.shown
    assert gap.start / 1e6 == pytest.approx(before.length, abs=0.1)
    assert gap.end / 1e6 == pytest.approx(after.at, abs=0.1)
    assert 9.5 < (gap.end - gap.start) / 1e6 < 16


def test_the_lines_of_a_woven_picture_are_of_two_moments() -> None:
    pictures = [np.full((4, 2, 3), number, np.uint8) for number in range(3)]
    assert [image[:, 0, 0].tolist() for image in woven(pictures)] == [[0, 1, 0, 1], [1, 2, 1, 2]]
