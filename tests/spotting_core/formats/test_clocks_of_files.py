"""Clocks that begin elsewhere than at 0, run on, or are written as no clock is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.class_names import plain_name
from spotting_core.domain.spots import Spot
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.spot_files import label_columns
from spotting_core.formats import registry
from spotting_core.formats.document import Document, Entry, HalfInfo
from spotting_core.formats.registry import FORMATS

LABELS = '{"annotations": [{"gameTime": "%s", "label": "Goal", "position": "%s", "confidence": "0.5"}]}'
TABLE = "half,match_time,seconds,label\n1,%s,%s,Goal\n2,57:43,763,Foul\n"


def read(folder: Path, name: str, text: str) -> Document:
    (folder / name).write_text(text)
    return registry.read_one(folder / name)


def resolve_list(begins: tuple[str, ...], count: str) -> str:
    """An edit list as DaVinci Resolve writes markers: an event of one frame each."""
    lines = [f"TITLE: x\nFCM: {count}\n"]
    for number, at in enumerate(begins, start=1):
        lines.append(f"{number:03d}  001      V     C        {at} {at} {at} {at}\n |C:ResolveColorBlue |M:Goal |D:1\n")
    return "\n".join(lines)


def test_a_drop_frame_programme_that_begins_at_an_hour_is_counted_from_it(tmp_path: Path) -> None:
    begins = ("01:00:00;00", "01:01:00;02", "01:10:00;00")
    document = read(tmp_path, "a.edl", resolve_list(begins, "DROP FRAME"))
    assert [s.time for s in document.spots] == [0, 60_060_000, 599_999_400]
    assert "times are counted from 01:00:00;00, where the programme begins" in document.notes
    late = read(tmp_path, "b.edl", resolve_list(("10:01:00;02", "10:10:00;00", "10:20:00;00"), "DROP FRAME"))
    assert [s.time for s in late.spots] == [60_060_000, 599_999_400, 1_199_998_800]


def test_a_programme_past_midnight_is_counted_on(tmp_path: Path) -> None:
    text = (
        "TITLE: x\nFCM: NON-DROP FRAME\n\n"
        "001  AX       V     C        00:00:00:00 00:45:00:00 23:30:00:00 00:15:00:00\n"
        "* LOC: 23:40:00:00 RED     Goal\n* LOC: 00:10:00:05 RED     Corner\n"
    )
    document = read(tmp_path, "a.edl", text)
    assert [s.time for s in document.spots] == [600_000_000, 2_400_200_000]
    assert document.halves[1].length == 45 * 60_000_000
    assert "times are counted from 23:30:00:00, where the programme begins" in document.notes


def test_midnight_may_lie_between_two_events(tmp_path: Path) -> None:
    """Markers as events of one frame, and halves of which one ends before midnight and the other begins after."""
    begins = ("23:59:00:00", "23:59:59:24", "00:00:10:00", "00:30:00:00")
    document = read(tmp_path, "a.edl", resolve_list(begins, "NON-DROP FRAME"))
    hour = 3540_000_000
    assert [s.time - hour for s in document.spots] == [0, 59_960_000, 70_000_000, 1_860_000_000]
    assert "times are counted from 23:00:00:00, where the programme begins" in document.notes
    text = (
        "TITLE: x\nFCM: NON-DROP FRAME\n\n"
        "001  AX       V     C        00:00:00:00 00:45:00:00 23:00:00:00 23:45:00:00\n* LOC: 23:10:00:00 RED     Goal\n"
        "002  AX       V     C        00:00:00:00 00:45:00:00 00:00:00:00 00:45:00:00\n* LOC: 00:20:00:00 RED     Foul\n"
    )
    halves = read(tmp_path, "b.edl", text)
    assert [(s.half, s.time) for s in halves.spots] == [(1, 600_000_000), (2, 1_200_000_000)]
    moved = replace(halves, entries=tuple(replace(e, spot=replace(e.spot, time=900_000_000)) for e in halves.entries))
    registry.write(tmp_path / "c.edl", [moved], FORMATS["edl"])
    lines = (tmp_path / "c.edl").read_text().splitlines()
    assert [line[7:18] for line in lines if line.startswith("* LOC")] == ["23:15:00:00", "00:15:00:00"]
    jumbled = read(tmp_path, "d.edl", resolve_list(("01:30:00:00", "01:10:00:00"), "NON-DROP FRAME"))
    assert [s.time for s in jumbled.spots] == [1_800_000_000, 600_000_000]


def test_half_2_of_a_table_may_run_on_from_45_minutes(tmp_path: Path) -> None:
    running = read(tmp_path, "a.csv", "half,time,label\n1,47:00,Foul\n2,47:10,Goal\n2,88:00,Corner\n")
    assert [(s.half, s.seconds) for s in running.spots] == [(1, 2820), (2, 130), (2, 2580)]
    assert running.notes == ("the clock of half 2 runs on from 45:00; 45 minutes are taken off its times",)
    own = read(tmp_path, "b.csv", "half,time,label\n2,46:10,Goal\n2,47:00,Corner\n")
    assert [s.seconds for s in own.spots] == [2770, 2820]
    rows = [{"gameTime": f"2 - {at}", "label": "Goal"} for at in ("47:10", "88:00")]
    videos = {"version": 1, "videos": [{"path_video": "g/2_720p.mkv", "annotations": rows}]}
    first = read(tmp_path, "c.osl1.json", json.dumps(videos))
    assert [s.seconds for s in first.spots] == [130, 2580]
    assert first.notes == running.notes


@pytest.mark.parametrize("time", ["12'43", "12 43", "1'2345", "12\u00a043", "1''243"])
def test_minutes_and_seconds_are_no_thousands(time: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="is no number"):
        read(tmp_path, "a.csv", f"half;time;label\n1;{time};Goal\n")


@pytest.mark.parametrize("time", ["1'243,5", "1 243,5", "1\u202f243.5", "1.243,5"])
def test_thousands_are_set_apart_by_threes(time: str, tmp_path: Path) -> None:
    assert read(tmp_path, "a.csv", f"half;time;label\n1;{time};Goal\n").spots[0].seconds == 1243.5


def test_marks_of_no_width_around_a_name_are_none_of_it() -> None:
    assert plain_name(" \u200b Corner\ufeff ") == "Corner"
    assert plain_name("\u200b") == "\u200b"


def test_what_is_no_marker_of_the_main_storyline_is_counted(tmp_path: Path) -> None:
    clip = (
        '<marker start="60s" duration="1s" value="Goal"/><keyword start="62s" duration="3s" value="Corner"/>'
        '<spine lane="1" offset="5s"><asset-clip ref="a1" duration="3s"><marker start="1s" value="Foul"/></asset-clip>'
        "</spine>"
    )
    text = (
        '<?xml version="1.0"?><fcpxml version="1.10"><resources><asset id="a1" start="0s" duration="3600s"/></resources>'
        '<library><event><project name="p"><sequence><spine><asset-clip ref="a1" duration="3600s">{}</asset-clip>'
        "</spine></sequence></project></event></library></fcpxml>"
    )
    document = read(tmp_path, "a.fcpxml", text.format(clip))
    assert [s.label for s in document.spots] == ["Goal"]
    assert document.left_out == {"a marker of a storyline beside the main one": 1, "a keyword, which is no marker": 1}
    bare = read(tmp_path, "b.fcpxml", text.format(""))
    assert bare.left_out == {"a clip without a marker": 1}


def test_a_frame_that_is_none_is_named(tmp_path: Path) -> None:
    for frame in ("null", "true", "250.5", '"x"'):
        text = f'[{{"video": "a/1", "fps": null, "events": [{{"frame": {frame}, "label": "Goal"}}]}}]'
        what = "has no frame" if frame == "null" else "the frame or score of this event cannot be read"
        with pytest.raises(BadInputError, match=f"a/1, event 1: .*{what}"):
            read(tmp_path, "a.json", text)


@pytest.mark.parametrize("mode", ["FCM: DROP FRAME\n", ""])  # without a mode the semicolons say how it counts
@pytest.mark.parametrize("source", ["00:00:00;00", "00:10:00;00", "13:10:00;00"])
def test_moved_and_new_markers_are_counted_as_the_list_counts(mode: str, source: str, tmp_path: Path) -> None:
    end = f"{source[:3]}5{source[4:]}"
    event = f"001  AX       V     C        {source} {end} 01:00:00;00 01:40:00;00\n"
    document = read(tmp_path, "a.edl", f"TITLE: x\n{mode}{event}* LOC: 01:20:00;00 RED     Goal\n")
    (goal,) = document.spots
    moved = document.with_spots([goal.moved_to(goal.time + 60_060_000)])
    moved = replace(moved, entries=(*moved.entries, Entry(Spot(1, 1_900_000_000, "Foul"))))
    registry.write(tmp_path / "b.edl", [moved], FORMATS["edl"])
    assert "* LOC: 01:21:00;02 RED     Goal" in (tmp_path / "b.edl").read_text().splitlines()
    again = registry.read_one(tmp_path / "b.edl").spots
    assert [(s.half, s.label) for s in again] == [(1, "Goal"), (1, "Foul")]
    assert [s.time for s in again] == pytest.approx([goal.time + 60_060_000, 1_900_000_000], abs=17_000)


def test_a_new_marker_of_a_list_of_clips_stands_below_the_clip_that_plays(tmp_path: Path) -> None:
    document = read(tmp_path, "a.edl", resolve_list(("01:00:10:00", "01:00:20:00", "01:00:30:00"), "NON-DROP FRAME"))
    more = replace(document, entries=(*document.entries, Entry(Spot(1, 25_000_000, "Foul"))))
    registry.write(tmp_path / "b.edl", [more], FORMATS["edl"])
    lines = (tmp_path / "b.edl").read_text().splitlines()
    at = lines.index("* LOC: 01:00:25:00 RED     Foul")
    assert sum(line.startswith("00") for line in lines[:at]) == 2
    assert sorted(s.time for s in registry.read_one(tmp_path / "b.edl").spots) == [
        10_000_000, 20_000_000, 25_000_000, 30_000_000,
    ]  # fmt: skip


def test_a_marker_moved_past_midnight_has_a_time_of_the_next_day(tmp_path: Path) -> None:
    event = "001  AX       V     C        00:00:00:00 00:45:00:00 23:30:00:00 00:15:00:00\n"
    document = read(tmp_path, "a.edl", f"TITLE: x\nFCM: NON-DROP FRAME\n{event}* LOC: 23:40:00:00 RED     Goal\n")
    late = document.with_spots([document.spots[0].moved_to(2_400_000_000)])
    registry.write(tmp_path / "b.edl", [late], FORMATS["edl"])
    assert "* LOC: 00:10:00:00 RED     Goal" in (tmp_path / "b.edl").read_text().splitlines()
    assert [s.time for s in registry.read_one(tmp_path / "b.edl").spots] == [2_400_000_000]


@pytest.mark.parametrize(
    ("rate", "count"), [(30000 / 1001, "DF"), (60000 / 1001, "DF"), (24000 / 1001, "NDF"), (25, "NDF")]
)
def test_a_project_shows_drop_frame_times_at_the_rates_that_have_them(rate: float, count: str, tmp_path: Path) -> None:
    document = Document.of([Spot(1, 10_000_000, "Goal")], "game", {1: HalfInfo(rate, duration=60_000_000)})
    registry.write(tmp_path / "a.fcpxml", [document], FORMATS["fcpx-xml"])
    assert f'tcFormat="{count}"' in (tmp_path / "a.fcpxml").read_text()


_NDF_XMEML = (
    '<?xml version="1.0"?><!DOCTYPE xmeml><xmeml version="4"><sequence id="s"><name>m</name><duration>90000</duration>'
    "{rate}<timecode>{rate}<string>01:00:00:00</string><frame>108000</frame><displayformat>{count}</displayformat>"
    '</timecode><media><video><track><clipitem id="A"><name>A</name><duration>90000</duration>{rate}<start>0</start>'
    '<end>90000</end><in>0</in><out>90000</out><file id="f"><name>m.mp4</name>{rate}<duration>90000</duration></file>'
    "<marker><name>Goal</name><comment></comment><in>20000</in><out>-1</out></marker></clipitem></track></video>"
    "</media></sequence></xmeml>"
)
_NDF_FCPX = (
    '<fcpxml version="1.9"><resources><format id="r1" frameDuration="1001/30000s"/><asset id="r2" start="0s" '
    'duration="3003s" format="r1"/></resources><library><event><project name="m"><sequence format="r1" tcStart="0s" '
    'tcFormat="{count}"><spine><asset-clip ref="r2" offset="0s" start="0s" duration="3003s"><marker '
    'start="20020/30s" value="Goal"/></asset-clip></spine></sequence></project></event></library></fcpxml>'
)


@pytest.mark.parametrize(("count", "mode"), [("DF", "FCM: DROP FRAME"), ("NDF", "FCM: NON-DROP FRAME")])
@pytest.mark.parametrize("form", ["fcp-xml", "fcpx-xml"])
def test_how_a_time_line_counts_is_carried_over_to_every_other(
    form: str, count: str, mode: str, tmp_path: Path
) -> None:
    """An editor who counts without dropping frames gets a list that does so, by whatever way it comes."""
    rate = "<rate><timebase>30</timebase><ntsc>TRUE</ntsc></rate>"
    text = (_NDF_XMEML if form == "fcp-xml" else _NDF_FCPX).format(rate=rate, count=count)
    document = read(tmp_path, "a.xml", text)
    assert document.form == form
    at = {"DF": "00:11:07;10", "NDF": "00:11:06:20"}[count]
    for number, between in enumerate(("edl", "otio", "fcp-xml", "fcpx-xml")):
        path, listed = tmp_path / f"{number}{'.fcpxml' if between == 'fcpx-xml' else ''}", tmp_path / f"{number}.edl"
        registry.write(path, [replace(document, form="")], FORMATS[between])
        again = registry.read_one(path, FORMATS[between])
        assert again.drop_frame is (count == "DF"), between
        registry.write(listed, [replace(again, form="")], FORMATS["edl"])
        lines = listed.read_text().splitlines()
        assert lines[1] == mode, between
        assert lines[-1].startswith(f"* LOC: {at} "), between


@pytest.mark.parametrize(
    ("name", "content", "doubt"),
    [
        ("Labels-v2.json", LABELS % ("1 - 12:43", 763000), None),
        ("Labels-v2.json", LABELS % ("1 - 12:43", 764400), None),
        ("Labels-v2.json", LABELS % ("1 - 00:00", -4000), None),
        ("Labels-v2.json", LABELS % ("2 - 57:43", 763000), None),
        ("Labels-v2.json", LABELS % ("1 - 57:43", 763000), "1 of 1 entry with position and gameTime say two times: 12:43.000 by position is 57:43.000 by gameTime; position counts"),
        ("results_spotting.json", LABELS.replace("annotations", "predictions") % ("1 - 12:53", 763000), "1 of 1 entry with position and gameTime say two times: 12:43.000 by position is 12:53.000 by gameTime; position counts"),
        ("a.csv", TABLE % ("12:43", "763"), None),
        ("a.csv", TABLE % ("", "763"), None),
        ("a.csv", TABLE % ("12:43", "763.9"), None),
        ("a.csv", TABLE % ("45+2:10", "2830"), None),
        ("a.csv", TABLE % ("45+2:10", "130"), "1 of 2 entries with seconds and match_time say two times: 02:10.000 by seconds is 47:10.000 by match_time; seconds counts"),
    ],
)  # fmt: skip
def test_entries_that_say_two_times_are_told(tmp_path: Path, name: str, content: str, doubt: str | None) -> None:
    (tmp_path / name).write_text(content)
    document = registry.read_one(tmp_path / name)
    assert document.notes == (() if doubt is None else (doubt,))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "half,match_time,seconds,label\n1,10:00,600,Foul\n2,57:43,3463,Foul\n2,109:00,6540,Goal\n"),
        ("a.csv", "half,match_time,seconds,label\n1,10:00,600,Foul\n2,46:10,2770,Foul\n2,12:43,763,Goal\n"),
        ("Labels-v2.json", json.dumps({"annotations": [
            {"gameTime": "2 - 12:43", "label": "Foul", "position": 3463000},
            {"gameTime": "2 - 64:00", "label": "Goal", "position": 6540000},
            {"gameTime": "1 - 01:00", "label": "Goal"}]})),
    ],
)  # fmt: skip
def test_a_half_whose_one_clock_runs_on_says_no_two_times(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    assert not [note for note in registry.read_one(tmp_path / name).notes if "two times" in note]


def test_an_entry_without_position_states_one_time(tmp_path: Path) -> None:
    rows = [{"gameTime": "1 - 01:00", "label": "Goal"}, {"gameTime": "1 - 05:00", "label": "Goal", "position": 60000}]
    (tmp_path / "Labels-v2.json").write_text(json.dumps({"annotations": rows}))
    [note] = registry.read_one(tmp_path / "Labels-v2.json").notes
    assert note.startswith("1 of 1 entry with position and gameTime")


def test_what_is_written_says_one_time(tmp_path: Path) -> None:
    spots = [Spot(half, t * 1_000_000 + 999_999, "Goal") for half in (1, 2) for t in (0, 59, 2699, 2700, 3000)]
    for name in ("a.csv", "Labels-v2.json"):
        registry.write(tmp_path / name, [Document.of(spots, "a")], FORMATS["csv" if name == "a.csv" else "labels-v2"])
        assert registry.read_one(tmp_path / name).notes == ()


def test_evaluation_records_entries_that_say_two_times() -> None:
    record = Record()
    for clock in ("1 - 12:43", "1 - 12:53", "1-12:53.5"):
        label_columns((LABELS % (clock, 763000)).encode(), "x/a.json", "g", ["Goal"], record)
    assert [left.why for left in record.skipped] == [
        f"a.json: 1 of 1 entry with position and gameTime say two times: 12:43.000 by position is {clock} by gameTime; position counts"
        for clock in ("12:53.000", "12:53.500")
    ]
