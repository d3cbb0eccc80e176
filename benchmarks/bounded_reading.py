"""``make bench-reading``: memory and time of reading label files that are far too large, each in a process of its own.

A file is read, or read until it is refused, within 300 MB above what the program takes at its start; what its size or
its list of entries shows is refused within a second.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

MOST_MEMORY, MOST_SECONDS = 300, 1.0
"""MB above the start that reading may take, and seconds in which what is not read is refused."""

_CHILD = """
import sys, time
from pathlib import Path
from spotting_core.base.errors import BadInputError
from spotting_core.evaluation import frames, spot_files, collect, camera_files
from spotting_core.formats import registry

def peak():
    status = Path("/proc/self/status").read_text()  # of this process alone, not of the one that began it
    return int(status.partition("VmHWM:")[2].split()[0]) >> 10

way, path = sys.argv[1], Path(sys.argv[2])
before, began, count, said = peak(), time.monotonic(), 0, ""
try:
    if way == "evaluate":
        record = collect.Record()
        games = spot_files.read_spotting_games(path, path, ("Goal",), record)
        count = sum(len(g.truth) for g in games)
    elif way == "frames":
        count = sum(len(v.events) for v in frames.read_frame_file(path))
    else:
        for document in registry.read(path):
            count += len(document.entries)
except BadInputError as error:
    said = str(error)
print(peak() - before, round(time.monotonic() - began, 2), count, said)
"""


@dataclass(frozen=True)
class Measured:
    """What reading took: MB above the start, seconds, entries that were read, and why it was refused, if it was."""

    name: str
    memory: int
    seconds: float
    entries: int
    refused: str

    @property
    def is_bounded(self) -> bool:
        return self.memory <= MOST_MEMORY and (not self.refused or self.seconds <= MOST_SECONDS)


def measured(name: str, path: Path, way: str = "read") -> Measured:
    """Read a file in a process of its own."""
    done = subprocess.run([sys.executable, "-c", _CHILD, way, str(path)], capture_output=True, text=True, check=True)
    memory, seconds, entries, *said = done.stdout.strip().split(" ", 3)
    return Measured(name, int(memory), float(seconds), int(entries), " ".join(said))


def soccernet(path: Path, size: int, rows: str = "annotations") -> Path:
    """One match's labels or predictions of so many bytes."""
    row = {"gameTime": "1 - 12:43", "label": "Goal", "position": "763000", "half": "1", "confidence": "0.5"}
    return _filled(path, size, f'{{"UrlLocal": "", "{rows}": [', json.dumps(row), "]}")


def e2e_spot(path: Path, size: int) -> Path:
    """Many videos of E2E-Spot's form."""
    events = [{"frame": n, "label": "Goal", "score": 0.5} for n in range(2000)]
    pieces = (json.dumps({"video": f"game{n // 2}/{n % 2 + 1}", "fps": 25.0, "events": events}) for n in range(10**9))
    return _of_pieces(path, size, "[", pieces, "]")


def osl(path: Path, size: int) -> Path:
    """Many samples of OSL's form."""
    events = [{"head": "action", "label": "Goal", "position_ms": n} for n in range(2000)]
    pieces = (
        json.dumps({"id": f"x{n}", "inputs": [{"path": f"game{n // 2}/{n % 2 + 1}_720p.mkv"}], "events": events})
        for n in range(10**9)
    )
    return _of_pieces(path, size, '{"version": "2.0", "data": [', pieces, '], "labels": {}}')


def one_video(path: Path, size: int) -> Path:
    """One video of E2E-Spot's form, with so many events."""
    event = json.dumps({"frame": 7, "label": "Goal", "score": 0.5})
    return _filled(path, size, '[{"video": "game/1", "fps": 25.0, "events": [', event, "]}]")


