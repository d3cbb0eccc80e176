"""Every format: what was written is read again, and what only the format knows survives."""

from __future__ import annotations

import gzip
import json
import zipfile
from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotting_core.base.errors import BadInputError
from spotting_core.domain.cameras import Shot
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.evaluation.collect import open_games
from spotting_core.evaluation.spot_files import LABEL_FILES
from spotting_core.formats import e2e_spot, labels_cameras, recognition, registry, sportscode, webvtt_chapters
from spotting_core.formats.document import Document, Entry, HalfInfo, Options, half_starts
from spotting_core.formats.format import Format
from spotting_core.formats.labels_cameras import read_shots, write_shots
from spotting_core.formats.registry import FORMATS
from tests.conftest import REPOSITORY

CLASSES = load_classes()
OPTIONS = Options(CLASSES, rate=25.0)
HALVES = {h: HalfInfo(25.0, 90_000, 640, 360, 3_600_000_000, f"game/{h}") for h in (1, 2)}
V1 = ("Goal", "Yellow card", "Red card", "Yellow->red card", "Substitution")
STEP = {"1 s": 1_000_000, "1 frame": 40_000, "1 ms": 1000, "1 µs": 1}

spots = st.builds(
    Spot,
    half=st.sampled_from([1, 2]),
    time=st.integers(0, 3_599_999_999),
    label=st.sampled_from(CLASSES.names),
    confidence=st.none() | st.floats(0, 1),
    team=st.sampled_from(["home", "away", "unknown"]),
    visible=st.booleans() | st.none(),
)


def as_carried(spot: Spot, form: Format) -> tuple:
    """What is left of a spot in a format."""
    confidence = spot.confidence if form.confidence else None
    if form.name == "results-spotting" and spot.confidence is None:
        confidence = 1.0
    visible = spot.visible if form.visibility else None
    if form.name == "labels-v2":
        visible = spot.visible is not False
    team = spot.team if form.team else "unknown"
    if form.name == "e2e-spot" and spot.confidence is not None:
        team, visible = "unknown", None
    elif form.name == "e2e-spot" and team != "unknown":
        visible = visible is not False
    return spot.half, spot.label, confidence, team, visible


def is_same(spot: Spot, again: Spot, form: Format) -> bool:
    near = abs(spot.time - again.time) <= STEP[form.resolution] * (1 if form.resolution == "1 s" else 0.5)
    half, label, confidence, team, visible = as_carried(spot, form)
    # OpenTimelineIO writes numbers to 16 digits, one less than a double may need.
    sure = again.confidence == (confidence if form.name != "otio" or confidence is None else pytest.approx(confidence))
    return near and sure and (again.half, again.label, again.team, again.visible) == (half, label, team, visible)


def target(folder: Path, form: Format) -> Path:
    return folder / ("pred-test.7.json" if form.name == "e2e-spot" else f"file{form.suffix}")


