"""Stretches that are decoded at once show what one shows, bit for bit, or are given up."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.media import passes, stretches
from spotting_core.media.decode import decode_samples
from spotting_core.media.frames import numbered_frames
from spotting_core.media.passes import looked_frames
from spotting_core.media.shown import shown_image
from spotting_core.media.stretches import CodedStretch, cut, stretch_count
from spotting_core.media.times import TimeTable, read_time_table
from tests.odd_videos import DAMAGED, UNUSUAL, Maker, plain
from tests.shown_videos import write_interlaced
from tests.videos import make_video, steady, uneven

COUNT = 140
STRETCHES = 3
X264 = "keyint=25:min-keyint=25:scenecut=0"


def coded(codec: str = "libx264", **options: str) -> Maker:
    """A video of so many frames in one coding."""
    return lambda path: make_video(path, steady(COUNT), codec=codec, options=options)


def joined(path: Path, **options: str) -> None:
    """Two transport streams, one behind the other, whose clocks both begin at the same time.

    Arguments:
        options: of the second one's encoder.
    """
    first, second = path.with_name("first.ts"), path.with_name("second.ts")
    make_video(first, steady(70))
    make_video(second, steady(70), first=70, options=options)
    path.write_bytes(first.read_bytes() + second.read_bytes())


def with_whole_ticks(codec: str, **options: str) -> Maker:
    return lambda path: make_video(path, steady(COUNT), codec=codec, options=options, clock=Fraction(1, 25))


CUT: dict[str, tuple[str, Maker]] = {
    "H.264": ("a.mp4", coded()),
    "H.264 without B-frames": ("a.mp4", lambda p: make_video(p, steady(COUNT), b_frames=0)),
    "H.264, open groups, mp4": ("a.mp4", coded(**{"x264-params": f"{X264}:open-gop=1:bframes=3"})),
    "H.264, open groups, mkv": ("a.mkv", coded(**{"x264-params": f"{X264}:open-gop=1:bframes=3:b-pyramid=normal"})),
    "H.264, open groups, ts": ("a.ts", coded(**{"x264-params": f"{X264}:open-gop=1:bframes=3"})),
    "H.264 without an index": ("a.mp4", lambda p: make_video(p, steady(COUNT), container={"movflags": "frag_keyframe"})),
    "H.264, interlaced": ("a.mp4", lambda p: write_interlaced(p, COUNT)),
    "H.264, interlaced, ts": ("a.ts", lambda p: write_interlaced(p, COUNT)),
    "edit list": ("a.mp4", lambda p: make_video(p, steady(COUNT), hidden=7)),
    "uneven": ("a.mkv", lambda p: make_video(p, uneven(COUNT), b_frames=3)),
    "late start": ("a.ts", lambda p: make_video(p, steady(COUNT, start=10.0))),
    "a clock that starts again": ("a.ts", joined),
    "HEVC": ("a.mp4", coded("libx265", preset="ultrafast", **{"x265-params": "log-level=none:keyint=25:open-gop=0"})),
    "HEVC, open groups": ("a.ts", coded("libx265", **{"x265-params": "log-level=none:keyint=25:scenecut=0:bframes=4"})),
    "MPEG-2, ts": ("a.ts", with_whole_ticks("mpeg2video", g="12", bf="2", b="2000000")),
    "MPEG-2, program stream": ("a.mpg", with_whole_ticks("mpeg2video", g="12", bf="2", b="2000000")),
    "MJPEG": ("a.avi", lambda p: plain(p, codec="mjpeg", pixel_format="yuvj420p", seconds=14, clock=Fraction(1, 10))),
    "ProRes": ("a.mov", lambda p: plain(p, codec="prores_ks", pixel_format="yuv422p10le", seconds=14)),
    "VP8": ("a.webm", coded("libvpx", deadline="realtime", g="25", **{"cpu-used": "8"})),
    "VP9": ("a.webm", coded("libvpx-vp9", deadline="realtime", g="25", **{"cpu-used": "8"})),
    "AV1": ("a.mkv", coded("libsvtav1", preset="8", g="25", **{"svtav1-params": "lp=1"})),
}  # fmt: skip
"""Videos that are cut."""

WHOLE: dict[str, tuple[str, Maker]] = {
    "mended little by little": ("a.ts", coded(**{"x264-params": "intra-refresh=1:keyint=25:bframes=0"})),
    "MPEG-4": ("a.avi", with_whole_ticks("mpeg4", g="12")),
    "one key frame": ("a.mp4", lambda p: make_video(p, steady(COUNT), key_every=500)),
    "no times": UNUSUAL["no times"],
    "shorter than a stretch": ("a.mp4", lambda p: make_video(p, steady(15))),
}
"""Videos that are not."""


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a stretch of 20 frames were long, so that small videos have several."""
    monkeypatch.setattr(stretches, "_OVERLAP", 20)
    monkeypatch.setattr(stretches, "_SHORTEST", 20)


