"""The challenge's figures: by hand, from folders, and beside SoccerNet's own evaluator."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from SoccerNet.Evaluation import CameraCalibration

from spotting_core.base.errors import BadInputError
from spotting_core.domain.camera import Camera
from spotting_core.evaluation.challenge_calibration import (
    ChallengePicture,
    evaluate_folders,
    evaluate_pictures,
    judged_lines,
    predicted_lines,
)
from spotting_core.evaluation.collect import Record
from spotting_core.formats.challenge_cameras import ChallengeCamera, camera_name, write_camera
from spotting_core.formats.field_calibration import write_published
from spotting_core.formats.line_labels import TURNED, label_name, write_lines
from tests.app.commands import touchline
from tests.challenge_pictures import ABOVE, marked
from tests.pitch_views import STRAIGHT, seen_by


def jac(lines: dict[str, np.ndarray], camera: ChallengeCamera = ABOVE) -> float:
    return judged_lines(ChallengePicture(lines, camera).marked, camera).jac


def test_lines_from_above() -> None:
    """Sixteen lines are seen; the upper line of the left penalty area begins at the picture's edge, 20.16 m up."""
    lines = predicted_lines(ABOVE)
    assert lines.keys() == marked().keys()
    top = lines["Big rect. left top"].reshape(-1, 2)
    assert top.min(0) == pytest.approx([0, 270 - 20.16 * 9.6])
    assert top.max(0) == pytest.approx([480 - 36 * 9.6, 270 - 20.16 * 9.6])
    middle = lines["Middle line"].reshape(-1, 2)
    assert (middle.min(), middle[:, 1].max()) == (0, 540)


def test_a_goal_stands_upright() -> None:
    """20 m before the left goal, 1.22 m high, a focal length of one width: a metre of it is 48 pixels."""
    camera = ChallengeCamera(Camera((-32.5, 0, -1.22), -np.pi / 2, np.pi / 2, 0, 1, 16 / 9), 960)
    lines = predicted_lines(camera)
    post = lines["Goal left post left "].reshape(-1, 2)  # towards the main camera, which is to the left of who looks so
    assert post[:, 0] == pytest.approx(480 - 3.66 * 48)
    assert (post[:, 1].min(), post[:, 1].max()) == (pytest.approx(270 - 1.22 * 48), pytest.approx(270 + 1.22 * 48))
    bar = lines["Goal left crossbar"].reshape(-1, 2)
    assert bar[:, 1] == pytest.approx(270 - 1.22 * 48)
    assert "Goal right crossbar" not in lines  # it lies behind the camera


def test_exact_lines_are_right() -> None:
    assert jac(marked()) == 1
    assert jac(marked(), replace(ABOVE, width=1920.0)) == 1
    assert jac(marked(right=4.9)) == 1
    assert jac(marked(right=5.1)) == 8 / 16


def test_six_pixels_leave_the_lines_along_which_all_has_moved() -> None:
    """The eight lines across the ends of the areas; the halfway line, four main lines and three circles are wrong."""
    found = judged_lines(ChallengePicture(marked(right=6), ABOVE).marked, ABOVE)
    assert found.jac == 8 / 16
    assert found.right == {name for name in marked() if name.endswith(("top", "bottom"))}
    assert not found.missed
    # A single point that is off makes its line wrong, whatever the others do.
    lines = marked()
    lines["Middle line"] = np.concatenate([lines["Middle line"], marked(right=6)["Middle line"][:1]])
    assert jac(lines) == 15 / 16


def test_what_is_only_predicted_or_only_marked_counts() -> None:
    lines = marked()
    del lines["Circle left"], lines["Circle right"]
    assert jac(lines) == 14 / 16
    lines["Side line top"] = np.array([[0.1, 0.0]])
    assert jac(lines) == 14 / 17
    lines["Side line bottom"] = np.zeros((0, 2))  # no points are no line
    lines["Line unknown"] = np.array([[0.5, 0.5]])
    assert jac(lines) == 14 / 17


