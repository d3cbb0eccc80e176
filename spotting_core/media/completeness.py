"""What a video lacks: frames that never come, because its copy broke off or a stretch was lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spotting_core.domain.clock import half_clock
from spotting_core.media.times import TimeTable
from spotting_core.media.video import VideoInfo

_LEAST_GAP = 1_000_000  # microseconds without a frame, and
_LEAST_STEPS = 10  # so many usual steps: a film of one picture in two seconds has no gaps
_SHORTER, _SHORTER_SHARE = 2.0, 0.01
"""Seconds, and share of the declared length, by which the last frame may come early: sound often ends later."""
_NAMED, _BREAKS_NAMED = 3, 4


@dataclass(frozen=True)
class Gap:
    """A stretch without frames: presentation times of the frames on both sides, microseconds."""

    start: int
    end: int


def gaps(table: TimeTable) -> list[Gap]:
    """Stretches of more than a second, and of more than ten usual steps, in which no frame is shown."""
    steps = np.diff(table.times)
    at = np.flatnonzero(steps > max(_LEAST_GAP, _LEAST_STEPS * table.frame_step))
    return [Gap(int(table.times[i]), int(table.times[i + 1])) for i in at]


def breaks_off(info: VideoInfo, table: TimeTable) -> bool:
    """Whether the frames end well before the length that the file declares."""
    return info.duration is not None and info.duration - table.duration / 1e6 > max(
        _SHORTER, _SHORTER_SHARE * info.duration
    )


def clock_breaks(table: TimeTable) -> str:
    """Where the file's clock starts again, as a clause behind "the clock"; empty where it never does."""
    if not table.breaks:
        return ""
    times = ", ".join(half_clock(one.at, 0) for one in table.breaks[:_BREAKS_NAMED])
    more = ", …" if len(table.breaks) > _BREAKS_NAMED else ""
    return f"goes {'back' if table.breaks[0].back else 'far ahead'} at {times}{more}"


def shortcomings(info: VideoInfo, table: TimeTable) -> tuple[str, ...]:
    """What is missing of a half, in words; nothing of a whole one."""
    sentences = []
    if breaks_off(info, table):
        declared = half_clock(round((info.duration or 0) * 1e6), 0)
        sentences.append(f"the file breaks off at {half_clock(table.duration, 0)} of {declared}")
    missing = gaps(table)
    for gap in missing[:_NAMED]:
        sentences.append(f"no frames from {half_clock(gap.start, 0)} to {half_clock(gap.end, 0)}")
    if len(missing) > _NAMED:
        sentences.append(f"{len(missing) - _NAMED} more stretches without frames")
    return tuple(sentences)
