"""Files of people who do this work, as they were reported: each says what its writer meant."""

from __future__ import annotations

import json
import zipfile
from fractions import Fraction
from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.spots import Spot
from spotting_core.formats import recognition, registry
from spotting_core.formats.document import Document, HalfInfo, Options
from spotting_core.formats.game_time import moment_of, parse_game_time, position_of, runs_on
from spotting_core.formats.registry import FORMATS
from tests.conftest import SHARED

REPORTS = SHARED / "data" / "reports"
Moment = tuple[int, float, str]
REPORTED: dict[str, list[Moment]] = {
    "loc_abs.edl": [(1, 10.0, "Goal"), (1, 750.4, "Corner")],
    "fcp_filetc.xml": [(1, 10.0, "Goal")],
    "resolve_mark.edl": [(1, 10.0, "Goal"), (1, 750.0, "Corner")],
    "comma.vtt": [(1, 10.0, "Goal")],
    "sc_half_label.xml": [(1, 12.5, "Goal"), (1, 3000.0, "Goal")],
    "x_semi.csv": [(1, 12.5, "Goal"), (2, 70.25, "Corner")],
    "float_or_empty_position.json": [(1, 10.0, "Goal"), (1, 20.0, "Goal")],
    "osl_v1/test.json": [(1, 10.0, "Goal")],
    "e2e_half224.json": [(1, 60.0, "Goal"), (2, 120.0, "Corner")],
}


def moments(path: Path, options: Options | None = None) -> list[Moment]:
    return [(s.half, s.time / 1e6, s.label) for d in registry.read(path, None, options) for s in d.spots]


@pytest.mark.skipif(not REPORTS.is_dir(), reason="the rebuilt reports are not here")
@pytest.mark.parametrize("name", REPORTED)
def test_reported_files_say_what_was_meant(name: str) -> None:
    assert moments(REPORTS / name) == REPORTED[name]


@pytest.mark.skipif(not REPORTS.is_dir(), reason="the rebuilt reports are not here")
def test_reported_matches_have_their_names() -> None:
    games = [d.game for d in registry.read(REPORTS / "osl_noid.json")]
    assert games == [
        "made_league/2030-2031/2030-05-01 - Alpha - Beta",
        "made_league/2030-2031/2030-05-08 - Gamma - Delta",
    ]
    [half_by_half] = registry.read(REPORTS / "e2e_half224.json")
    assert half_by_half.game == "made_league/2030-2031/2030-05-01 - Alpha - Beta"
    [kept] = [e.extras["labels"] for e in registry.read_one(REPORTS / "sc_half_label.xml").entries[:1]]
    assert ("Half", "1st half") in kept


