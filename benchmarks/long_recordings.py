"""Recordings as broadcasts leave them, made of the demo match and analysed in one go: ``make bench-long-recordings``.

python -m benchmarks.long_recordings [--hours 4] [--only NAME …] [--folder FOLDER]

A transport stream of four hours in which thirty seconds are lost and later the clock starts again; 1920x1080 of 25
interlaced frames a second, the fields of which are of two moments; 50 frames a second; a file without ten seconds; a
half in two files, with half a minute of advertisements inside, that are joined first. Spots are those of the bundled
model that reads no entities, for finding entities would take most of the time. They are held against its spots of the
demo itself, where each recording shows that again.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from rich.console import Console
from rich.table import Table

from app.settings import DEMO
from benchmarks.machine import REPOSITORY, machine
from benchmarks.speed import analyse
from spotting_core.media.times import read_time_table

MODEL = "dense-unet"  # reads what the bundled spotting model sees in pictures, and no entities
HALF = DEMO / "1_360p.mp4"
RATE = 25
_TOUCHLINE = (sys.executable, "-c", "from app.command_line import main; main()")
_CHECKS = ("length", "clock", "steadiness")  # of the doctor's
_WITHIN = 1.0  # seconds by which a spot may differ from the demo's
_LOST, _AD = 30, 30  # seconds
_AD_AT = 100  # second of the half at which the advertisements begin
_GAP = (100, 10)  # second of the half at which it begins, and its seconds
_SHORT = 120  # seconds of the heavy ones
_ENCODED = {"preset": "ultrafast", "crf": "20", "bf": "0", "g": str(2 * RATE)}

LabelledSecond = tuple[str, float]
"""Class and second of a spot."""


@dataclass(frozen=True)
class Shown:
    """A stretch of a recording that shows the demo's half: where it begins in both, and how long it is (seconds)."""

    at: float
    source: float
    length: float


@dataclass(frozen=True)
class Recording:
    """What is analysed.

    Arguments:
        match: folder of its video; shown: where it shows the demo's half; gaps: what is to be named of it, each by
        words of which one must stand in what the doctor names.
    """

    match: Path
    shown: Sequence[Shown]
    gaps: Sequence[str] = field(default_factory=tuple)

    def expected(self, spots: Sequence[LabelledSecond]) -> list[LabelledSecond]:
        """The spots of the demo's half, wherever the recording shows them."""
        return [
            (label, time - one.source + one.at)
            for one in self.shown
            for label, time in spots
            if one.source <= time < one.source + one.length
        ]


# --- making them: by packets --------------------------------------------------------------------------


def copied(target: Path, form: str, shifts: Iterable[tuple[float, float, float]]) -> None:
    """Write the demo's packets again and again.

    Arguments:
        shifts: for each time where it begins in the target, and which seconds of the half are written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(HALF)) as source, av.open(str(target), "w", form) as out:
        stream = source.streams.video[0]
        copy = out.add_stream_from_template(stream)
        base = stream.time_base
        assert base is not None
        blobs = [(bytes(p), p.pts, p.dts, p.is_keyframe) for p in source.demux(stream) if p.size]
        first = min(pts for _, pts, _, _ in blobs)
        for at, begin, end in shifts:
            low, high, shift = (round(second / base) for second in (begin, end, at - begin))
            for content, pts, dts, key in blobs:
                if not low <= pts - first < high:
                    continue
                packet = av.Packet(content)
                packet.pts, packet.dts, packet.time_base = pts - first + shift, dts - first + shift, base
                packet.is_keyframe, packet.stream = key, copy
                out.mux(packet)


def key_time(second: float) -> float:
    """The first second of the demo's half, from one on, at which it can be cut without encoding."""
    with av.open(str(HALF)) as source:
        stream = source.streams.video[0]
        base = stream.time_base
        assert base is not None
        times = sorted(
            float(p.pts * base) for p in source.demux(stream) if p.size and p.is_keyframe and p.pts is not None
        )
    return next(time - times[0] for time in times if time - times[0] >= second)


