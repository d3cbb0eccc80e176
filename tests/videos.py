"""Videos whose frames carry their number, made for the tests."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT = 320, 180
BITS, BLOCK = 16, 20  # sixteen black or white blocks along the upper edge, the lowest bit first
CLOCK = Fraction(1, 90_000)


def numbered_picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A picture that can be read again after lossy coding: uint8 (H, W, 3)."""
    picture = np.full((height, width, 3), (40, 110, 50), np.uint8)
    for bit in range(BITS):
        picture[:BLOCK, bit * BLOCK : (bit + 1) * BLOCK] = 255 if number >> bit & 1 else 0
    x = (number * 3) % (width - 20)
    picture[height // 2 : height // 2 + 20, x : x + 20] = (240, 240, 240)
    return picture


def read_number(picture: np.ndarray) -> int:
    """The number of a picture made by ``numbered_picture`` at the same size."""
    centres = [picture[BLOCK // 2, bit * BLOCK + BLOCK // 2].mean() for bit in range(BITS)]
    return sum(1 << bit for bit, value in enumerate(centres) if value > 127)


def steady(count: int, rate: float = 25.0, start: float = 0.0) -> list[float]:
    """Presentation times of a steady video, seconds."""
    return [start + i / rate for i in range(count)]


def uneven(count: int, seed: int = 1, start: float = 0.0) -> list[float]:
    """Presentation times with gaps between 20 and 120 ms."""
    gaps = np.random.default_rng(seed).uniform(0.02, 0.12, count - 1)
    return [start, *(start + np.cumsum(gaps)).tolist()]


def make_video(
    path: Path,
    times: Sequence[float],
    *,
    codec: str = "libx264",
    b_frames: int = 2,
    key_every: int = 25,
    hidden: int = 0,
    sound: bool = False,
    beeps: Sequence[float] = (),
    size: tuple[int, int] = (WIDTH, HEIGHT),
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
    container: dict[str, str] | None = None,
    clock: Fraction = CLOCK,
    first: int = 0,
) -> Path:
    """Write a video whose frame i is shown at ``times[i]`` and carries the number ``first + i``.

    Arguments:
        hidden: so many frames at the start are hidden by an edit list (mp4): the video then begins at 0
            with frame ``hidden``, and ``times`` count from there.
        beeps: seconds at which a beep of 0.1 s begins, in a sound track that is silent otherwise.
    """
    shift = times[hidden] if hidden else 0.0
    settings = {"bf": str(b_frames), "g": str(key_every), **(options or {})} if codec == "libx264" else (options or {})
    with av.open(str(path), "w", options=container or {}) as out:
        stream = out.add_stream(codec, rate=25, options=settings)
        stream.width, stream.height = size
        stream.pix_fmt = pixel_format
        stream.codec_context.time_base = stream.time_base = clock
        track = out.add_stream("aac", rate=48_000) if sound or beeps else None
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(numbered_picture(first + number, *size), format="rgb24")
            frame.pts, frame.time_base = round(time / clock), clock
            for packet in stream.encode(frame):
                _mux(out, packet, shift)
        for packet in stream.encode(None):
            _mux(out, packet, shift)
        if track is not None:
            _write_tone(out, track, times[-1] - shift, [b - shift for b in beeps])
    return path


def _mux(out: av.container.OutputContainer, packet: av.Packet, shift: float) -> None:
    assert packet.time_base is not None
    ticks = round(shift / packet.time_base)
    packet.pts -= ticks
    packet.dts -= ticks
    out.mux(packet)


def _write_tone(
    out: av.container.OutputContainer, track: av.AudioStream, seconds: float, beeps: Sequence[float]
) -> None:
    samples = np.arange(int(seconds * 48_000))
    tone = (0.2 * np.sin(samples * 2 * np.pi * 440 / 48_000)).astype(np.float32)
    if beeps:
        at = samples / 48_000
        tone *= np.any([(at >= b) & (at < b + 0.1) for b in beeps], axis=0)
    for start in range(0, len(tone), 1024):
        part = np.stack([tone[start : start + 1024]])
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 48_000, start
        for packet in track.encode(frame):
            out.mux(packet)
    for packet in track.encode(None):
        out.mux(packet)


def first_seconds(video: Path, path: Path, seconds: float) -> Path:
    """The beginning of a video as it is coded, up to the first key frame after so many seconds."""
    with av.open(str(video)) as source, av.open(str(path), "w") as out:
        [read] = source.streams.video
        written = out.add_stream_from_template(read)
        for packet in source.demux(read):
            if packet.pts is None or (packet.is_keyframe and packet.pts * read.time_base > seconds):
                break
            packet.stream = written
            out.mux(packet)
    return path
