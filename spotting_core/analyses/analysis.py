"""An analysis: what a model found in a match, as a folder of arrays.

    analysis.json              written last; its presence says that the analysis is complete
    results_spotting.json      spots at the default thresholds
    <class table>.csv          the model's class table, where it is not a bundled one
    half1/times.npy            int64   (T,)    presentation time of each sample, microseconds
    half1/frames.npy           int32   (T,)    its frame number in the file
    half1/scores.npy           float16 (T, C)  confidence before displacement and suppression
    half1/displacement.npy     float16 (T, C)  seconds; event time = sample time + value
    half1/replay.npy           float16 (T,)    confidence that a replay is shown, of models of shots that say so
    half1/replays.parquet      of models of replays: replay, start, end, time (microseconds), label, confidence
    half1/entities.parquet     sample, entity, score, x1, y1, x2, y2 (source pixels), kept, weight
    half1/entity_embeddings.npy, image_embeddings.npy, features.npy
    half1/maps/<name>.npy      uint8, with its scale in analysis.json

A system without entities or displacement leaves those files out; readers ask ``analysis.has("entities")``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from spotting_core.base.arrays import FLOATS, INTEGERS, check_array, check_numbers, open_array
from spotting_core.base.errors import BadInputError, NewerFormatError
from spotting_core.base.files import read_json, write_json
from spotting_core.base.tables import check_table
from spotting_core.base.validation import InvalidContentError, NotNegative, Positive, PositiveNumber, validated
from spotting_core.domain.classes import VOTE, ClassTable, classes_in
from spotting_core.domain.findings import Finding
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import METHODS, Spotting, spots_of_half
from spotting_core.entities.table import TABLE_FILE, EntityTable
from spotting_core.models.bounds import FASTEST
from spotting_core.models.identity import ModelIdentity
from spotting_core.tasks.task import AnyLayerTask, LayerTask

_Finding = TypeVar("_Finding", bound=Finding)

FORMAT = 1
ANALYSIS_FILE = "analysis.json"
CLASS_MAP = "class_map"

_AGAIN = "Analyse the match again"
_TABLE = "table"  # dtype of what lies in a Parquet file
_NAME = re.compile(r"^(?:maps/)?\w+$")  # of an array
_TABLE_NAME = re.compile(r"^[^/\\\x00.][^/\\\x00]{0,199}$")  # of a class table: no path
_MOST_PARTS = 999


@dataclass(frozen=True)
class HalfRecord:
    """One half in ``analysis.json``: times in microseconds, sizes in pixels."""

    half: Positive
    file: str
    duration: NotNegative
    width: NotNegative
    height: NotNegative
    frames: NotNegative
    samples: NotNegative = 0
    notes: tuple[str, ...] = ()

    @property
    def frame_rate(self) -> float | None:
        """Frames a second of its video."""
        return self.frames * 1e6 / self.duration if self.duration else None


@dataclass(frozen=True)
class _Source:
    """``source`` of ``analysis.json``."""

    id: str
    title: str
    halves: tuple[HalfRecord, ...]


@dataclass(frozen=True)
class _Stored:
    """What of ``analysis.json`` lies deeper there than in the record."""

    source: _Source


@dataclass(frozen=True)
class AnalysisRecord:
    """The content of ``analysis.json``.

    Arguments:
        source: content hash of the match and its halves.
        model: name, sha256, domain, and hash of its ``settings``; the sha256 of the vision-language model that found
            its ``entities``, if one did; the fingerprint of what it ``reads``, if it reads features; and its
            suppression window in seconds, where it brings its own.
        arrays: name to dtype, shape (of one half; T stands for its samples), unit and scale.
        timings: seconds by stage.
        notice: what a user must know about the model's domain, or None.
        unlikeness: how far the match looks from the model's training (see ``inference.look``), or None.
        task: name of the task that its scores are of.
        precision: in which networks computed, "half" or "single"; scores of the two differ by up to some hundredths.
    """

    source_id: str
    title: str
    halves: tuple[HalfRecord, ...]
    model: Mapping[str, Any]
    rate: PositiveNumber
    class_table: str
    classes: tuple[str, ...]
    arrays: Mapping[str, Any]
    timings: Mapping[str, float] = field(default_factory=dict)
    notice: str | None = None
    unlikeness: float | None = None
    precision: str | None = None
    task: str = "spotting"

    @cached_property
    def identity(self) -> ModelIdentity:
        """Which model the scores are of."""
        return ModelIdentity.of(self.model, self.precision)

    @property
    def averages(self) -> bool:
        """Whether the scores are the average of several models', each of which has reasons of its own."""
        return "members" in self.model

    def as_json(self) -> dict[str, Any]:
        content = asdict(self)
        source = {"id": content.pop("source_id"), "title": content.pop("title"), "halves": content.pop("halves")}
        return {"format": FORMAT, "source": source, **content}

    @classmethod
    def from_json(cls, content: Mapping[str, Any], where: Path) -> AnalysisRecord:
        """The content of ``analysis.json``, checked.

        Errors:
            BadInputError: something is missing or of another kind; names it.
        """
        try:
            source = validated(_Stored, content).source
            flat = {**content, "source_id": source.id, "title": source.title, "halves": source.halves}
            record = validated(cls, flat)
            _validate(record)
        except InvalidContentError as error:
            raise BadInputError(f"this analysis is damaged ({error})", where=where, fix=_AGAIN) from error
        return record


