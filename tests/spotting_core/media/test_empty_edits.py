"""Videos whose edit list says that nothing is shown at first: by ffmpeg's muxer, or written by hand."""

from __future__ import annotations

import csv
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from app.components.look import look
from spotting_core.base.data_directory import DataDirectory
from spotting_core.clips.copying import copy_clip
from spotting_core.clips.cutting import add_clip, open_film
from spotting_core.clips.export import export_clips
from spotting_core.clips.manifest import MANIFEST
from spotting_core.clips.order import Order
from spotting_core.clips.selection import MARK, Clip
from spotting_core.clips.sources import Footage, Sources
from spotting_core.domain.classes import load_classes
from spotting_core.media.decode import read_frame
from spotting_core.media.empty_edits import empty_edits
from spotting_core.media.ingest import ingest
from spotting_core.media.playback import make_playback, plays_as_is
from spotting_core.media.source import open_match
from spotting_core.media.times import read_time_table
from spotting_core.preflight.match import check_videos
from spotting_core.preflight.video import CLOCK as CLOCK_CHECK
from spotting_core.preflight.video import check_late_picture
from tests.spotting_core.clips.test_clips import onsets
from tests.videos import make_video, read_number, steady

SECOND = 1_000_000
NOTHING = -1
CLOCK = 90_000  # of the media of ``make_video``
Edit = tuple[float, float]
"""Seconds that an edit lasts, and from which second of the media it shows; NOTHING: nothing."""


