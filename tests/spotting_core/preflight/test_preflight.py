"""The checks: what is wrong is told, what is right raises no alarm."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from benchmarks import preflight as rates
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats.document import Document, Entry
from spotting_core.formats.labels_v2 import parse
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.models.card import read_card
from spotting_core.preflight import class_order, machine, scores, time_scale, video
from spotting_core.preflight.finding import ERROR, WARNING
from spotting_core.preflight.match import check_spots, examine
from tests.conftest import small_model
from tests.videos import make_video, steady, uneven

CLASSES = load_classes()


@pytest.fixture(scope="module")
def real(shared: Path) -> list[rates.Match]:
    return list(rates.real_matches(shared / "data", 8))


@pytest.fixture(scope="module")
def rendered(shared: Path) -> list[rates.Match]:
    return list(rates.rendered_matches(shared / "data", 20))


# --- no alarm on what is right ------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "evidence"), [("labels", "none"), ("labels", "lengths"), ("predictions", "labels"), ("predictions", "lengths")])  # fmt: skip
def test_real_matches_raise_no_alarm(real: list[rates.Match], kind: str, evidence: str) -> None:
    assert rates.rates(real, kind, evidence, "correct") == (8, 0, 0)


@pytest.mark.parametrize("evidence", ["none", "lengths"])
def test_rendered_matches_raise_no_alarm(rendered: list[rates.Match], evidence: str) -> None:
    assert rates.rates(rendered, "labels", evidence, "correct") == (20, 0, 0)


def test_labels_with_names_of_another_sport_are_not_judged_by_football(shared: Path) -> None:
    dives = [Spot(1, i * 1_000_000, label) for i in range(40) for label in ("Entry", "Twist(s)")]
    assert check_spots(Document.of(dives), load_classes("finediving")) == []


# --- what is wrong is told ----------------------------------------------------------------------------


def test_how_a_file_was_read_and_what_of_it_was_left_out_is_told() -> None:
    document = Document((), notes=("its text is read as Windows-1252",), left_out={"an event without a marker": 2})
    found = [(f.severity, f.what, f.evidence) for f in check_spots(document, load_classes())]
    assert ("warning", "not everything in the file is used", "2 × an event without a marker") in found
    assert ("note", "its text is read as Windows-1252", "") in found
    assert ("error", "no spots are in the file", "") in found


@pytest.mark.parametrize(
    ("case", "kind", "evidence", "least", "mended"),
    [
        ("alphabetical scores, official names", "labels", "none", 8, 8),
        ("alphabetical scores, official names", "predictions", "none", 7, 7),
        ("alphabetical scores, official names", "predictions", "labels", 8, 8),
        ("official scores, alphabetical names", "predictions", "labels", 8, 8),
        ("background column read as a class", "predictions", "labels", 8, 8),
        ("background column read as a class", "labels", "none", 8, 8),
        ("scrambled class list", "predictions", "labels", 8, 0),
        ("scrambled class list", "labels", "none", 7, 0),
        ("1 a second read as 2", "labels", "lengths", 7, 7),
        ("1 a second read as 2", "predictions", "labels", 8, 8),
        ("2 a second read as 1", "predictions", "labels", 8, 8),
        ("2 a second read as 1", "labels", "lengths", 8, 8),
        ("seconds as milliseconds", "labels", "lengths", 8, 8),
        ("seconds as milliseconds", "labels", "none", 8, 8),
        ("milliseconds as seconds", "labels", "lengths", 8, 8),
        ("milliseconds as seconds", "labels", "none", 8, 8),
        ("halves swapped", "predictions", "labels", 8, 8),
    ],
)  # fmt: skip
def test_cases_made_wrong_are_told_and_mended(
    real: list[rates.Match], case: str, kind: str, evidence: str, least: int, mended: int
) -> None:
    _, reported, again = rates.rates(real, kind, evidence, case)
    assert reported >= least
    assert again >= mended


def test_swapped_halves_are_told_by_the_videos_only_where_they_cannot_fit() -> None:
    lengths = {1: 2_700_000_000, 2: 2_900_000_000}
    right = [Spot(1, t * 10_000_000, "Foul") for t in range(1, 270)] + [Spot(2, t * 10_000_000, "Foul") for t in range(1, 288)]  # fmt: skip
    swapped = [replace(s, half=3 - s.half) for s in right]
    assert time_scale.check_against_lengths(right, lengths, CLASSES.parts) == []
    (finding,) = time_scale.check_against_lengths(swapped, lengths, CLASSES.parts)
    assert (finding.check, finding.what) == ("order of halves", "the halves are swapped")
    assert "17 of 556 spots lie past the end" in finding.evidence
    assert finding.repair_spots is not None
    assert finding.repair_spots(swapped) == right


def test_one_stray_label_is_not_taken_for_swapped_halves() -> None:
    lengths = {1: 2_700_000_000, 2: 2_900_000_000}
    spots = [Spot(h, t * 10_000_000, "Foul") for h in (1, 2) for t in range(1, 270)] + [Spot(1, 2_705_000_000, "Foul")]
    (finding,) = time_scale.check_against_lengths(spots, lengths, CLASSES.parts)
    assert (finding.check, finding.severity) == ("length", ERROR)
    assert finding.repair_spots is None


def test_the_clock_of_game_time_tells_the_unit_of_position() -> None:
    rows = [f'{{"gameTime": "1 - {m:02d}:{s:02d}", "label": "Foul", "position": "{m * 60 + s}"}}' for m, s in ((1, 5), (12, 43), (40, 1))]  # fmt: skip
    document = parse(f'{{"annotations": [{", ".join(rows)}]}}'.encode(), "l.json")
    (finding,) = time_scale.check_clock(document)
    assert finding.what == "seconds were written as milliseconds"
    assert finding.evidence == "position times 1000 is the gameTime in 3 of 3 entries, as it stands in 0"
    assert finding.repair_spots is not None
    assert [s.time for s in finding.repair_spots(document.spots)] == [65_000_000, 763_000_000, 2_401_000_000]


def test_half_a_single_video_labelled_is_a_question_not_a_verdict() -> None:
    spots = [Spot(1, t * 1_000_000, "Foul") for t in range(1, 49)]
    (finding,) = time_scale.check_against_lengths(spots, {1: 100_000_000}, CLASSES.parts)
    assert (finding.severity, finding.safe) == (WARNING, False)
    assert finding.what == "frames at 1 a second were read as 2 a second"


@pytest.mark.parametrize(
    ("rows", "rate", "seconds", "message"),
    [
        (5400, 2.0, 2700, None),
        (5401, 2.0, 2700.3, None),
        (2700, 2.0, 2700, "the features have 1 rows a second, not 2"),
        (5625, 2.0, 2700, "the features have 2.083 rows a second, not 2"),
        (4000, 2.0, 2700, "the features do not fit the video"),
        (60, 2.0, 30.9, None),
    ],
)  # fmt: skip
def test_features_of_another_rate(rows: int, rate: float, seconds: float, message: str | None) -> None:
    findings = time_scale.check_rate(rows, rate, round(seconds * 1e6))
    assert [f.what for f in findings] == ([message] if message else [])


# --- class lists --------------------------------------------------------------------------------------


def test_class_lists() -> None:
    assert class_order.check_class_list(CLASSES.names, CLASSES) == []
    (finding,) = class_order.check_class_list(sorted(CLASSES.names), CLASSES)
    assert finding.what == "this class list is in alphabetical order, not in that of soccernet-v2"
    assert finding.evidence.startswith("16 of 17 classes stand in another place")
    (finding,) = class_order.check_class_list(CLASSES.names[::-1], CLASSES)
    assert "in another order" in finding.what
    (finding,) = class_order.check_class_list([*CLASSES.names[:-1], "VAR"], CLASSES)
    assert finding.evidence == "missing: Yellow->red card; unknown: VAR"


def test_a_rule_is_counted_by_hand() -> None:
    # Two goals, one of them followed by the only kick-off in time, in 1000 s: chance 1 - exp(-140/1000).
    spots = [Spot(1, 100_000_000, "Goal"), Spot(1, 160_000_000, "Kick-off"), Spot(1, 1_000_000_000, "Goal")]
    rule = class_order.Rule("Goal", "Kick-off", 10, 150, 0.8)
    table = class_order.rule_table(spots, ("Goal", "Kick-off"), [rule])
    chance = 1 - np.exp(-0.14)
    kept = 0.8 + 0.2 * chance
    assert table[0, 0, 1] == pytest.approx(np.log(kept / chance) + np.log((1 - kept) / (1 - chance)))


def test_a_bad_model_is_not_accused_with_certainty() -> None:
    rng = np.random.default_rng(3)
    spots = [Spot(h, int(t), str(rng.choice(CLASSES.names)), 0.9) for h in (1, 2) for t in rng.uniform(0, 2.7e9, 100)]
    assert all(f.severity == WARNING and not f.safe for f in class_order.check_class_order(spots, CLASSES))


def test_spots_of_other_classes_are_told(tmp_path: Path) -> None:
    (finding,) = check_spots(Document((Entry(Spot(1, 0, "Homerun")),)), CLASSES)
    assert (finding.check, finding.evidence) == ("class names", "1 label of the unknown class 'Homerun'")


# --- scores -------------------------------------------------------------------------------------------


def test_a_background_column_is_found(rendered: list[rates.Match]) -> None:
    assert rates.background_rates(rendered[:8]) == {
        "scores, correct": (8, 0),
        "scores with a background column": (8, 8),
        "the same, last class cut off": (8, 8),
    }


def test_leaving_out_the_background_wherever_it_is() -> None:
    table = np.full((50, 18), 0.01, np.float32)
    table[:, 17] = 0.83
    (finding,) = scores.check_scores(table, CLASSES)
    assert finding.what == "column 17 is the background"
    assert finding.repair_scores is not None
    assert finding.repair_scores(table).shape == (50, 17)
    assert np.array_equal(finding.repair_scores(table), table[:, :17])
    first = table[:, [17, *range(17)]]
    assert scores.check_scores(first, CLASSES, background=True) == []


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.array([[0.1, np.nan]]), "scores are no numbers"),
        (np.array([[10.0, 90.0]]), "the scores are percentages"),
        (np.array([[-4.0, 3.0]]), "the scores are no confidences but logits"),
        (np.full((5, 17), 0.25), "all scores are the same"),
        (np.zeros((0, 17)), "the scores have the shape (0, 17), expected frames by classes"),
        (np.linspace(0, 1, 60).reshape(5, 12), "12 columns for 17 classes"),
    ],
)  # fmt: skip
def test_score_values(table: np.ndarray, message: str) -> None:
    assert message in [f.what for f in scores.check_scores(table, CLASSES)]


def test_confidences_outside_0_to_1_and_times_before_0() -> None:
    document = Document.of([Spot(1, 1_000_000, "Goal", 3.5), Spot(1, -2_000_000, "Foul", 0.5)])
    assert [f.what for f in check_spots(document, CLASSES)] == ["confidences are not from 0 to 1", "times lie before the beginning"]  # fmt: skip


# --- videos and the machine ---------------------------------------------------------------------------


def test_videos(tmp_path: Path, data: DataDirectory) -> None:
    plain = ingest(make_video(tmp_path / "plain.mp4", steady(300), b_frames=0, container={"movflags": "faststart"}), data)  # fmt: skip
    assert video.check_playback(plain) == []
    assert video.check_steadiness(plain) == []
    odd = ingest(make_video(tmp_path / "odd.mkv", uneven(300), b_frames=0), data)
    assert [f.what for f in video.check_steadiness(odd)] == ["odd.mkv has no steady frame rate"]
    assert "remux" in video.check_playback(odd)[0].fix
    old = ingest(make_video(tmp_path / "old.mp4", steady(60), codec="mpeg4", b_frames=0, clock=Fraction(1, 25)), data)
    assert "transcode" in video.check_playback(old)[0].fix
    assert [f.check for f in video.check_length(old, 1, CLASSES.parts)] == ["length"]  # 2.4 s


@pytest.mark.parametrize(
    ("minutes", "wrong"),
    [
        ((23, 22, 24, 23), True), ((30, 17, 32, 15), True), ((46, 47, 15, 16), False), ((38, 39, 16, 15), False),
        ((48, 47, 46, 45), False),
    ],
)  # fmt: skip
def test_four_numbered_videos_may_be_pieces_of_two_halves(
    tmp_path: Path, data: DataDirectory, minutes: tuple[int, ...], wrong: bool
) -> None:
    (tmp_path / "m").mkdir()
    for number, length in enumerate(minutes, start=1):
        make_video(tmp_path / "m" / f"{number}.mp4", steady(length, 1 / 60))
    source = open_match(tmp_path / "m")
    media = [ingest(half.path, data) for half in source.halves]
    findings = video.check_pieces(source, media, CLASSES.parts)
    assert [f.severity for f in findings] == [WARNING] * wrong
    assert all("1.mp4, 2.mp4, 3.mp4 and 4.mp4 may be pieces of two halves" in f.what for f in findings)
    assert all("touchline join" in f.fix for f in findings)
    assert video.check_pieces(source, media, load_classes("finediving").parts) == []


def test_a_video_against_a_model(tmp_path: Path, data: DataDirectory) -> None:
    card = read_card(small_model(tmp_path / "m"))  # 64 by 36 at 2 a second
    fine = ingest(make_video(tmp_path / "fine.mp4", steady(60)), data)
    slow = ingest(make_video(tmp_path / "slow.mp4", steady(20, rate=1.0), size=(64, 64)), data)
    assert video.check_model(fine, card) == []
    assert [f.check for f in video.check_model(slow, card)] == ["frame rate", "resolution"]


@pytest.mark.parametrize(
    ("names", "wrong"),
    [
        (("1_720p.mp4", "2_720p.mp4"), False),
        (("a second half.mp4", "b first half.mp4"), True),
        (("final H2.mp4", "final_h1.mp4"), True),
        (("cup round 2 part a.mp4", "cup round 2 part b.mp4"), False),
    ],
)  # fmt: skip
def test_names_that_say_the_halves_are_swapped(
    names: tuple[str, str], wrong: bool, tmp_path: Path, data: DataDirectory
) -> None:
    for name in names:
        make_video(tmp_path / name, steady(30))
    assert bool(video.check_order(open_match(tmp_path), CLASSES.parts)) is wrong


def test_features_beside_a_video(tmp_path: Path, data: DataDirectory) -> None:
    make_video(tmp_path / "1_224p.mp4", steady(400, rate=10.0))
    np.save(tmp_path / "1_ResNET_TF2.npy", np.zeros((40, 3)))
    np.save(tmp_path / "1_baidu_soccer_embeddings.npy", np.zeros((80, 3)))
    report = examine(open_match(tmp_path), data, CLASSES)
    finding_texts = [f.what for f in report.findings if f.check == "frame rate"]
    assert finding_texts == [
        "1_ResNET_TF2.npy have 1 rows a second, not 2",
        "1_baidu_soccer_embeddings.npy have 2 rows a second, not 1",
    ]


def test_the_demo_raises_no_alarm(demo: Path, data: DataDirectory) -> None:
    source = open_match(demo)
    labels = parse((demo / "Labels-v2.json").read_bytes(), demo)
    report = examine(source, data, CLASSES, labels=labels)
    assert not report.failed
    assert {f.check for f in report.findings} <= {"playback"}
    assert dict(report.facts(CLASSES.parts))["Match"] == "Orrin City v Kestrel City"


def test_time_is_told_only_from_what_was_measured_here(data: DataDirectory) -> None:
    data.ensure()
    assert machine.measured_speed(data, "m") is None


def test_little_disk_is_told(data: DataDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    data.ensure()
    monkeypatch.setattr(machine, "free_memory", lambda: 8_000_000_000)
    monkeypatch.setattr(machine, "free_disk", lambda _: 1_000_000_000)
    assert machine.check_machine(data, 100_000_000) == []
    assert [f.severity for f in machine.check_machine(data, 900_000_000)] == [WARNING]
    assert [f.severity for f in machine.check_machine(data, 9_000_000_000)] == [ERROR]


def test_features_without_rows_are_told() -> None:
    [finding] = time_scale.check_rate(0, 2.0, 60_000_000)
    assert (finding.severity, finding.what) == (ERROR, "the features have no rows")
