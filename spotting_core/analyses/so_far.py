"""A match before its analysis is done: a layer of nothing, or of what a run has judged so far.

Both are analyses like any other, small enough to be written anew every few seconds, so whatever shows an analysis shows
them. That of a run lies in the folder of its unfinished work; it has the identity that the finished layer will have, so
reviews of its spots stay with them.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis, AnalysisRecord, HalfRecord, write_record
from spotting_core.analyses.layers import open_layer
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import cannot_write
from spotting_core.base.files import write_array
from spotting_core.domain.classes import ClassTable, keep_classes
from spotting_core.media.fingerprint import joint_hash
from spotting_core.media.ingest import Media

SO_FAR = "so_far"
"""Folder, in that of unfinished work, of what has been judged so far."""
NO_MODEL = "No model"
RATE = 2.0
"""Samples a second of a layer of nothing."""
_SCORES: Mapping[str, Any] = {"dtype": "float16", "unit": "confidence", "scale": [0, 1]}


@dataclass(frozen=True)
class HalfSamples:
    """The samples of one half: the half's number, its video, and the frame number of each sample, int (T,)."""

    half: int
    media: Media
    frames: np.ndarray

    @property
    def record(self) -> HalfRecord:
        """The half as ``analysis.json`` has it."""
        info, table = self.media.info, self.media.table
        name = self.media.path.name
        return HalfRecord(self.half, name, table.duration, info.width, info.height, len(table), len(self.frames))


class SoFar:
    """What a run has judged so far, in a folder that can be opened as an analysis at any moment."""

    def __init__(self, folder: Path, classes: int) -> None:
        self.folder, self._classes = folder, classes

    def begin(self, record: AnalysisRecord, halves: Sequence[HalfSamples], classes: ClassTable) -> None:
        """Write a layer in which nothing has been judged, unless one is there."""
        if (self.folder / ANALYSIS_FILE).is_file():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        for one in halves:
            place = self.folder / f"half{one.half}"
            write_array(place / "times.npy", one.media.table.times[one.frames].astype(np.int64))
            write_array(place / "frames.npy", one.frames.astype(np.int32))
            self.write(one.half, np.zeros((len(one.frames), self._classes)), None)
        keep_classes(self.folder, classes)
        arrays = {"scores": {**_SCORES, "shape": ["T", self._classes]}}
        write_record(self.folder, replace(record, halves=tuple(one.record for one in halves), arrays=arrays))

    def write(self, half: int, confidence: np.ndarray, displacement: np.ndarray | None) -> None:
        """Write the scores of a half: (T, C) each, displacement in seconds or None; what is not judged yet is 0."""
        place = self.folder / f"half{half}"
        if displacement is not None:
            write_array(place / "displacement.npy", displacement.astype(np.float16))
        write_array(place / "scores.npy", confidence.astype(np.float16))


def layer_so_far(data: DataDirectory, source: str, task: str) -> Analysis | None:
    """What the newest unfinished run of a task has judged of a match, or None.

    Arguments:
        source: content hash of the match.
    """
    files = data.analyses(source).glob(f".*.unfinished/{SO_FAR}/{ANALYSIS_FILE}")
    for path in sorted(files, key=_changed, reverse=True):
        layer = open_layer(path.parent)
        if layer is not None and layer.record.task == task:
            return layer
    return None


def blank_layer(
    data: DataDirectory, title: str, halves: Mapping[int, Media], classes: ClassTable, task: str
) -> Analysis:
    """A layer of a match at which no model has looked: no spots, two samples a second.

    Arguments:
        halves: videos by half.

    Errors:
        BadInputError: it cannot be written.
    """
    source = joint_hash(media.hash for media in halves.values())
    folder = data.root / "blank" / source / joint_hash([task, repr(classes)])[:16]
    samples = [HalfSamples(half, media, media.table.samples(RATE)) for half, media in halves.items()]
    record = AnalysisRecord(
        source_id=source, title=title, halves=(), model={"name": NO_MODEL, "system": "none", "sha256": "0" * 64},
        rate=RATE, class_table=classes.name, classes=classes.names, arrays={}, task=task,
    )  # fmt: skip
    if (folder / ANALYSIS_FILE).is_file() and open_layer(folder) is None:  # damaged, and nothing but zeros
        shutil.rmtree(folder, ignore_errors=True)
    try:
        SoFar(folder, len(classes)).begin(record, samples, classes)
    except OSError as error:
        raise cannot_write(error, folder) from error
    return Analysis.open(folder)


def is_blank(layer: Analysis) -> bool:
    """Whether no model has looked at the match."""
    return layer.record.model.get("system") == "none"


def is_unfinished(layer: Analysis) -> bool:
    """Whether a layer is what a run has judged so far."""
    return layer.folder.name == SO_FAR


def version_of(layer: Analysis) -> str:
    """What changes when more of an unfinished layer has been judged; empty for a finished one."""
    if not is_unfinished(layer):
        return ""
    return "-".join(str(_changed(half.path("scores"))) for half in layer.halves)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # it has just been finished
        return 0
