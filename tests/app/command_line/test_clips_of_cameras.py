"""``touchline clips`` where the cameras are known: spots in replays, replays after their actions, and shots."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.library.library import Library
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.cameras import Candidate, Grounding, Link, Shot
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_cameras import FILE_NAME
from spotting_core.media.source import open_match
from spotting_core.store.database import open_database
from spotting_core.store.reviews import Reviews
from tests.app.command_line.test_clips_command import exported
from tests.app.commands import touchline
from tests.app.made_analysis import make_analysis, make_groundings, make_shots
from tests.videos import make_video, steady

SECOND = 1_000_000
CAMERAS = load_classes("soccernet-cameras").names
MAIN, CLOSE = CAMERAS[:2]
ROWS = [
    {"gameTime": "1 - 00:03", "position": "3000", "label": MAIN, "change_type": "logo", "replay": "real-time"},
    {"gameTime": "1 - 00:05", "position": "5000", "label": CLOSE, "change_type": "logo", "replay": "replay",
     "link": {"label": "Goal", "half": "1", "time": "00:02", "position": "2000"}},
    {"gameTime": "1 - 00:07", "position": "7000", "label": "Cable camera", "change_type": "abrupt", "replay": "real-time"},
]  # fmt: skip
SPOTS = [Spot(1, 2 * SECOND, "Goal", 0.9), Spot(1, 4 * SECOND, "Corner", 0.7), Spot(1, 6 * SECOND, "Foul", 0.8)]


@pytest.fixture
def game(tmp_path: Path, data: DataDirectory) -> Path:
    """Seven seconds: a goal, its replay, in which a corner is spotted, and a foul."""
    folder = tmp_path / "game"
    folder.mkdir()
    make_video(folder / "1_224p.mp4", steady(175))
    (folder / FILE_NAME).write_text(json.dumps({"annotations": ROWS}))
    make_analysis(open_match(folder), data, SPOTS)
    return folder


def cut(listed: dict) -> list[tuple[str, float, float]]:
    return [(c["label"], c["start"], c["end"]) for c in listed["clips"]]


MARGINS = ("--before", 1, "--after", 0.5)


def test_a_spot_in_a_replay_is_no_clip_of_its_own_unless_it_is_asked_for(game: Path, tmp_path: Path) -> None:
    assert [label for label, *_ in cut(exported(tmp_path / "live", game, *MARGINS))] == ["Goal", "Foul"]
    assert [label for label, *_ in cut(exported(tmp_path / "all", game, "--replays", *MARGINS))] == [
        "Goal",
        "Corner",
        "Foul",
    ]
    done = touchline("clips", game, "--out", tmp_path / "said", *MARGINS)
    assert "1 spot in a replay is left out; --replays takes" in done.stdout.replace("\n", " ")


def test_a_replayed_spot_is_left_out_though_its_action_is_of_another_half(
    game: Path, tmp_path: Path, data: DataDirectory, library: Library
) -> None:
    make_video(game / "2_224p.mp4", steady(175))
    later = [{**row, "gameTime": row["gameTime"].replace("1 -", "2 -")} for row in ROWS]
    (game / FILE_NAME).write_text(json.dumps({"annotations": [*ROWS, *later]}))
    match, reviews = library.add(str(game)), Reviews(open_database(data))
    for half, second, label in ((1, 2, "Goal"), (2, 4, "Goal"), (2, 6, "Foul")):
        reviews.add(match.id, Spot(half, second * SECOND, label), "Ann")
    whole = exported(tmp_path / "whole", game, "--reviewed", *MARGINS)
    assert [c["label"] for c in whole["clips"]] == ["Goal", "Foul"]
    second = touchline("clips", game, "--out", tmp_path / "second", "--reviewed", "--half", 2, *MARGINS)
    assert "1 spot in a replay is left out" in second.stdout.replace("\n", " ")
    fouls = touchline("clips", game, "--out", tmp_path / "fouls", "--reviewed", "--class", "Foul", *MARGINS)
    assert "left out" not in fouls.stdout  # what was not asked for is not counted either
    everything = exported(tmp_path / "all", game, "--reviewed", "--half", 2, "--replays", *MARGINS)
    assert [c["label"] for c in everything["clips"]] == ["Goal", "Foul"]


def test_an_action_comes_with_its_replays(game: Path, tmp_path: Path) -> None:
    listed = exported(tmp_path / "out", game, "--with-replays", "--reel", *MARGINS)
    assert cut(listed) == [("Goal", 1.0, 2.5), ("Goal", 3.0, 5.0), ("Foul", 5.0, 6.5)]
    assert "reel.mp4" in listed["files"]


def test_shots_are_cut_by_what_they_are(game: Path, tmp_path: Path) -> None:
    assert cut(exported(tmp_path / "replay", game, "--shots", "replay")) == [(CLOSE, 3.0, 5.0)]
    assert [c[0] for c in cut(exported(tmp_path / "live", game, "--shots", "live"))] == [MAIN, "Cable camera"]
    both = exported(tmp_path / "both", game, "--shots", "main", "--shots", "Cable camera", "--also", "otio")
    assert [c[0] for c in cut(both)] == [MAIN, "Cable camera"]


def test_shots_of_models_are_cut_where_there_are_no_labels(game: Path, tmp_path: Path, data: DataDirectory) -> None:
    (game / FILE_NAME).unlink()
    shots = [Shot(1, 0, 3 * SECOND, MAIN, False), Shot(1, 3 * SECOND, 7 * SECOND, CLOSE, True)]
    make_shots(open_match(game), data, shots)
    goal = Candidate(Link(1, 2 * SECOND, "Goal"), 0.9)
    make_groundings(open_match(game), data, [Grounding(1, 3 * SECOND, 7 * SECOND, (goal,))])
    [clip] = cut(exported(tmp_path / "out", game, "--shots", "close"))
    assert clip[0] == CLOSE
    listed = exported(tmp_path / "more", game, "--class", "Goal", "--with-replays", *MARGINS)
    assert [c[0] for c in cut(listed)] == ["Goal", "Goal"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--shots", "clsoe"],
            "there are no shots 'clsoe'. Known: replay, live, main, close, goal, Cable camera, Close-up",
        ),
        (["--shots", "replay", "--class", "Goal"], "a clip is of a shot or of an action. Give --shots or --class."),
        (["--shots", "replay", "--before", "2"], "the clips of a shot have their own in and out points."),
        (["--shots", "replay", "--reviewed"], "--reviewed and --shots name two. Give one of them."),
    ],
)
def test_what_cannot_be_cut_is_said_in_a_sentence(
    game: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    done = touchline("clips", game, "--out", tmp_path / "out", *arguments)
    assert done.returncode == 2
    assert message in done.stderr.replace("\n", " ")


def test_a_match_without_known_cameras_says_so_and_what_to_do(game: Path, tmp_path: Path) -> None:
    (game / FILE_NAME).write_text("{")
    broken = touchline("clips", game, "--out", tmp_path / "out", "--shots", "replay")
    assert (broken.returncode, "camera label file" in broken.stderr) == (2, True)
    (game / FILE_NAME).unlink()
    for arguments in (("--shots", "replay"), ("--with-replays",)):
        done = touchline("clips", game, "--out", tmp_path / "out", *arguments)
        assert done.returncode == 2
        assert "nothing is known of the cameras of this match" in done.stderr.replace("\n", " ")
        assert "Run touchline analyze --task shots." in done.stderr.replace("\n", " ")
    assert exported(tmp_path / "plain", game, *MARGINS)["clips"]
