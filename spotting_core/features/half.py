"""The features of a half as a model reads them: all its sets side by side, sample by sample.

A set of another rate than the model's is interpolated linearly between its two nearest samples, as in Soares et al.
Nothing is read before it is asked for: values stay on disk until ``rows``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.report_done import ReportDone
from spotting_core.features.extractor import extractor_of
from spotting_core.features.files import check_rate, feature_file, filed_parts, open_features
from spotting_core.features.layer_sets import LAYER, layer_file
from spotting_core.features.pitch_sets import pitch_key, pitch_values, takes_from_pitch
from spotting_core.features.reduction import Reduction
from spotting_core.features.sets import FeatureSet
from spotting_core.features.stored import stored_features
from spotting_core.features.thumbnails import THUMBNAILS, stored_thumbnails
from spotting_core.formats.field_calibration import calibrated_parts, read_beside, required_file
from spotting_core.media.fingerprint import file_hash, joint_hash
from spotting_core.media.ingest import Media


@dataclass(frozen=True)
class FeaturePart:
    """One set of a half.

    Arguments:
        values: (T, D) on disk, at ``rate`` samples a second; reduction: applied when read, or None.
    """

    values: np.ndarray
    rate: float
    reduction: Reduction | None = None

    def rows(self, start: int, stop: int, rate: float) -> np.ndarray:
        """Samples ``start`` to ``stop`` at another rate: float32 (stop - start, D)."""
        if rate == self.rate:
            return self._reduced(self.values[start:stop])
        at = np.clip(np.arange(start, stop) * (self.rate / rate), 0, len(self.values) - 1)
        low = np.floor(at).astype(np.int64)
        first = int(low[0])
        known = self._reduced(self.values[first : int(low[-1]) + 2])
        high = np.minimum(low + 1, len(self.values) - 1)
        share = (at - low)[:, None].astype(np.float32)
        return known[low - first] * (1 - share) + known[high - first] * share

    def _reduced(self, values: np.ndarray) -> np.ndarray:
        return np.array(values, np.float32) if self.reduction is None else self.reduction.apply(values)


@dataclass(frozen=True)
class FeatureHalf:
    """All sets of a half at the model's rate."""

    half: int
    parts: Sequence[FeaturePart]
    rate: float

    def __len__(self) -> int:
        """Samples for which every set has features."""
        return min(round(len(p.values) * self.rate / p.rate) for p in self.parts)

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Samples ``start`` to ``stop`` of the half, float32 (stop - start, D); zero beyond its ends."""
        low, high = min(max(start, 0), len(self)), min(max(stop, 0), len(self))
        if high <= low:
            width = sum(p.reduction.dim if p.reduction else p.values.shape[1] for p in self.parts)
            return np.zeros((stop - start, width), np.float32)
        read = [p.rows(low, high, self.rate) for p in self.parts]
        inside = np.concatenate(read, axis=1) if len(read) > 1 else read[0]
        if (low, high) == (start, stop):
            return inside
        values = np.zeros((stop - start, inside.shape[1]), np.float32)
        values[low - start : high - start] = inside
        return values

    @property
    def times(self) -> np.ndarray:
        """int64 (T,), time of each sample in microseconds."""
        return np.round(np.arange(len(self)) * (1e6 / self.rate)).astype(np.int64)


@dataclass(frozen=True)
class FeatureReader:
    """What finds the features of a half for a model, or for its training.

    Arguments:
        sets: in the order in which the model reads them; rate: of the model.
        reductions: by the name of the set, for those that have one.
        device: of the extractors, which are loaded when something has to be computed; where: names them in errors.
    """

    sets: Sequence[FeatureSet]
    rate: float
    reductions: Mapping[str, Reduction] = field(default_factory=dict)
    device: str = "cpu"
    where: str = ""

    @property
    def of_frames(self) -> bool:
        """Whether a set of them is of every frame: what is ten times the scores is not written beside them."""
        thumbnails = [s for s in self.sets if s.extractor is not None and s.extractor.kind == THUMBNAILS]
        return any(self.rate >= one.rate for one in thumbnails)

    def read(
        self,
        half: int,
        folder: Path | None,
        media: Media | None,
        data: DataDirectory,
        report: ReportDone | None = None,
        *,
        seconds: float | None = None,
    ) -> FeatureHalf:
        """The features of a half: from files in ``folder`` where they are, else computed from the video.

        Arguments:
            seconds: length of the half, where there is no video to ask; files are compared with it.

        Errors:
            BadInputError: neither file nor video, or a file of another width or rate.
        """
        parts = []
        seconds = media.table.duration / 1e6 if media else seconds
        for number, kind in enumerate(self.sets):
            path, part = self.file(kind, half, folder), _part_of(report, number, len(self.sets))
            values = (
                open_features(path, kind, seconds=seconds)
                if path is not None
                else self._computed(kind, half, folder, media, data, part, seconds)
            )
            parts.append(FeaturePart(values, kind.rate, self.reductions.get(kind.name)))
        return FeatureHalf(half, tuple(parts), self.rate)

    def samples(self, half: int, folder: Path | None, media: Media) -> int:
        """How many samples a half will have, without computing anything.

        Errors:
            BadInputError: see ``read``.
        """
        counts = []
        for kind in self.sets:
            path = self.file(kind, half, folder)
            seconds = media.table.duration / 1e6
            if path:
                rows = len(open_features(path, kind, seconds=seconds))
            elif takes_from_pitch(kind.extractor):
                rows = len(read_beside(_named(folder, kind), half))
            else:
                rows = len(media.table.samples(kind.rate))
            counts.append(round(rows * self.rate / kind.rate))
        return min(counts)

    def parts(self, folder: Path) -> set[int]:
        """Parts of a match of which all that is read lies in its folder: features, or what they are made of."""
        own = [
            filed_parts(folder, kind.name) | (calibrated_parts(folder) if takes_from_pitch(kind.extractor) else set())
            for kind in self.sets
        ]
        return set.intersection(*own) if own else set()

    def file(self, kind: FeatureSet, half: int, folder: Path | None) -> Path | None:
        """The file that a set of a half is read from, or None if it is computed."""
        path = feature_file(folder, half, kind.name) if folder is not None else None
        return path if path is not None and path.is_file() else None

    def fingerprint(self, halves: Sequence[int], folder: Path | None) -> str:
        """Hash of everything that decides the features of some halves, beside the video."""
        parts = [self.reductions[k.name].fingerprint for k in self.sets if k.name in self.reductions]
        for kind in self.sets:
            for half in halves:
                path = self.file(kind, half, folder)
                made_by = kind.extractor.fingerprint if kind.extractor else ""
                if path is None and kind.extractor is not None and takes_from_pitch(kind.extractor):
                    made_by = pitch_key(kind.extractor, _named(folder, kind), half)
                parts.append(file_hash(path) if path else made_by)
        return joint_hash(parts)

    def _computed(
        self,
        kind: FeatureSet,
        half: int,
        folder: Path | None,
        media: Media | None,
        data: DataDirectory,
        report: ReportDone | None,
        seconds: float | None,
    ) -> np.ndarray:
        if kind.extractor is not None and takes_from_pitch(kind.extractor):
            named = _named(folder, kind)
            values = pitch_values(kind.extractor, named, half, data, where=self.where, device=self.device)
            if seconds is not None:
                check_rate(len(values), kind.rate, seconds, required_file(named, half))
            return values
        if kind.extractor is not None and media is not None and kind.extractor.kind == LAYER:
            return open_features(layer_file(media, data, kind.name, kind.extractor), kind)
        if kind.extractor is not None and kind.extractor.kind == THUMBNAILS and media is not None:
            return stored_thumbnails(media, data, report)
        if kind.extractor is not None and media is not None:
            extractor = extractor_of(kind.extractor, self.where, self.device)
            return stored_features(media, data, extractor, kind.rate, report)
        missing = "there is no video to compute them from" if kind.extractor else "nothing here computes them"
        raise BadInputError(
            f"the features {kind.name} are not here, and {missing}",
            where=feature_file(folder, half, kind.name) if folder else (media.path if media else None),
            fix=f"Put {half}_{kind.name}.npy there; an analysis takes them from another folder with --features",
        )


def _named(folder: Path | None, kind: FeatureSet) -> Path:
    """The folder of a match whose calibrations are asked for.

    Errors:
        BadInputError: there is none.
    """
    if folder is None:
        raise BadInputError(
            f"{kind.name} is made of calibrations, which lie in the folder of a match",
            fix="Name the folder, not a video in it",
        )
    return folder


def _part_of(report: ReportDone | None, number: int, count: int) -> ReportDone | None:
    """What tells of one set of several as of a part of the whole."""
    if report is None:
        return None
    whole = report
    return lambda done, total: whole(number * total + done, count * total)