class Every:
    """The look that takes every frame as it is shown, whole."""

    def __init__(self, table: TimeTable) -> None:
        self.wanted = np.arange(len(table))

    def look(self, frame: av.VideoFrame) -> np.ndarray:
        return shown_image(frame)


def every_frame(path: Path, count: int, start: int = 0) -> list[tuple[int, np.ndarray]]:
    table = read_time_table(path)
    findings = looked_frames(path, table, [Every(table)], start=start, stretches=count)
    return [(number, image) for number, (image,) in findings if image is not None]


def assert_alike(one: list[tuple[int, np.ndarray]], other: list[tuple[int, np.ndarray]]) -> None:
    assert [number for number, _ in one] == [number for number, _ in other]
    for (number, image), (_, same) in zip(one, other, strict=True):
        assert np.array_equal(image, same), number


@pytest.fixture
def read_alone(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The frames from which on the file was read in one stretch: of a pass in several the first is such a one."""
    begun: list[int] = []

    def noted(path: Path, table: TimeTable, start: int = 0) -> Iterator[tuple[int, av.VideoFrame]]:
        begun.append(start)
        return numbered_frames(path, table, start)

    monkeypatch.setattr(passes, "numbered_frames", noted)
    return begun


@pytest.mark.parametrize("name", list(CUT))
def test_several_stretches_show_every_frame_as_one_does(name: str, tmp_path: Path, read_alone: list[int]) -> None:
    file, make = CUT[name]
    make(tmp_path / file)
    table = read_time_table(tmp_path / file)
    assert len(list(cut(tmp_path / file, table, 0))) > 3
    one = every_frame(tmp_path / file, 1)
    assert len(one) == len(table) > 130
    for count in (2, STRETCHES):
        read_alone.clear()
        assert_alike(every_frame(tmp_path / file, count), one)
        assert read_alone == [0]  # the first stretch, and nothing again
    read_alone.clear()
    assert_alike(every_frame(tmp_path / file, STRETCHES, 31), one[31:])
    assert read_alone == [31]


@pytest.mark.parametrize("name", list(WHOLE))
def test_a_video_without_reliable_key_frames_is_read_in_one_stretch(name: str, tmp_path: Path) -> None:
    file, make = WHOLE[name]
    make(tmp_path / file)
    table = read_time_table(tmp_path / file)
    assert [stretch.end for stretch in cut(tmp_path / file, table, 0)] in ([], [None])
    assert_alike(every_frame(tmp_path / file, STRETCHES), every_frame(tmp_path / file, 1))


@pytest.mark.parametrize("name", [*DAMAGED, *UNUSUAL])
def test_damaged_and_unusual_videos_give_the_same_samples(name: str, tmp_path: Path) -> None:
    file, make = {**DAMAGED, **UNUSUAL}[name]
    make(tmp_path / file)
    table = read_time_table(tmp_path / file)
    frames = table.samples(5.0)
    for first in (0, 1, len(frames) // 2):
        one, several = (
            list(decode_samples(tmp_path / file, table, frames, batch=7, first=first, stretches=count))
            for count in (1, STRETCHES)
        )
        assert [b.samples.tolist() for b in one] == [b.samples.tolist() for b in several]
        assert [b.substituted for b in one] == [b.substituted for b in several]
        assert all(np.array_equal(a.images, b.images) for a, b in zip(one, several, strict=True))


def counted(packet: av.Packet[Any]) -> bool:
    """Whether a packet has something in it: as if one might begin anywhere."""
    return bool(packet.size)


def marked(packet: av.Packet[Any]) -> bool:
    return bool(packet.is_keyframe)


@pytest.mark.parametrize(
    ("name", "believed"),
    [("H.264, open groups, ts", counted), ("MPEG-2, ts", counted), ("HEVC", counted), ("intra refresh", marked)],
)
def test_stretches_that_begin_where_none_may_are_not_believed(
    name: str, believed: Callable[..., bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_alone: list[int]
) -> None:
    file, make = {**CUT, "intra refresh": WHOLE["mended little by little"]}[name]
    make(tmp_path / file)
    one = every_frame(tmp_path / file, 1)
    monkeypatch.setattr(stretches, "entry_points", lambda _: believed)
    read_alone.clear()
    assert_alike(every_frame(tmp_path / file, STRETCHES), one)
    assert len(read_alone) == 2


class Flawed:
    """A frame whose decoder says that it is."""

    is_corrupt = True

    def __init__(self, frame: av.VideoFrame) -> None:
        self._frame = frame

    def __getattr__(self, name: str) -> Any:
        return getattr(self._frame, name)


def blank(frame: av.VideoFrame) -> av.VideoFrame:
    """Another picture at the same time."""
    made = av.VideoFrame.from_ndarray(np.zeros((frame.height, frame.width, 3), np.uint8), format="rgb24")
    made.pts, made.time_base = frame.pts, frame.time_base
    return made


def refers_to_a_flawed_one(number: int, frame: av.VideoFrame) -> Any:
    return blank(frame) if number in (56, 57) else Flawed(frame) if number == 58 else frame


def is_another_behind_a_joint(number: int, frame: av.VideoFrame) -> Any:
    return blank(frame) if number in (52, 53) else frame


@pytest.mark.parametrize(("change", "again"), [(refers_to_a_flawed_one, [0, 25]), (is_another_behind_a_joint, [0, 25])])
def test_nothing_is_shown_of_what_cannot_be_believed(
    change: Callable[[int, av.VideoFrame], Any],
    again: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    read_alone: list[int],
) -> None:
    """What the decoder of the third stretch shows is changed, and not what others do."""
    path = make_video(tmp_path / "a.mp4", steady(COUNT))
    one = every_frame(path, 1)
    decode = passes.decoded_frames

    def changed(*arguments: Any) -> Iterator[Any]:
        begin = None
        for number, frame in decode(*arguments):
            begin = number if begin is None else begin
            yield number, change(number, frame) if begin == 50 else frame

    monkeypatch.setattr(passes, "decoded_frames", changed)
    read_alone.clear()
    assert_alike(every_frame(path, STRETCHES), one)
    assert read_alone == again


def test_a_sample_whose_frame_is_lost_at_the_end_of_a_stretch_shows_what_it_does_in_one(tmp_path: Path) -> None:
    make_video(tmp_path / "a.mp4", steady(COUNT), b_frames=0, container={"movflags": "faststart"})
    lose(tmp_path / "a.mp4", 24)
    table = read_time_table(tmp_path / "a.mp4")
    for frames in ([0, 20, 24, 60], [24, 60], [20, 24, 24, 24, 99], [20, 24]):
        one, several = (
            list(decode_samples(tmp_path / "a.mp4", table, np.array(frames), batch=9, stretches=count))
            for count in (1, STRETCHES)
        )
        assert [b.substituted for b in one] == [b.substituted for b in several] != [0]
        assert all(np.array_equal(a.images, b.images) for a, b in zip(one, several, strict=True))


def lose(path: Path, number: int) -> None:
    """Overwrite one coded picture of a file."""
    content = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packet = [p for p in container.demux(video=0) if p.size][number]
        assert packet.pos is not None
        content[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    path.write_bytes(content)


def test_a_stretch_that_is_damaged_is_decoded_again_from_the_last_whole_one(
    tmp_path: Path, read_alone: list[int]
) -> None:
    """A packet is lost in the fourth of six stretches."""
    make_video(tmp_path / "a.mp4", steady(COUNT), container={"movflags": "faststart"})
    lose(tmp_path / "a.mp4", 85)
    one = every_frame(tmp_path / "a.mp4", 1)
    read_alone.clear()
    assert_alike(every_frame(tmp_path / "a.mp4", STRETCHES), one)
    assert read_alone == [0, 50]


class Head:
    """A packet that brings what a decoder has to know from there on, as far as whoever cuts looks at it."""

    size, pts, is_keyframe = 1, None, False

    def has_sidedata(self, kind: str) -> bool:
        return kind == "new_extradata"


def test_nothing_is_cut_behind_a_head_that_is_sent_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_alone: list[int]
) -> None:
    path = make_video(tmp_path / "a.mp4", steady(COUNT))
    table, one = read_time_table(path), every_frame(path, 1)
    assert [stretch.begin for stretch in cut(path, table, 0)] == [0, 25, 50, 75, 100, 125]
    read = stretches.readable_packets

    def headed(*arguments: Any) -> Iterator[Any]:
        for number, packet in enumerate(read(*arguments)):
            yield packet if number != 80 else Head()

    monkeypatch.setattr(stretches, "readable_packets", headed)
    assert [stretch.begin for stretch in cut(path, table, 0)] == [0, 25]
    read_alone.clear()
    assert_alike(every_frame(path, STRETCHES), one)
    assert read_alone == [0, 25]


def test_no_more_packets_are_held_than_are_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_video(tmp_path / "a.mp4", steady(COUNT), key_every=500)
    assert len(list(cut(path, read_time_table(path), 0))) == 1
    monkeypatch.setattr(stretches, "_LONGEST", 60)
    assert not list(cut(path, read_time_table(path), 0))
    assert_alike(every_frame(path, STRETCHES), every_frame(path, 1))


def test_packets_that_weigh_too_much_are_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.ts"
    joined(path, crf="1")
    table = read_time_table(path)

    def weights() -> list[int]:
        return [sum(packet.size for packet in stretch.packets or ()) for stretch in cut(path, table, 0)]

    held, one = weights(), every_frame(path, 1)
    with av.open(str(path)) as container:
        largest = max(packet.size for packet in container.demux(video=0))
    budget = (held[1] + max(held)) // 2
    assert budget + largest < max(held)
    monkeypatch.setattr(stretches, "_HELD_BYTES", budget)
    fewer = weights()
    assert fewer == held[: len(fewer)]
    assert len(fewer) > 1
    assert max(fewer) <= budget + largest
    assert_alike(every_frame(path, STRETCHES), one)
    monkeypatch.setattr(stretches, "_HELD_BYTES", 0)
    assert weights() == []
    assert_alike(every_frame(path, STRETCHES), one)


def test_the_packets_of_a_stretch_are_let_go_with_its_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All threads have ended by the time the next stretch is cut, for what they make here is little."""
    path = make_video(tmp_path / "a.mp4", steady(COUNT))
    dealt: list[weakref.ref[CodedStretch]] = []
    held: list[int] = []

    def noted(*arguments: Any) -> Iterator[CodedStretch]:
        for stretch in cut(*arguments):
            dealt.append(weakref.ref(stretch))
            yield stretch
            if len(dealt) >= STRETCHES:
                for thread in decoding_threads():
                    thread.join()
                held.append(sum(reference() is not None for reference in dealt))

    monkeypatch.setattr(passes, "cut", noted)
    assert len(every_frame(path, STRETCHES)) == COUNT
    assert len(held) > 2
    assert max(held) == 1  # the one that was dealt last


@pytest.mark.parametrize(("first", "again"), [(0, [0, 0]), (60, [0, 25])])
def test_pictures_that_weigh_too_much_are_made_in_one_stretch(
    first: int, again: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_alone: list[int]
) -> None:
    path = make_video(tmp_path / "a.mp4", steady(COUNT))
    table, one = read_time_table(path), every_frame(path, 1)

    class Late(Every):
        def __init__(self, table: TimeTable) -> None:
            self.wanted = np.arange(first, len(table))

    monkeypatch.setattr(passes, "_SETTLED_BYTES", 5 * one[0][1].nbytes)
    read_alone.clear()
    findings = list(looked_frames(path, table, [Late(table)], stretches=STRETCHES))
    assert [number for number, _ in findings] == list(range(COUNT))
    assert_alike([(number, image) for number, (image,) in findings if image is not None], one[first:])
    assert read_alone == again


def decoding_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "decode-ahead"]


