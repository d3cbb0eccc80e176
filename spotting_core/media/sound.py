"""Sound of a stretch of a video, placed by its presentation times: what is missing is silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import av
import av.error
import numpy as np

from spotting_core.media.source_clock import ClockBreak, SourceClock
from spotting_core.media.video import open_video, readable_packets, rewind

RATE = 48_000
CHANNELS = 2
_SEEK_BACK = 1_000_000  # microseconds: a decoder needs packets from before the first wanted sample
_JITTER = RATE // 100  # samples by which a container's times may differ from the running count


def samples_at(time: int) -> int:
    """Samples up to a time in microseconds."""
    return round(time * RATE / 1e6)


def sound_between(path: Path, start: int, end: int, breaks: tuple[ClockBreak, ...] = ()) -> Iterator[np.ndarray]:
    """Sound from ``start`` to ``end`` on the file's own clock (microseconds), in blocks one after the other.

    Arguments:
        breaks: where that clock starts again, by the time table of the file.

    Yields float32 (2, n), ``samples_at(end - start)`` samples in all. Where the file has no sound, or it cannot
    be decoded, there is silence.
    """
    total, position = samples_at(end - start), 0
    for at, block in _placed(path, start, end, breaks):
        if at > position + _JITTER:
            silence = min(at, total) - position
            yield np.zeros((CHANNELS, silence), np.float32)
            position += silence
        elif at < position - _JITTER:
            block = block[:, position - at :]
        block = block[:, : total - position]
        if block.shape[1]:
            yield block
            position += block.shape[1]
        if position >= total:
            return
    if position < total:
        yield np.zeros((CHANNELS, total - position), np.float32)


def _placed(path: Path, start: int, end: int, breaks: tuple[ClockBreak, ...]) -> Iterator[tuple[int, np.ndarray]]:
    """Decoded blocks with the sample, counted from ``start``, at which each begins."""
    resampler = av.AudioResampler("fltp", "stereo", RATE)
    with open_video(path) as (container, _):
        if not container.streams.audio:
            return
        stream = container.streams.audio[0]
        if stream.time_base is None or stream.codec_context is None:
            return
        if not breaks:  # else one time may be at two places, and all is read from the beginning
            _seek(container, stream, start - _SEEK_BACK)
        for frame in _decoded(container, stream, SourceClock(breaks) if breaks else None):
            if frame.pts is None or frame.time_base is None:
                continue
            time = float(frame.pts * frame.time_base) * 1e6
            if time >= end:
                return
            blocks = [b.to_ndarray() for b in resampler.resample(frame)]
            if not blocks:
                continue
            block = np.concatenate(blocks, axis=1)
            at = round((time - start) * RATE / 1e6)
            if at + block.shape[1] <= 0:
                continue
            yield max(0, at), block[:, max(0, -at) :]


def _seek(container: av.container.InputContainer, stream: av.AudioStream, time: int) -> None:
    assert stream.time_base is not None
    try:
        container.seek(round(time / 1e6 / stream.time_base), stream=stream, backward=True)
    except av.error.FFmpegError:
        rewind(container, time)


def _decoded(
    container: av.container.InputContainer, stream: av.AudioStream, clock: SourceClock | None
) -> Iterator[av.AudioFrame]:
    for packet in readable_packets(container, stream, clock):
        try:
            yield from cast(list[av.AudioFrame], packet.decode())
        except av.error.FFmpegError:
            continue
