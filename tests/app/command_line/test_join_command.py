"""``touchline join``: pieces of a half made one video."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotting_core.media.source import open_match
from spotting_core.media.times import read_time_table
from tests.app.commands import touchline_fork
from tests.videos import make_video, steady


def words(text: str) -> str:
    return " ".join(text.split())


def test_pieces_in_the_order_that_is_given(tmp_path: Path) -> None:
    late, early = make_video(tmp_path / "a.mp4", steady(30)), make_video(tmp_path / "b.mp4", steady(50))
    done = touchline_fork("join", early, late, "--out", tmp_path / "half.mp4")
    assert done.returncode == 0, done.stderr
    assert f"{tmp_path / 'half.mp4'}: 2 videos, 00:03.200" in words(done.stdout)
    assert "00:00.000 b.mp4 00:02.000 a.mp4" in words(done.stderr)
    assert len(read_time_table(tmp_path / "half.mp4")) == 80
    again = touchline_fork("join", early, late, "--out", tmp_path / "half.mp4")
    assert (again.returncode, "this video is there already" in words(again.stderr)) == (2, True)
    assert touchline_fork("join", late, early, "--out", tmp_path / "half.mp4", "--overwrite").returncode == 0


def test_a_cameras_folder_becomes_a_match_of_one_video_a_half(tmp_path: Path) -> None:
    folder = tmp_path / "card"
    folder.mkdir()
    for name, frames in (("GX010034", 30), ("GX020034", 20), ("GX010035", 25)):
        make_video(folder / f"{name}.MP4", steady(frames))
    (folder / "LRV.txt").write_text("what cameras write beside")
    doctor = touchline_fork("doctor", folder)
    assert "GX010034.MP4 and GX020034.MP4 are pieces of one recording" in words(doctor.stdout + doctor.stderr)
    done = touchline_fork("join", folder, "--out", tmp_path / "match")
    assert done.returncode == 0, done.stderr
    halves = open_match(tmp_path / "match").halves
    assert [(h.half, h.path.name, len(read_time_table(h.path))) for h in halves] == [
        (1, "GX0034.mp4", 50), (2, "GX0035.mp4", 25),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a.mp4"], "one video alone needs no joining"),
        (["."], "the names in this folder do not say which videos belong together"),
        (["a.mp4", "b.mp4", "c.mp4"], "c.mp4: this video does not exist"),
        (["c.mp4"], "c.mp4: this video does not exist"),
    ],
)
def test_what_cannot_be_joined_is_a_sentence_and_writes_nothing(names: list[str], message: str, tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        make_video(tmp_path / name, steady(10))
    whole = tmp_path / ("whole" if names == ["."] else "whole.mp4")
    done = touchline_fork("join", *(tmp_path / name for name in names), "--out", whole)
    assert done.returncode == 2
    assert message in words(done.stderr)
    assert sorted(p.name for p in tmp_path.glob("*.mp4")) == ["a.mp4", "b.mp4"]


def test_a_folder_needs_a_folder_and_each_piece_once(tmp_path: Path) -> None:
    for name in ("half1.mp4", "half2.mp4"):
        make_video(tmp_path / name, steady(10))
    to_file = touchline_fork("join", tmp_path, "--out", tmp_path / "whole.mp4")
    assert (to_file.returncode, "are written to a folder" in words(to_file.stderr)) == (2, True)
    make_video(tmp_path / "half1.mkv", steady(10))
    twice = touchline_fork("join", tmp_path, "--out", tmp_path / "out")
    assert (twice.returncode, "half1.mkv and half1.mp4 are the same piece" in words(twice.stderr)) == (2, True)
    assert not (tmp_path / "out").exists()
