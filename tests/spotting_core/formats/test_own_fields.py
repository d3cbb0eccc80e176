"""Fields that only one format has a place for: kept in it, and told by name in every other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spotting_core.formats import registry
from spotting_core.formats.document import Document, Options
from spotting_core.formats.format import SPOTS
from spotting_core.formats.registry import FORMATS
from tests.app.commands import touchline

_ROW = {"gameTime": "1 - 00:10", "label": "Goal", "position": "10000", "team": "home", "visibility": "visible"}
_EDL = """TITLE: match
FCM: NON-DROP FRAME

001  AX       V     C        00:00:00:00 00:20:00:00 01:00:00:00 01:20:00:00
* FROM CLIP NAME: one.mp4
* LOC: 01:00:10:00 RED     Goal
"""
_RESOLVE = """TITLE: marks
FCM: NON-DROP FRAME

001  001      V     C        01:00:10:00 01:00:10:01 01:00:10:00 01:00:10:01
 |C:ResolveColorBlue |M:Goal |D:25
"""
_FCPX = """<?xml version="1.0"?><!DOCTYPE fcpxml>
<fcpxml version="1.8"><resources><format id="r1" frameDuration="1/25s"/>
<asset id="a" src="one.mp4" start="0s" duration="60s" format="r1"/></resources>
<library><event><project name="match"><sequence format="r1" duration="60s"><spine>
<asset-clip ref="a" offset="0s" start="0s" duration="60s">
<chapter-marker start="10s" duration="1/25s" value="Goal" note="left foot" posterOffset="1s"/></asset-clip>
</spine></sequence></project></event></library></fcpxml>"""
_FCP = """<?xml version="1.0"?><!DOCTYPE xmeml><xmeml version="4"><sequence><name>match</name><duration>1500</duration>
<rate><timebase>25</timebase><ntsc>FALSE</ntsc></rate><media><video><track><clipitem id="c"><name>one</name>
<duration>1500</duration><rate><timebase>25</timebase><ntsc>FALSE</ntsc></rate><start>0</start><end>1500</end>
<in>0</in><out>1500</out><file id="f"><name>one.mp4</name><pathurl>one.mp4</pathurl><duration>1500</duration>
<rate><timebase>25</timebase><ntsc>FALSE</ntsc></rate></file>
<marker><name>Goal</name><comment>left foot</comment><in>250</in><out>300</out><pproColor>1</pproColor></marker>
</clipitem></track></video></media></sequence></xmeml>"""
_SPORTSCODE = """<file><ALL_INSTANCES><instance><ID>7</ID><start>8</start><end>12</end><code>Goal</code>
<label><group>Player</group><text>9</text></label><label><text>left foot</text></label><free_text>x</free_text>
</instance></ALL_INSTANCES><ROWS><row><code>Goal</code></row></ROWS></file>"""
_VTT = """WEBVTT

NOTE of the analyst

