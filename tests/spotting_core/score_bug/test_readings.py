"""Which pictures of a file are read, and what is kept of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.key_frames import key_times
from spotting_core.score_bug import readings
from spotting_core.score_bug.readings import bug_readings, kept_readings, readings_file
from spotting_core.score_bug.text_reader import Box, Text
from tests.videos import make_video, read_number, steady

LENGTH, SIZE = 24, (320, 180)  # seconds


class Reader:
    """Reads the number of a picture as a clock that runs."""

    def __init__(self) -> None:
        self.found = 0

    def find(self, image: np.ndarray) -> list[Text]:
        self.found += 1
        return [Text(self._clock(image), 1.0, Box(0.0, 0.0, 1.0, 1.0))]

    def read(self, strip: np.ndarray) -> tuple[str, float]:
        return self._clock(strip), 0.9

    def _clock(self, image: np.ndarray) -> str:
        seconds = read_number(image) // 25
        return f"{seconds // 60:02d}:{seconds % 60:02d}"


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    reader = Reader()
    monkeypatch.setattr(readings, "text_reader", lambda: reader)
    monkeypatch.setattr(readings, "cut_out", lambda image, _: image)
    return reader


def media_of(tmp_path: Path, key_every: int) -> Media:
    video = make_video(tmp_path / f"keys{key_every}.mp4", steady(25 * LENGTH), key_every=key_every, first=100)
    return ingest(video, DataDirectory(tmp_path / "data"))


def test_a_short_file_is_read_every_moment_at_other_parts_of_a_second(tmp_path: Path, reader: Reader) -> None:
    found = bug_readings(media_of(tmp_path, 25))
    steps = np.diff([row.time for row in found.rows])
    assert set(steps) == {1_400_000}
    assert [c.seconds for c in found.clocks] == [(round(row.time * 25 / 1e6) + 100) // 25 for row in found.rows]
    assert reader.found == 8  # pictures are enough where the clock is clear


def test_of_a_long_file_with_many_key_frames_only_these_are_decoded(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "_SHORT", 0)
    media = media_of(tmp_path, 50)
    found = bug_readings(media)
    assert [row.time for row in found.rows] == key_times(media).tolist()
    assert len(found.rows) == LENGTH / 2
    assert [c.seconds for c in found.clocks] == [(round(row.time * 25 / 1e6) + 100) // 25 for row in found.rows]


def test_where_key_frames_are_rare_everything_is_decoded(
    tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "_SHORT", 0)
    assert len(bug_readings(media_of(tmp_path, 200)).rows) > LENGTH / 2


def test_what_was_read_is_kept_and_read_again_where_it_is_damaged(tmp_path: Path, reader: Reader) -> None:
    media = media_of(tmp_path, 25)
    assert kept_readings(media) is None
    found = bug_readings(media)
    assert kept_readings(media) == found
    bug_readings(media)
    assert reader.found == 8
    readings_file(media).write_text('{"version": 1, "reader": "other", "readings": []}')
    assert kept_readings(media) is None
    assert bug_readings(media).rows == found.rows
    assert reader.found == 16


class TeamReader:
    """Reads of the rows of two teams what a strip of its width shows: each letter takes a tenth of the picture."""

    def __init__(self, rows: tuple[str, str], width: int) -> None:
        self.rows, self.width = rows, width

    def find(self, image: np.ndarray) -> list[Text]:
        names = (Text("KES", 1.0, Box(0.0, 0.2, 0.3, 0.3)), Text("HAL", 1.0, Box(0.0, 0.32, 0.3, 0.42)))
        return [Text(f"10:{image.max() % 60:02d}", 1.0, Box(0.0, 0.08, 0.3, 0.18)), *names]

    def read(self, strip: Box) -> tuple[str, float]:
        row = self.rows[strip.y1 > 0.25]
        return row[: 3 + int((strip.x2 - 0.3) * self.width)] if strip.y1 > 0.15 else "10:00", 1.0


@pytest.mark.parametrize(
    ("rows", "width", "score"),
    [
        (("KES1", "HAL0"), 12, (1, 0)),
        (("KES1 4", "HAL0 3"), 28, None),  # a second number follows, and which are the goals is not clear
        (("KES", "HAL"), 12, None),
        (("KES1", "HAL"), 12, None),
    ],
)
def test_goals_that_no_picture_showed_as_texts_are_read_behind_the_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rows: tuple[str, str], width: int, score: tuple[int, int] | None
) -> None:
    reader, pictures = TeamReader(rows, width), iter(range(100))
    monkeypatch.setattr(readings, "text_reader", lambda: reader)
    monkeypatch.setattr(readings, "cut_out", lambda _, box: box)
    monkeypatch.setattr(
        readings, "_spread", lambda *_: [np.full((9, 16, 3), next(pictures), np.uint8) for _ in range(8)]
    )
    found = bug_readings(media_of(tmp_path, 25))
    assert {reading.score for reading in found.scores} == ({score} if score else set())
