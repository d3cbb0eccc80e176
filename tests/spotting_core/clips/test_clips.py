"""Clips: chosen, cut to the frame, heard in time, told when they fail, and written whole or not at all."""

from __future__ import annotations

import csv
import itertools
import shutil
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.components.look import heat_table, look
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.clips import drawing, export
from spotting_core.clips.copying import copy_clip, copy_start
from spotting_core.clips.cutting import CARD, add_clip, film_size, open_film
from spotting_core.clips.drawing import BOXES, CAPTION, MAP, Overlay
from spotting_core.clips.export import ZIP, Exported, export_clips
from spotting_core.clips.manifest import DONE, FAILED, MANIFEST
from spotting_core.clips.order import Order
from spotting_core.clips.selection import MARK, Choice, Clip, Margins, clips_of, frames_of, parse_mark
from spotting_core.clips.sources import Footage, Sources
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats import registry
from spotting_core.media.decode import read_frame
from spotting_core.media.frames import numbered_frames
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.key_frames import key_times
from spotting_core.media.shown import shown_image
from spotting_core.media.source import open_match
from spotting_core.media.times import TimeTable, read_time_table
from tests.app.made_analysis import make_analysis
from tests.videos import make_video, read_number, steady, uneven

SECOND = 1_000_000
REEL = "reel.mp4"
CLASSES = load_classes()
CLIP = Clip(1, 2_345_000, 4_805_000, "Goal", 3_300_000)
KINDS = {
    "steady": {"name": "a.mp4", "times": steady(200)},
    "late start, mkv": {"name": "a.mkv", "times": steady(200, start=0.463)},
    "variable rate": {"name": "a.mp4", "times": uneven(160)},
    "edit list": {"name": "a.mp4", "times": steady(200), "hidden": 9},
    "mpeg-ts": {"name": "a.ts", "times": steady(200, start=10.0)},
}


@pytest.fixture(params=list(KINDS))
def media(request: pytest.FixtureRequest, tmp_path: Path, data: DataDirectory) -> tuple[Media, int]:
    """A numbered video of each kind, and the number of its first shown frame."""
    kind = dict(KINDS[request.param])
    return ingest(make_video(tmp_path / kind.pop("name"), kind.pop("times"), **kind), data), kind.get("hidden", 0)


@pytest.fixture
def halves(tmp_path: Path, data: DataDirectory) -> dict[int, Media]:
    """A match of two halves with sound."""
    folder = tmp_path / "match"
    folder.mkdir()
    make_video(folder / "1_180p.mp4", steady(200), beeps=[2.0, 3.0, 6.0])
    make_video(folder / "2_180p.mp4", uneven(160, seed=5), beeps=[4.0])
    return {h.half: ingest(h.path, data) for h in open_match(folder).halves}


def numbers(path: Path) -> list[int]:
    """The numbers that the frames of a video carry, in order."""
    return [read_number(shown_image(frame)) for _, frame in numbered_frames(path, read_time_table(path))]