one
00:00:10.000 --> 00:00:15.000 align:start
Goal
"""
_OSL = {
    "version": "2.0", "description": "a cup", "metadata": {}, "labels": {}, "modalities": ["video"],
    "data": [{
        "id": "a", "inputs": [{"type": "video", "path": "a/1_720p.mkv", "fps": 25, "codec": "hevc"}],
        "metadata": {"stadium": "north"},
        "events": [{"head": "action", "label": "Goal", "position_ms": 10000, "player": "9"}],
    }],
}  # fmt: skip
_GAME_STATE = {
    "info": {
        "action_class": "Goal", "action_position": "10000", "game_time_start": "1 - 00:00", "clip_start": "0",
        "clip_stop": "30000", "seq_length": 750,
    },
}  # fmt: skip
_E2E = [{"video": "a/1", "fps": 25, "num_frames": 1500, "camera": "main",
         "events": [{"frame": 250, "label": "Goal", "comment": "home; visible", "player": "9"}]}]  # fmt: skip

SOURCES: dict[str, tuple[str, str, set[str]]] = {
    "labels-v2": (
        "Labels-v2.json",
        json.dumps({"UrlLocal": "a", "gameHomeTeam": "Pell", "annotations": [{**_ROW, "player": "9"}]}),
        {'"player" of 1 entry', '"gameHomeTeam" of 1 file or video'},
    ),
    "labels-v1": (
        "Labels.json",
        json.dumps({"annotations": [{"gameTime": "1 - 00:10", "label": "soccer-ball-own", "minute": "1"}]}),
        {'"own goal" of 1 entry', '"minute" of 1 entry'},
    ),
    "labels-game-state": (
        "Labels-GameState.json",
        json.dumps(_GAME_STATE),
        {'"seq_length" of 1 entry', "the stretch that is shown of 1 spot"},
    ),
    "results-spotting": (
        "results_spotting.json",
        json.dumps({"run": 3, "predictions": [{**_ROW, "half": "1", "confidence": "0.9", "player": "9"}]}),
        {'"player" of 1 entry', '"run" of 1 file or video', '"team" of 1 entry', '"visibility" of 1 entry'},
    ),
    "e2e-spot": ("test.json", json.dumps(_E2E), {'"player" of 1 entry', '"camera" of 1 file or video'}),
    "osl": (
        "a.osl.json",
        json.dumps(_OSL),
        {'"head" of 1 entry', '"player" of 1 entry', '"stadium" of 1 file or video', '"codec" of 1 file or video',
         '"description" of 1 file or video'},
    ),
    "osl-v1": (
        "a.osl1.json",
        json.dumps({"version": 1, "videos": [{"path_video": "a/1_720p.mkv", "annotations": [{**_ROW, "player": "9"}]}]}),
        {'"player" of 1 entry'},
    ),
    "sportscode": (
        "a.xml",
        _SPORTSCODE,
        {'"ID" of 1 entry', '"end" of 1 entry', '"label Player" of 1 entry', '"label without a group" of 1 entry',
         '"free_text" of 1 entry', '"ROWS" of 1 file or video'},
    ),
    "csv": (
        "a.csv",
        "half,seconds,label,broadcast_time,player {0}\n1,10,Goal,45+2:10,9\n1,20,Foul,,\n",
        {"the clock of the broadcast (broadcast_time) of 1 spot", '"player {0}" of 1 entry'},
    ),
    "webvtt": (
        "a.vtt",
        _VTT,
        {'"end" of 1 entry', '"identifier" of 1 entry', '"settings" of 1 entry', '"header_comments" of 1 file or video'},
    ),
    "edl": ("a.edl", _EDL, {'"colour" of 1 entry', '"clips and tracks" of 1 file or video'}),
    "edl of Resolve": (
        "a.edl",
        _RESOLVE,
        {'"colour" of 1 entry', '"duration" of 1 entry', '"clips and tracks" of 1 file or video'},
    ),
    "fcpx-xml": (
        "a.fcpxml",
        _FCPX,
        {'"kind (chapter-marker)" of 1 entry', '"duration" of 1 entry', '"note" of 1 entry', '"posterOffset" of 1 entry',
         '"clips and tracks" of 1 file or video'},
    ),
    "fcp-xml": (
        "a.xml",
        _FCP,
        {'"comment" of 1 entry', '"duration" of 1 entry', '"pproColor" of 1 entry', '"clips and tracks" of 1 file or video'},
    ),
}  # fmt: skip
_ABOUT_SPOTS = ("the confidence of", "the team of", "the mark 'not shown' of", "the parts of a second of")
WRITTEN = [name for name, form in FORMATS.items() if form.writes and form.kind == SPOTS]


def read(name: str, folder: Path) -> Document:
    file, content, _ = SOURCES[name]
    path = folder / file
    path.write_text(content)
    return registry.read_one(path, FORMATS[name.split(" of ")[0]], Options())


@pytest.mark.parametrize("name", list(SOURCES))
def test_every_other_format_says_by_name_what_it_leaves_behind(name: str, tmp_path: Path) -> None:
    document = read(name, tmp_path)
    wanted = SOURCES[name][2]
    for target in WRITTEN:
        losses = {str(loss) for loss in registry.losses(document, FORMATS[target])}
        fields = {loss for loss in losses if not loss.startswith(_ABOUT_SPOTS) and "classes other than" not in loss}
        shown = {loss for loss in wanted if loss.startswith("the stretch") and target in registry.CUTS}
        assert fields == (set() if target == document.form else wanted - shown), target


def test_a_whole_second_loses_nothing_in_labels_of_the_first_version(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("seconds,label\n10,Goal\n20.5,Goal\n")
    losses = registry.losses(registry.read_one(tmp_path / "a.csv"), FORMATS["labels-v1"])
    assert [str(loss) for loss in losses] == ["the parts of a second of 1 spot"]


def test_of_many_fields_the_first_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    names = [f"f{n}" for n in range(40)]
    (tmp_path / "a.csv").write_text(f"seconds,label,{','.join(names)}\n10,Goal{',x' * 40}\n11,Goal{',x' * 40}\n")
    told = [str(loss) for loss in registry.losses(registry.read_one(tmp_path / "a.csv"), FORMATS["edl"])]
    assert told[0] == '"f0" of 2 entries'
    assert told[-1] == '"further fields" of 2 entries'
    assert len(told) == 13


def test_convert_names_the_clock_of_the_broadcast_and_no_markup_is_read(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("half,seconds,label,broadcast_time,[red]player\n1,10,Goal,45+2:10,9\n")
    result = touchline("convert", source, tmp_path / "a.edl", "--rate", 25)
    assert "the clock of the broadcast (broadcast_time) of 1 spot" in result.stderr
    assert '"[red]player" of 1 entry' in result.stderr