@dataclass(frozen=True)
class _Model:
    """What ``model`` of ``analysis.json`` must say."""

    name: str
    sha256: str
    suppression: PositiveNumber | None = None
    suppression_method: str = ""


@dataclass(frozen=True)
class _Array:
    """An entry of ``arrays``."""

    dtype: str
    shape: tuple[int | str, ...]
    scale: tuple[float, float] | None = None


def _validate(record: AnalysisRecord) -> None:
    """Refuse a record that contradicts itself.

    Errors:
        InvalidContentError: names the value.
    """
    method = validated(_Model, record.model).suppression_method
    if method and method not in METHODS:
        raise InvalidContentError(f"suppression_method is {method[:40]!r}, not one of {', '.join(METHODS)}")
    numbers = [half.half for half in record.halves]
    if not numbers or len(set(numbers)) != len(numbers) or max(numbers) > _MOST_PARTS:
        raise InvalidContentError(f"its halves are {numbers[:4]}")
    if record.rate > FASTEST:
        raise InvalidContentError(f"it has {record.rate:g} samples a second")
    if not record.classes or len(set(record.classes)) != len(record.classes):
        raise InvalidContentError("it has no class, or one twice")
    if not _TABLE_NAME.match(record.class_table):
        raise InvalidContentError(f"{record.class_table!r} is no name of a class table")
    for name, described in record.arrays.items():
        array = validated(_Array, described)
        try:
            known = array.dtype == _TABLE or not np.dtype(array.dtype).hasobject
        except (TypeError, ValueError):
            known = False
        if not known or not _NAME.match(name):
            raise InvalidContentError(f"there is no array {name!r} of {array.dtype!r}")
        if name.startswith("maps/") and (array.scale is None or len(array.shape) < 3):
            raise InvalidContentError(f"the map {name!r} has no places or no scale")


