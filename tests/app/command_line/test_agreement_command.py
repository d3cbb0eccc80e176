"""``touchline agreement``, of two files and of two reviewers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.library.library import Library
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPT, REJECT, Reviews, origin_of
from tests.app.commands import touchline
from tests.videos import make_video, steady

FIRST = [Spot(1, 10_000_000, "Goal"), Spot(1, 20_000_000, "Foul"), Spot(1, 40_000_000, "Corner")]
SECOND = [Spot(1, 10_400_000, "Goal"), Spot(1, 20_000_000, "Offside")]


def files(folder: Path) -> tuple[Path, Path]:
    write_labels(folder / "ada.json", FIRST)
    write_labels(folder / "bob.json", SECOND)
    return folder / "ada.json", folder / "bob.json"


def test_two_files(tmp_path: Path) -> None:
    done = touchline("agreement", *files(tmp_path), "--json", tmp_path / "out.json")
    assert done.returncode == 0
    assert "3 spots: 2 both, 1 only ada.json, 0 only bob.json" in done.stdout
    assert "Verdict, Cohen's kappa: not defined" in done.stdout
    assert "Found by both: 0.80" in done.stdout
    assert "Same class: 0.50" in done.stdout
    assert "Second later by, median: 0.20 s" in done.stdout
    assert json.loads((tmp_path / "out.json").read_text())["found"]["value"] == pytest.approx(0.8)


def test_two_files_without_spots_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_labels(tmp_path / name / "Labels-v2.json", [])
    done = touchline("agreement", tmp_path / "a" / "Labels-v2.json", tmp_path / "b" / "Labels-v2.json")
    assert done.returncode == 2
    assert "there is not one spot that either has marked" in " ".join(done.stderr.split())


def test_candidates_make_verdicts_of_what_is_left_out(tmp_path: Path) -> None:
    write_labels(tmp_path / "asked.json", [*FIRST, Spot(1, 90_000_000, "Goal")])
    done = touchline("agreement", *files(tmp_path), "--candidates", tmp_path / "asked.json")
    assert "4 spots: 2 both, 1 only ada.json, 0 only bob.json, 1 neither" in done.stdout
    assert "Verdict, Cohen's kappa: 0.50" in done.stdout


def test_two_reviewers_of_a_match(tmp_path: Path, library: Library, data: DataDirectory) -> None:
    video = make_video(tmp_path / "mine.mp4", steady(50))
    match = library.add("mine.mp4")
    reviews, spot = Reviews(open_database(data)), Spot(1, 1_000_000, "Goal", 0.9)
    reviews.change(match.id, origin_of(spot, "model"), spot, ACCEPT, "Ada", 0)
    reviews.change(match.id, origin_of(spot, "model"), spot, REJECT, "Bob", 1)
    done = touchline("agreement", "Ada", "Bob", "--match", video)
    assert "1 spot: 0 both, 1 only Ada, 0 only Bob" in done.stdout
    refused = touchline("agreement", "Ada", "Eve", "--match", video)
    assert refused.returncode == 2
    assert "'Eve' has judged nothing of this match" in refused.stderr
    assert "Reviewers: Ada, Bob" in refused.stderr
    both = touchline("agreement", "Ada", "Bob", "--match", video, "--candidates", video)
    assert both.returncode == 2


def test_what_of_the_files_was_left_out_or_is_called_otherwise_is_told(tmp_path: Path) -> None:
    first, second = tmp_path / "first.vtt", tmp_path / "second.csv"
    first.write_text("WEBVTT\n\n00:10.000 --> 00:12.000\nGoal\n\n00:20.000 --> 00:21.000\n\n")
    second.write_text("half,time,label\n2,50:00,GOAL\n2,46:10,GOAL\n2,90:00,GOAL\n")
    done = touchline("agreement", first, second)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stderr.split())
    assert f"{first} says 'Goal' and {second} 'GOAL': other letter case is another class." in said
    assert f"not one class of {first} is also one of {second}." in said
    assert "Left out: 1 ×" in said
    assert "Note: " in said
    assert "45 minutes" in said
    assert not touchline("agreement", second, second).stderr.count("letter case")
