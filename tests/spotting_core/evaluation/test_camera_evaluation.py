"""Camera shots and their boundaries: values by hand, official quirks one by one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.cameras import CAMERA_TABLE
from spotting_core.domain.classes import load_classes
from spotting_core.evaluation.boundaries import check_kinds, evaluate_boundaries, note_unrated
from spotting_core.evaluation.camera_files import CameraGame, EvaluatedChange, read_camera_games, read_changes
from spotting_core.evaluation.cameras import evaluate_cameras
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.replay_files import read_replay_games
from spotting_core.formats.game_time import RUNS_ON

CAMERAS = load_classes(CAMERA_TABLE).names
MAIN, CLOSE, LEFT = CAMERAS[:3]


def change(
    seconds: float, label: str = MAIN, kind: str = "abrupt", confidence: float = 1.0, half: int = 1
) -> EvaluatedChange:
    return EvaluatedChange(half, round(seconds * 1e6), int(seconds), label, kind, False, confidence, None)


def cameras(truth: list[EvaluatedChange], predicted: list[EvaluatedChange], official: bool):  # type: ignore[no-untyped-def]
    return evaluate_cameras([CameraGame("g", truth, predicted)], CAMERAS, official=official)


def boundaries(truth: list[EvaluatedChange], predicted: list[EvaluatedChange], official: bool):  # type: ignore[no-untyped-def]
    return evaluate_boundaries([CameraGame("g", truth, predicted)], official=official)


# --- shots ----------------------------------------------------------------------------------------------


def test_exact_overlap_by_hand() -> None:
    # True: main until 10.0 s, close-up until 20.0 s. Predicted: main until 12.5 s, close-up until 20 s.
    truth = [change(10, MAIN), change(20, CLOSE)]
    report = cameras(truth, [change(12.5, MAIN), change(20, CLOSE)], official=False)
    assert report.per_class[MAIN]["all"] == pytest.approx(10 / 12.5)
    assert report.per_class[CLOSE]["all"] == pytest.approx(7.5 / 10)
    assert report.per_class[LEFT]["all"] is None
    assert report.average_map["all"] == pytest.approx((0.8 + 0.75) / 2)
    assert report.truths[MAIN] == 10
    f_main, f_close = 2 * 10 / (10 + 12.5), 2 * 7.5 / (10 + 7.5)
    assert report.others == {"F1, macro": pytest.approx((f_main + f_close) / 2), "F1, micro": pytest.approx(17.5 / 20)}


def test_the_official_samples_by_hand() -> None:
    # Truth lies in samples 19 and 39: 0-19 main (20), 20-39 close-up (20). Predicted main until sample 23.
    report = cameras([change(10, MAIN), change(20, CLOSE)], [change(12.9, MAIN), change(20, CLOSE)], official=True)
    main, close = (20 + 2) / (24 + 2), (16 + 2) / (20 + 2)  # 1 is added in each of two halves
    assert report.per_class[MAIN]["all"] == pytest.approx(main)
    assert report.per_class[CLOSE]["all"] == pytest.approx(close)
    assert report.per_class[LEFT]["all"] == 1  # (0 + 2) / (0 + 2)
    assert report.average_map["all"] == pytest.approx((main + close + 11) / 13)


def test_the_official_f1_has_a_sample_too_many_and_a_form_without_false_alarms() -> None:
    report = cameras([change(10, MAIN), change(20, CLOSE)], [change(12, MAIN), change(20, CLOSE)], official=True)
    # Samples: main 20 of 20 found and 4 too many; close-up 16 of 20; the odd one is main, predicted close-up.
    f_main, f_close = 2 * 20 / (21 + 24), 2 * 16 / (20 + 17)
    assert report.others["F1, macro"] == pytest.approx((f_main + f_close) / 2)
    assert report.others["F1, micro"] == pytest.approx(36 / 41)
    only_true = [2 * r / (1 + r) for r in (20 / 21, 16 / 20)]
    assert report.others["F1, manual"] == pytest.approx(sum(only_true) / 12)


def test_officially_capital_other_is_passed_over() -> None:
    truth = [change(10, "Other"), change(20, CLOSE)]
    official = cameras(truth, [change(20, CLOSE)], official=True)
    assert official.per_class["Other"]["all"] == 1  # never there
    assert official.per_class[CLOSE]["all"] == 1  # its shot reaches back over the other
    assert cameras(truth, [change(20, CLOSE)], official=False).per_class["Other"]["all"] == 0
    small = cameras([change(10, "I don't know"), change(20, CLOSE)], [change(20, CLOSE)], official=True)
    assert small.per_class["Other"]["all"] == pytest.approx((0 + 2) / (20 + 2))


def test_officially_the_first_camera_of_a_sample_counts_and_follows_the_last_change() -> None:
    truth = [change(10.1, CLOSE), change(10.8, MAIN)]
    assert cameras(truth, [change(10, MAIN)], official=True).per_class[MAIN]["all"] == 1
    after = cameras([change(10, CLOSE)], [change(10, CLOSE), change(15, MAIN)], official=True)
    assert after.per_class[MAIN]["all"] == 1  # nobody said so, but the first camera is the default


def test_perfect_predictions_are_perfect() -> None:
    truth = [change(t, CAMERAS[t % 11], half=1 + t % 2) for t in range(1, 60)]
    for official in (True, False):
        report = cameras(truth, truth, official)
        assert report.average_map["all"] == 1
        assert report.per_class[MAIN]["all"] == 1


# --- boundaries -----------------------------------------------------------------------------------------


def test_exact_boundaries_within_half_a_second() -> None:
    truth = [change(10.2), change(20.0, kind="logo")]
    report = boundaries(truth, [change(10.69, confidence=0.9), change(20.6, confidence=0.8)], official=False)
    assert report.per_class["abrupt"]["all"] == 1
    assert report.per_class["logo"]["all"] == 0
    assert report.per_class["smooth"]["all"] is None
    assert report.average_map["all"] == pytest.approx(6 / 11)  # one of two, at full precision


def test_official_boundaries_lie_at_whole_seconds() -> None:
    assert boundaries([change(10.0)], [change(10.9, confidence=0.9)], official=True).average_map["all"] == 1
    assert boundaries([change(10.9)], [change(11.0, confidence=0.9)], official=True).average_map["all"] == 0
    assert boundaries([change(10.9)], [change(11.0, confidence=0.9)], official=False).average_map["all"] == 1


def test_suppression_keeps_the_strongest_of_a_window() -> None:
    predicted = [change(10.0, confidence=0.9), change(10.3, confidence=0.8), change(30, confidence=0.5)]
    report = boundaries([change(10), change(30)], predicted, official=False)
    assert report.average_map["all"] == 1


def test_officially_other_kinds_are_no_truth() -> None:
    truth = [change(10), change(20, kind="other")]
    predicted = [change(10, confidence=0.9), change(20, confidence=0.8)]
    assert boundaries(truth, predicted, official=True).average_map["all"] == 1  # precision 1 at full recall, before .8
    assert boundaries(truth, predicted[:1], official=False).average_map["all"] == pytest.approx(6 / 11)


def test_changes_of_unknown_kinds_are_counted_and_refused_only_where_none_is_truth() -> None:
    games, record = (
        [CameraGame("g", [change(10, kind="Abrupt"), change(20, kind="wipe"), change(30, kind="")], [])],
        Record(),
    )
    check_kinds(games, "labels", record)
    assert [left.why for left in record.skipped] == [
        "1 change of the unknown class 'Abrupt' (did you mean 'abrupt'?), counted among all changes alone",
        "1 change of the unknown class 'wipe', counted among all changes alone",
    ]
    with pytest.raises(BadInputError, match="not one of 2 labels is of a known class; they say 'Abrupt', 'wipe'"):
        check_kinds(games, "labels", Record(), official=True)
    with pytest.raises(BadInputError, match="nothing in these labels counts"):
        check_kinds([CameraGame("g", [change(30, kind="")], [])], "labels", Record(), official=True)


@pytest.mark.parametrize(("official", "all_truths"), [(False, 4), (True, 2)])
def test_changes_of_no_kind_are_among_those_that_the_headline_counts(official: bool, all_truths: int) -> None:
    truth = [change(10), change(20, kind="wipe"), change(30, kind=""), change(40, kind="logo")]
    report = boundaries(truth, truth, official)
    assert report.truths == {"abrupt": 1, "smooth": 0, "logo": 1}
    assert report.all_truths == all_truths


def test_predictions_that_do_not_say_how_sure_they_are_are_counted() -> None:
    """They come first in the order of confidence by which precision is measured."""
    rows = [
        {"gameTime": f"1 - 00:0{n}", "label": MAIN, "change_type": "abrupt", "replay": "real-time", **rest}
        for n, rest in ((1, {"confidence": 0.5}), (4, {}), (7, {"confidence": None}))
    ]
    predicted = read_changes(json.dumps({"annotations": rows}).encode(), "a")
    assert [(c.confidence, c.rated) for c in predicted] == [(0.5, True), (1.0, False), (1.0, False)]
    record = Record()
    note_unrated([CameraGame("g", [], predicted), CameraGame("h", [], predicted[:1])], record)
    assert [(left.game, left.why) for left in record.skipped] == [
        ("g", "2 of its 3 predictions without a confidence, counted as certain")
    ]


def test_a_change_at_zero_wraps_to_the_end_officially() -> None:
    late = [change(7200.0, confidence=0.9)]
    assert boundaries([change(0.2)], late, official=True).average_map["all"] == 1
    assert boundaries([change(0.2)], late, official=False).average_map["all"] == 0


# --- files ----------------------------------------------------------------------------------------------


def test_real_labels_are_perfect_against_themselves(shared: Path) -> None:
    record = Record()
    labels = shared / "data" / "evaluation" / "labels.zip"
    games = read_camera_games(labels, labels, record)
    assert len(record.counted) == 10
    assert sum(len(g.truth) for g in games) == 6049
    for official in (True, False):
        assert evaluate_cameras(games, CAMERAS, official=official).average_map["all"] == pytest.approx(1)
        assert assert_boundaries(games, official) >= 10 / 11  # a few lie within half a second of another


def assert_boundaries(games: list[CameraGame], official: bool) -> float:
    average = evaluate_boundaries(games, official=official).average_map["all"]
    assert average is not None
    return average


def test_broken_files_are_named() -> None:
    row = {"gameTime": "1 - 00:10", "label": MAIN, "confidence": "nan"}
    for content, message in (
        ({"annotations": [row]}, "f.json, annotation 1: the confidence is not a number"),
        ({"annotations": [{**row, "confidence": 1, "gameTime": "soon"}]}, "the time 'soon' .* cannot be read"),
        ({}, "missing required field `annotations`"),
    ):
        with pytest.raises(BadInputError, match=message):
            read_changes(json.dumps(content).encode(), "f.json")


def test_a_second_half_that_runs_on_is_measured_by_its_own_clock_but_officially_as_it_is(tmp_path: Path) -> None:
    def rows(*seconds: int) -> str:
        kinds = {"label": MAIN, "change_type": "abrupt", "replay": "replay"}
        shown = {"half": "2", "label": "Goal", "time": f"{(seconds[0] - 1) // 60}:{(seconds[0] - 1) % 60:02d}"}
        times = [{"gameTime": f"2 - {s // 60}:{s % 60:02d}", "position": str(s * 1000)} for s in seconds]
        return json.dumps({"annotations": [{**kinds, **time, "link": shown} for time in times]})

    for side, content in (("true", rows(2701, 4000)), ("found", rows(1, 1300))):
        (tmp_path / side).mkdir()
        (tmp_path / side / "Labels-cameras.json").write_text(content)
    truth, predicted = tmp_path / "true", tmp_path / "found"
    record = Record()
    (game,) = read_camera_games(truth, predicted, record)
    assert [c.time for c in game.truth] == [c.time for c in game.predicted] == [1_000_000, 1_300_000_000]
    assert [c.second for c in game.truth] == [1, 1300]
    assert [c.link.time for c in game.truth if c.link] == ["00:00", "00:00"]
    assert [left.why for left in record.skipped] == [f"Labels-cameras.json: {RUNS_ON}"]
    record = Record()
    (game,) = read_camera_games(truth, predicted, record, official=True)
    assert [c.time for c in game.truth] == [2_701_000_000, 4_000_000_000]
    assert record.skipped == []

    (predicted / "Labels-cameras.json").unlink()
    (predicted / "Detection-replays.json").write_text('{"Replays": []}')
    (replays,) = read_replay_games(truth, predicted, Record())
    assert [c.time for c in replays.truth] == [1_000_000, 1_300_000_000]
    (replays,) = read_replay_games(truth, predicted, Record(), official=True)
    assert [c.time for c in replays.truth] == [2_701_000_000, 4_000_000_000]