class HalfAnalysis:
    """The arrays of one half, memory-mapped on first use."""

    def __init__(self, record: HalfRecord, folder: Path, classes: Sequence[str]) -> None:
        self.record, self.folder, self.classes = record, folder, classes

    @property
    def half(self) -> int:
        return self.record.half

    def path(self, name: str) -> Path:
        """File of an array (or of a map, as ``maps/<name>``)."""
        return self.folder / f"{name}.npy"

    def has(self, name: str) -> bool:
        """Whether an array, ``entities`` or a map (``maps/<name>``) is there."""
        return (self.folder / TABLE_FILE if name == "entities" else self.path(name)).is_file()

    def array(self, name: str) -> np.ndarray:
        """A memory-mapped array.

        Errors:
            BadInputError: missing or damaged.
        """
        return open_array(self.path(name), fix=_AGAIN)

    def check(self, arrays: Mapping[str, Any]) -> None:
        """Hold the files of the half against what the record says of them, and look for numbers that are none.

        Arguments:
            arrays: of the record.

        Errors:
            BadInputError: one that must be there is missing, or one is damaged, or of another kind or shape; names it.
        """
        samples = check_array(self.path("times"), INTEGERS, (None,), what="array of times", fix=_AGAIN).shape[0]
        if self.record.samples not in (0, samples):
            what = f"this half has {samples} times, its record says {self.record.samples}"
            raise BadInputError(what, where=self.path("times"), fix=_AGAIN)
        check_array(self.path("frames"), INTEGERS, (samples,), what="array of frames", fix=_AGAIN)
        check_numbers(self.path("times"), rising=True, what="array of times", fix=_AGAIN)
        each = (samples, len(self.classes))
        for name, shape in (("scores", each), ("displacement", each), ("replay", (samples,))):
            if self.has(name):
                check_array(self.path(name), FLOATS, shape, what=f"array of {name}", fix=_AGAIN)
                check_numbers(self.path(name), what=f"array of {name}", fix=_AGAIN)
        for name, described in arrays.items():
            if described["dtype"] == _TABLE:
                if (table := self.folder / f"{name}.parquet").is_file():
                    check_table(table, fix=_AGAIN)
            elif name == "scores" or self.has(name):
                own = [samples if length == "T" else length for length in described["shape"]]
                expected = [length if isinstance(length, int) else None for length in own]
                check_array(self.path(name), np.dtype(described["dtype"]).kind, expected, fix=_AGAIN)

    @cached_property
    def times(self) -> np.ndarray:
        """int64 (T,), rising."""
        return np.asarray(self.array("times"))

    @cached_property
    def frames(self) -> np.ndarray:
        return np.asarray(self.array("frames"))

    @cached_property
    def scores(self) -> np.ndarray:
        """float32 (T, C)."""
        return self._shaped("scores", "scores", len(self.times), len(self.classes))

    @cached_property
    def displacement(self) -> np.ndarray | None:
        """float32 (T, C) seconds, or None."""
        if not self.has("displacement"):
            return None
        return self._shaped("displacement", "displacements", len(self.times), len(self.classes))

    @cached_property
    def replay(self) -> np.ndarray | None:
        """float32 (T,), how sure it is that a replay is shown, or None."""
        return self._shaped("replay", "scores of replays", len(self.times)) if self.has("replay") else None

    def _shaped(self, name: str, what: str, *shape: int) -> np.ndarray:
        """An array as float32; what: its name for people.

        Errors:
            BadInputError: missing, damaged or of another shape.
        """
        kept = np.asarray(self.array(name), np.float32)
        if kept.shape != shape:
            raise BadInputError(
                f"the {what} have the shape {kept.shape}, expected {shape}",
                where=self.path(name),
                fix=_AGAIN,
            )
        return kept

    @property
    def end(self) -> int:
        """Microseconds, last possible time of a finding."""
        return self.record.duration

    @cached_property
    def entities(self) -> EntityTable | None:
        return EntityTable.read(self.folder) if self.has("entities") else None

    def nearest_sample(self, time: int) -> int:
        """Sample whose presentation time is nearest to a time (microseconds)."""
        return int(np.abs(self.times - time).argmin())

    def voting_sample(self, time: int, column: int) -> int:
        """The sample that speaks of a spot: of those whose vote for a class falls on it, the most confident.

        Votes lie where their displacement moves them, which may be seconds from their sample; where none falls on
        the time, it is the nearest sample.

        Arguments:
            time: microseconds; column: of the class.
        """
        moved = self.times / 1e6
        if self.displacement is not None:
            moved = moved + self.displacement[:, column]
        moved = np.clip(moved, 0, self.record.duration / 1e6)
        near = np.flatnonzero(np.abs(moved - time / 1e6) <= VOTE)
        return int(near[self.scores[near, column].argmax()]) if len(near) else self.nearest_sample(time)


