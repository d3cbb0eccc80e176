"""Labelled matches: their samples, and what is true of them for a task."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.base.files_below import files_below
from spotting_core.domain.classes import ClassTable, load_classes
from spotting_core.domain.findings import Finding
from spotting_core.domain.parts import Parts
from spotting_core.domain.stretches import Stretch
from spotting_core.formats.watched import read_watched
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.source import check_parts, open_match
from spotting_core.media.video import probe_video
from spotting_core.samples.half import HalfSamples
from spotting_core.samples.reader import SampleReader
from spotting_core.tasks.task import AnyLayerTask

_BEYOND = 5.0  # seconds that a label may lie after the last sample
_TELLING, _LATE = 20, 0.6  # of so many labels the last one lies later in its half than this

_PART_FILE = re.compile(r"^[1-9]\d{0,2}_.*\.")


@dataclass(frozen=True)
class LabelledHalf:
    """A half with what is true of it.

    Arguments:
        moments: microseconds, around which clips to train on are laid, one for each true finding.
        end: microseconds, last possible time of a finding.
        watched: bool (T,), samples of which it is known whether something is true of them; None where that is known of
            all. The others count neither way.
    """

    samples: HalfSamples
    truth: Sequence[Finding]
    moments: Sequence[int]
    end: int
    watched: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.samples)

    @cached_property
    def known(self) -> list[tuple[Finding, int]]:
        """What is known to be true, each with its moment (microseconds)."""
        pairs = zip(self.truth, self.moments, strict=True)
        return [(finding, moment) for finding, moment in pairs if self.is_watched(moment)]

    def is_watched(self, moment: int) -> bool:
        """Whether it is known what is true of a moment (microseconds)."""
        return self.watched is None or bool(self.watched[self.samples.nearest_sample(moment)])

    def watched_in(self, start: int, length: int) -> np.ndarray:
        """Which of ``length`` samples from ``start`` on are watched: bool (length,), False beyond the half."""
        at = np.arange(start, start + length)
        inside = (at >= 0) & (at < len(self))
        if self.watched is not None:
            inside[inside] = self.watched[at[inside]]
        return inside


@dataclass(frozen=True)
class LabelledMatch:
    """A match's halves, and what is true of it."""

    name: str
    halves: Sequence[LabelledHalf]
    truth: Sequence[Finding]


def all_games(folder: Path) -> list[Path]:
    """Folders with videos or feature files of halves below a folder, labelled or not, in order of their names.

    Errors:
        BadInputError: there is none.
    """
    files = files_below(folder, "[1-9]*_*.*")
    games = sorted({p.parent for p in files if _PART_FILE.match(p.name) and p.is_file()})
    if not games:
        raise BadInputError("no match lies here", where=folder, fix="Check the path")
    return games


def labelled_matches(
    folders: Iterable[Path],
    reader: SampleReader,
    data: DataDirectory,
    task: AnyLayerTask | None,
    *,
    most: int = 0,
    parts: Parts | None = None,
    classes: ClassTable | None = None,
) -> list[LabelledMatch]:
    """Labelled matches below some folders; a match needs no video where all that is read of it lies in feature files.

    Arguments:
        task: whose truth is read; None for all matches, without truth.
        most: of each folder, the first ones; 0 for all.
        parts: of a match of the class table; those of the task's own table where not given.
        classes: truth of which the task learns nothing with these classes is left out; None for all truth.

    Of a match whose labels say so, nothing is known but what lies in stretches that somebody watched.

    Errors:
        BadInputError: no labelled match, samples that are missing or do not fit, or labels that do not fit their
            length.
    """
    matches, parts = [], parts or _parts_of(task)
    for folder in folders:
        unmeasured: list[LabelledHalf] = []
        for game in (task.labelled_games if task else all_games)(folder)[: most or None]:
            truth: list[Finding] = _truth_of(game, task, classes) if task else []
            stretches = read_watched(game) if task else None
            halves = []
            for source in _halves(game, truth, reader, data, parts):
                samples = reader.stored(source.half, source.video, source.media, data, game, seconds=source.seconds)
                own = [f for f in truth if f.half == source.half]
                moments = [task.moment(f) for f in own] if task else []
                end = source.media.table.duration if source.media else len(samples) / samples.rate * 1e6
                watched = None if stretches is None else sampled_in(samples, stretches)
                halves.append(LabelledHalf(samples, own, moments, int(end), watched))
                _check_end(game, halves[-1], reader, parts)
                if source.seconds is None and stretches is None:
                    unmeasured.append(halves[-1])
            matches.append(LabelledMatch(game.name, halves, truth))
        _check_spread(folder, unmeasured, reader, parts)
    return matches


