"""Long and heavy videos for the benchmarks, made of the demo match or of noise."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 25


def repeated(video: Path, target: Path, *, seconds: float = 0, size: float = 0) -> Path:
    """A video's packets again and again, until it lasts and weighs so much; sound is left out."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(video)) as source, av.open(str(target), "w", "mp4", options={"movflags": "faststart"}) as out:
        stream = source.streams.video[0]
        copy = out.add_stream_from_template(stream)
        assert stream.time_base is not None
        packets = [p for p in source.demux(stream) if p.size]
        times = sorted(p.pts for p in packets if p.pts is not None)
        first, length = times[0], times[-1] - times[0] + (times[1] - times[0])
        weight, shift = sum(p.size for p in packets), -first
        blobs = [(bytes(p), p.pts, p.dts, p.is_keyframe) for p in packets]
        once = float(length * stream.time_base)
        rounds = max(1, round(max(seconds / once, size / weight) + 0.49))
        for _ in range(rounds):
            for content, pts, dts, key in blobs:
                packet = av.Packet(content)
                packet.pts, packet.dts, packet.time_base = pts + shift, dts + shift, stream.time_base
                packet.is_keyframe, packet.stream = key, copy
                out.mux(packet)
            shift += length
    return target


def noise(target: Path, *, seconds: int = 20, width: int = 640, height: int = 360, bit_rate: int = 24_000_000) -> Path:
    """A video that weighs much and decodes easily: moving noise, a key frame every second."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(target), "w", "mp4", options={"movflags": "faststart"}) as out:
        stream = out.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "b": str(bit_rate)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size, stream.bit_rate = RATE, bit_rate
        for picture in _pictures(seconds * RATE, width, height):
            for packet in stream.encode(picture):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)
    return target


def _pictures(count: int, width: int, height: int) -> Iterator[av.VideoFrame]:
    rng = np.random.default_rng(0)
    base = rng.integers(0, 256, (height, 2 * width, 3), np.uint8)
    for number in range(count):
        left = (17 * number) % width
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(base[:, left : left + width]), format="rgb24")
        frame.pts, frame.time_base = number, Fraction(1, RATE)
        yield frame
