"""What an export wrote: the table beside the clips, and the same selection in other programs' formats.

Other programs' files speak of one match; an export of several has one file for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spotting_core.base.counts import count_of
from spotting_core.base.files import replacing
from spotting_core.clips.order import Order, companion_file
from spotting_core.clips.selection import Clip
from spotting_core.clips.sources import Footage, Sources, plain_name
from spotting_core.domain.clock import half_clock
from spotting_core.formats.cells import CellWriter
from spotting_core.formats.document import Document, Entry, HalfInfo, Options
from spotting_core.formats.registry import FORMATS

MANIFEST = "manifest.csv"
DONE, SHORTENED, FAILED = "done", "cut short", "failed"

_COLUMNS = (
    "number", "file", "state", "match", "video", "half", "match_time", "class", "team", "confidence", "spot_s",
    "in_s", "out_s", "starts_s", "ends_s", "reel_s", "cut", "speed", "sound", "frames_lost", "caption", "note",
    "warnings", "error",
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What became of one clip.

    Arguments:
        number: its place in the order, from 1.
        match: title of its match; clock: match time of the clip.
        video: the last folder and the name of its half's file, empty where there is none.
        file: its name, or the reel's; None if it failed.
        starts, ends: what the file really shows, microseconds of the half.
        reel: where it begins in the reel, microseconds.
        sound: whether it has sound, in words.
        lost: frames that would not decode.
        unshown: stretches of the half in which its file says that nothing is shown, as far as the clip has them: start
            and end in microseconds.
        error: what went wrong, as a sentence.
    """

    number: int
    clip: Clip
    state: str
    file: str | None = None
    starts: int | None = None
    ends: int | None = None
    reel: int | None = None
    sound: str = ""
    lost: int = 0
    unshown: tuple[tuple[int, int], ...] = ()
    error: str = ""
    match: str = ""
    clock: str = ""
    video: str = ""

    @property
    def warnings(self) -> list[str]:
        """Sentences about what a clip shows that is not as it should be."""
        sentences = [f"{count_of(self.lost, 'frame')} would not decode."] if self.lost else []
        for start, end in self.unshown:
            times = f"from {half_clock(start, 2)} to {half_clock(end, 2)}"
            sentences.append(f"Its video shows nothing {times}, as its edit list says; the pictures there are others.")
        return sentences

    def as_json(self) -> dict[str, Any]:
        """Times in seconds of the half; ``reel`` in seconds of the reel."""
        clip = self.clip
        times = {"time": clip.time, "start": clip.start, "end": clip.end}
        times |= {"starts": self.starts, "ends": self.ends, "reel": self.reel}
        return {
            "number": self.number, "file": self.file, "state": self.state, "match": self.match, "half": clip.half,
            "label": clip.label,
            **{name: None if time is None else time / 1e6 for name, time in times.items()},
            "sound": self.sound, "lost": self.lost, "warnings": self.warnings, "error": self.error or None,
        }  # fmt: skip


def write_manifest(path: Path, order: Order, results: Sequence[Result]) -> None:
    """Write the table, a line for each clip; times in seconds of the half."""
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as handle:
        writer = CellWriter(handle)
        writer.write(_COLUMNS)
        for result in results:
            writer.write(_row(order, result))


def _row(order: Order, result: Result) -> list[str]:
    clip = result.clip
    return [
        str(result.number), result.file or "", result.state, result.match, result.video, str(clip.half),
        result.clock, clip.label, clip.team,
        "" if clip.confidence is None else f"{clip.confidence:.4f}", _seconds(clip.time), _seconds(clip.start),
        _seconds(clip.end), _seconds(result.starts), _seconds(result.ends), _seconds(result.reel),
        "fast" if order.fast else "exact", f"{clip.slow:g}", result.sound, str(result.lost), clip.caption, clip.note,
        " ".join(result.warnings), result.error,
    ]  # fmt: skip


def _seconds(time: int | None) -> str:
    return "" if time is None else f"{time / 1e6:.3f}"


def write_companions(folder: Path, order: Order, clips: Sequence[Clip], sources: Sources) -> list[str]:
    """Write the clips in the formats that the order names, a file for each match; returns the files' names."""
    matches = [name for name in sources.footage if any(c.match == name for c in clips)]
    written = []
    for form in order.companions:
        write = FORMATS[form].write
        assert write is not None
        for number, match in enumerate(matches, start=1):
            footage, name = sources.footage[match], companion_file(form)
            if len(matches) > 1:
                name = f"{number:02d}_{plain_name(footage.title)}_{name}"
            document = _document(footage, [c for c in clips if c.match == match])
            write(folder / name, [document], Options(footage.classes))
            written.append(name)
    return written


def _document(footage: Footage, clips: Sequence[Clip]) -> Document:
    halves = {
        half: HalfInfo(
            m.table.frame_rate,
            len(m.table),
            m.info.width,
            m.info.height,
            m.table.duration,
            str(m.path),
        )
        for half, m in footage.media.items()
    }
    entries = tuple(Entry(c.spot, clip=(c.start, c.end)) for c in clips)
    return Document(entries, footage.title, halves=halves)