def test_a_reader_that_stops_early_stops_every_stretch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "_PART_BYTES", 1)
    monkeypatch.setattr(passes, "_WAITING_BYTES", 1)
    path = make_video(tmp_path / "a.mp4", steady(COUNT))
    table = read_time_table(path)
    for shown in (1, 30):
        findings = looked_frames(path, table, [Every(table)], stretches=STRETCHES)
        for _ in range(shown):
            next(findings)
        assert len(decoding_threads()) > 1
        findings.close()  # type: ignore[attr-defined]
        assert not decoding_threads()


class Slow(Every):
    """A look that makes little of a frame and takes long for it, behind the first stretch."""

    def __init__(self, table: TimeTable) -> None:
        super().__init__(table)
        self.looks = 0

    def look(self, frame: av.VideoFrame) -> np.ndarray:
        if frame.pts is not None and frame.time_base is not None and frame.pts * frame.time_base >= 1:
            self.looks += 1
            threading.Event().wait(0.3)
        return np.zeros(864, np.uint8)


def test_every_stretch_stops_before_its_next_frame(tmp_path: Path) -> None:
    """A stretch is one part here, and a frame of it takes so long that nobody would wait for the part."""
    path = make_video(tmp_path / "a.mp4", steady(COUNT))
    table = read_time_table(path)
    slow = Slow(table)
    findings = looked_frames(path, table, [slow], stretches=STRETCHES)
    next(findings)
    assert len(decoding_threads()) > 1
    looks = slow.looks
    findings.close()  # type: ignore[attr-defined]
    assert not decoding_threads()
    assert slow.looks - looks <= STRETCHES