def _boxes(content: bytearray, start: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """Where each box begins, how long it is, and its kind."""
    while start + 8 <= end:
        size, kind = struct.unpack(">I4s", content[start : start + 8])
        yield start, size, kind
        start += size


def with_edits(path: Path, track: int, clock: int, edits: Sequence[Edit]) -> Path:
    """Write an edit list of one's own into a track of an mp4 whose index is at its end.

    Arguments:
        clock: ticks a second of the track's media.
    """
    content = bytearray(path.read_bytes())
    at = content.index(b"mvhd")
    [scale] = struct.unpack(">I", content[at + 16 : at + 20])
    rows = [(round(lasting * scale), NOTHING if of == NOTHING else round(of * clock)) for lasting, of in edits]
    listed = b"".join(struct.pack(">Iii", *row, 0x10000) for row in rows)
    written = struct.pack(">I4sII", 16 + len(listed), b"elst", 0, len(rows)) + listed
    written = struct.pack(">I4s", 8 + len(written), b"edts") + written
    index, size = next((i, n) for i, n, kind in _boxes(content, 0, len(content)) if kind == b"moov")
    begin, length = [(i, n) for i, n, kind in _boxes(content, index + 8, index + size) if kind == b"trak"][track]
    inside = {kind: (i, n) for i, n, kind in _boxes(content, begin + 8, begin + length)}
    place, replaced = inside.get(b"edts", (sum(inside[b"tkhd"]), 0))
    content[place : place + replaced] = written
    grown = len(written) - replaced
    for box, was in ((begin, length), (index, size)):
        content[box : box + 4] = struct.pack(">I", was + grown)
    path.write_bytes(content)
    return path


def by_ffmpeg(path: Path) -> Path:
    return make_video(path, steady(200, start=2.0), b_frames=0, beeps=[4.0, 5.0, 8.0])


def made(path: Path, pictures: Sequence[Edit], sound: Sequence[Edit] = ()) -> Path:
    """A video of 8 s with beeps at 2, 3 and 6 s of its media."""
    make_video(path, steady(200), b_frames=0, beeps=[2.0, 3.0, 6.0])
    if pictures:
        with_edits(path, 0, CLOCK, pictures)
    return with_edits(path, 1, 48_000, sound) if sound else path


_EMPTY, _ALL = (2.0, NOTHING), (8.0, 0.0)
_HEARD = (7.9, 1024 / 48_000)  # without the samples that AAC begins with
KINDS = {
    "by ffmpeg": (by_ffmpeg, 0, 200, 2.0, [2, 3, 6]),
    "pictures": (lambda p: made(p, [_EMPTY, _ALL]), 0, 200, 2.0, [0, 1, 4]),
    "pictures and sound": (lambda p: made(p, [_EMPTY, _ALL], [_EMPTY, _HEARD]), 0, 200, 2.0, [2, 3, 6]),
    "two empty ones": (lambda p: made(p, [(1.0, NOTHING), (1.0, NOTHING), _ALL]), 0, 200, 2.0, [0, 1, 4]),
    "then from the second second": (lambda p: made(p, [(1.0, NOTHING), (6.0, 1.0)]), 25, 150, 1.0, [1, 2, 5]),
    "sound": (lambda p: made(p, [], [(1.0, NOTHING), _HEARD]), 0, 200, 0.0, [3, 4, 7]),
}
"""What makes it, its first frame, how many, seconds until the first picture, and beeps after that."""


@pytest.mark.parametrize("kind", list(KINDS))
def test_an_empty_edit_moves_neither_frames_nor_sound(kind: str, tmp_path: Path, data: DataDirectory) -> None:
    make, first, count, late, beeps = KINDS[kind]
    media = ingest(make(tmp_path / "a.mp4"), data)
    table = media.table
    assert (len(table), table.start, table.times[0]) == (count, round(late * SECOND), 0)
    assert [read_number(read_frame(media.path, table, n)) for n in (0, 60, count - 1)] == [
        first,
        first + 60,
        first + count - 1,
    ]
    assert [f.what for f in check_late_picture(media)] == (
        [f"the first picture of a.mp4 comes {late:.2f} s after the file begins"] if late else []
    )
    assert plays_as_is(media) == (not late)
    played = make_playback(media)
    assert abs(read_time_table(played).times - table.times).max() <= 100
    assert onsets(played) == pytest.approx(beeps, abs=0.04)
    clip = Clip(1, round(1.5 * SECOND), round(4.5 * SECOND), MARK)
    film = open_film(tmp_path / "film.mp4", media, None, sound=True)
    add_clip(film, media, clip, 0)
    film.close()
    copied = copy_clip(media, clip, tmp_path / "copied.mp4")
    for path, start in ((tmp_path / "film.mp4", clip.start), (tmp_path / "copied.mp4", copied.start)):
        begin = table.shown_at(start)
        assert read_number(read_frame(path, read_time_table(path), 0)) == first + begin
        heard = [beep - start / SECOND for beep in beeps if start / SECOND <= beep < 4.45]
        assert [o for o in onsets(path) if o < 4.45 - start / SECOND] == pytest.approx(heard, abs=0.04), path


def test_a_stream_that_begins_late_as_a_whole_is_not_late(tmp_path: Path, data: DataDirectory) -> None:
    media = ingest(make_video(tmp_path / "a.ts", steady(50, start=10.0)), data)
    assert media.table.start >= 10 * SECOND
    assert check_late_picture(media) == []


SHOWN_AGAIN = [(4.0, 0.0), (2.0, NOTHING), (4.0, 4.0)]


def test_an_empty_edit_in_the_middle_is_told(tmp_path: Path, data: DataDirectory) -> None:
    """What is read there is not what the file says: its first pictures, again."""
    path = with_edits(make_video(tmp_path / "a.mp4", steady(200), b_frames=0), 0, CLOCK, SHOWN_AGAIN)
    media = ingest(path, data)
    assert (len(media.table), read_number(read_frame(path, media.table, 125))) == (250, 25)
    assert read_number(read_frame(path, media.table, 150)) == 100
    findings = check_videos(open_match(path), [media], load_classes().parts)
    assert [f.what for f in findings if f.check == CLOCK_CHECK] == [
        "a.mp4 shows nothing from 00:04 to 00:06, as its edit list says"
    ]


@pytest.mark.parametrize("way", [{}, {"fast": True}, {"reel": True}])
def test_a_clip_across_an_empty_edit_says_so(way: dict[str, bool], tmp_path: Path, data: DataDirectory) -> None:
    video = with_edits(make_video(tmp_path / "a.mp4", steady(200), b_frames=0), 0, CLOCK, SHOWN_AGAIN)
    clips = [Clip(1, a * SECOND, b * SECOND, MARK) for a, b in ((1, 2), (3, 5), (5, 7), (8, 9))]
    sources = Sources({"": Footage({1: ingest(video, data)}, load_classes())}, look())
    exported = export_clips(Order(tuple(clips), **way), sources, tmp_path / "out")
    told = "Its video shows nothing from 00:04.00 to 00:06.00, as its edit list says; the pictures there are others."
    warnings = [[], [told], [told], []]
    assert [result.warnings for result in exported.results] == warnings
    assert [clip["warnings"] for clip in exported.as_json()["clips"]] == warnings
    with (tmp_path / "out" / MANIFEST).open(newline="", encoding="utf-8") as rows:
        assert [row["warnings"] for row in csv.DictReader(rows)] == ["", told, told, ""]


@pytest.mark.parametrize(
    "edits", [[_EMPTY, _ALL], [(1.0, NOTHING), (1.0, NOTHING), _ALL], [(4.0, 0.0), (0.0, NOTHING), (4.0, 4.0)]]
)
def test_empty_edits_elsewhere_or_of_no_length_are_not(edits: list[Edit], tmp_path: Path) -> None:
    assert empty_edits(made(tmp_path / "a.mp4", edits)) == []


def test_of_what_is_damaged_or_no_mp4_there_are_none(tmp_path: Path) -> None:
    path = made(tmp_path / "a.mp4", SHOWN_AGAIN)
    content = path.read_bytes()
    [found] = empty_edits(path)
    assert found == (4 * SECOND, 6 * SECOND)
    at = content.index(b"moov")
    for size in (0, 7, 100, at, at + 40, content.index(b"elst") + 6):
        path.write_bytes(content[:size])
        assert empty_edits(path) == []
    path.write_bytes(content.replace(b"elst", b"free"))
    assert empty_edits(path) == []