def sampled_in(samples: HalfSamples, stretches: Sequence[Stretch]) -> np.ndarray:
    """Which samples of a half lie in some stretches: bool (T,)."""
    watched = np.zeros(len(samples), bool)
    for one in stretches:
        if one.half == samples.half:
            watched |= (samples.times >= one.start) & (samples.times < one.end)
    return watched


def _truth_of(game: Path, task: AnyLayerTask, classes: ClassTable | None) -> list[Finding]:
    return [f for f in task.read_truth(game) if classes is None or task.learns_from(f, classes)]


def _parts_of(task: AnyLayerTask | None) -> Parts:
    return load_classes(task.class_table).parts if task else Parts()


def has_videos(game: Path, task: AnyLayerTask) -> bool:
    """Whether every half of a match that has labels has a video that can be opened."""
    try:
        halves = {half.half: probe_video(half.path) for half in open_match(game).halves}
    except TouchlineError:
        return False
    return {finding.half for finding in task.read_truth(game)} <= halves.keys()


def video_seconds(game: Path) -> list[float | None]:
    """How long the video of each half of a match is; None where its file does not say.

    Errors:
        BadInputError: there is no video, or one that cannot be opened.
    """
    return [probe_video(half.path).duration for half in open_match(game).halves]


@dataclass(frozen=True)
class _HalfSource:
    """Where a half's samples come from: its video, or files where ``video`` is None; seconds: its length if known."""

    half: int
    video: Path | None
    media: Media | None
    seconds: float | None


def _halves(
    game: Path, truth: Sequence[Finding], reader: SampleReader, data: DataDirectory, parts: Parts
) -> list[_HalfSource]:
    """Halves of a game by the files beside it, or by its videos where pictures are read or a set has to be computed."""
    names = " and ".join(reader.feature_sets)
    needed = f"neither the features {names} nor a video" if reader.inputs.pictures is None else "no video"
    filed = _filed(game, reader)
    labelled = {s.half for s in truth}
    try:
        source = open_match(game)
        check_parts(source, parts)
        videos = {h.half: h.path for h in source.halves}
    except TouchlineError as error:
        if not filed:
            raise BadInputError(f"this match has {needed}", where=game) from error
        videos = {}
    known = sorted(filed if filed and labelled <= filed else filed | videos.keys())
    missing = sorted(labelled - set(known))
    if missing:
        raise BadInputError(f"{parts.title(missing[0])} has labels, but {needed}", where=game)
    return [_half_source(half, videos.get(half), half in filed, data) for half in known]


def _filed(game: Path, reader: SampleReader) -> set[int]:
    """Halves of which all that is read lies in files beside the match."""
    if reader.inputs.pictures is not None or not reader.feature_sets:
        return set()
    return set.intersection(*(one.parts(game) for one in (reader.features, reader.teacher) if one is not None))


def _half_source(half: int, video: Path | None, filed: bool, data: DataDirectory) -> _HalfSource:
    if not filed and video is not None:
        media = ingest(video, data)
        return _HalfSource(half, video, media, media.table.duration / 1e6)
    try:
        return _HalfSource(half, None, None, probe_video(video).duration or None if video is not None else None)
    except BadInputError:  # the features are here, the video need not be of use
        return _HalfSource(half, None, None, None)


def _check_end(game: Path, half: LabelledHalf, reader: SampleReader, parts: Parts) -> None:
    """Refuse labels that lie far beyond the samples.

    Errors:
        BadInputError: see above.
    """
    samples = half.samples
    end, last = len(samples) / samples.rate, max(half.moments, default=0) / 1e6
    if last > end + _BEYOND:
        what, fix = "features end", f"Check that they are of this match, at {_rates(reader)} samples a second"
        if reader.inputs.pictures is not None:
            what, fix = "video ends", "Check that labels and video are of the same match, and the video is whole"
        raise BadInputError(
            f"{parts.title(samples.half)} has a label at {last:.0f} s, its {what} at {end:.0f} s", where=game, fix=fix
        )


def _check_spread(folder: Path, halves: Sequence[LabelledHalf], reader: SampleReader, parts: Parts) -> None:
    """Refuse features of too many samples a second, where no video tells how long a half is: of many labels some
    are late in their half.

    Errors:
        BadInputError: see above.
    """
    reached = [max(h.moments) / h.end for h in halves if h.moments]
    if sum(len(h.moments) for h in halves) >= _TELLING and max(reached) < _LATE:
        raise BadInputError(
            f"the last label of a {parts.name} lies at {max(reached):.0%} of its features at most, in "
            f"{parts.counted(len(reached))}: they have more than {_rates(reader)} samples a second, or only some of "
            f"each {parts.name} is labelled",
            where=folder,
            fix="Give features of the rate that the configuration says, or put the videos beside them",
        )


def _rates(reader: SampleReader) -> str:
    return " and ".join(f"{s.rate:g}" for s in (reader.features.sets if reader.features else ()))