class Failing(Every):
    """A look that fails at its 70th frame."""

    def look(self, frame: av.VideoFrame) -> np.ndarray:
        if frame.pts is not None and frame.time_base is not None and frame.pts * frame.time_base >= 70 / 25:
            raise BadInputError("this frame is not to be looked at")
        return super().look(frame)


def test_an_error_in_a_stretch_reaches_the_reader_where_it_is(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", steady(COUNT))
    table = read_time_table(path)
    shown: list[int] = []
    with pytest.raises(BadInputError, match="not to be looked at"):  # noqa: PT012
        for number, _ in looked_frames(path, table, [Failing(table)], stretches=STRETCHES):
            shown.append(number)
    assert shown == list(range(shown[-1] + 1))
    assert shown[-1] < 70
    assert not decoding_threads()


def test_a_stretch_waits_for_its_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each holds the frames that another may refer to and a few more, however long it is."""
    monkeypatch.setattr(passes, "_PART_BYTES", 1)
    monkeypatch.setattr(passes, "_WAITING_BYTES", 1)
    path = make_video(tmp_path / "a.mp4", steady(360), key_every=60)
    table = read_time_table(path)
    taken: list[int] = []

    class Counted(Every):
        def look(self, frame: av.VideoFrame) -> np.ndarray:
            taken.append(1)
            return super().look(frame)

    held = []
    for number, _ in looked_frames(path, table, [Counted(table)], stretches=STRETCHES):
        threading.Event().wait(0.002)  # time for the decoders to go as far as they may
        held.append(len(taken) - number)
    assert len(held) == 360
    assert 16 < max(held) <= STRETCHES * (16 + 5)


def test_an_overlap_is_longer_than_what_decoders_hold_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(stretches, "usable_cores", lambda: 512)
    held_back = passes._REORDERED_FRAMES + stretches.stretch_threads(stretch_count())
    assert held_back + passes._JOINT < stretches._OVERLAP < stretches._SHORTEST


def test_there_is_one_stretch_for_four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {}
    for cores in (1, 2, 4, 7, 8, 16, 64):
        monkeypatch.setattr(stretches, "usable_cores", lambda cores=cores: cores)
        counts[cores] = stretch_count()
    assert counts == {1: 1, 2: 1, 4: 1, 7: 1, 8: 2, 16: 4, 64: 4}
