"""The figures of calibrations, by hand, on rendered truth and on published files."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.pitch import Pitch
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.pitch_calibration import (
    UNNAMED,
    CalibrationGame,
    distance,
    evaluate_calibrations,
    iou_part,
    iou_whole,
    jac,
    placed_sample,
)
from spotting_core.formats.field_calibration import pitch_of, read_published, read_rendered, write_published
from spotting_core.tasks.registry import task_named
from spotting_core.tasks.task import EvaluationOrder
from tests.app.commands import touchline, touchline_process
from tests.spotting_core.domain.test_pitch import FROM_ABOVE, tilted

PITCH = Pitch()


def shifted(by: float, of: Homography = FROM_ABOVE) -> Homography:
    """The same picture, placed ``by`` metres further along the pitch."""
    return Homography(of.matrix @ np.array([[1, 0, -by], [0, 1, 0], [0, 0, 1.0]]))


def test_a_shift_by_hand() -> None:
    """The whole pitch in the picture, placed 21 m to the right: a fifth of it."""
    assert distance(FROM_ABOVE, shifted(21), PITCH) == pytest.approx(21)
    assert iou_part(FROM_ABOVE, shifted(21), PITCH) == pytest.approx(84 / 105)
    assert iou_whole(FROM_ABOVE, shifted(21), PITCH) == pytest.approx(84 / 105)
    assert distance(FROM_ABOVE, FROM_ABOVE, PITCH) == pytest.approx(0)


def test_lines_by_hand() -> None:
    """A metre is 9.14 pixels along the pitch: a shift of half a metre leaves 19 of 20 lines within five pixels."""
    assert jac(FROM_ABOVE, shifted(0.5), PITCH) == 19 / 20  # one goal line is beside the predicted picture
    # A whole metre: the lines along the pitch end a metre early, all others lie beside theirs or their ends do.
    assert jac(FROM_ABOVE, shifted(1), PITCH) < 0.2
    # Far off: the left goal line is only true; with the prediction a pitch away nothing is shared.
    assert jac(FROM_ABOVE, shifted(200), PITCH) == 0


def test_a_pitch_turned_by_half_a_turn_looks_alike() -> None:
    placed = placed_sample(FROM_ABOVE, shifted(1).turned(), PITCH)
    assert placed.distance == pytest.approx(1)
    assert placed_sample(tilted(), tilted().turned(), PITCH).jac == 1


def test_what_is_asked_and_what_is_answered() -> None:
    """Four samples of which one shows no pitch and one has no prediction: half of what is asked is placed well."""
    high = Homography(np.diag([40.0, 40.0, 1.0]) @ FROM_ABOVE.matrix)  # the grass around one corner of the picture
    truth = [Calibration(1, t, h, None, "Main") for t, h in enumerate([FROM_ABOVE, FROM_ABOVE, None, high])]
    predicted = [Calibration(1, 0, shifted(2), 0.9), Calibration(1, 1, None, 0.2), Calibration(1, 2, FROM_ABOVE, 0.9)]
    evaluation = evaluate_calibrations([CalibrationGame("a", PITCH, truth, predicted)])
    assert evaluation.average_map["all"] == pytest.approx(2)
    assert evaluation.per_class == {"Main": {"all": pytest.approx(2)}}
    assert evaluation.truths == {"Main": 1}
    assert evaluation.others["Completeness"] == 0.5
    with pytest.raises(BadInputError, match="no sample whose truth shows"):
        evaluate_calibrations([CalibrationGame("a", PITCH, truth, [])])


def test_a_prediction_of_the_nearest_frame_is_of_the_same_sample() -> None:
    truth = [Calibration(1, 500_000, FROM_ABOVE)]
    for at, complete in ((480_000, 1.0), (540_000, 1.0)):
        found = evaluate_calibrations([CalibrationGame("a", PITCH, truth, [Calibration(1, at, FROM_ABOVE, 0.9)])])
        assert found.others["Completeness"] == complete
    with pytest.raises(BadInputError, match="no sample whose truth shows"):
        evaluate_calibrations([CalibrationGame("a", PITCH, truth, [Calibration(1, 1_000_000, FROM_ABOVE, 0.9)])])


def test_calibrations_are_written_as_published(tmp_path: Path) -> None:
    path = tmp_path / "1_field_calib_ccbv.json"
    known = [Calibration(1, 0, tilted(), 0.9), Calibration(1, 500_000, None, 0.0)]
    write_published(path, known, 1280, 720, "a/b/1_HQ_25.mkv")
    content = json.loads(path.read_text())
    assert content["size"] == [2, 720, 1280, 3]
    assert content["predictions"][1] == []
    first, second = read_published(path, 1).calibrations
    assert (first.half, first.time, first.confidence) == (1, 0, 0.9)
    assert first.homography is not None
    assert np.allclose(first.homography.to_picture(np.eye(2)), tilted().to_picture(np.eye(2)))
    assert (second.time, second.homography) == (500_000, None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"size": [1, 720, 1280, 3]}, "missing required field predictions"),
        ({"size": [0, 0, 1280, 3], "predictions": []}, "1280 by 0 pixels"),
        ({"size": [1, 7, 7, 3], "predictions": [[{"homography": [1, 2], "confidence": 1}]]}, "homography"),
        ({"size": [1, 7, 7, 3], "predictions": [[{"homography": [1] * 9, "confidence": 2}]]}, "confidence"),
        ({"size": [9, 7, 7, 3], "predictions": [[]]}, "says 9 samples and has 1"),
    ],
)
def test_what_is_no_calibration_file_says_so(tmp_path: Path, content: dict[str, object], message: str) -> None:
    path = tmp_path / "1_field_calib_ccbv.json"
    path.write_text(json.dumps(content))
    with pytest.raises(BadInputError, match=message):
        read_published(path, 1)


def test_a_sample_that_is_no_homography_is_none(tmp_path: Path) -> None:
    path = tmp_path / "1_field_calib_ccbv.json"
    path.write_text(json.dumps({"size": [1, 9, 9, 3], "predictions": [[{"homography": [0] * 9, "confidence": 1}]]}))
    assert read_published(path, 1).calibrations[0].homography is None


def test_the_demo_is_placed_on_its_own_pitch(demo: Path) -> None:
    truth = read_rendered(demo)
    assert pitch_of(demo) == Pitch(110, 72)
    assert {c.half for c in truth} == {1, 2}
    assert truth[1].time == 500_000
    some = [c for c in truth if c.homography is not None and c.label == "Main camera center"][::40]
    evaluation = evaluate_calibrations([CalibrationGame("demo", Pitch(110, 72), some, some)])
    assert evaluation.average_map["all"] == pytest.approx(0, abs=1e-6)
    assert evaluation.others["JaC@5"] == 1
    unnamed = [replace(c, label="") for c in some]
    assert list(evaluate_calibrations([CalibrationGame("demo", Pitch(110, 72), unnamed, some)]).per_class) == [UNNAMED]


def test_the_command_measures_published_files_against_rendered_truth(demo: Path, tmp_path: Path) -> None:
    game = tmp_path / "game"
    game.mkdir()
    for half in (1, 2):
        own = [replace(c, confidence=0.9) for c in read_rendered(demo) if c.half == half]
        few = [c if i % 60 == 0 else replace(c, homography=None) for i, c in enumerate(own)]
        write_published(game / f"{half}_field_calib_ccbv.json", few, 640, 360)
    command = ("evaluate", "--task", "calibration", "--labels", demo, "--predictions", game, "--json", "-")
    answer = touchline_process(*command)
    assert answer.returncode == 0, answer.stderr
    content = json.loads(answer.stdout)
    assert content["metric"] == "distance"
    assert content["average_map"] == pytest.approx(0, abs=1e-6)
    assert 0 < content["others"]["Completeness"] < 0.05
    refused = touchline(*command[:-2], "--official")
    assert refused.returncode == 2
    assert "no official evaluator" in refused.stderr


def test_real_calibrations_look_at_the_pitch(shared: Path, tmp_path: Path) -> None:
    root = shared / "data" / "real_calibration"
    one = sorted((root / "val").rglob("1_calibration.npz"))[0].parent
    subprocess.run([sys.executable, root / "as_json.py", one, tmp_path], check=True)
    read = read_published(tmp_path / "1_field_calib_ccbv.json", 1).calibrations
    sure = [c.homography for c in read if c.homography is not None and (c.confidence or 0) >= 0.75]
    assert len(sure) > 0.5 * len(read)
    middle = np.array([h.to_pitch(np.array([0.5, 0.6])) for h in sure])
    assert Pitch().contains(middle).mean() > 0.98
    upper, lower, left, right = (np.array([h.to_pitch(np.array(at)) for h in sure]) for at in
                                 ((0.5, 0.6), (0.5, 0.95), (0.2, 0.8), (0.8, 0.8)))  # fmt: skip
    assert (lower[:, 1] > upper[:, 1]).mean() > 0.98
    assert (right[:, 0] > left[:, 0]).mean() > 0.98


def test_exact_calibrations_have_y_towards_the_main_camera_and_x_to_its_right(demo: Path) -> None:
    """The demo's second half is filmed from the other side than its first, where the file's y points away."""
    main = [c for c in read_rendered(demo) if c.label == "Main camera center" and c.homography is not None]
    assert {c.half for c in main} == {1, 2}
    upper, lower, left, right = np.array([[0.5, 0.6], [0.5, 0.95], [0.2, 0.8], [0.8, 0.8]])
    for one in main:
        assert one.homography is not None
        assert one.homography.to_pitch(lower)[1] > one.homography.to_pitch(upper)[1]
        assert one.homography.to_pitch(right)[0] > one.homography.to_pitch(left)[0]
    table = parquet.read_table(demo / "calibration.parquet").to_pylist()
    first = next(row for row in table if row["half"] == 2 and row["camera"] == "Main camera center" and not row["wipe"])
    width, height = json.loads((demo / "meta.json").read_text())["out_res"]
    as_filed = Homography.of_pixels(np.array(first["H"]).reshape(3, 3), width, height)
    assert as_filed.to_pitch(lower)[1] < as_filed.to_pitch(upper)[1]


def rendered(folder: Path, demo: Path, **columns: object) -> Path:
    """Ten rows of the demo's calibrations, with other values in some columns; without those that are None."""
    folder.mkdir()
    table = parquet.read_table(demo / "calibration.parquet").slice(0, 10)
    for name, value in columns.items():
        place = table.column_names.index(name)
        table = table.remove_column(place)
        if value is not None:
            table = table.add_column(place, name, pa.array([value] * 10))
    parquet.write_table(table, folder / "calibration.parquet")
    (folder / "meta.json").write_text((demo / "meta.json").read_text())
    return folder


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"wipe": None}, "lack the columns wipe"),
        ({"H": [1.0] * 8}, "row 0: a homography has nine numbers"),
        ({"H": [0.0] * 9}, "row 0: this homography is singular"),
        ({"time_s": pa.scalar(None, pa.float64())}, "rows without time_s"),
    ],
)
def test_damaged_truth_says_where(columns: dict[str, object], message: str, demo: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=message):
        read_rendered(rendered(tmp_path / "game", demo, **columns))


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ({}, "has no out_res"),
        ({"out_res": "big"}, "out_res must be"),
        ({"out_res": [640]}, "out_res"),
        ({"out_res": [0, 0]}, "out_res"),
        ({"out_res": [640, 360], "pitch": ["a", "b"]}, "pitch"),
    ],
)
def test_a_damaged_description_says_what(meta: dict[str, object], message: str, demo: Path, tmp_path: Path) -> None:
    folder = rendered(tmp_path / "game", demo)
    (folder / "meta.json").write_text(json.dumps(meta))
    with pytest.raises(BadInputError, match=message) as caught:
        read_rendered(folder)
    assert caught.value.where == folder / "meta.json"


def test_a_pitch_that_cannot_be_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text(json.dumps({"pitch": [-105, 68]}))
    with pytest.raises(BadInputError, match="no pitch is -105 by 68 m") as caught:
        pitch_of(tmp_path)
    assert caught.value.where == tmp_path / "meta.json"


def test_what_has_no_prediction_is_named(demo: Path, tmp_path: Path) -> None:
    own = [replace(c, confidence=0.9 if i % 2 else 0.1) for i, c in enumerate(read_rendered(demo)) if c.half == 1]
    write_published(tmp_path / "1_field_calib_ccbv.json", own, 640, 360)
    record = Record()
    task_named("calibration").evaluate(EvaluationOrder(demo, tmp_path), record)
    assert record.skipped[0].why == "half 2 has no predictions"
    assert "are below 0.75 or no homography" in record.skipped[1].why
    with pytest.raises(BadInputError, match="calibrations have no classes"):
        task_named("calibration").evaluate(EvaluationOrder(demo, tmp_path, classes="finediving"), Record())
