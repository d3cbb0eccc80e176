"""The table of presentation times on a few frames, worked out by hand."""

from __future__ import annotations

from contextlib import nullcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.media import times as module
from spotting_core.media.times import TimeTable, frame_tick, to_microseconds
from tests.videos import make_video, steady, uneven


def table_of(*times: int) -> TimeTable:
    return TimeTable(np.array(times, np.int64), 0)


def test_the_step_and_the_length() -> None:
    assert table_of(0, 40, 80, 200).frame_step == 40
    assert table_of(0, 40, 80, 200).duration == 240
    assert table_of(0).frame_step == 40_000
    assert table_of(0).duration == 40_000
    assert table_of(0, 100).frame_step == 100
    assert len(table_of(0, 40, 80)) == 3
    assert table_of(0, 40_000, 80_000).frame_rate == 25
    assert table_of(0, 1_000_000, 2_000_000, 9_000_000).frame_rate == 0.4


def test_the_nearest_frame_and_of_two_the_earlier() -> None:
    table = table_of(0, 40, 100)
    times = (-9, 0, 19, 20, 21, 40, 69, 70, 71, 100, 101, 9999)
    assert [table.nearest(t) for t in times] == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
    assert table_of(0).nearest(7) == 0


def test_the_frame_on_screen_is_the_last_that_has_begun() -> None:
    table = table_of(0, 40, 100)
    assert [table.shown_at(t) for t in (-1, 0, 39, 40, 99, 100, 9999)] == [0, 0, 0, 1, 1, 2, 2]


def test_samples_are_the_nearest_frames() -> None:
    # 2 a second: at 0, 0.5, 1.0, 1.5 s; frames at 0, 0.3, 0.7, 1.2 and 1.6 s.
    table = table_of(0, 300_000, 700_000, 1_200_000, 1_600_000)
    assert table.samples(2.0).tolist() == [0, 1, 3, 4]  # at 0.5 s two are as near: the earlier
    assert table.samples(2.0).dtype == np.int32
    assert table.samples(1.0).tolist() == [0, 3]


def test_as_many_samples_as_begin_no_later_than_the_last_frame() -> None:
    assert len(table_of(0, 999_999).samples(1.0)) == 1
    assert len(table_of(0, 1_000_000).samples(1.0)) == 2
    # A third of a second is no whole number of microseconds: the third sample is still there.
    assert len(table_of(0, 333_333, 666_667, 1_000_000).samples(3.0)) == 4
    assert table_of(0).samples(25.0).tolist() == [0]


def test_ticks_become_microseconds_rounded_to_nearest() -> None:
    assert to_microseconds(np.array([0, 1, 2, 90_000]), Fraction(1, 90_000)).tolist() == [0, 11, 22, 1_000_000]
    assert to_microseconds(np.array([1, 5]), Fraction(1, 3)).tolist() == [333_333, 1_666_667]
    assert to_microseconds(3, Fraction(1001, 30_000)).tolist() == 100_100
    assert to_microseconds(1, Fraction(1, 2_000_000)).tolist() == 1  # half a microsecond is rounded up


class Made:
    """A packet, a frame or a container, as much of it as is asked."""

    def __init__(self, **known: Any) -> None:
        vars(self).update(known)


def packet(pts: int | None, size: int = 9, discarded: bool = False) -> Made:
    return Made(pts=pts, size=size, is_discard=discarded)


def packet_ticks(*packets: Made) -> list[int] | None:
    ticks = module._packet_ticks(Made(demux=lambda _: iter(packets)), None)  # type: ignore[arg-type]
    return None if ticks is None else ticks.tolist()


def test_a_frame_has_its_own_tick_or_the_decoders_guess() -> None:
    assert frame_tick(Made(pts=0, dts=7)) == 0  # type: ignore[arg-type]
    assert frame_tick(Made(pts=None, dts=7)) == 7  # type: ignore[arg-type]
    assert frame_tick(Made(pts=None, dts=None)) is None  # type: ignore[arg-type]


def test_packets_that_are_not_shown_have_no_place() -> None:
    assert packet_ticks(packet(3), packet(5, size=0), packet(6, discarded=True), packet(4)) == [3, 4]


@pytest.mark.parametrize(
    ("timed", "untimed", "known"), [(100, 1, True), (100, 2, False), (99, 1, False), (0, 1, False)]
)
def test_a_few_packets_may_lack_their_time(timed: int, untimed: int, known: bool) -> None:
    ticks = packet_ticks(*[packet(k) for k in range(timed)], *[packet(None)] * untimed)
    assert ticks == (list(range(timed)) if known else None)


