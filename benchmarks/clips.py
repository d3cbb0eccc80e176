"""Cutting clips, ours and ffmpeg's command line, on the same made video in the same run: ``make bench-clips``.

A 12 s clip and a reel of 20 such clips with title cards, at 224 and 720 lines, 25 frames a second with sound. ffmpeg
gets the same encoder settings: ``-ss`` before ``-i`` (accurate since it re-encodes), and for the reel one such clip
each, then its concat demuxer; it makes no cards. Wall and CPU seconds, least of the runs; ours is a process of its
own as well, started anew each time, and its time without the start is told beside it.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from spotting_core.domain.clock import half_clock

LENGTH, CLIP, CLIPS = 600, 12, 20  # seconds of video and of a clip; clips of a reel
SIZES = ((398, 224), (1280, 720))
RUNS = 3
ENCODER = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-bf", "0", "-pix_fmt", "yuv420p", "-c:a", "aac"]
ENCODER += ["-b:a", "160k"]
_OURS = """
import sys, time
from pathlib import Path
from app.components.look import look
from spotting_core.domain.classes import load_classes
from spotting_core.clips.export import export_clips
from spotting_core.clips.order import Order
from spotting_core.clips.selection import Clip
from spotting_core.clips.sources import Footage, Sources
from spotting_core.base.data_directory import DataDirectory
from spotting_core.media.ingest import ingest
video, out, starts = Path(sys.argv[1]), Path(sys.argv[2]), [int(s) for s in sys.argv[3].split(",")]
media = {1: ingest(video, DataDirectory.default())}
clips = tuple(Clip(1, s * 10**6, (s + 12) * 10**6, "Goal") for s in starts)
began = time.perf_counter()
sources = Sources.of_one(Footage(media, load_classes()), look())
export_clips(Order(clips, reel=len(clips) > 1, fast=sys.argv[4] == "fast"), sources, out)
print(time.perf_counter() - began)
"""


@dataclass(frozen=True)
class Time:
    """Seconds: wall, CPU of the process and its children, and wall without the start of the process, if known."""

    wall: float
    cpu: float
    inside: float | None = None


def main() -> int:
    if shutil.which("ffmpeg") is None:
        sys.stderr.write("This benchmark compares with ffmpeg's command line: install ffmpeg.\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TOUCHLINE_DATA"] = str(Path(folder) / "data")
        rows = [row for size in SIZES for row in _measured(Path(folder), size)]
    out = sys.stdout
    out.write(f"{_machine()}\n\n")
    out.write("| picture | what | Touchline wall s | without start | CPU s | ffmpeg wall s | CPU s |\n")
    out.write("|---|---|---|---|---|---|---|\n")
    for size, what, ours, theirs in rows:
        cells = [f"{ours.wall:.2f}", f"{ours.inside:.2f}", f"{ours.cpu:.2f}", f"{theirs.wall:.2f}", f"{theirs.cpu:.2f}"]
        out.write(f"| {size[0]} × {size[1]} | {what} | {' | '.join(cells)} |\n")
    return 0


def _measured(folder: Path, size: tuple[int, int]) -> list[tuple[tuple[int, int], str, Time, Time]]:
    video = _make_video(folder / f"{size[1]}.mp4", size)
    one, many = [301], [5 + 29 * n for n in range(CLIPS)]
    _ours(video, folder, one, "exact")  # the time table is read once and kept
    return [
        (size, "12 s clip, exact", _least(lambda: _ours(video, folder, one, "exact")),
         _least(lambda: _theirs(video, folder, one))),
        (size, "12 s clip, fast", _least(lambda: _ours(video, folder, one, "fast")),
         _least(lambda: _theirs_copied(video, folder, one[0]))),
        (size, "reel of 20, 240 s (ours with cards)", _least(lambda: _ours(video, folder, many, "exact"), 1),
         _least(lambda: _theirs(video, folder, many), 1)),
    ]  # fmt: skip


def _make_video(path: Path, size: tuple[int, int]) -> Path:
    """Moving, noisy pictures with a tone: key frames ten seconds apart, B-frames, as broadcasts have."""
    source = f"testsrc2=size={size[0]}x{size[1]}:rate=25,noise=alls=12:allf=t"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, "-f", "lavfi", "-i", "sine=frequency=440"]
    command += ["-t", str(LENGTH), "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "250", "-c:a", "aac"]
    subprocess.run([*command, "-pix_fmt", "yuv420p", str(path)], check=True)
    return path


def _least(run: Callable[[], Time], runs: int = RUNS) -> Time:
    return min((run() for _ in range(runs)), key=lambda t: t.wall)


def _timed(commands: list[list[str]]) -> tuple[Time, str]:
    before, began, output = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter(), ""
    for command in commands:
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Time(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime), output


def _ours(video: Path, folder: Path, starts: list[int], way: str) -> Time:
    command = [sys.executable, "-c", _OURS, str(video), str(folder / "ours"), ",".join(map(str, starts)), way]
    taken, output = _timed([command])
    return Time(taken.wall, taken.cpu, float(output))


def _theirs(video: Path, folder: Path, starts: list[int]) -> Time:
    place = folder / "theirs"
    place.mkdir(exist_ok=True)
    names = [place / f"{n:02d}.mp4" for n in range(len(starts))]
    commands = [
        ["ffmpeg", "-v", "error", "-y", "-ss", str(s), "-i", str(video), "-t", str(CLIP), *ENCODER, str(name)]
        for s, name in zip(starts, names, strict=True)
    ]
    if len(names) > 1:
        listed = place / "list.txt"
        listed.write_text("".join(f"file '{name}'\n" for name in names))
        joined = str(place / "reel.mp4")
        commands.append(
            ["ffmpeg", "-v", "error", "-y", "-f", "concat", "-safe", "0", "-i", str(listed), "-c", "copy", joined]
        )
    return _timed(commands)[0]


def _theirs_copied(video: Path, folder: Path, start: int) -> Time:
    target = str(folder / "copied.mp4")
    return _timed(
        [["ffmpeg", "-v", "error", "-y", "-ss", str(start), "-i", str(video), "-t", str(CLIP), "-c", "copy", target]]
    )[0]


def _machine() -> str:
    version = subprocess.run(["ffmpeg", "-version"], check=True, capture_output=True, text=True).stdout.split()[2]
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, load {load:.1f} when measured, ffmpeg {version}; "
        f"a video of {half_clock(LENGTH * 10**6, 0)}"
    )


if __name__ == "__main__":
    sys.exit(main())
