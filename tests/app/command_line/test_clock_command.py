"""``touchline clock``: a whole match in one file, from its pictures to its halves, and what shows no clock."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import read_labels, write_labels
from spotting_core.media.ingest import ingest
from tests.app.commands import touchline
from tests.score_bugs import bug_text, keep_readings, make_match
from tests.videos import make_video, steady

pytestmark = pytest.mark.long

GOAL = 125.0


def whole_match(seconds: float) -> str | None:
    """Warm-up to 16 s, the end of the first half, a break from 76 s, the second half from 100 s with a goal."""
    if 16 <= seconds < 76:
        return bug_text(44 * 60 + 20 + seconds - 16, "0-0")
    if seconds >= 100:
        return bug_text(45 * 60 + seconds - 100, "1-0" if seconds >= GOAL else "0-0")
    return None


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_match(tmp_path_factory.mktemp("whole") / "whole_match.mp4", 150, whole_match, first=4711)


def clock(match: Path, *arguments: object) -> dict[str, Any]:
    target = match.parent / "clock.json"
    done = touchline("clock", match, "--json", target, *arguments)
    assert done.returncode == 0, done.stderr
    return {**json.loads(target.read_text()), "printed": done.stdout}


def test_a_whole_match_in_one_file(match: Path) -> None:
    found = clock(match)
    of_file = found["files"]["1"]
    assert [s["runs"] for s in of_file["clock"]["stretches"]] == [True, True]
    for stretch, (start, end, shown) in zip(
        of_file["clock"]["stretches"], [(16, 76, 44 * 60 + 20), (100, 150, 45 * 60)], strict=True
    ):
        assert stretch["start"] / 1e6 == pytest.approx(start, abs=2.1)
        assert stretch["end"] / 1e6 == pytest.approx(end, abs=2.1)
        assert (stretch["clock"] - stretch["start"]) / 1e6 == pytest.approx(shown - start, abs=0.6)
    assert [(h["half"], round(h["start"] / 1e6)) for h in found["halves"]] == [(1, 16), (2, 100)]
    assert all(h["confidence"] > 0.9 for h in found["halves"])
    [change] = of_file["score"]["changes"]
    assert (change["old"], change["new"]) == ([0, 0], [1, 0])
    assert change["time"] / 1e6 == pytest.approx(GOAL, abs=2.1)
    assert "Score 0–0 → 1–0 at 45:2" in found["printed"]
    assert of_file["seconds"]["finding"] > of_file["seconds"]["reading"] > 0


def test_labels_in_match_time_are_put_where_the_clock_shows_it(match: Path, tmp_path: Path) -> None:
    labels, target = tmp_path / "Labels-v2.json", tmp_path / "placed" / "Labels-v2.json"
    write_labels(
        labels, [Spot(1, 45 * 60_000_000, "Foul"), Spot(2, 25_000_000, "Goal"), Spot(2, 600_000_000, "Corner")]
    )
    done = touchline("convert", labels, target, "--match-time", match)
    assert done.returncode == 0, done.stderr
    assert [(s.half, round(s.time / 1e6), s.label) for s in read_labels(target)] == [(1, 56, "Foul"), (1, 125, "Goal")]
    assert "1 × at a moment that no file shows with its clock" in " ".join(done.stderr.split())
    video = make_video(tmp_path / "no_bug.mp4", steady(30, 2.0), first=4714)
    refused = touchline("convert", labels, tmp_path / "other" / "Labels-v2.json", "--match-time", video)
    assert refused.returncode == 2
    assert "no match clock stays" in refused.stderr
    assert not (tmp_path / "other" / "Labels-v2.json").exists()


def test_a_half_is_corrected_and_the_correction_taken_back(match: Path) -> None:
    found = clock(match, "--half", "1=0:10-1:20")
    assert [(h["half"], h["start"] / 1e6, h["corrected"]) for h in found["halves"]] == [
        (1, 10, True), (2, pytest.approx(100, abs=1), False),
    ]  # fmt: skip
    assert "as corrected" in found["printed"]
    assert [h["corrected"] for h in clock(match)["halves"]] == [True, False]  # it is kept
    assert [h["corrected"] for h in clock(match, "--reset")["halves"]] == [False, False]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--half", "first"), "'first' says no half"),
        (("--half", "5=0:10-1:20"), "there is no half 5"),
        (("--half", "1=1:20-0:10"), "01:20 to 00:10 is no stretch of this file"),
        (("--half", "2/1=0:10-1:20"), "this match has no half 2"),
    ],
)
def test_a_half_that_cannot_be_is_one_sentence(match: Path, arguments: tuple[str, str], sentence: str) -> None:
    done = touchline("clock", match, *arguments)
    assert done.returncode == 2
    assert sentence in " ".join(done.stderr.split())


def test_extra_time_is_named_and_its_labels_are_put_in_it(data: DataDirectory, tmp_path: Path) -> None:
    video = make_video(tmp_path / "extra.mp4", steady(310, 1.0), first=4714)
    keep_readings(ingest(video, data), lambda s: bug_text(93 * 60 + s if s < 100 else 90 * 60 + s - 100, "1-1"))
    found = clock(video)
    assert [h["half"] for h in found["halves"]] == [2, 3]
    assert "3 (extra time)" in found["printed"]
    assert "2 (extra time)" not in found["printed"]
    labels, target = tmp_path / "Labels-v2.json", tmp_path / "placed" / "Labels-v2.json"
    write_labels(labels, [Spot(2, 48 * 60_000_000 + 20_000_000, "Foul"), Spot(3, 90_000_000, "Goal")])
    done = touchline("convert", labels, target, "--match-time", video)
    assert done.returncode == 0, done.stderr
    assert [(s.half, round(s.time / 1e6), s.label) for s in read_labels(target)] == [(1, 20, "Foul"), (1, 190, "Goal")]


def test_extra_time_whose_clock_begins_at_zero_and_a_recording_that_begins_anew(
    data: DataDirectory, tmp_path: Path
) -> None:
    def shown(s: float) -> float:
        return 88 * 60 + s if s < 300 else s - 300 if s < 1215 else 15 * 60 + s - 1215

    video = make_video(tmp_path / "anew.mp4", steady(1400, 1.0), first=4715)
    keep_readings(ingest(video, data), lambda s: bug_text(shown(s), "1-1"))
    found = clock(video)
    assert [h["half"] for h in found["halves"]] == [2, 3, 4]
    other = make_video(tmp_path / "other.mp4", steady(1200, 1.0), first=4716)
    keep_readings(ingest(other, data), lambda s: bug_text(shown(s), "1-1"))
    assert [h["half"] for h in clock(other)["halves"]] == [2, 1]  # cut off in its fifteenth minute


def test_a_video_without_a_score_bug_is_told(tmp_path: Path) -> None:
    video = make_video(tmp_path / "no_bug.mp4", steady(30, 2.0), first=4712)
    done = touchline("clock", video)
    assert done.returncode == 2
    assert "no match clock stays in one place of the picture and moves on" in " ".join(done.stderr.split())


def test_a_clock_that_counts_down_is_told(tmp_path: Path) -> None:
    video = make_match(tmp_path / "down.mp4", 40, lambda s: bug_text(600 - s, "0-0"), first=4713)
    done = touchline("clock", video)
    assert done.returncode == 2
    assert "its clock counts down, and only clocks that count up are read" in " ".join(done.stderr.split())


def test_sound_alone_and_what_is_no_video_are_one_sentence(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "sound.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16_000))
    (tmp_path / "no_video.mp4").write_bytes(b"what is no video" * 100)
    for name, sentence in (("sound.wav", "this file has sound but no picture"), ("no_video.mp4", "no_video.mp4: ")):
        done = touchline("clock", tmp_path / name)
        assert done.returncode == 2
        assert sentence in " ".join(done.stderr.split())
        assert done.stderr.count("Error:") == 1
    assert touchline("clock").returncode == 2