def test_nothing_marked_and_nothing_seen_is_no_success() -> None:
    away = replace(ABOVE, camera=replace(ABOVE.camera, position=(500.0, 0.0, -50.0)))
    assert jac({}, away) == 0
    assert jac(marked(), away) == 0


def test_the_turned_truth_counts_where_it_is_better() -> None:
    turned = {TURNED[name]: points for name, points in marked().items()}
    assert turned["Big rect. right bottom"].tolist() == marked()["Big rect. left top"].tolist()
    assert jac(turned) == 1


def test_a_lens_is_followed() -> None:
    """At (0.72, 0.4) from the axis, where the penalty areas' main lines are marked, r² is 0.678: a coefficient of 0.02
    moves them sideways by 960 · 0.5 · 0.72 · 0.02 · 0.678 = 4.7 pixels, one of 0.03 by 7.0."""
    lens = replace(ABOVE, radial=(0.02, 0, 0, 0, 0, 0))
    assert judged_lines(ChallengePicture(marked(), lens).marked, lens).right >= {"Big rect. left main"}
    stronger = replace(ABOVE, radial=(0.03, 0, 0, 0, 0, 0))
    assert "Big rect. left main" in judged_lines(ChallengePicture(marked(), stronger).marked, stronger).wrong


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Five labelled pictures, two of which have a camera and one a homography alone; one shows two lines."""
    labels, predictions = tmp_path / "labels", tmp_path / "predictions"
    two = {name: points for name, points in marked().items() if name.startswith("Circle ")}
    del two["Circle central"]
    for number, lines in enumerate([marked(), marked(right=6), marked(), two, marked()], 1):
        write_lines(labels / label_name(number), lines)
    for number in (1, 2, 9):
        write_camera(predictions / camera_name(number), ABOVE)
    (predictions / camera_name(5)).write_text(json.dumps({"homography": [1.0] * 9}))
    return labels, predictions


def test_folders_are_measured_by_number(folders: tuple[Path, Path]) -> None:
    record = Record()
    found = evaluate_folders(*folders, record)
    assert (found.task, found.metric, found.headline) == ("calibration", "jac", "JaC@5")
    assert found.average_map == {"all": (1 + 8 / 16) / 2}
    assert found.others == pytest.approx({
        "Completeness, pictures with more than 4 lines": 2 / 4,
        "JaC by completeness, pictures with more than 4 lines": 0.75 * 2 / 4,
        "Completeness, all pictures": 2 / 5,
        "JaC by completeness, all pictures": 0.75 * 2 / 5,
    })  # fmt: skip
    assert found.per_class["Middle line"] == {"all": 0.5}
    assert found.per_class["Big rect. left top"] == {"all": 1}
    assert found.truths["Middle line"] == 2
    assert record.counted == ["00001", "00002"]
    assert [(left.game, left.why) for left in record.skipped] == [
        ("00003", "it has no camera"),
        ("00004", "it has no camera"),
        ("00005", "its file has a homography and no camera"),
        ("camera_00009", "it has no labels"),
    ]


def test_pictures_that_show_too_little_leave_one_form_of_completeness() -> None:
    found = evaluate_pictures([ChallengePicture({}, ABOVE), ChallengePicture({}, None)])
    assert found.others == {"Completeness, all pictures": 0.5, "JaC by completeness, all pictures": 0}


def test_the_command_tells_the_folders_form(folders: tuple[Path, Path]) -> None:
    command = ("evaluate", "--task", "calibration", "--labels", folders[0], "--predictions", folders[1])
    answer = touchline(*command)
    assert answer.returncode == 0, answer.stderr
    assert "JaC@5" in answer.stdout
    assert "Calibration, jac." in answer.stdout
    assert "Completeness, all pictures: 0.4000" in answer.stdout
    assert touchline(*command, "--metric", "jac").returncode == 0
    refused = touchline(*command, "--metric", "distance")
    assert refused.returncode == 2
    assert "line labels have no distance. Choose --metric jac, or leave it out" in " ".join(refused.stderr.split())
    split = folders[0].parent / "split.txt"
    split.write_text("a\n")
    assert "line labels have no games. Leave --split out" in " ".join(
        touchline(*command, "--split", split).stderr.split()
    )


def test_folders_that_do_not_belong_together_say_so(folders: tuple[Path, Path], tmp_path: Path) -> None:
    labels, predictions = folders
    (tmp_path / "empty").mkdir()
    for there in (tmp_path / "empty", tmp_path / "missing"):
        with pytest.raises(BadInputError, match=r"no cameras lie here. Beside line labels .* camera_00001.json"):
            evaluate_folders(labels, there, Record())
    for number in (1, 2):
        (predictions / camera_name(number)).unlink()
    with pytest.raises(BadInputError, match=r"no picture has both .* \(5 with labels, 2 with cameras\)"):
        evaluate_folders(labels, predictions, Record())


def test_a_folder_of_neither_form_names_both(folders: tuple[Path, Path], tmp_path: Path) -> None:
    game = tmp_path / "game"
    game.mkdir()
    write_published(game / "1_field_calib_ccbv.json", seen_by(STRAIGHT, confidence=0.9), 640, 360)
    for labels, predictions in ((folders[1], folders[1]), (game, folders[1])):
        answer = touchline("evaluate", "--task", "calibration", "--labels", labels, "--predictions", predictions)
        assert answer.returncode == 2
        said = " ".join(answer.stderr.split())
        assert "1_field_calib_ccbv.json; the challenge's line labels 00001.json, and beside such" in said
        assert "its cameras camera_00001.json" in said


def test_soccernets_own_evaluator_agrees(tmp_path: Path) -> None:
    """Ten pictures from along the main side and from behind a goal; the cameras are off by little, or are turned."""
    rng = np.random.default_rng(3)
    labels, predictions = tmp_path / "labels", tmp_path / "predictions"
    for number in range(1, 11):
        behind = number % 3 == 0
        position = (rng.uniform(62, 75), rng.uniform(-9, 9), -8.0) if behind else (rng.uniform(-30, 30), 70.0, -15.0)
        ahead = np.array([rng.uniform(30, 45), rng.uniform(-10, 20), 0]) - position
        pan, tilt = np.arctan2(ahead[0], -ahead[1]), np.arctan2(np.hypot(*ahead[:2]), ahead[2])
        true = Camera(position, pan, tilt, 0.01, rng.uniform(1, 3), 16 / 9)
        seen = predicted_lines(ChallengeCamera(true, 960.0)).items()
        lines = {name: np.concatenate([pieces[::40, 0], pieces[-1:, 1]]) / (959, 539) for name, pieces in seen}
        if number % 2:
            lines = {TURNED[name]: points for name, points in lines.items()}
        write_lines(labels / label_name(number), {name: np.clip(points, 0, 1) for name, points in lines.items()})
        if number != 10:
            found = replace(true, pan=pan + rng.normal(0, 0.004), tilt=tilt + rng.normal(0, 0.003))
            write_camera(predictions / camera_name(number), ChallengeCamera(found, 960.0))
    for folder, inside in ((labels, "test/"), (predictions, "")):
        with zipfile.ZipFile(folder.with_suffix(".zip"), "w") as archive:
            for path in sorted(folder.iterdir()):
                archive.write(path, f"{inside}{path.name}")
    official = CameraCalibration.evaluate(labels.with_suffix(".zip"), predictions.with_suffix(".zip"), threshold=5)
    found = evaluate_folders(labels, predictions, Record())
    assert 0.2 < official["meanAccuracies"] < 0.95
    assert found.average_map["all"] == pytest.approx(official["meanAccuracies"], abs=1e-6)
    assert found.others["Completeness, all pictures"] == official["completeness"] == 0.9