def stream_of_hours(folder: Path, hours: float) -> Recording:
    """A transport stream that loses thirty seconds after a quarter of it, and whose clock starts again after a half."""
    length = read_time_table(HALF).duration / 1e6
    rounds = max(4, round(hours * 3600 / length))
    lost, again = rounds // 4, rounds // 2
    pieces = [folder / "first.ts", folder / "second.ts"]
    places = [number * length + (_LOST if number >= lost else 0) for number in range(rounds)]
    copied(pieces[0], "mpegts", ((at, 0, length) for at in places[:again]))
    copied(pieces[1], "mpegts", ((at - places[again], 0, length) for at in places[again:]))
    match = folder / "match"
    match.mkdir()
    with (match / "1_360p.ts").open("wb") as whole:
        for piece in pieces:
            with piece.open("rb") as part:
                shutil.copyfileobj(part, whole, 1 << 24)
            piece.unlink()
    return Recording(match, [Shown(at, 0, length) for at in places], ("no frames from", "goes back at"))


def with_a_gap(folder: Path) -> Recording:
    """The demo's half without ten seconds, on a clock that goes on."""
    length, begin = read_time_table(HALF).duration / 1e6, key_time(_GAP[0])
    end = key_time(begin + _GAP[1])
    copied(folder / "match" / "1_360p.mp4", "mp4", [(0, 0, begin), (end, end, length)])
    return Recording(folder / "match", [Shown(0, 0, begin), Shown(end, end, length - end)], ("no frames from",))


# --- making them: encoded -----------------------------------------------------------------------------


def pictures(width: int, height: int, seconds: float) -> Iterator[np.ndarray]:
    """The demo's pictures of another size, uint8 (H, W, 3)."""
    with av.open(str(HALF)) as source:
        stream = source.streams.video[0]
        stream.thread_type = "AUTO"
        for frame in itertools.islice(source.decode(stream), round(seconds * RATE)):
            yield frame.to_ndarray(format="rgb24", width=width, height=height)


