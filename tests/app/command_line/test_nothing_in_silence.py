"""Every command counts what it read, used and left out, with the reasons; nothing used is exit code 2."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.app.commands import touchline
from tests.conftest import SHARED
from tests.videos import make_video, steady

REPORTS = SHARED / "data" / "reports"


def said(done: object) -> str:
    return " ".join((done.stdout + done.stderr).split())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.vtt", "WEBVTT\n\nNOTE nothing\n", "no spots are in it, read as WebVTT chapters (1 match)"),
        ("a.edl", "TITLE: x\n001  AX V C 00:00:00:00 00:00:10:00 00:00:00:00 00:00:10:00\n", "left out: 1 × an event without a marker"),
        ("a.csv", "seconds,label\n", "no spots are in it, read as CSV (0 matches)"),
        ("a.json", '[{"video": "g/1", "fps": 25, "events": []}]', "no spots are in it, read as E2E-Spot JSON (1 match)"),
        ("b.json", '{"version": 1, "videos": [{"path_video": "g/1_224p.mkv", "annotations": []}]}', "read as OSL JSON, version 1"),
    ],
)  # fmt: skip
def test_a_source_of_which_nothing_is_understood_is_refused(
    name: str, content: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    done = touchline("convert", tmp_path / name, tmp_path / "o.json", "--to", "labels-v2")
    assert done.returncode == 2
    assert message in said(done)
    assert not (tmp_path / "o.json").exists()


def test_a_format_that_carries_none_of_the_spots_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("half,seconds,label\n1,10,Corner\n1,20,Foul\n")
    done = touchline("convert", tmp_path / "a.csv", tmp_path / "Labels.json", "--to", "labels-v1")
    assert done.returncode == 2
    assert "SoccerNet Labels (v1) carries none of what is in it (2 spots of classes other than" in said(done)
    assert not (tmp_path / "Labels.json").exists()
    (tmp_path / "b.csv").write_text("half,seconds,label\n1,10,Corner\n1,20,Goal\n")
    done = touchline("convert", tmp_path / "b.csv", tmp_path / "Labels.json", "--to", "labels-v1")
    assert "1 spot of 1 match from CSV to SoccerNet Labels (v1)" in said(done)
    assert "1 spot of classes other than goals, cards and substitutions" in said(done)


def test_matches_without_spots_are_counted(tmp_path: Path) -> None:
    videos = [
        {"video": "g/1", "fps": 25, "events": []},
        {"video": "h/1", "fps": 25, "events": [{"frame": 1, "label": "Goal"}]},
    ]
    (tmp_path / "a.json").write_text(json.dumps(videos))
    done = touchline("convert", tmp_path / "a.json", tmp_path / "o.csv")
    assert done.returncode == 0
    assert "1 spot of 2 matches" in said(done)
    assert "1 match has no spots" in said(done)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.vtt", "WEBVTT\n\n10:00:10.000 --> 10:00:12.000\nGoal\n", "the match has 1 of 1 spot of half 1 past three hours"),
        (
            "a.json",
            '[{"video": "a/1", "fps": 25, "num_frames": 100, "events": [{"frame": 250, "label": "Goal"}, {"frame": 9, "label": "Goal"}]}]',
            "a has 1 of 2 spots of half 1 past the end of its video, by the length that is known",
        ),
        ("a.csv", "time,label\n9,Goal\n9,Goal\n9,Foul\n9,Goal\n", "the match: 2 spots stand there twice, of the same class, team and moment; each counts once more"),
        ("a.csv", "time,label\n0.0088,Goal\n0.0093,Foul\n", "all times of the match lie within its first second"),
    ],
)  # fmt: skip
def test_times_that_may_be_meant_otherwise_are_told(name: str, text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    done = touchline("convert", tmp_path / name, tmp_path / "o.json", "--to", "labels-v2")
    assert done.returncode == 0, done.stderr
    assert message in said(done)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("clips") / "ten.mp4", steady(100, rate=10.0), first=7000)


def test_every_spot_that_is_not_cut_is_named(video: Path, tmp_path: Path) -> None:
    lines = [
        "half,seconds,label",
        "1,-0.42,Kick-off",
        "1,0,Kick-off",
        "1,9.99,Goal",
        "1,10.0,Goal",
        "1,12,Corner",
        "2,3,Goal",
        "1,-5,Foul",
    ]
    (tmp_path / "edge.csv").write_text("\n".join(lines))
    out = tmp_path / "out"
    done = touchline("clips", video, "--labels", tmp_path / "edge.csv", "--before", "1", "--after", "1", "--out", out)
    assert done.returncode == 0, done.stderr
    for part in (
        "Kick-off at -00:00.42 of half 1 lies before the video, and is cut from its first frame",
        "Goal at 00:10.00 of half 1 is left out: its video ends at 00:10.00",
        "Corner at 00:12.00 of half 1 is left out",
        "Goal at 00:03.00 of half 2 is left out: there is no video of half 2",
        "Foul at -00:05.00 of half 1 is left out: it ends before the video begins",
        "3 clips of ten",
    ):
        assert part in said(done)


def test_nothing_to_cut_is_refused_with_the_reasons(video: Path, tmp_path: Path) -> None:
    (tmp_path / "late.csv").write_text("half,seconds,label\n1,12,Corner\n2,3,Goal\n")
    done = touchline("clips", video, "--labels", tmp_path / "late.csv", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "of 2 spots none can be cut: Corner at 00:12.00 of half 1 is left out" in said(done)
    done = touchline("clips", video, "--labels", tmp_path / "late.csv", "--class", "Foul", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "2 spots are of 2 not asked for" in said(done)


def test_labels_of_other_classes_are_cut_or_held_against_their_table(video: Path, tmp_path: Path) -> None:
    rows = [{"gameTime": "1 - 00:01", "label": "PASS", "position": "1240"}, {"gameTime": "1 - 00:02", "label": "DRIVE"}]
    (tmp_path / "ball.json").write_text(json.dumps({"annotations": rows}))
    done = touchline("clips", video, "--labels", tmp_path / "ball.json", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "has no PASS, DRIVE; clips of them last from 5 s before" in said(done)
    assert "2 clips" in said(done)
    (tmp_path / "class.txt").write_text("PASS\n")
    done = touchline(
        "clips", video, "--labels", tmp_path / "ball.json", "--classes", tmp_path / "class.txt", "--out", tmp_path / "o"
    )
    assert done.returncode == 0, done.stderr
    assert "1 × a label of the unknown class 'DRIVE' left out" in said(done)
    assert "1 clip of ten" in said(done)
    (tmp_path / "class.txt").write_text("SHOT\n")
    done = touchline(
        "clips", video, "--labels", tmp_path / "ball.json", "--classes", tmp_path / "class.txt", "--out", tmp_path / "p"
    )
    assert done.returncode == 2
    assert "not one of 2 labels is of a known class; they say 'DRIVE', 'PASS'" in said(done)


def test_convert_leaves_out_labels_of_no_class_of_the_table_and_counts_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("game,half,seconds,label\na,1,1,Goal\na,1,2,goal\nb,1,3,Pass\nb,1,4,Pass\n")
    done = touchline("convert", tmp_path / "a.csv", tmp_path / "o.csv", "--classes", "soccernet-v2")
    assert done.returncode == 0, done.stderr
    assert "1 spot of 2 matches" in said(done)
    assert "1 match has no spots" in said(done)
    assert "Left out: 1 × a label of the unknown class 'goal' (did you mean 'Goal'?)" in said(done)
    assert "Left out: 2 × a label of the unknown class 'Pass'" in said(done)
    assert "Pass" not in (tmp_path / "o.csv").read_text()


def test_the_action_of_a_game_state_is_cut_and_its_people_are_counted(video: Path, tmp_path: Path) -> None:
    info = {"name": "SNGS-021", "action_class": "Corner", "action_position": "5000", "game_time_start": "1 - 00:01"}
    people = [{"image_id": "1021000001", "track_id": 1, "bbox_image": {"x": 1}}] * 3
    path = tmp_path / "Labels-GameState.json"
    path.write_text(json.dumps({"info": info, "annotations": people, "categories": []}))
    done = touchline("clips", video, "--labels", path, "--before", "1", "--after", "1", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "1 clip of ten" in said(done)
    assert "3 × somebody's place in a picture" in said(done)
    done = touchline("convert", path, tmp_path / "o.csv")
    assert "1 spot of 1 match from SoccerNet Labels-GameState to CSV" in said(done)
    assert "Left out: 3 × somebody's place in a picture." in said(done)
    for content in ({"annotations": people}, {"info": {"rate": 2}, "predictions": people}):
        path.write_text(json.dumps(content))
        done = touchline("clips", video, "--labels", path, "--out", tmp_path / "o")
        assert done.returncode == 2
        assert "this game state names no action: it holds people and their places" in said(done)


def test_percent_is_refused_by_evaluate(tmp_path: Path) -> None:
    row = {"gameTime": "1 - 00:05", "label": "Goal", "position": "5000", "half": "1"}
    (tmp_path / "Labels-v2.json").write_text(json.dumps({"annotations": [row]}))
    (tmp_path / "results_spotting.json").write_text(json.dumps({"predictions": [{**row, "confidence": "90"}]}))
    files = ("--labels", tmp_path / "Labels-v2.json", "--predictions", tmp_path / "results_spotting.json")
    done = touchline("evaluate", "--task", "spotting", *files)
    assert done.returncode == 2
    assert "the confidence 90 is above 1" in said(done)


@pytest.mark.skipif(not REPORTS.is_dir(), reason="the rebuilt reports are not here")
def test_the_reported_training_is_refused_before_it_begins(tmp_path: Path) -> None:
    data = REPORTS / "nan_training"
    done = touchline("train", data / "max.toml", "--data", data, "--run", tmp_path / "run")
    assert done.returncode == 2
    assert "left out 1 label of the unknown class 'Goal kick'" in said(done)
    assert "1_mine.npy: this feature file is damaged: row 100 holds a number that is none" in said(done)
    assert not (tmp_path / "run" / "model").exists()
    assert np.isnan(np.load(next((data / "train").rglob("1_mine.npy")))[100]).any()


def evaluated(folder: Path, labels: str, predictions: str) -> object:
    """``evaluate`` of two files, of SoccerNet's forms where they are JSON and else of tables."""
    names = ["Labels-v2.json", "results_spotting.json"]
    files = [
        folder / (name if content.startswith("{") else f"{name.split('.')[0]}.csv")
        for name, content in zip(names, (labels, predictions), strict=True)
    ]
    for file, content in zip(files, (labels, predictions), strict=True):
        file.write_text(content)
    return touchline("evaluate", "--task", "spotting", "--labels", files[0], "--predictions", files[1])