def table(path: Path, size: int, matches: int = 1000) -> Path:
    """A table of so many matches."""
    with path.open("w", encoding="utf-8") as handle:
        handle.write("game,half,seconds,label\n" if matches > 1 else "half,seconds,label\n")
        block = size // matches
        for number in range(matches):
            line = f"game{number},1,12.5,Goal\n" if matches > 1 else "1,12.5,Goal\n"
            handle.write(line * (block // len(line)))
    return path


def text(path: Path, size: int, head: str, line: str, tail: str = "") -> Path:
    """A text of one line over and over."""
    with path.open("w", encoding="utf-8") as handle:
        handle.write(head)
        for _ in range(size // (len(line) * 1000)):
            handle.write(line * 1000)
        handle.write(tail)
    return path


def many_entries(path: Path, count: int) -> Path:
    """A zip of so many entries."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number in range(count):
            archive.writestr(f"l/s/g{number}/Labels-v2.json", "")
    return path


def bomb(path: Path, size: int, name: str = "Labels-v2.json") -> Path:
    """A zip or gzip whose file unpacks to so many bytes."""
    block = b'{"gameTime": "1 - 12:43", "label": "Goal", "position": "763000"},' * 16_000
    if path.suffix == ".gz":
        with gzip.open(path, "wb", 1) as stream:
            stream.write(b'{"annotations": [')
            for _ in range(size // len(block)):
                stream.write(block)
        return path
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(name, "w", force_zip64=True) as stream,
    ):
        stream.write(b'{"annotations": [')
        for _ in range(size // len(block)):
            stream.write(block)
    return path


def _filled(path: Path, size: int, head: str, piece: str, tail: str) -> Path:
    return _of_pieces(path, size, head, iter(lambda: piece, None), tail)


def _of_pieces(path: Path, size: int, head: str, pieces: Iterator[str], tail: str) -> Path:
    with path.open("w", encoding="utf-8") as handle:
        written = handle.write(head)
        first = True
        for piece in pieces:
            written += handle.write(piece if first else f",{piece}")
            first = False
            if written >= size:
                break
        handle.write(tail)
    return path


def cases(folder: Path, size: int, entries: int) -> Iterator[tuple[str, Callable[[], Path], str]]:
    """Name, what makes the file, and how it is read.

    Arguments:
        size: bytes of a file; an archive unpacks to twenty times as many; entries: of a zip.
    """
    vtt = "00:00:01.000 --> 00:00:02.000\nGoal\n\n"
    instance = "<instance><ID>1</ID><start>1</start><end>2</end><code>Goal</code></instance>\n"
    instances = "<file><ALL_INSTANCES>\n", instance, "</ALL_INSTANCES></file>\n"
    event = "TITLE: x\n001  AX V C 00:00:00:00 00:45:00:00 00:00:00:00 00:45:00:00\n"
    yield "Labels-v2", lambda: soccernet(folder / "Labels-v2.json", size), "read"
    yield "results_spotting", lambda: soccernet(folder / "results_spotting.json", size, "predictions"), "read"
    yield "Labels-v2, evaluated", lambda: soccernet(folder / "Labels-v2.json", size), "evaluate"
    yield "E2E-Spot", lambda: e2e_spot(folder / "val.json", size), "read"
    yield "E2E-Spot, one video", lambda: one_video(folder / "test.json", size), "read"
    yield "E2E-Spot, evaluated", lambda: e2e_spot(folder / "val.json", size), "frames"
    yield "OSL", lambda: osl(folder / "a.osl.json", size), "read"
    yield "CSV", lambda: table(folder / "a.csv", size), "read"
    yield "CSV, one match", lambda: table(folder / "a.csv", size, 1), "read"
    yield "CSV, two matches", lambda: table(folder / "a.csv", size, 2), "read"
    yield "WebVTT", lambda: text(folder / "a.vtt", size, "WEBVTT\n\n", vtt), "read"
    yield "Sportscode", lambda: text(folder / "a.xml", size, *instances), "read"
    yield "EDL", lambda: text(folder / "a.edl", size, event, "* LOC: 00:00:10:00 RED     Goal\n"), "read"
    yield "a zip of many entries", lambda: many_entries(folder / "many.zip", entries), "read"
    yield "a zip that grows", lambda: bomb(folder / "bomb.zip", 20 * size), "read"
    yield "a gzip that grows", lambda: bomb(folder / "bomb.json.gz", 20 * size), "read"


def tried(size: int, entries: int) -> Iterator[Measured]:
    """All cases, one after the other; a file is deleted before the next is made."""
    with TemporaryDirectory() as place:
        for name, make, way in cases(Path(place), size, entries):
            path = make()
            yield measured(name, path, way)
            path.unlink()


def main() -> int:
    """Measure and print; 1 where something is not bounded."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--entries", type=int, default=1_000_000)
    arguments = parser.parse_args()
    bounded = True
    for one in tried(arguments.megabytes << 20, arguments.entries):
        bounded &= one.is_bounded
        how = (
            f"refused in {one.seconds:.2f} s: {one.refused[:90]}"
            if one.refused
            else f"{one.entries} entries in {one.seconds:.1f} s"
        )
        sys.stdout.write(f"{'' if one.is_bounded else 'NOT BOUNDED '}{one.name}: {one.memory} MB, {how}" + "\n")
        sys.stdout.flush()
    return int(not bounded)


if __name__ == "__main__":
    sys.exit(main())
