"""The table of presentation times: which frame of a file is shown when.

A frame number computed as ``round(t * fps)`` names the wrong frame as soon as the first presentation time
is not 0, the rate varies, or an edit list hides the start. So the times are read from the packets once,
stored (``times.npy``), and every frame index on screen and on disk comes from this table.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import av
import av.error
import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.media.source_clock import ClockBreak, SourceClock
from spotting_core.media.video import open_video, readable_packets

log = logging.getLogger(__name__)

MICROSECOND = 1_000_000
_LEADING_FRAMES_CHECKED = 64


@dataclass(frozen=True)
class TimeTable:
    """Presentation times of the shown frames of one file.

    Arguments:
        times: int64 (F,), microseconds since the first shown frame, strictly rising.
        start: presentation time of the first shown frame on the file's own clock, microseconds.
        breaks: where that clock starts again; times and start are as if it never did (``media.source_clock``).
    """

    times: np.ndarray
    start: int
    breaks: tuple[ClockBreak, ...] = ()

    @property
    def clock(self) -> SourceClock | None:
        """What puts packets on this table's clock, read from the file's beginning; None where nothing is to be
        moved."""
        return SourceClock(self.breaks) if self.breaks else None

    def as_array(self) -> np.ndarray:
        """All of it as int64 (N,): how many breaks, each as three numbers, the start, the times."""
        breaks = [number for b in self.breaks for number in (b.at, b.shift, int(b.back))]
        return np.concatenate([[len(self.breaks), *breaks, self.start], self.times]).astype(np.int64)

    @classmethod
    def from_array(cls, numbers: np.ndarray) -> TimeTable:
        """Take back what ``as_array`` gave.

        Errors:
            ValueError: it is none.
        """
        count = int(numbers[0]) if len(numbers) else -1
        begin = 1 + 3 * count
        if count < 0 or begin + 1 >= len(numbers):
            raise ValueError("no table of times")
        rows = numbers[1:begin].reshape(-1, 3).tolist()
        times = numbers[begin + 1 :]
        if times[0] != 0 or (np.diff(times) <= 0).any():
            raise ValueError("times that do not rise")
        return cls(times, int(numbers[begin]), tuple(ClockBreak(at, shift, bool(back)) for at, shift, back in rows))

    def __len__(self) -> int:
        return len(self.times)

    @cached_property
    def frame_step(self) -> int:
        """Median distance of two frames in microseconds (40,000 for a single frame)."""
        return int(np.median(np.diff(self.times))) if len(self.times) > 1 else 40_000

    @property
    def duration(self) -> int:
        """Microseconds from the first frame to the end of the last."""
        return int(self.times[-1]) + self.frame_step

    @property
    def frame_rate(self) -> float:
        """Frames a second on average."""
        return len(self) * 1e6 / self.duration

    def nearest(self, time: int) -> int:
        """Number of the frame whose presentation time is nearest (the earlier one of two as near)."""
        right = int(np.searchsorted(self.times, time))
        if right == 0:
            return 0
        if right == len(self.times):
            return len(self.times) - 1
        return right - 1 if time - self.times[right - 1] <= self.times[right] - time else right

    def shown_at(self, time: int) -> int:
        """Number of the frame on screen at a time: the last one that has begun."""
        return max(0, int(np.searchsorted(self.times, time, side="right")) - 1)

    def samples(self, rate: float) -> np.ndarray:
        """Frame number of every sample k, the frame nearest to k / rate: int32 (T,).

        T counts the samples that begin no later than the last frame.
        """
        count = int(np.floor(self.times[-1] * rate / MICROSECOND + 1e-9)) + 1
        wanted = np.round(np.arange(count) * (MICROSECOND / rate)).astype(np.int64)
        right = np.searchsorted(self.times, wanted).clip(1, max(1, len(self.times) - 1))
        if len(self.times) == 1:
            return np.zeros(count, np.int32)
        left_is_nearer = wanted - self.times[right - 1] <= self.times[right] - wanted
        return np.where(left_is_nearer, right - 1, right).astype(np.int32)


def to_microseconds(ticks: np.ndarray | int, time_base: Fraction) -> np.ndarray:
    """Ticks of a stream's clock as whole microseconds, rounded to nearest."""
    ticks = np.asarray(ticks, np.int64)
    num, den = time_base.numerator * MICROSECOND, time_base.denominator
    return (ticks * num + den // 2) // den


def read_time_table(path: Path) -> TimeTable:
    """Read the presentation times of a file from its packets; decodes only the first few frames.

    Packets that an edit list hides, and leading pictures that cannot be decoded because their key frame
    is missing, are not shown and have no place in the table. Files whose packets carry no times
    (raw streams, some AVI) are decoded through.

    Errors:
        BadInputError: the file cannot be read or shows no frame at all.
    """
    clock = SourceClock()
    with open_video(path) as (container, stream):
        ticks = _packet_ticks(container, stream, clock)
        time_base = stream.time_base
        counted = is_untimed(stream)
    first = 0 if counted else _first_decoded_tick(path)
    if ticks is None:
        log.info("%s: packets carry no times, decoding to find them", path.name)
        clock = SourceClock()
        ticks, time_base = _decoded_ticks(path, clock)
    if ticks is not None and first is not None:
        ticks = ticks[ticks >= first]
    if first is None or ticks is None or len(ticks) == 0 or time_base is None:
        raise BadInputError("no frame of this video can be decoded", where=path, fix="Copy it again")
    times = np.unique(to_microseconds(ticks, time_base))
    start = int(times[0])
    return TimeTable(times - start, start, _breaks(clock, times - start, start))


def _breaks(clock: SourceClock, times: np.ndarray, start: int) -> tuple[ClockBreak, ...]:
    """The breaks that a clock has found, each at the first frame that is shown after it."""
    after = (int(np.searchsorted(times, at - start)) for at, _, _ in clock.found)
    shown = [int(times[min(number, len(times) - 1)]) for number in after]
    return tuple(ClockBreak(at, shift, back) for at, (_, shift, back) in zip(shown, clock.found, strict=True))


def is_untimed(stream: av.VideoStream) -> bool:
    """Whether a stream has no clock at all (bare coded pictures): its frames are counted, at its own rate."""
    return stream.start_time is None


def _packet_ticks(
    container: av.container.InputContainer, stream: av.VideoStream, clock: SourceClock | None = None
) -> np.ndarray | None:
    """Presentation ticks of the shown packets, or None where packets lack them."""
    ticks: list[int] = []
    missing = 0
    for packet in readable_packets(container, stream, clock):
        if packet.size == 0 or packet.is_discard:
            continue
        if packet.pts is None:
            missing += 1
        else:
            ticks.append(packet.pts)
    if missing > len(ticks) // 100:
        return None
    return np.array(ticks, np.int64)


def _first_decoded_tick(path: Path) -> int | None:
    """Tick of the first frame that is shown.

    Frames leave the decoder in presentation order, so the first one that has a time decides: those from before
    the file's clock begins (negative times in Matroska) have none and are not shown.
    """
    with open_video(path) as (container, stream):
        for frame in _frames(container, stream, _LEADING_FRAMES_CHECKED):
            if (tick := frame_tick(frame)) is not None:
                return tick
    return None


def _decoded_ticks(path: Path, clock: SourceClock | None = None) -> tuple[np.ndarray | None, Fraction | None]:
    with open_video(path) as (container, stream):
        stream.thread_type = "AUTO"
        frames = _frames(container, stream, None, clock)
        ticks = [tick for tick in (frame_tick(f) for f in frames) if tick is not None]
        if ticks:
            return np.array(ticks, np.int64), stream.time_base
        rate = stream.average_rate or Fraction(25)
    with open_video(path) as (container, stream):
        count = sum(1 for _ in _frames(container, stream, None))
    return (np.arange(count, dtype=np.int64), 1 / rate) if count else (None, None)


def _frames(container, stream, errors_allowed, clock=None):  # type: ignore[no-untyped-def]
    """Decode a stream, passing over damaged packets."""
    errors = 0
    for packet in readable_packets(container, stream, clock):
        try:
            yield from packet.decode()
        except av.error.FFmpegError:
            errors += 1
            if errors_allowed is not None and errors > errors_allowed:
                return


def frame_tick(frame: av.VideoFrame) -> int | None:
    """Presentation tick of a decoded frame (its own, else the decoder's best guess)."""
    return frame.pts if frame.pts is not None else frame.dts