_LABELS = '{"annotations": [{"gameTime": "1 - 00:10", "label": "Goal", "position": "10000"}]}'
_PREDICTION = '{"gameTime": "1 - 00:10", "label": "Goal", "position": "%s", "half": "1", "confidence": "0.9"}'


def test_evaluate_refuses_times_that_no_half_has(tmp_path: Path) -> None:
    for position, message in (("99999999", "later than any half is long"), ("-61000", "lies before the half")):
        done = evaluated(tmp_path, _LABELS, '{"predictions": [%s]}' % (_PREDICTION % position))
        assert done.returncode == 2  # type: ignore[attr-defined]
        assert message in said(done)


def test_evaluate_names_the_file_that_was_given_and_not_what_was_made_of_it(tmp_path: Path) -> None:
    done = evaluated(tmp_path, "half,seconds,label\n1,10,Gaol\n", "half,seconds,label,confidence\n1,10,Goal,.9\n")
    assert done.returncode == 2  # type: ignore[attr-defined]
    assert f"{tmp_path}/Labels-v2.csv: not one of 1 labels is of a known class" in said(done)


def test_a_percent_names_its_file_and_match(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('[{"video": "g/1", "fps": 25, "events": [{"frame": 10, "label": "Goal", "score": 50}]}]')
    done = touchline("convert", file, tmp_path / "a.csv")
    assert f"{file}, g, entry 1: the confidence 50 is above 1" in said(done)


def test_a_table_may_call_a_half_as_people_do(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("half,seconds,label\n1st half,10,Goal\nH2,20,Goal\n")
    done = touchline("convert", tmp_path / "a.csv", tmp_path / "b.csv")
    assert done.returncode == 0
    assert [line[0] for line in (tmp_path / "b.csv").read_text().splitlines()[1:]] == ["1", "2"]


def test_spots_that_stand_twice_are_told_by_agreement_and_clips(video: Path, tmp_path: Path) -> None:
    labels = tmp_path / "twice.csv"
    labels.write_text("half,seconds,label\n1,1,Goal\n1,1,Goal\n")
    message = "1 spot stands there twice, of the same class, team and moment; it counts once more"
    assert message in said(touchline("agreement", labels, labels))
    done = touchline(
        "clips", video, "--labels", labels, "--out", tmp_path / "clips", "--before", "0.2", "--after", ".2"
    )
    assert message in said(done)


def test_a_seed_below_0_is_refused_before_the_work(capfd: pytest.CaptureFixture[str]) -> None:
    assert touchline("faithfulness", "--demo", "--seed", "-1").returncode == 2
    assert "greater than or equal to 0" in capfd.readouterr().err


def test_a_mark_that_goes_on_past_the_video_is_told(video: Path, tmp_path: Path) -> None:
    done = touchline("clips", video, "--mark", "1 00:01-01:00", "--out", tmp_path / "clips")
    assert done.returncode == 0
    assert "Mark from 00:01.00 to 01:00.00 of half 1 is cut short: its video ends at 00:" in said(done)
    done = touchline("clips", video, "--mark", "1 00:00-00:01", "--out", tmp_path / "whole")
    assert "cut short" not in said(done)


def test_a_list_that_drops_frames_is_told_where_its_rate_does_not(tmp_path: Path) -> None:
    event = "001  AX V C 00:00:00;00 00:10:00;00 00:00:00;00 00:10:00;00"
    (tmp_path / "a.edl").write_text(f"TITLE: x\nFCM: DROP FRAME\n{event}\n* LOC: 00:01:00;02 RED Goal\n")
    message = "the list drops frame numbers, which 25 frames a second do not (see --rate)"
    assert message in said(touchline("convert", tmp_path / "a.edl", tmp_path / "25.csv", "--rate", 25))
    assert "the list drops" not in said(
        touchline("convert", tmp_path / "a.edl", tmp_path / "ntsc.csv", "--rate", 29.97)
    )