WRITERS = [f.name for f in registry.spot_writers()]


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_what_was_written_is_read_again(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    form = FORMATS[name]
    mixed = data.draw(st.lists(spots, max_size=12))
    if name == "labels-v1":
        mixed = [s for s in mixed if s.label in V1]
    document = Document.of(mixed, "league/season/game", HALVES)
    path = target(tmp_path_factory.mktemp("formats"), form)
    assert registry.write(path, [document], form, OPTIONS) == 1
    again = [s for d in registry.read(path, form, OPTIONS) for s in d.spots]
    again.sort(key=lambda s: (s.half, s.time))
    assert len(again) == len(mixed)
    if not STEP[form.resolution] > 1000:  # coarser times bring ties, whose order may change
        assert all(is_same(a, b, form) for a, b in zip(document.spots, again, strict=True))
    else:
        left = list(again)
        for spot in document.spots:
            match = next((b for b in left if is_same(spot, b, form)), None)
            assert match is not None, spot
            left.remove(match)


@pytest.mark.parametrize("name", WRITERS)
def test_a_second_round_changes_nothing(name: str, tmp_path: Path) -> None:
    form = FORMATS[name]
    first, second = target(tmp_path, form), tmp_path / f"again{form.suffix}"
    one = [Spot(1, 10_520_000, "Goal", 0.9, "home", True), Spot(2, 7_000_000, "Yellow->red card", 0.5)]
    registry.write(first, [Document.of(one, "game", HALVES)], form, OPTIONS)
    registry.write(second, registry.read(first, form, OPTIONS), form, OPTIONS)
    third = tmp_path / f"third{form.suffix}"
    registry.write(third, registry.read(second, form, OPTIONS), form, OPTIONS)
    assert third.read_bytes() == second.read_bytes()
    if name != "fcp-xml":  # its adapter names the pieces anew the first time
        assert second.read_bytes() == first.read_bytes()


UNKNOWN = {
    "labels-v2": {
        "UrlLocal": "a/", "gameReferee": "R",
        "annotations": [
            {"gameTime": "1 - 00:07", "label": "Goal", "position": "7250", "team": "both", "visibility": "unclear", "player": 9},
            {"gameTime": "1 - 00:01", "label": "Foul", "position": "1000", "team": "home", "visibility": "visible"},
        ],
    },
    "labels-v1": {
        "UrlLocal": "a/", "gameScore": "1 - 0",
        "annotations": [
            {"gameTime": "1 - 12:43", "label": "soccer-ball-own", "team": "home", "note": "x"},
            {"gameTime": "2 - 00:10", "label": "var-check", "team": "away"},
        ],
    },
    "labels-cameras": {
        "UrlLocal": "a/", "gameDate": "d",
        "annotations": [
            {"change_type": "logo", "gameTime": "1 - 00:18", "label": "Spider camera", "position": "18840", "replay": "replay",
             "link": {"label": "Goal", "half": "1", "time": "00:07"}},
        ],
    },
    "results-spotting": {
        "UrlLocal": "a/", "model": "m",
        "predictions": [{"gameTime": "1 - 0:10", "label": "Kick-off", "position": "10500", "half": "1", "confidence": "0.9104683995246887", "logit": 2.5}],
    },
    "e2e-spot": [
        {"video": "g/1", "num_frames": 100, "num_events": 1, "fps": 2.0833, "width": 398, "height": 224, "split": "x",
         "events": [{"frame": 7, "label": "Goal", "comment": "home; visible", "id": 3}]},
        {"video": "01__108", "num_frames": 122, "num_events": 1, "fps": -1, "width": 455, "height": 256, "_source_info": {"difficulty": 3.6},
         "events": [{"frame": 39, "label": "Twist(s)", "comment": "Arm.Back -> 2.5 Twists"}]},
    ],
    "osl": {
        "version": "2.0", "date": "2026-05-19", "dataset_name": "demo", "description": "", "modalities": ["video"], "metadata": {"sport": "soccer"},
        "labels": {"action": {"type": "single_label", "labels": ["pass", "shot"]}, "attributes": {"type": "multi_label", "labels": ["header"]}},
        "licence": {"name": "CC", "years": [1, 2.5]},
        "data": [
            {"id": "a", "inputs": [{"type": "video", "path": "clips/a.mp4", "fps": 25.0}], "captions": [{"lang": "en", "text": "t"}],
             "events": [{"head": "action", "label": "shot", "position_ms": 4320, "confidence_score": 0.84, "player": "9"}]},
            {"id": "b", "inputs": [{"type": "video", "path": "clips/b.mp4"}], "events": []},
        ],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_fields_survive(name: str, tmp_path: Path) -> None:
    form, first, second = FORMATS[name], tmp_path / "first.json", tmp_path / "second.json"
    first.write_text(json.dumps(UNKNOWN[name]))
    registry.write(second, registry.read(first, form), form)
    assert json.loads(second.read_text()) == UNKNOWN[name]


def test_a_foreign_sportscode_timeline_survives(tmp_path: Path) -> None:
    text = """<?xml version="1.0"?><file><SORT_INFO><sort_type>sort order</sort_type></SORT_INFO><ALL_INSTANCES>
    <instance><ID>P1</ID><start>3.6</start><end>9.7</end><code>PASS</code><flag>x</flag>
      <label><group>Team</group><text>Henkie</text></label><label><text>Long ball</text></label></instance>
    <instance><ID>P2</ID><start>00:01:08.3</start><end>74.5</end><code>SHOT</code></instance>
    </ALL_INSTANCES><ROWS><row><code>PASS</code><R>1</R></row></ROWS></file>"""
    (tmp_path / "t.xml").write_text(text)
    assert recognition.guess_source(tmp_path / "t.xml", FORMATS).name == "sportscode"
    document = registry.read_one(tmp_path / "t.xml")
    assert [(s.time, s.label, s.team) for s in document.spots] == [(3_600_000, "PASS", "unknown"), (68_300_000, "SHOT", "unknown")]  # fmt: skip
    again = sportscode.render(document, OPTIONS).decode()
    for kept in ("<start>3.6</start>", "<end>9.7</end>", "Henkie", "Long ball", "<flag>x</flag>", "<ROWS>", "SORT_INFO", "P2"):  # fmt: skip
        assert kept in again
    moved = document.with_spots([s.moved_to(s.time + 1_000_000) for s in document.spots])
    assert "<start>4.6</start>" in sportscode.render(moved, OPTIONS).decode()


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("gameTime,label,position,team,visibility", ["1 - 12:43,Goal,763250,home,visible", "2 - 03:01,Foul,181000,away,not shown"]),
        ("label,GameTime,team,visibility", ["Goal,1 - 12:43.25,home,visible", "Foul,2-03:01,away,not shown"]),
        ("half,gameTime,label,team,visibility", ["1,1 - 12:43.25,Goal,home,visible", "2,03:01,Foul,away,not shown"]),
        ("half,gameTime,label,seconds,team,visibility", ["1,1 - 12:43,Goal,763.25,home,visible", "2,9:99,Foul,181,away,not shown"]),
    ],
)  # fmt: skip
def test_soccernets_labels_as_a_table_keep_their_halves(header: str, rows: list[str], tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("\n".join([header, *rows]))
    document = registry.read_one(path)
    assert [(s.half, s.time, s.label, s.team, s.visible) for s in document.spots] == [
        (1, 763_250_000, "Goal", "home", True), (2, 181_000_000, "Foul", "away", False)
    ]  # fmt: skip
    assert {key.lower() for entry in document.entries for key in entry.extras} == {"gametime"}


@pytest.mark.parametrize("row", ["12:43,Goal", "03:01,Goal", "x - 12:43,Goal"])
def test_a_game_time_without_a_half_in_a_table_is_refused(row: str, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(f"gameTime,label\n{row}\n")
    with pytest.raises(BadInputError, match=r"labels\.csv, line 2: "):
        registry.read_one(tmp_path / "labels.csv")
    (tmp_path / "labels.csv").write_text("time,label\n2 - 12:43,Goal\n")  # nothing says that this is a half
    with pytest.raises(BadInputError, match=r"labels\.csv, line 2: "):
        registry.read_one(tmp_path / "labels.csv")


def test_csv_keeps_other_columns_and_reads_what_spreadsheets_write(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("\ufeffHalf;Time;Label;Player\n1;12:43.5;Goal;Ten, the\n2;7;Foul;\n", encoding="utf-8")
    document = registry.read_one(first)
    assert [(s.half, s.time, s.label) for s in document.spots] == [(1, 763_500_000, "Goal"), (2, 7_000_000, "Foul")]
    registry.write(second, [document], FORMATS["csv"])
    assert second.read_text().splitlines()[:2] == [
        "half,match_time,seconds,label,confidence,team,visible,source,Player",
        '1,12:43,763.500,Goal,,unknown,,truth,"Ten, the"',
    ]


@pytest.mark.parametrize(
    ("line", "number"), [("00:00:0x.000 --> 00:00:04.000", 6), ("0:03 --> 0:04", 6), ("later --> never", 6)]
)
def test_a_line_of_webvtt_that_begins_no_cue_is_refused_by_its_number(line: str, number: int) -> None:
    text = f"WEBVTT\n\n00:01.000 --> 00:02.000\nGoal\n\n{line}\nCorner\n"
    with pytest.raises(BadInputError, match=rf"^a\.vtt, line {number}: this line begins no cue: '{line}'\. A cue is"):
        webvtt_chapters.parse(text.encode(), "a.vtt")


def test_arrows_in_comments_of_webvtt_are_no_cues() -> None:
    text = "WEBVTT\n\nNOTE from here --> there\nand --> on\n\n00:01.000 --> 00:02.000\nGoal\n"
    assert [s.label for s in webvtt_chapters.parse(text.encode(), "a.vtt").spots] == ["Goal"]


def test_webvtt_with_the_commas_of_subrip_is_read_and_says_so() -> None:
    text = "WEBVTT\n\n1\n00:00:05,250 --> 00:00:06,000\nFoul, or none\n"
    document = webvtt_chapters.parse(text.encode(), "a.vtt")
    assert [(s.time, s.label) for s in document.spots] == [(5_250_000, "Foul, or none")]
    assert document.notes == ("a.vtt: times are written with commas, as in SubRip; they are read all the same",)


def test_a_foreign_webvtt_file_survives(tmp_path: Path) -> None:
    text = "WEBVTT - chapters\n\nSTYLE\n::cue { color: red }\n\nNOTE by hand\n\nintro\n00:00:01.000 --> 00:00:04.000 line:0\nKick &amp;\noff\n"
    (tmp_path / "a.vtt").write_text(text)
    document = registry.read_one(tmp_path / "a.vtt")
    assert document.spots == [Spot(1, 1_000_000, "Kick & off")]
    registry.write(tmp_path / "b.vtt", [document], FORMATS["webvtt"])
    again = (tmp_path / "b.vtt").read_text()
    for kept in ("WEBVTT - chapters", "::cue", "NOTE by hand", "intro", "00:00:04.000 line:0", "Kick &amp;\noff"):
        assert kept in again


def test_a_foreign_timeline_keeps_all_but_its_markers(tmp_path: Path) -> None:
    otio = pytest.importorskip("opentimelineio")
    timeline = otio.schema.Timeline("cut", metadata={"studio": {"reel": 7}})
    track = otio.schema.Track("V1", kind="Video")
    timeline.tracks.append(track)
    span = otio.opentime.TimeRange(otio.opentime.RationalTime(50, 25), otio.opentime.RationalTime(100, 25))
    for name in "abc":
        track.append(otio.schema.Clip(name, otio.schema.MissingReference(), span))
    at = otio.opentime.TimeRange(otio.opentime.RationalTime(75, 25), otio.opentime.RationalTime(5, 25))
    track[1].markers.append(otio.schema.Marker("Goal", at, "GREEN", metadata={"by": "hand"}))
    otio.adapters.write_to_file(timeline, str(tmp_path / "a.otio"))
    document = registry.read_one(tmp_path / "a.otio")
    assert document.spots == [Spot(1, 5_000_000, "Goal")]  # 4 s of clip a, 1 s into clip b
    registry.write(tmp_path / "b.otio", [document], FORMATS["otio"])
    assert json.loads((tmp_path / "b.otio").read_text()) == json.loads((tmp_path / "a.otio").read_text())


def test_a_tree_and_a_zip_hold_many_matches(tmp_path: Path) -> None:
    games = [Document.of([Spot(1, n * 1_000_000, "Goal", 0.5)], f"l/s/g{n}") for n in range(3)]
    form = FORMATS["results-spotting"]
    for place in (tmp_path / "tree", tmp_path / "all.zip"):
        assert registry.write(place, games, form) == 3
        assert recognition.guess_source(place, FORMATS) is form
        again = list(registry.read(place))
        assert [(d.game, [s.time for s in d.spots]) for d in again] == [(d.game, [s.time for s in d.spots]) for d in games]  # fmt: skip
    assert (tmp_path / "tree" / "l" / "s" / "g0" / "results_spotting.json").is_file()
    with pytest.raises(BadInputError, match="several matches"):
        registry.write(tmp_path / "one.json", games, form)


@pytest.mark.parametrize("game", ["../out", "/etc", "a/../../b"])
def test_a_match_name_cannot_leave_the_folder(tmp_path: Path, game: str) -> None:
    with pytest.raises(BadInputError, match="no path below a folder"):
        registry.write(tmp_path / "tree", [Document.of([], game)], FORMATS["labels-v2"])


def test_halves_lie_one_after_the_other_on_one_time_line() -> None:
    known = Document.of([Spot(2, 1, "Goal")], halves={1: HalfInfo(duration=2_800_000_000)})
    assert half_starts(known) == {1: 0, 2: 2_800_000_000}
    assert half_starts(Document.of([Spot(2, 1, "Goal")])) == {1: 0, 2: 2_700_000_000}
    late = Document.of([Spot(1, 2_830_000_000, "Goal"), Spot(2, 1, "Goal")])
    assert half_starts(late)[2] == 2_880_000_000


def test_shots_round_trip(tmp_path: Path) -> None:
    shots = [
        Shot(1, 0, 5_000_000, "Main camera center", False, "abrupt"),
        Shot(1, 5_000_000, 9_000_000, "Public", True),
    ]
    write_shots(tmp_path / "c.json", shots)
    assert read_shots(tmp_path / "c.json") == shots
    document = labels_cameras.parse(
        b'{"annotations": [{"gameTime": "1 - 00:01", "label": "Public", "confidence": "0.25"}]}', ""
    )
    assert document.entries[0].confidence == 0.25


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_scores_round_trip_exactly(tmp_path_factory: pytest.TempPathFactory, frames: int, seed: int) -> None:
    path = tmp_path_factory.mktemp("scores") / "pred-test.3.score.json.gz"
    rng = np.random.default_rng(seed)
    tracks = [e2e_spot.ScoreTrack(f"g/{h}", rng.random((frames, 5), np.float32)) for h in (1, 2)]
    assert e2e_spot.write_scores(path, tracks) == 2
    again = list(e2e_spot.read_scores(path))
    assert [t.video for t in again] == ["g/1", "g/2"]
    assert all(np.array_equal(a.scores, b.scores) for a, b in zip(tracks, again, strict=True))


def test_a_score_file_becomes_spots_without_its_background(tmp_path: Path) -> None:
    scores = np.zeros((100, 5), np.float32)
    scores[:, 0] = 1.0
    scores[40] = [0.1, 0, 0, 0.9, 0]
    path = tmp_path / "pred-test.3.score.json.gz"
    e2e_spot.write_scores(path, [e2e_spot.ScoreTrack("01__108", scores)])
    document = registry.read_one(path, options=Options(load_classes("finediving"), rate=25.0, threshold=0.5))
    assert [(s.label, s.time) for s in document.spots] == [("Som(s).Tuck", 1_600_000)]
    with pytest.raises(BadInputError, match="have 5 columns; 17 classes and background make 18"):
        registry.read_one(path, options=Options(CLASSES, rate=25.0))
    with pytest.raises(BadInputError, match="neither its classes nor its frame rate"):
        registry.read_one(path)


def test_published_frame_labels_are_read_and_written_back(shared: Path, tmp_path: Path) -> None:
    for sport in ("finediving", "tennis"):
        source = shared / "data" / "frame_labels" / sport / "val.json"
        assert recognition.guess_source(source, FORMATS).name == "e2e-spot"
        classes = load_classes(source.with_name("class.txt"))
        registry.write(tmp_path / "val.json", registry.read(source, options=Options(classes)), FORMATS["e2e-spot"])
        assert json.loads((tmp_path / "val.json").read_text()) == json.loads(source.read_text())


def test_published_labels_survive_every_format_that_carries_them(shared: Path, tmp_path: Path) -> None:
    archive = shared / "data" / "evaluation" / "labels.zip"
    documents = [d for d, _ in zip(registry.read(archive, options=Options(CLASSES)), range(3), strict=False)]
    for name in ("labels-v2", "csv", "osl", "e2e-spot", "sportscode", "otio"):
        form = FORMATS[name]
        place = tmp_path / (f"all-{name}{form.suffix}" if form.many else f"tree-{name}")
        registry.write(place, documents, form, Options(CLASSES, rate=1000.0))
        again = {d.game: d.sorted_spots for d in registry.read(place, form)}
        assert again == {d.game: d.sorted_spots for d in documents}, name


GUESSED = {
    "val.json": ('[{"video": "a", "events": [], "num_events": 0}]', "e2e-spot"),
    "whatever.json": ('[{"video": "a", "fps": 2, "events": []}]', "e2e-spot"),
    "mine.json": ('{"annotations": [{"gameTime": "1 - 00:01", "label": "Goal"}]}', "labels-v2"),
    "theirs.json": ('{"UrlLocal": "", "predictions": []}', "results-spotting"),
    "set.json": ('{"version": "2.0", "modalities": [], "data": []}', "osl"),
    "cut.xml": ('<?xml version="1.0"?><xmeml version="4"></xmeml>', "fcp-xml"),
    "coach.xml": ("<file><ALL_INSTANCES/></file>", "sportscode"),
    "reel.edl": ("TITLE: x", "edl"),
    "list.csv": ("label,seconds", "csv"),
    "Labels.json": ("{}", "labels-v1"),
}


@pytest.mark.parametrize("name", GUESSED)
def test_formats_are_told_by_name_or_content(name: str, tmp_path: Path) -> None:
    content, form = GUESSED[name]
    (tmp_path / name).write_text(content)
    assert recognition.guess_source(tmp_path / name, FORMATS).name == form


INSTANCE = (
    b"<file><ALL_INSTANCES><instance><start>1</start><end>2</end><code>x</code><label><group>Half</group><text>1</text>"
    b"</label><label><group>Time</group><text>12:38</text></label></instance></ALL_INSTANCES></file>"
)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("e2e-spot", b'[{"video": "a"}]', "video 1: expected a video with its events"),
        ("e2e-spot", b'[{"video": "a", "fps": 2, "events": [{"label": "x"}]}]', "a, event 1: this event has no frame. Give it frame, or"),
        ("e2e-spot", b'[{"video": "a", ', "not JSON"),
        ("osl", b'{"version": "2.0"}', "has no data"),
        ("osl", b'{"data": [{"id": "a", "events": [{"label": "x"}]}]}', "sample a, event 1: this event has no position_ms. Give it"),
        ("osl", b'{"data": [{"id": "a", "events": [{}]}]}', "event 1: this event has no label and no position_ms. Give it label and"),
        ("osl", b'{"data": [{"id": "a", "events": ["x"]}]}', "event 1: this event is no object: 'x'. Give an object with label and"),
        ("osl", b'{"data": [{"id": "a", "events": [{"label": "x", "position_ms": "soon"}]}]}', "the position_ms or confidence_score of this event cannot be read .* Give them as numbers"),
        ("osl", b'{"data": [{"id": "a", "events": [{"label": "x", "position_ms": NaN}]}]}', "broken, 'data', entry 1, 'events', entry 1, 'position_ms': a value is not a number .NaN.. Give a number there"),
        ("e2e-spot", b'[{"video": "a", "fps": 2, "events": []}, {"video": "b", "fps": 2, "events": [{"frame": 1, "label": "x", "score": NaN}]}]', "broken, entry 2, 'events', entry 1, 'score': a value is not a number .NaN.. Give a number there, or leave its entry out"),
        ("e2e-spot", b'[{"video": "a", "fps": -Infinity, "events": []}]', "broken, entry 1, 'fps': a value is not a number .-Infinity."),
        ("e2e-spot", b'[{"video": "a", "fps": NaN, "events": [}]', "broken: a value is not a number .NaN."),
        ("sportscode", b"<file/>", "no ALL_INSTANCES"),
        ("sportscode", b"<file><ALL_INSTANCES><instance><code>x</code></instance></ALL_INSTANCES></file>", "instance 1: this instance has no start. Give the start in seconds"),
        ("sportscode", INSTANCE.replace(b">1<", b">soon<", 1), "instance 1: the start 'soon' of this instance cannot be read. Give the start in seconds of the recording, 758.0, or as a clock"),
        ("sportscode", INSTANCE.replace(b">2<", b"><"), "instance 1: this instance has no end"),
        ("sportscode", INSTANCE.replace(b"12:38", b"late"), "the label Time 'late' of this instance cannot be read. Give the label Time as a clock of the half, 12:38.000"),
        ("sportscode", INSTANCE.replace(b"Time", b"Confidence"), "the label Confidence '12:38' of this instance cannot be read. Give the label Confidence as a number"),
        ("sportscode", b'<!DOCTYPE f [<!ENTITY a "b">]><file>&a;</file>', "declares entities"),
        ("fcp-xml", b'<!DOCTYPE f [<!ENTITY a "b">]><xmeml>&a;</xmeml>', "declares entities"),
        ("csv", b"label\nGoal\n", "needs the columns label and seconds"),
        ("csv", b"label,seconds\nGoal,soon\n", "line 2: the half, time or confidence"),
        ("csv", b"label,seconds\nGoal,1,2\n", "line 2: this line has more cells"),
        ("csv", b"\xff\xfeh", "not UTF-8"),
        ("webvtt", b"hello", "not WebVTT"),
        ("otio", b"{}", "holds no timeline"),
        ("edl", b"\xff", "cannot be read"),
    ],
)  # fmt: skip
def test_broken_files_say_what_is_wrong(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "broken"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=message):
        list(registry.read(path, FORMATS[name]))


def test_damaged_archives_say_so(tmp_path: Path) -> None:
    packed = tmp_path / "pred-val.1.recall.json.gz"
    packed.write_bytes(gzip.compress(b'[{"video": "a", "fps": 2, "events": []}]')[:-9])
    with pytest.raises(BadInputError, match=r"cannot be (read|unpacked)"):
        list(registry.read(packed))
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(BadInputError, match="cannot be told"):
        recognition.guess_source(tmp_path / "z.zip", FORMATS)


def test_own_class_lists(tmp_path: Path, shared: Path) -> None:
    names = ("Entry", "Som(s).Pike", "Som(s).Tuck", "Twist(s)")
    assert load_classes("finediving").names == names
    assert load_classes(shared / "data" / "frame_labels" / "finediving" / "class.txt").names == names
    own = tmp_path / "class.txt"
    own.write_text("Pass\nDrive\n\n")
    assert load_classes(own).names == ("Pass", "Drive")
    own.with_name("twice.txt").write_text("Pass\nPass\n")
    with pytest.raises(BadInputError, match="occurs twice"):
        load_classes(own.with_name("twice.txt"))
    (tmp_path / "a.csv").write_text("label,seconds\nPass,1\nGoal,2\nPass,3\n")
    (read,) = registry.read(tmp_path / "a.csv", options=Options(CLASSES))
    assert [spot.label for spot in read.spots] == ["Goal"]
    assert read.left_out == {"a label of the unknown class 'Pass'": 2}
    (tmp_path / "a.csv").write_text("label,seconds\nPass,1\n")
    with pytest.raises(BadInputError, match="not one of 1 labels is of a known class; they say 'Pass'"):
        list(registry.read(tmp_path / "a.csv", options=Options(CLASSES)))


def test_the_documented_table_is_the_registry() -> None:
    lines = (REPOSITORY / "docs" / "formats.md").read_text().splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("| "))
    rows = [line for line in takewhile(lambda line: line.startswith("|"), lines[first:]) if line.startswith("| ")]
    documented = [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows[1:]]
    assert documented == [
        (
            f.title,
            f"`{f.name}`",
            ", ".join(f"`{p}`" for p in f.patterns),
            "yes" if f.reads else "no",
            "yes" if f.writes else "no",
            ", ".join(n for n in ("confidence", "team", "visibility") if getattr(f, n)) or "–",
            f.resolution,
            "many" if f.many else "one",
        )
        for f in FORMATS.values()
    ]


@pytest.mark.parametrize("form", [f for f in registry.label_formats() if f.write is not None], ids=lambda f: f.name)
def test_files_and_zips_in_capitals_are_read(form: Format, tmp_path: Path) -> None:
    """As cameras and old programs call them."""
    plain = tmp_path / f"match{form.suffix}"
    registry.write(plain, [Document.of([Spot(1, 10_000_000, "Goal", 0.9)], "game")], form)
    capital = plain.rename(tmp_path / f"MATCH{form.suffix.upper()}")
    packed = tmp_path / "PACKED.ZIP"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(capital, capital.name)
    for path in (capital, packed):
        assert recognition.guess_source(path, FORMATS) == form
        assert [(s.time, s.label) for s in registry.read_one(path).spots] == [(10_000_000, "Goal")], path


def test_trees_in_capitals_are_read_and_evaluated(tmp_path: Path) -> None:
    for game in ("a", "b"):
        place = tmp_path / "season" / game
        registry.write(place / "LABELS-V2.JSON", [Document.of([Spot(1, 10_000_000, "Goal")])], FORMATS["labels-v2"])
    assert [d.game for d in registry.read(tmp_path / "season")] == ["a", "b"]
    with open_games(tmp_path / "season", LABEL_FILES) as tree:
        assert tree.games == {"a": "a/LABELS-V2.JSON", "b": "b/LABELS-V2.JSON"}


@pytest.mark.parametrize("name", ["sportscode", "fcp-xml", "fcpx-xml"])
@pytest.mark.parametrize("declared", ["UTF-8", "UTF-16", "iso-8859-1", ""])
def test_xml_saved_as_utf_16_is_read_whatever_its_first_line_says(name: str, declared: str, tmp_path: Path) -> None:
    form, path = registry.format_named(name), tmp_path / f"{name}.xml"
    spots = [Spot(1, 10_000_000, "Goal"), Spot(1, 20_000_000, "Corner")]
    registry.write(path, [Document(tuple(map(Entry, spots)), "game")], form)
    body = path.read_text().partition("?>")[2] if path.read_text().startswith("<?xml") else path.read_text()
    encoding = f' encoding="{declared}"' if declared else ""
    path.write_bytes(f'<?xml version="1.0"{encoding}?>{body}'.encode("utf-16"))
    assert recognition.guess_source(path, FORMATS).name == name
    [document] = registry.read(path)
    assert [(e.spot.time, e.spot.label) for e in document.entries] == [(s.time, s.label) for s in spots]