def onsets(path: Path) -> list[float]:
    """Seconds at which the sound of a file begins after silence."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        parts, begin = [], None
        for frame in container.decode(stream):
            begin = float(frame.pts * frame.time_base) if begin is None else begin
            parts.append(frame.to_ndarray()[0])
        loud = np.abs(np.concatenate(parts)) > 0.05
    edges = np.flatnonzero(loud)
    rate = stream.codec_context.sample_rate
    firsts = edges[np.diff(edges, prepend=-rate) > rate // 20]
    return [float(begin or 0) + first / rate for first in firsts]


def sources(halves: dict[int, Media], **more: object) -> Sources:
    return Sources.of_one(Footage(halves, CLASSES, "A v B", **more), look())  # type: ignore[arg-type]


def manifest(folder: Path) -> list[dict[str, str]]:
    with (folder / MANIFEST).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


# --- choosing -----------------------------------------------------------------------------------------


def test_lead_and_lag_are_those_of_the_class_and_end_with_the_video() -> None:
    spots = [Spot(1, 4 * SECOND, "Goal", 0.9), Spot(2, 50 * SECOND, "Corner", 0.8), Spot(1, 200 * SECOND, "Foul")]
    clips = clips_of(spots, Margins(CLASSES), {1: 100 * SECOND, 2: 55 * SECOND})
    goal, corner = CLASSES.get("Goal"), CLASSES.get("Corner")
    assert [(c.label, c.start, c.end) for c in clips] == [
        ("Goal", 0, round((4 + goal.lag) * SECOND)),
        ("Corner", round((50 - corner.lead) * SECOND), 55 * SECOND),
    ]


def test_margins_of_a_class_and_of_all() -> None:
    margins = Margins(CLASSES, {"Goal": (8, None)})
    assert margins.of("Goal") == (8, CLASSES.get("Goal").lag)
    assert Margins(CLASSES, lead=1, lag=2).of("Goal") == (1, 2)
    with pytest.raises(BadInputError, match="Goal would be clipped"):
        Margins(CLASSES, lead=0, lag=0).of("Goal")


def test_choice_by_class_half_team_and_confidence() -> None:
    spots = [
        Spot(1, 1, "Goal", 0.4, "home"), Spot(2, 2, "Goal", None, "away"), Spot(2, 3, "Foul", 0.9, "home"),
    ]  # fmt: skip
    assert [s.time for s in spots if Choice(("Goal",), least=0.5).takes(s)] == [2]
    assert [s.time for s in spots if Choice(halves=(2,), teams=("home",)).takes(s)] == [3]


def test_marks_are_read_and_bad_ones_told() -> None:
    mark = parse_mark("2 02:34.04-02:48")
    assert (mark.half, mark.start, mark.end, mark.label) == (2, 154_040_000, 168 * SECOND, MARK)
    for text in ("02:34-02:48", "0 00:01-00:02", "1 00:02-00:01"):
        with pytest.raises(BadInputError):
            parse_mark(text)


@given(st.integers(0, 9_900_000), st.integers(1, 5_000_000), st.integers(0, 50))
def test_a_clip_shows_the_frame_at_its_start_and_none_that_begins_at_its_end(
    start: int, length: int, seed: int
) -> None:
    times = (np.array(uneven(250, seed=seed)) * 1e6).round().astype(np.int64)
    table = TimeTable(times, 0)
    if start >= table.duration:
        return
    first, stop = frames_of(Clip(1, start, start + length, "Goal"), table)
    assert times[first] <= start
    assert first == len(times) - 1 or times[first + 1] > start
    assert stop == first + 1 or times[stop - 1] < start + length
    assert stop == len(times) or times[stop] >= start + length - 1_000


def test_clips_and_orders_survive_as_json() -> None:
    order = Order((CLIP, replace(CLIP, slow=0.5, note="near post", match="a")), reel=True, lines=360,
                  layers=frozenset({CAPTION}), companions=("otio",))  # fmt: skip
    assert Order.from_json(order.as_json()) == order
    with pytest.raises(BadInputError, match="cannot do one reel or slow motion"):
        replace(order, fast=True, lines=None, layers=frozenset())


# --- exact --------------------------------------------------------------------------------------------


def test_an_exact_clip_has_the_frames_of_the_source_at_their_times(media: tuple[Media, int], tmp_path: Path) -> None:
    video, hidden = media
    first, stop = frames_of(CLIP, video.table)
    film = open_film(tmp_path / "clip.mp4", video, None, sound=False)
    add_clip(film, video, CLIP, 0)
    film.close()
    table = read_time_table(tmp_path / "clip.mp4")
    assert numbers(tmp_path / "clip.mp4") == list(range(first + hidden, stop + hidden))
    assert table.start == 0
    assert np.abs(table.times - (video.table.times[first:stop] - video.table.times[first])).max() <= 12
    for number in (0, len(table) - 1):
        ours = read_frame(tmp_path / "clip.mp4", table, number).astype(int)
        theirs = read_frame(video.path, video.table, first + number).astype(int)
        assert np.abs(ours - theirs).mean() < 2.0


def test_slow_motion_shows_every_frame_longer_and_is_silent(halves: dict[int, Media], tmp_path: Path) -> None:
    clip = Clip(1, SECOND, 7 * SECOND, "Goal", 3 * SECOND, slow=0.5)
    exported = export_clips(Order((clip,)), sources(halves), tmp_path / "out")
    path = tmp_path / "out" / exported.files[0]
    table = read_time_table(path)
    # 1.5 s before the spot to 1.5 s after it take twice as long: 0.5 s, then 6 s, then 2.5 s.
    assert table.duration == pytest.approx(9 * SECOND, abs=50_000)
    steps = np.diff(table.times)
    assert steps[5] == pytest.approx(40_000, abs=20)
    assert steps[60] == pytest.approx(80_000, abs=20)
    # The beeps of 2 and 3 s are in the slow part; that of 6 s comes 3 s later than it would.
    assert onsets(path) == pytest.approx([8.0], abs=0.04)
    assert exported.results[0].sound == "kept, none in slow motion"


@pytest.mark.parametrize(
    ("beeps", "sound", "silence"), [([2.0], True, True), ([2.0], False, False), (None, True, False)]
)
def test_slow_motion_says_that_it_has_no_sound_where_there_is_some(
    beeps: list[float] | None, sound: bool, silence: bool, tmp_path: Path, data: DataDirectory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    media = {1: ingest(make_video(tmp_path / "a.mp4", steady(100), beeps=beeps), data)}
    written: list[str] = []
    for module, name, at in ((export, "title_card", 3), (drawing, "_captioned", 3)):
        drawn = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *words, d=drawn, at=at: written.append(str(words[at])) or d(*words))
    clip = Clip(1, SECOND, 3 * SECOND, "Goal", 2 * SECOND, slow=0.5)
    export_clips(Order((clip,), reel=True, cards=True, sound=sound), sources(media), tmp_path / "out")
    assert ("50% speed around the spot, no sound there" in written[0]) == silence
    assert "50% speed around the spot" in written[0]
    assert {*written[1:]} == {"50% speed, no sound" if silence else "50% speed"}


def test_sound_is_within_40_ms_in_both_halves(halves: dict[int, Media], tmp_path: Path) -> None:
    clips = (Clip(1, 1_700_000, 6_500_000, "Goal"), Clip(2, 2_345_000, 5 * SECOND, "Foul"))
    exported = export_clips(Order(clips), sources(halves), tmp_path / "out")
    for clip, name, beeps in zip(clips, exported.files, ([2.0, 3.0, 6.0], [4.0]), strict=False):
        table = halves[clip.half].table
        begin = table.times[table.shown_at(clip.start)] / 1e6
        assert onsets(tmp_path / "out" / name) == pytest.approx([b - begin for b in beeps], abs=0.04)


def test_sound_follows_an_edit_list_and_a_late_start(tmp_path: Path, data: DataDirectory) -> None:
    for name, kind, beep in (("e.mp4", {"hidden": 9}, 3.0), ("l.mkv", {}, 3.463)):
        start = 0.0 if kind else 0.463
        video = ingest(make_video(tmp_path / name, steady(200, start=start), beeps=[beep], **kind), data)
        shift = 9 / 25 if kind else 0.463  # of the first shown frame on the clock of ``beeps``
        export_clips(Order((CLIP,)), sources({1: video}), tmp_path / name.replace(".", ""))
        path = next((tmp_path / name.replace(".", "")).glob("*.mp4"))
        begin = video.table.times[video.table.shown_at(CLIP.start)] / 1e6
        assert onsets(path) == pytest.approx([beep - shift - begin], abs=0.04)


def test_sizes_keep_the_shape_and_are_even(tmp_path: Path, data: DataDirectory) -> None:
    video = ingest(make_video(tmp_path / "a.mp4", steady(30)), data)
    assert film_size(video, None) == (320, 180)
    assert film_size(video, 224) == (398, 224)
    export_clips(Order((Clip(1, 0, SECOND, "Goal"),), lines=90), sources({1: video}), tmp_path / "out")
    small = ingest(next((tmp_path / "out").glob("*.mp4")), data)
    assert (small.info.width, small.info.height) == (160, 90)


def test_the_overlay_draws_the_map_the_boxes_and_the_words(halves: dict[int, Media], data: DataDirectory) -> None:
    match = open_match(halves[1].path.parent)
    analysis = make_analysis(match, data, [Spot(1, 3 * SECOND, "Goal", 0.9)])
    plain = np.full((180, 320, 3), 90, np.uint8)
    drawn = Overlay(look(), CLIP, frozenset({MAP, BOXES, CAPTION}), "Goal", "00:04", analysis).draw(plain, 0)
    assert np.abs(drawn[50, 20].astype(int) - 90).max() > 40  # the first cell of the map shines in even samples
    assert (drawn[100, 200] == 90).all()  # and the others do not
    odd = Overlay(look(), CLIP, frozenset({MAP}), analysis=analysis).draw(plain, 500_000)
    assert (odd[50, 20] == 90).all()
    captioned = Overlay(look(), CLIP, frozenset({CAPTION}), "Goal", "00:04").draw(plain, 0)
    assert captioned[160:].max() == 255
    assert (captioned[:140] == 90).all()
    assert heat_table()[0, 3] == 0


def test_what_no_analysis_holds_is_not_drawn_in_silence(
    halves: dict[int, Media], tmp_path: Path, data: DataDirectory
) -> None:
    analysis = make_analysis(open_match(halves[1].path.parent), data, [])
    for half in analysis.halves:
        shutil.rmtree(half.folder / "maps")
        for path in half.folder.glob("entities*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(BadInputError, match="neither a map nor boxes"):
        export_clips(Order((CLIP,), layers=frozenset({MAP})), sources(halves, analysis=analysis), tmp_path / "out")


# --- fast ---------------------------------------------------------------------------------------------


def test_a_fast_clip_tells_where_it_really_starts(media: tuple[Media, int], tmp_path: Path) -> None:
    video, hidden = media
    copied = copy_clip(video, CLIP, tmp_path / "fast.mp4")
    shown = numbers(tmp_path / "fast.mp4")
    first, stop = frames_of(CLIP, video.table)
    assert copied.start == copy_start(video, CLIP) == max(t for t in key_times(video) if t <= video.table.times[first])
    assert shown[0] == video.table.nearest(copied.start) + hidden
    assert shown == list(range(shown[0], shown[-1] + 1))
    assert shown[-1] >= stop - 1 + hidden
    assert read_time_table(tmp_path / "fast.mp4").duration == pytest.approx(copied.end - copied.start, abs=60_000)


# --- exporting ----------------------------------------------------------------------------------------


def both(halves: dict[int, Media], out: Path, **settings: object) -> Exported:
    clips = (
        Clip(1, SECOND, 2 * SECOND, "Goal", 1_500_000, "home", 0.9),
        Clip(2, SECOND, 3 * SECOND, "Foul", 2 * SECOND),
    )
    return export_clips(Order(clips, **settings), sources(halves), out)  # type: ignore[arg-type]


def test_one_file_each_with_a_manifest(halves: dict[int, Media], tmp_path: Path) -> None:
    exported = both(halves, tmp_path / "out")
    assert exported.files == ("01_goal_00-01.mp4", "02_foul_45-02.mp4", MANIFEST)
    rows = manifest(tmp_path / "out")
    assert [(r["class"], r["half"], r["state"], r["in_s"]) for r in rows] == [
        ("Goal", "1", DONE, "1.000"), ("Foul", "2", DONE, "1.000"),
    ]  # fmt: skip
    table = halves[2].table
    assert float(rows[1]["starts_s"]) == pytest.approx(table.times[table.shown_at(SECOND)] / 1e6, abs=0.001)
    assert not list((tmp_path / "out").glob(".*"))


def test_a_reel_has_all_frames_between_its_cards(halves: dict[int, Media], tmp_path: Path) -> None:
    exported = both(halves, tmp_path / "out", reel=True)
    path = tmp_path / "out" / REEL
    table = read_time_table(path)
    expected = []
    for result in exported.results:
        first, stop = frames_of(result.clip, halves[result.clip.half].table)
        begin = int(np.abs(table.times - (result.reel or 0)).argmin())
        shown = [read_number(read_frame(path, table, n)) for n in (begin, begin + stop - first - 1)]
        assert shown == [first, stop - 1]
        expected.append(stop - first)
    assert exported.results[0].reel == CARD
    assert len(table) == sum(expected) + 2 * 4
    again = both(halves, tmp_path / "bare", reel=True, cards=False)
    assert len(read_time_table(tmp_path / "bare" / REEL)) == sum(expected)
    assert again.results[0].reel == 0


def test_a_reel_stands_nowhere_without_a_picture_or_sound(halves: dict[int, Media], tmp_path: Path) -> None:
    """Cards and clips follow one another without a gap: a gap shows as black, or stops the player that seeks into it."""
    exported = both(halves, tmp_path / "out", reel=True)
    path = tmp_path / "out" / REEL
    table = read_time_table(path)
    begin, last = exported.results[0].reel or 0, exported.results[-1]
    assert table.times[0] == 0
    assert np.diff(table.times).max() <= 510_000  # a card is written every half second
    with av.open(str(path)) as container:
        for stream in (container.streams.video[0], container.streams.audio[0]):
            container.seek(0)
            spans = sorted(
                (float(p.pts * p.time_base), float((p.pts + p.duration) * p.time_base))
                for p in container.demux(stream)
                if p.pts is not None
            )
            gaps = [after[0] - before[1] for before, after in itertools.pairwise(spans)]
            assert max(gaps) < 0.002
            assert spans[0][0] < 0.03
            assert spans[-1][1] > ((last.reel or 0) + last.clip.end - last.clip.start - 50_000) / 1e6
    assert begin == CARD


def test_sound_stays_in_time_behind_cards(halves: dict[int, Media], tmp_path: Path) -> None:
    clips = (Clip(1, 1_700_000, 3_500_000, "Goal"), Clip(2, 2_345_000, 5 * SECOND, "Foul"))
    exported = export_clips(Order(clips, reel=True), sources(halves), tmp_path / "out")
    wanted = []
    for result, beeps in zip(exported.results, ([2.0, 3.0], [4.0]), strict=True):
        table = halves[result.clip.half].table
        begin = table.times[table.shown_at(result.clip.start)] / 1e6
        wanted += [(result.reel or 0) / 1e6 + b - begin for b in beeps]
    assert onsets(tmp_path / "out" / REEL) == pytest.approx(wanted, abs=0.04)


@pytest.mark.parametrize("reel", [False, True])
def test_a_failed_clip_loses_no_other(halves: dict[int, Media], tmp_path: Path, reel: bool) -> None:
    clips = (
        Clip(1, SECOND, 2 * SECOND, "Goal"), Clip(1, 60 * SECOND, 61 * SECOND, "Foul"),
        Clip(2, SECOND, 2 * SECOND, "Corner"),
    )  # fmt: skip
    exported = export_clips(Order(clips, reel=reel), sources(halves), tmp_path / "out")
    assert [r.state for r in exported.results] == [DONE, FAILED, DONE]
    rows = manifest(tmp_path / "out")
    assert "lies past the end of the video" in rows[1]["error"]
    assert rows[1]["file"] == ""
    assert rows[2]["file"] == (REEL if reel else "03_corner_45-01.mp4")
    with pytest.raises(BadInputError, match="not one clip could be exported"):
        export_clips(Order(clips[1:2], reel=reel), sources(halves), tmp_path / "none")
    assert not (tmp_path / "none").exists()


def cancelled_after(reports: int) -> Callable[[object], bool]:
    left = [reports]

    def report(_progress: object) -> bool:
        left[0] -= 1
        return left[0] >= 0

    return report


@pytest.mark.parametrize(("settings", "kept"), [({}, ["01_goal_00-01.mp4", MANIFEST]), ({"reel": True}, [])])
def test_a_cancelled_export_leaves_nothing_half_written(
    halves: dict[int, Media], tmp_path: Path, settings: dict, kept: Sequence[str]
) -> None:
    clips = (Clip(1, SECOND, 2 * SECOND, "Goal"), Clip(1, SECOND, 7 * SECOND, "Foul"))
    with pytest.raises(CancelledError):
        export_clips(Order(clips, **settings), sources(halves), tmp_path / "out", cancelled_after(8))
    assert sorted(p.name for p in (tmp_path / "out").glob("*")) == sorted(kept)
    assert (tmp_path / "out").exists() == bool(kept)


def test_progress_rises_to_the_end(halves: dict[int, Media], tmp_path: Path) -> None:
    shares: list[float] = []
    clips = (Clip(1, SECOND, 2 * SECOND, "Goal"), Clip(2, SECOND, 3 * SECOND, "Foul"))
    export_clips(Order(clips), sources(halves), tmp_path / "out", lambda p: shares.append(p.share) or True)
    assert shares == sorted(shares)
    assert shares[-1] > 0.8


def test_a_zip_holds_all_and_the_companions_say_the_same(halves: dict[int, Media], tmp_path: Path) -> None:
    exported = both(halves, tmp_path / "out", zipped=True, companions=("sportscode", "otio"))
    assert exported.files == (ZIP,)
    assert [p.name for p in (tmp_path / "out").iterdir()] == [ZIP]
    with zipfile.ZipFile(tmp_path / "out" / ZIP) as packed:
        names = packed.namelist()
        packed.extractall(tmp_path / "unpacked")
    assert names == ["01_goal_00-01.mp4", "02_foul_45-02.mp4", "sportscode.xml", "timeline.otio", MANIFEST]
    for name in ("sportscode.xml", "timeline.otio"):
        spots = registry.read_one(tmp_path / "unpacked" / name).sorted_spots
        assert [(s.half, s.time, s.label, s.team) for s in spots] == [
            (1, 1_500_000, "Goal", "home"), (2, 2 * SECOND, "Foul", "unknown"),
        ]  # fmt: skip
    text = (tmp_path / "unpacked" / "sportscode.xml").read_text()
    half = halves[1].table.duration / 1e6
    assert "<start>1.0</start>" in text
    assert f"<start>{half + 1:.1f}</start>" in text
    timeline = (tmp_path / "unpacked" / "timeline.otio").read_text()
    assert timeline.count('"Clip.') == 2
    assert halves[1].path.name in timeline


def test_cells_of_the_manifest_are_no_formulas(halves: dict[int, Media], tmp_path: Path) -> None:
    clip = Clip(1, SECOND, 2 * SECOND, "Goal", note="=1+1", caption="-3")
    export_clips(Order((clip,)), sources(halves), tmp_path / "out")
    row = manifest(tmp_path / "out")[0]
    assert (row["note"], row["caption"]) == ("'=1+1", "-3")


# --- of several matches -------------------------------------------------------------------------------


@pytest.fixture
def matches(tmp_path: Path, data: DataDirectory) -> dict[str, Footage]:
    """Two matches whose frames tell them apart: those of the second begin at number 1000, and are of another size."""
    footage = {}
    for name, first, size in (("a", 0, (320, 180)), ("b", 1000, (400, 180))):
        folder = tmp_path / f"match {name}"
        folder.mkdir()
        for half in (1, 2):
            numbered = first + 300 * (half - 1)
            make_video(folder / f"{half}_180p.mp4", steady(150), first=numbered, size=size)
        media = {h.half: ingest(h.path, data) for h in open_match(folder).halves}
        footage[name] = Footage(media, CLASSES, f"{name.upper()} v Guests", {"home": name.upper()})
    return footage


MIXED = (
    Clip(1, SECOND, 2 * SECOND, "Goal", 1_500_000, "home", 0.9, match="b"),
    Clip(2, SECOND, 3 * SECOND, "Foul", 2 * SECOND, match="a"),
    Clip(2, 2 * SECOND, 3 * SECOND, "Corner", 2_500_000, match="b"),
)
SHOWN = [range(1025, 1050), range(325, 375), range(1350, 1375)]


def test_clips_of_several_matches_show_each_its_own(matches: dict[str, Footage], tmp_path: Path) -> None:
    exported = export_clips(
        Order(MIXED, zipped=True, companions=("sportscode",)), Sources(matches, look()), tmp_path / "out"
    )
    with zipfile.ZipFile(tmp_path / "out" / ZIP) as packed:
        packed.extractall(tmp_path / "unpacked")
    rows = manifest(tmp_path / "unpacked")
    assert [(r["match"], r["video"], r["half"], r["file"]) for r in rows] == [
        ("B v Guests", "match b/1_180p.mp4", "1", "01_b-v-guests_goal_00-01.mp4"),
        ("A v Guests", "match a/2_180p.mp4", "2", "02_a-v-guests_foul_45-02.mp4"),
        ("B v Guests", "match b/2_180p.mp4", "2", "03_b-v-guests_corner_45-02.mp4"),
    ]
    assert [numbers(tmp_path / "unpacked" / r["file"]) for r in rows] == [list(shown) for shown in SHOWN]
    assert [r.as_json()["match"] for r in exported.results] == ["B v Guests", "A v Guests", "B v Guests"]
    for name, labels in (("01_a-v-guests", ["Foul"]), ("02_b-v-guests", ["Goal", "Corner"])):
        document = registry.read_one(tmp_path / "unpacked" / f"{name}_sportscode.xml")
        assert [s.label for s in document.sorted_spots] == labels


def test_a_reel_of_several_matches_names_each_and_keeps_the_order(matches: dict[str, Footage], tmp_path: Path) -> None:
    exported = export_clips(Order(MIXED, reel=True, lines=180), Sources(matches, look()), tmp_path / "out")
    path = tmp_path / "out" / REEL
    table = read_time_table(path)
    for result, shown in zip(exported.results, SHOWN, strict=True):
        begin = int(np.abs(table.times - (result.reel or 0)).argmin())
        pictures = [read_frame(path, table, n) for n in (begin, begin + len(shown) - 1)]
        if result.clip.match == "a":  # narrower than the reel: between black bars, and so smaller numbers
            assert all((p[:, :30] < 20).all() for p in pictures)
            pictures = [np.ascontiguousarray(p[:, 40:360]) for p in pictures]
        assert [read_number(p) for p in pictures] == [shown[0], shown[-1]]
    cards = [read_frame(path, table, int(np.abs(table.times - (r.reel or 0)).argmin()) - 1) for r in exported.results]
    assert (cards[0][60:80] != cards[1][60:80]).any()


@pytest.mark.parametrize("reel", [False, True])
def test_a_match_that_cannot_be_opened_loses_no_other(matches: dict[str, Footage], tmp_path: Path, reel: bool) -> None:
    lost = Footage({}, CLASSES, "B v Guests", problem="There is no such file or folder.")
    exported = export_clips(Order(MIXED, reel=reel), Sources({**matches, "b": lost}, look()), tmp_path / "out")
    assert [r.state for r in exported.results] == [FAILED, DONE, FAILED]
    assert "no such file or folder" in exported.results[0].error
    assert [r["match"] for r in manifest(tmp_path / "out")] == ["B v Guests", "A v Guests", "B v Guests"]
    with pytest.raises(BadInputError, match="no such file or folder"):
        export_clips(Order(MIXED[:1], reel=reel), Sources({"b": lost}, look()), tmp_path / "none")
    with pytest.raises(BadInputError, match="the match of this clip is not known"):
        export_clips(Order(MIXED[:1]), Sources({"a": matches["a"]}, look()), tmp_path / "none")