def test_times_count_from_the_first_frame_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "open_video", _Opened)
    monkeypatch.setattr(module, "_packet_ticks", lambda *_: np.array([30, 10, 40, 50, 40]))
    monkeypatch.setattr(module, "_first_decoded_tick", lambda _: 30)
    table = module.read_time_table(Path("a.mp4"))
    # A thousand ticks a second; 10 comes before the first decoded one, and 40 is there twice.
    assert table.times.tolist() == [0, 10_000, 20_000]
    assert table.start == 30_000


class _Opened:
    def __init__(self, _: Path) -> None:
        self.stream = Made(time_base=Fraction(1, 1000), start_time=0)

    def __enter__(self) -> tuple[Made, Made]:
        return Made(), self.stream

    def __exit__(self, *_: object) -> None:
        pass


# --- files whose packets carry no times --------------------------------------------------------------------


def test_bare_pictures_are_counted_at_their_own_rate(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.h264", steady(30))
    table = module.read_time_table(path)
    assert table.times.tolist() == [k * 40_000 for k in range(30)]
    assert table.start == 0


@pytest.mark.parametrize(("rate", "step"), [(Fraction(10), Fraction(1, 10)), (None, Fraction(1, 25))])
def test_frames_without_any_time_are_counted_at_the_rate_of_their_stream_or_at_25(
    rate: Fraction | None, step: Fraction, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Made(average_rate=rate, time_base=None)
    monkeypatch.setattr(module, "open_video", lambda _: nullcontext((Made(), stream)))
    monkeypatch.setattr(module, "_frames", lambda *_: iter([Made(pts=None, dts=None)] * 3))
    ticks, time_base = module._decoded_ticks(Path("a.h264"))
    assert ticks is not None
    assert (ticks.tolist(), time_base) == ([0, 1, 2], step)


def test_frames_that_are_decoded_tell_their_times_where_packets_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_video(tmp_path / "a.mp4", uneven(20, start=0.4))
    known = module.read_time_table(path)
    monkeypatch.setattr(module, "_packet_ticks", lambda *_: None)
    decoded = module.read_time_table(path)
    assert decoded.times.tolist() == known.times.tolist()
    assert decoded.start == known.start


@pytest.mark.parametrize(
    "known",
    [
        {"_packet_ticks": None, "_first_decoded_tick": None, "_decoded_ticks": (None, None)},
        {"_packet_ticks": np.array([3, 4]), "_first_decoded_tick": None},
        {"_packet_ticks": np.array([3, 4]), "_first_decoded_tick": 5},
        {"_packet_ticks": None, "_first_decoded_tick": 5, "_decoded_ticks": (None, None)},
        {"_packet_ticks": None, "_first_decoded_tick": 0, "_decoded_ticks": (np.array([1]), None)},
    ],
)
def test_a_video_that_shows_nothing_says_so(known: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "open_video", _Opened)
    for name, value in known.items():
        monkeypatch.setattr(module, name, lambda *_, value=value: value)
    with pytest.raises(BadInputError, match="no frame of this video can be decoded"):
        module.read_time_table(Path("a.mp4"))


def frames_of(errors_allowed: int | None) -> list[int]:
    """Frames 1 to 4, before each of which a packet is damaged."""

    def damaged() -> list[int]:
        raise av.error.InvalidDataError(1, "damaged")

    packets = [Made(decode=f) for n in range(1, 5) for f in (damaged, lambda n=n: [n])]
    return list(module._frames(Made(demux=lambda _: iter(packets)), None, errors_allowed))


def test_damaged_packets_are_passed_over_as_often_as_allowed() -> None:
    assert frames_of(None) == [1, 2, 3, 4]
    assert frames_of(0) == []
    assert frames_of(2) == [1, 2]
    assert frames_of(4) == [1, 2, 3, 4]


def test_a_frame_without_a_time_does_not_decide_where_the_first_one_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [Made(pts=None, dts=None), Made(pts=7, dts=1), Made(pts=9, dts=2)]
    monkeypatch.setattr(module, "open_video", _Opened)
    monkeypatch.setattr(module, "_frames", lambda *_: iter(frames))
    assert module._first_decoded_tick(Path("a.mp4")) == 7