# --- SoccerNet's times --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "half", "time"),
    [
        ({"gameTime": "1 - 12:43", "position": "763250"}, 1, 763_250_000),
        ({"gameTime": "1 - 12:43", "position": 763250.9}, 1, 763_250_000),
        ({"gameTime": "2-12:43", "position": ""}, 2, 763_000_000),
        ({"gameTime": " 2 - 102:10 "}, 2, 6_130_000_000),
        ({"gameTime": "12:43", "half": "2"}, 2, 763_000_000),
        ({"position": 1, "half": 1.0}, 1, 1000),
        ({"gameTime": "1 - 00:07.5"}, 1, 7_500_000),
    ],
)
def test_moments_are_read_however_they_are_written(row: dict, half: int, time: int) -> None:
    assert moment_of(row, "here") == (half, time)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"gameTime": "32:10"}, "the time '32:10' says no half"),
        ({"gameTime": "soon"}, "the time 'soon' .* cannot be read"),
        ({"gameTime": "1 - 00:01", "position": "nan"}, "the position 'nan' cannot be read"),
        ({"gameTime": "1 - 00:01", "position": True}, "the position 'True' cannot be read"),
        ({"gameTime": "1 - 00:01", "half": "1.5"}, "the half '1.5' cannot be read"),
    ],
)
def test_moments_that_may_be_two_are_refused(row: dict, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        moment_of(row, "here")


def test_nothing_said_is_nothing() -> None:
    assert position_of(None, "") is position_of(" ", "") is None
    assert parse_game_time("2 - ").half == 2
    assert parse_game_time(None).clock is None


def test_a_clock_that_runs_on_from_45_00_is_told_from_stoppage_time(tmp_path: Path) -> None:
    minute = 60_000_000
    assert runs_on([47 * minute, 93 * minute])
    assert not runs_on([47 * minute])
    assert not runs_on([5 * minute, 93 * minute])
    rows = [{"gameTime": f"2 - {m}:00", "label": "Goal"} for m in (46, 71, 93)]
    (tmp_path / "l.json").write_text(json.dumps({"annotations": [{"gameTime": "1 - 46:30", "label": "Foul"}, *rows]}))
    document = registry.read_one(tmp_path / "l.json")
    assert [s.time // minute for s in document.spots] == [46, 1, 26, 48]
    assert document.notes == ("the clock of half 2 runs on from 45:00; 45 minutes are taken off its times",)


def test_spaces_around_a_label_are_no_other_class(tmp_path: Path) -> None:
    (tmp_path / "l.json").write_text('{"annotations": [{"gameTime": "1 - 00:01", "label": " Corner\\t"}]}')
    assert registry.read_one(tmp_path / "l.json").spots[0].label == "Corner"


# --- signs of formats ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("test.json", '{"version": 1, "videos": [{"path_video": "g/1_224p.mkv", "annotations": []}]}', "osl-v1"),
        ("Labels-v2.json", '[{"video": "g/1", "events": []}]', "e2e-spot"),
        ("train.json", '{"data": [{"inputs": [], "events": []}], "labels": {}}', "osl"),
        ("results.json", '{"annotations": [{"half": 1, "position": 5, "label": "Goal"}]}', "labels-v2"),
        ("a.json", '{"annotations": [{"gameTime": "1 - 00:01", "label": "soccer-ball", "team": "home"}]}', "labels-v1"),
        ("a.json", '{"annotations": [{"gameTime": "1 - 00:01", "label": "Public", "change_type": "logo"}]}', "labels-cameras"),
        ("timeline.xml", "<file><ALL_INSTANCES/></file>", "sportscode"),
    ],
)  # fmt: skip
def test_what_a_file_is_built_of_counts_more_than_its_name(name: str, content: str, form: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    assert recognition.guess_source(tmp_path / name, FORMATS).name == form


def test_people_and_their_places_are_no_actions(tmp_path: Path) -> None:
    content = {"info": {}, "images": [{"file_name": "000001.jpg"}], "annotations": [{"bbox_image": {}, "track_id": 1}]}
    (tmp_path / "Labels-GameState.json").write_text(json.dumps(content))
    assert recognition.guess_source(tmp_path / "Labels-GameState.json", FORMATS).name == "labels-game-state"
    with pytest.raises(BadInputError, match="names no action: it holds people and their places"):
        list(registry.read(tmp_path / "Labels-GameState.json"))
    (tmp_path / "coco.json").write_text('{"categories": [{"id": 1, "name": "player"}], "annotations": [{"bbox": [1]}]}')
    with pytest.raises(BadInputError, match="people and their places, and names no actions"):
        recognition.guess_source(tmp_path / "coco.json", FORMATS)


def test_a_zip_of_one_file_is_that_file_and_of_several_is_as_many_matches(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        archive.writestr("a.csv", "label,seconds\nGoal,1\n")
        archive.writestr("__MACOSX/._a.csv", "x")
    assert moments(tmp_path / "one.zip") == [(1, 1.0, "Goal")]
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        for name in "ab":
            archive.writestr(f"{name}.csv", "label,seconds\nGoal,1\n")
    assert [match.game for match in registry.read(tmp_path / "two.zip")] == ["a", "b"]


# --- Sportscode ---


def test_instances_that_end_before_they_start_are_counted_and_named(tmp_path: Path) -> None:
    def instance(start: float, end: float, code: str) -> str:
        return f"<instance><ID>1</ID><start>{start}</start><end>{end}</end><code>{code}</code></instance>"

    one = [instance(5, 9, "Goal"), instance(20, 12, "Foul")]
    for rows, note in (
        (one, "1 instance ends before it starts: instance 2 (Foul); only the start counts"),
        ([*one, instance(3, 2, "Corner")], "2 instances end before they start: instance 2 (Foul), instance 3 (Corner); only the start counts"),
        (one[:1], None),
    ):  # fmt: skip
        (tmp_path / "a.xml").write_text(f"<file><ALL_INSTANCES>{''.join(rows)}</ALL_INSTANCES></file>")
        document = registry.read_one(tmp_path / "a.xml", FORMATS["sportscode"])
        assert len(document.entries) == len(rows)
        assert document.notes == ((note,) if note else ())


# --- NTSC ---------------------------------------------------------------------------------------------

NTSC = {"29.97": 30000 / 1001, "59.94": 60000 / 1001, "23.976": 24000 / 1001}


@pytest.mark.parametrize("form", ["edl", "fcp-xml", "fcpx-xml", "otio", "e2e-spot"])
@pytest.mark.parametrize("rate", NTSC)
def test_ntsc_survives_to_the_frame(form: str, rate: str, tmp_path: Path) -> None:
    exact = NTSC[rate]
    frames = [0, 1, 1799, 1800, 17_982, 53_946, 107_892, 161_000]
    spots = [Spot(1, round(n * 1e6 / exact), "Goal") for n in frames]
    document = Document.of(
        spots, "game", {1: HalfInfo(float(rate) if rate != "23.976" else exact, duration=6_000_000_000)}
    )
    path = tmp_path / ("pred-a.json" if form == "e2e-spot" else f"a{FORMATS[form].suffix}")
    registry.write(path, [document], FORMATS[form])
    again = registry.read_one(path, FORMATS[form])
    assert [round(s.time * exact / 1e6) for s in again.spots] == frames
    slack = 1 if form != "e2e-spot" else 20_000  # its file says the rate as it was given
    assert all(abs(a.time - b.time) <= slack for a, b in zip(again.spots, spots, strict=True))


RATES = {
    name: Fraction(*parts)
    for name, *parts in (
        ("23.976", 24000, 1001), ("24", 24), ("25", 25), ("29.97", 30000, 1001), ("30", 30), ("50", 50),
        ("59.94", 60000, 1001), ("60", 60),
    )
}  # fmt: skip


@pytest.mark.parametrize("form", ["edl", "fcp-xml", "fcpx-xml", "otio"])
@pytest.mark.parametrize("name", RATES)
def test_both_halves_survive_to_the_frame_at_every_rate_up_to_100_minutes(form: str, name: str, tmp_path: Path) -> None:
    rate = RATES[name]
    whole = int(6000 * rate)  # frames of 100 minutes
    # Around the minute and the ten minutes at which drop-frame counting leaves numbers out, and the last frame.
    frames = [0, 1, *(int(s * rate) + n for s in (60, 600, 2700, 3599) for n in (-1, 0, 1, 2)), whole - 1]
    spots = [Spot(half, round(n * 1_000_000 / rate), "Goal") for half in (1, 2) for n in frames]
    length = round((whole + 1) * 1_000_000 / rate)
    halves = {half: HalfInfo(float(rate), duration=length) for half in (1, 2)}
    path = tmp_path / f"a{FORMATS[form].suffix}"
    registry.write(path, [Document.of(spots, "game", halves)], FORMATS[form])
    again = registry.read_one(path, FORMATS[form])
    assert [(s.half, round(s.time * rate / 1_000_000)) for s in again.sorted_spots] == [
        (half, frame) for half in (1, 2) for frame in frames
    ]
    registry.write(tmp_path / f"b{FORMATS[form].suffix}", [again], FORMATS[form])  # and back again
    assert registry.read_one(tmp_path / f"b{FORMATS[form].suffix}", FORMATS[form]).sorted_spots == again.sorted_spots


@pytest.mark.parametrize(
    ("rate", "mode", "timecode", "frame"),
    [("29.97", "DROP FRAME", "00:01:00;02", 1800), ("29.97", "NON-DROP FRAME", "00:01:00:00", 1800),
     ("29.97", "DROP FRAME", "00:10:00;00", 17_982), ("29.97", "NON-DROP FRAME", "00:10:00:00", 18_000),
     ("29.97", "DROP FRAME", "01:39:59;29", 179_819), ("29.97", "NON-DROP FRAME", "01:39:59:29", 179_999),
     ("59.94", "DROP FRAME", "00:01:00;04", 3600), ("59.94", "NON-DROP FRAME", "00:01:00:00", 3600),
     ("59.94", "DROP FRAME", "00:10:00;00", 35_964), ("59.94", "NON-DROP FRAME", "00:10:00:00", 36_000)],
)  # fmt: skip
def test_drop_frame_lists_and_others_name_the_same_frames_otherwise(
    rate: str, mode: str, timecode: str, frame: int, tmp_path: Path
) -> None:
    event = "001  AX V C 00:00:00:00 02:00:00:00 00:00:00:00 02:00:00:00\n"
    (tmp_path / "a.edl").write_text(f"TITLE: x\nFCM: {mode}\n{event}* LOC: {timecode} RED Goal\n")
    (spot,) = registry.read_one(tmp_path / "a.edl", FORMATS["edl"], Options(rate=float(RATES[rate]))).spots
    assert spot.time == pytest.approx(frame * 1_000_000 / RATES[rate], abs=1)


def test_a_list_of_30_frames_asks_for_its_rate(tmp_path: Path) -> None:
    event = "001  AX V C 00:00:00:00 00:10:00:00 00:00:00:00 00:10:00:00\n"
    (tmp_path / "a.edl").write_text(f"TITLE: x\n{event}* LOC: 00:00:10:29 RED Goal\n")
    with pytest.raises(BadInputError, match=r"counts to frame 29 .* --rate 29\.97"):
        moments(tmp_path / "a.edl")
    assert moments(tmp_path / "a.edl", Options(rate=30.0)) == [(1, pytest.approx(10 + 29 / 30, abs=1e-6), "Goal")]


def test_a_list_of_cuts_without_a_mark_says_what_it_holds(tmp_path: Path) -> None:
    event = "001  AX V C 00:00:00:00 00:10:00:00 00:00:00:00 00:10:00:00\n"
    (tmp_path / "a.edl").write_text(f"TITLE: x\n{event}")
    assert registry.read_one(tmp_path / "a.edl").left_out == {"an event without a marker": 1}


def test_a_foreign_list_survives_but_for_what_was_moved(tmp_path: Path) -> None:
    lines = ["TITLE:   cut", "FCM: NON-DROP FRAME", "001  AX       V     C        00:00:00:00 00:10:00:00 01:00:00:00 01:10:00:00",
             "* FROM CLIP NAME:  a.mov", "* LOC: 01:00:10:00 RED     Goal", "* LOC: 01:00:20:00 BLUE    Foul"]  # fmt: skip
    (tmp_path / "a.edl").write_text("\n".join(lines) + "\n")
    document = registry.read_one(tmp_path / "a.edl")
    registry.write(tmp_path / "b.edl", [document], FORMATS["edl"])
    assert (tmp_path / "b.edl").read_text().splitlines() == lines
    moved = document.with_spots([document.spots[0].moved_to(11_000_000), document.spots[1]])
    registry.write(tmp_path / "c.edl", [moved], FORMATS["edl"])
    assert (tmp_path / "c.edl").read_text().splitlines()[4:] == ["* LOC: 01:00:11:00 RED     Goal", lines[5]]


def test_a_foreign_project_survives(tmp_path: Path) -> None:
    text = (
        '<fcpxml version="1.9"><resources><format id="r1" frameDuration="1/25s"/><asset id="r2" start="36000s" '
        'duration="100s" format="r1" src="a.mov"/></resources><library><event name="e"><project name="p">'
        '<sequence format="r1" tcStart="3600s"><spine><asset-clip ref="r2" offset="3600s" start="36000s" duration="100s" '
        'audioRole="dialogue"><note>n</note><marker start="36010s" value="Goal" completed="0" note="x"/></asset-clip>'
        "</spine></sequence></project></event></library></fcpxml>"
    )
    (tmp_path / "a.fcpxml").write_text(text)
    document = registry.read_one(tmp_path / "a.fcpxml")
    assert [s.time for s in document.spots] == [10_000_000]
    registry.write(tmp_path / "b.fcpxml", [document], FORMATS["fcpx-xml"])
    again = (tmp_path / "b.fcpxml").read_text()
    for kept in (
        'audioRole="dialogue"',
        "<note>n</note>",
        'start="36010s"',
        'completed="0"',
        'note="x"',
        'src="a.mov"',
    ):
        assert kept in again
    moved = document.with_spots([document.spots[0].moved_to(12_000_000)])
    registry.write(tmp_path / "c.fcpxml", [moved], FORMATS["fcpx-xml"])
    assert registry.read_one(tmp_path / "c.fcpxml").spots[0].time == 12_000_000


def test_actions_before_the_first_frame_stay_or_are_told(tmp_path: Path) -> None:
    document = Document.of([Spot(1, -420_000, "Kick-off")], "game")
    for name in ("labels-v2", "csv", "osl", "e2e-spot"):
        path = tmp_path / f"{name}{FORMATS[name].suffix}"
        registry.write(path, [document], FORMATS[name], Options(rate=25.0))
        assert abs(registry.read_one(path, FORMATS[name]).spots[0].time + 420_000) <= 20_000, name
    told = [str(loss) for loss in registry.losses(document, FORMATS["webvtt"])]
    assert told == ["a time before the first frame, of 1 spot, moved to that frame"]
    (tmp_path / "x.csv").write_text("seconds,label\n-61,Goal\n")
    with pytest.raises(BadInputError, match="before the half"):
        moments(tmp_path / "x.csv")
