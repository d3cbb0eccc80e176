"""``touchline convert``: what is written, what is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import read_labels, write_labels
from tests.app.commands import touchline
from tests.videos import make_video, steady


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "Labels-v2.json"
    write_labels(
        path, [Spot(1, 4_000_000, "Goal", team="home", visible=False), Spot(2, 9_000_000, "Foul", visible=True)]
    )
    return path


def test_what_the_target_cannot_carry_is_said(labels: Path, tmp_path: Path) -> None:
    done = touchline("convert", labels, tmp_path / "chapters.vtt")
    assert done.returncode == 0, done.stderr
    assert "2 spots of 1 match from SoccerNet Labels-v2 to WebVTT chapters" in done.stdout
    assert "Not carried by WebVTT chapters: the team of 1 spot." in done.stderr
    assert "the mark 'not shown' of 1 spot" in done.stderr
    assert "half 2 is placed 45 minutes after half 1" in done.stderr
    assert "00:45:09.000" in (tmp_path / "chapters.vtt").read_text()


def test_a_half_that_football_has_not_is_named(tmp_path: Path) -> None:
    write_labels(tmp_path / "Labels-v2.json", [Spot(1, 4_000_000, "Goal"), Spot(7, 1_000_000, "Goal")])
    done = touchline("convert", tmp_path / "Labels-v2.json", tmp_path / "spots.csv")
    assert done.returncode == 0, done.stderr
    assert "has 1 spot in half 7, of 2; give the class table" in " ".join(done.stderr.split())
    write_labels(tmp_path / "Labels-v2.json", [Spot(1, 4_000_000, "Goal"), Spot(3, 1_000_000, "Goal")])
    done = touchline("convert", tmp_path / "Labels-v2.json", tmp_path / "spots.csv", "--overwrite")
    assert "in half 3, of 2; if it is of extra time, name the videos with --match-time" in " ".join(done.stderr.split())


def test_there_and_back_by_csv_and_a_zip_of_a_tree(labels: Path, tmp_path: Path) -> None:
    assert touchline("convert", labels, tmp_path / "spots.csv").returncode == 0
    assert touchline("convert", tmp_path / "spots.csv", tmp_path / "tree.zip", "--to", "labels-v2").returncode == 0
    assert touchline("convert", tmp_path / "tree.zip", tmp_path / "again.json", "--to", "labels-v2").returncode == 0
    assert read_labels(tmp_path / "again.json") == read_labels(labels)


def test_the_video_tells_rate_and_length(labels: Path, tmp_path: Path) -> None:
    write_labels(labels, [Spot(1, 4_000_000, "Goal")])
    video = make_video(tmp_path / "match.mp4", steady(60, rate=10.0))
    done = touchline("convert", labels, tmp_path / "val.json", "--to", "e2e-spot", "--video", video)
    assert done.returncode == 0, done.stderr
    (content,) = json.loads((tmp_path / "val.json").read_text())
    assert (content["fps"], content["num_frames"], content["events"][0]["frame"]) == (10.0, 60, 40)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{tmp}/nothing.json", "{tmp}/a.csv"], "no such file or folder"),
        (["{labels}", "{tmp}/a.doc"], "cannot be told from this name"),
        (["{labels}", "{tmp}/a.csv", "--to", "word"], "there is no format 'word'"),
        (["{labels}", "{tmp}/a.json", "--to", "labels-cameras"], "holds spots and SoccerNet Labels-cameras shots"),
        (["{labels}", "{labels}", "--to", "labels-v2"], "are the same"),
        (["{labels}", "{tmp}/there.csv"], "is there already"),
        (["{labels}", "{tmp}/a.edl", "--rate", "inf"], "no video has inf frames a second"),
        (["{labels}", "{tmp}/a.edl", "--rate", "1e300"], "no video has 1e+300 frames a second"),
        (["{labels}", "{tmp}/" + "a" * 300 + ".csv"], "cannot be written"),
        (["{labels}", "/dev/full", "--to", "csv", "--overwrite"], "a pipe or a device"),
        (["{labels}", "{tmp}/a.csv", "--classes", "finediving"], "labels is of a known class; they say"),
        (["{labels}", "{tmp}/a.csv", "--encoding", "cp949"], "SoccerNet Labels-v2 says its own encoding"),
        (["{tmp}/there.csv", "{tmp}/a.csv", "--encoding", "ansi-7"], "there is no encoding 'ansi-7'"),
        (["{tmp}/there.csv", "{tmp}/a.csv", "--encoding", "base64"], "there is no encoding 'base64'"),
        (["{tmp}/euro.csv", "{tmp}/a.csv", "--encoding", "utf-8"], "this file is not utf-8 text"),
    ],
)  # fmt: skip
def test_bad_input(arguments: list[str], message: str, labels: Path, tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("")
    (tmp_path / "euro.csv").write_bytes(b"seconds,label\n1,\x80\n")
    done = touchline("convert", *[a.format(tmp=tmp_path, labels=labels) for a in arguments])
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize(
    ("name", "head", "encoding", "word"),
    [
        ("a.csv", "seconds,label\n10,{}\n", "cp949", "코너킥"),
        ("a.csv", "seconds,label\n10,{}\n", "cp932", "得点"),  # without a syllable: taken for Western text
        ("a.vtt", "WEBVTT\n\n00:10.000 --> 00:15.000\n{}\n", "cp1251", "угловой"),
        ("a.edl", "TITLE: m\n001  AX V C 00:00:10:00 00:00:10:01 00:00:10:00 00:00:10:01\n |C:R |M:{} |D:1\n", "big5", "角球"),
    ],
)  # fmt: skip
def test_a_named_encoding_is_read(name: str, head: str, encoding: str, word: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(head.format(word).encode(encoding))
    done = touchline("convert", tmp_path / name, tmp_path / "Labels-v2.json", "--encoding", encoding, "--rate", "25")
    assert done.returncode == 0, done.stderr
    assert [(spot.time, spot.label) for spot in read_labels(tmp_path / "Labels-v2.json")] == [(10_000_000, word)]
    assert "its text is read as" not in done.stderr