def encoded(target: Path, images: Iterable[np.ndarray], rate: int, options: dict[str, str] | None = None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    out, stream = av.open(str(target), "w"), None
    with out:
        for number, image in enumerate(images):
            if stream is None:
                stream = out.add_stream("libx264", rate=rate, options={**_ENCODED, **(options or {})})
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = "yuv420p"
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            out.mux(stream.encode(frame))
        assert stream is not None
        out.mux(stream.encode())


def woven(images: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Pictures of two fields: the upper one of its own moment, the lower one of the next picture's."""
    for image, later in itertools.pairwise(images):
        both = image.copy()
        both[1::2] = later[1::2]
        yield both


def interlaced(folder: Path) -> Recording:
    options = {"flags": "+ilme+ildct", "x264-params": "tff=1:interlaced=1"}
    encoded(folder / "match" / "1_1080p.mp4", woven(pictures(1920, 1080, _SHORT)), RATE, options)
    return Recording(folder / "match", [Shown(0, 0, _SHORT)], ("is interlaced",))


def fifty(folder: Path) -> Recording:
    """Every picture of the demo twice, at 50 a second."""
    twice = (image for image in pictures(1920, 1080, _SHORT) for _ in range(2))
    encoded(folder / "match" / "1_1080p.mp4", twice, 2 * RATE)
    return Recording(folder / "match", [Shown(0, 0, _SHORT)])


def with_ads(folder: Path) -> Recording:
    """A half in two files, with drawn advertisements in the middle, made one by ``touchline join``."""
    length, pieces = read_time_table(HALF).duration / 1e6, folder / "pieces"
    images = list(advertisements(640, 360, _AD))
    before = pictures(640, 360, _AD_AT)
    encoded(pieces / "first-1.mp4", itertools.chain(before, images[: len(images) // 2]), RATE)
    after = itertools.islice(pictures(640, 360, length), _AD_AT * RATE, None)
    encoded(pieces / "first-2.mp4", itertools.chain(images[len(images) // 2 :], after), RATE)
    call = ("join", str(pieces / "first-1.mp4"), str(pieces / "first-2.mp4"), "--out", str(folder / "1_360p.mp4"))
    subprocess.run([*_TOUCHLINE, *call], cwd=REPOSITORY, check=True, capture_output=True)
    match = folder / "match"
    match.mkdir()
    (folder / "1_360p.mp4").rename(match / "1_360p.mp4")
    return Recording(match, [Shown(0, 0, _AD_AT), Shown(_AD_AT + _AD, _AD_AT, length - _AD_AT)])


def advertisements(width: int, height: int, seconds: int) -> Iterator[np.ndarray]:
    """Cards of one colour with a moving square, another every five seconds, uint8 (H, W, 3)."""
    colours = np.random.default_rng(0).integers(0, 256, (seconds // 5 + 1, 2, 3), np.uint8)
    for number in range(seconds * RATE):
        ground, square = colours[number // (5 * RATE)]
        image = np.full((height, width, 3), ground, np.uint8)
        left = (4 * number) % (width - height // 3)
        image[height // 3 : 2 * height // 3, left : left + height // 3] = square
        yield image


# --- measuring ----------------------------------------------------------------------------------------


def spots_in(place: Path) -> list[LabelledSecond]:
    """The spots that an analysis has left."""
    return [(spot["label"], float(spot["time"])) for spot in json.loads((place / "out.json").read_text())["spots"]]


def named(match: Path, place: Path) -> list[str]:
    """What ``touchline doctor`` says of a recording."""
    environment = {**os.environ, "TOUCHLINE_DATA": str(place / "data")}
    report = place / "doctor.json"
    subprocess.run(
        [*_TOUCHLINE, "doctor", str(match), "--json", str(report)],
        cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    findings = json.loads(report.read_text())["findings"]
    return [f"{one['what']}: {one['evidence']}" for one in findings if one["check"] in _CHECKS]


def again(expected: Sequence[LabelledSecond], spots: Sequence[LabelledSecond]) -> int:
    """How many of the expected spots there are."""
    return sum(any(own == label and abs(at - time) <= _WITHIN for own, at in spots) for label, time in expected)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--hours", type=float, default=4.0)
    parser.add_argument("--only", nargs="*", default=[], help="names of recordings; all where none is given")
    parser.add_argument("--folder", type=Path, default=None, help="where to make them; a temporary folder")
    arguments = parser.parse_args()
    console = Console(width=max(150, Console().width))
    console.print(
        " ".join(machine()), f"kept to {len(os.sched_getaffinity(0))} of them; without entities", highlight=False
    )
    makers: dict[str, Callable[[Path], Recording]] = {
        "1080i": interlaced,
        "50 a second": fifty,
        "gap": with_a_gap,
        "advertisements": with_ads,
        "stream": lambda folder: stream_of_hours(folder, arguments.hours),
    }
    table = Table("Recording", "Length", "× real time", "Memory", "Demo's spots again", "Others", "Named", box=None)
    with tempfile.TemporaryDirectory(prefix="touchline-bench-", dir=arguments.folder) as root:
        bare = Path(root) / "demo" / "match"
        bare.mkdir(parents=True)
        (bare / HALF.name).symlink_to(HALF)
        analyse(bare, bare.parent, MODEL)
        demo = spots_in(bare.parent)
        for name, make in makers.items():
            if not arguments.only or name in arguments.only:
                row = measured(make, Path(root) / name, demo)
                console.print(name, *row, sep="; ", highlight=False)
                table.add_row(name, *row)
                shutil.rmtree(Path(root) / name)
    console.print(table)


def measured(make: Callable[[Path], Recording], place: Path, demo: Sequence[LabelledSecond]) -> tuple[str, ...]:
    """A row of the table."""
    place.mkdir()
    recording = make(place)
    (video,) = recording.match.iterdir()
    sentences = named(recording.match, place)
    seconds, most, _ = analyse(recording.match, place, MODEL)
    length = read_time_table(video).duration / 1e6
    expected, spots = recording.expected(demo), spots_in(place)
    shown_again = again(expected, spots)
    unnamed = [words for words in recording.gaps if not any(words in sentence for sentence in sentences)]
    return (
        f"{length / 60:.1f} min",
        f"{length / seconds:.1f}",
        f"{most / 1000:.2f} GB",
        f"{shown_again} of {len(expected)}",
        str(len(spots) - again(spots, expected)),
        "; ".join([*sentences, *(f"NOT NAMED: {words}" for words in unnamed)]) or "nothing",
    )


if __name__ == "__main__":
    main()