class Analysis:
    """A complete analysis, opened for reading."""

    def __init__(self, folder: Path, record: AnalysisRecord) -> None:
        self.folder, self.record = folder, record
        self.classes = _classes_of(folder, record)
        self.halves = tuple(HalfAnalysis(h, folder / f"half{h.half}", record.classes) for h in record.halves)

    @classmethod
    def open(cls, folder: Path) -> Analysis:
        """Open an analysis.

        Errors:
            BadInputError: missing, incomplete or damaged: what the record says is held against every file;
                NewerFormatError.
        """
        path = folder / ANALYSIS_FILE
        if not path.is_file():
            raise BadInputError("there is no complete analysis here", where=folder, fix="Run touchline analyze")
        content = read_json(path, "analysis")
        if not isinstance(content, dict) or not isinstance(content.get("format"), int):
            raise BadInputError("this is not an analysis", where=path)
        if content["format"] > FORMAT:
            raise NewerFormatError(path, content["format"], FORMAT)
        analysis = cls(folder, AnalysisRecord.from_json(content, path))
        for half in analysis.halves:
            half.check(analysis.record.arrays)
        return analysis

    @property
    def remarks(self) -> tuple[str, ...]:
        """All that a user must know before believing the spots, sentence by sentence: the notice, and the halves'."""
        title = self.classes.parts.title
        halves = (f"{title(h.half).capitalize()}: {note}." for h in self.record.halves for note in h.notes)
        return (*([self.record.notice] if self.record.notice else []), *halves)

    def clock(self, half: int, time: int, decimals: int = 0) -> str:
        """Match time of a moment (microseconds of a half), for people."""
        rates = {h.half: h.frame_rate for h in self.record.halves}
        return self.classes.parts.match_clock(half, time, decimals, total=len(self.halves), rate=rates.get(half))

    def half(self, number: int) -> HalfAnalysis:
        """A half by its number.

        Errors:
            BadInputError: the match has no such half.
        """
        for half in self.halves:
            if half.half == number:
                return half
        raise BadInputError(f"this match has no {self.classes.parts.title(number)}", where=self.folder)

    def has(self, name: str) -> bool:
        """Whether every half has an array, ``entities`` or a map."""
        return all(half.has(name) for half in self.halves)

    def spots(self, spotting: Spotting | None = None) -> list[Spot]:
        """Spots of the whole match, made from the stored scores."""
        spotting = spotting or Spotting()
        return [
            spot for half in self.halves for spot in half_spots(half, self.classes, spotting, self.record.model["name"])
        ]

    def write_results(self, task: AnyLayerTask) -> None:
        """Write what is found at the default thresholds in the form of the task's results file."""
        task.write(self.folder / task.results_file, self.findings(task))

    def findings(self, task: LayerTask[_Finding], *, least: float | None = None) -> list[_Finding]:
        """What the layer says of the whole match for the task that it is of (``LayerTask.findings_of``)."""
        source = self.record.model["name"]
        return [
            finding
            for half in self.halves
            for finding in task.findings_of(half, self.classes, least=least, source=source)
        ]


def half_spots(half: HalfAnalysis, classes: ClassTable, spotting: Spotting, source: str) -> list[Spot]:
    """Spots of one half, made from its stored scores."""
    return spots_of_half(
        half.half,
        half.times,
        half.scores,
        half.displacement,
        classes,
        spotting,
        source=source,
        end=half.record.duration,
    )


def _classes_of(folder: Path, record: AnalysisRecord) -> ClassTable:
    table = classes_in(folder, record.class_table)
    if table.names != record.classes:
        raise BadInputError(
            f"the analysis was made with other classes than the class table {table.name!r} has",
            where=folder,
            fix="Analyse the match again",
        )
    return table.with_suppression(
        float(record.model.get("suppression", 0.0)), str(record.model.get("suppression_method", ""))
    )


def write_record(folder: Path, record: AnalysisRecord) -> None:
    """Write ``analysis.json``: the last file, for it says that all others are there."""
    write_json(folder / ANALYSIS_FILE, record.as_json())
