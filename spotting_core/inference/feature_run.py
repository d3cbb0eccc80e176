"""An analysis by a model that reads features: read from files where they are, else computed from the video.

Features that are computed are kept in the data directory, block by block, so a stopped analysis goes on where it
was; the scores of a half take a fraction of that and are computed again. What the model read is written beside its
scores, for explanations ask what each sample's features did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spotting_core.data_directory import DataDirectory
from spotting_core.errors import BadInputError
from spotting_core.features.files import feature_file
from spotting_core.features.half import FeatureHalf, FeatureReader
from spotting_core.features.reduction import Reduction, reduction_file
from spotting_core.features.sets import FeatureSet, read_sets
from spotting_core.files import write_array
from spotting_core.inference.analyse import Run
from spotting_core.inference.progress import Report
from spotting_core.inference.sliding import score_features
from spotting_core.inference.window_store import HalfArrays, describe
from spotting_core.media.ingest import Media
from spotting_core.media.source import MatchSource
from spotting_core.models.load import LoadedModel
from spotting_core.models.window import Scores


def reader_of(model: LoadedModel) -> FeatureReader:
    """What reads the features of a model, as its card says and with the reductions in its folder.

    Errors:
        BadInputError: a reduction is missing, damaged or of another width, or the sets do not add up to the model's.
    """
    sets = read_sets(model.card.input)
    reductions = {k.name: _reduction(model, k) for k in sets if k.reduced}
    if sum(s.dim for s in sets) != model.config.dim:
        raise BadInputError(
            f"the card's features have {sum(s.dim for s in sets)} numbers a sample, its model reads {model.config.dim}",
            where=model.folder,
        )
    return FeatureReader(sets, model.config.rate, reductions, model.device.type, str(model.folder))


def _reduction(model: LoadedModel, kind: FeatureSet) -> Reduction:
    path = model.folder / reduction_file(kind.name)
    found = Reduction.load(path)
    if (found.raw_dim, found.dim) != (kind.raw_dim, kind.dim):
        raise BadInputError(
            f"this reduction goes from {found.raw_dim} to {found.dim} numbers, the card says "
            f"from {kind.raw_dim} to {kind.dim}",
            where=path,
            fix="Copy the model folder again",
        )
    return found


def finds_features(model: LoadedModel, source: MatchSource, folder: Path) -> bool:
    """Whether something that a model reads of a match lies in a folder."""
    names = [k.name for k in read_sets(model.card.input)] if model.reads_features else []
    return any(feature_file(folder, half.half, name).is_file() for half in source.halves for name in names)


def require_features(folder: Path, source: MatchSource, models: Sequence[LoadedModel]) -> None:
    """Refuse a folder in which nothing lies that a model reads: it would be computed from the video unasked.

    Errors:
        BadInputError: see above.
    """
    if not folder.is_dir():
        raise BadInputError("there is no such folder of features", where=folder, fix="Check --features")
    if not any(finds_features(model, source, folder) for model in models):
        names = " and ".join(model.card.name for model in models)
        wanted = sorted({k.name for m in models if m.reads_features for k in read_sets(m.card.input)})
        files = " and ".join(feature_file(folder, source.halves[0].half, name).name for name in wanted)
        raise BadInputError(
            f"none of the features that {names} reads lie here", where=folder, fix=f"They are in files such as {files}"
        )


@dataclass(frozen=True)
class _FeatureStore:
    """Features and scores of one half, written into a folder."""

    folder: Path
    features: FeatureHalf
    scores: Scores

    def assemble(self, times: np.ndarray, frames: np.ndarray) -> HalfArrays:
        read = self.features.rows(0, len(self.features)).astype(np.float16)
        arrays: dict[str, np.ndarray] = {"times": times.astype(np.int64), "frames": frames.astype(np.int32)}
        arrays["features"] = read
        arrays["scores"] = self.scores.confidence.astype(np.float16)
        if self.scores.displacement is not None:
            arrays["displacement"] = self.scores.displacement.astype(np.float16)
        for name, values in arrays.items():
            write_array(self.folder / f"{name}.npy", values)
        return HalfArrays({name: describe(name, values) for name, values in arrays.items()}, None)

    def substituted(self) -> int:
        return 0


class FeatureRun(Run):
    """One analysis of all halves of a match."""

    def __init__(
        self,
        source: MatchSource,
        media: list[Media],
        model: LoadedModel,
        data: DataDirectory,
        features: Path | None,
        report: Report | None,
    ) -> None:
        super().__init__(source, media, model, report)
        self.data, self.folder = data, features or (source.path if source.path.is_dir() else None)
        self.reader = reader_of(model)
        if features is not None:
            require_features(features, source, [model])
        self.reads = self.reader.fingerprint([h.half for h in source.halves], self.folder)
        for number, (half, one) in enumerate(zip(source.halves, media, strict=True)):
            samples = self.reader.samples(half.half, self.folder, one)
            known = self.frames[number]
            self.frames[number] = known[np.minimum(np.arange(samples), len(known) - 1)]

    def judge_half(self, number: int, media: Media, frames: np.ndarray) -> _FeatureStore:
        before = self.pace.done

        def computed(done: int, total: int) -> None:
            share = round(len(frames) * done / total)
            self.pace.advance(max(0, before + share - self.pace.done))
            self.tell("Computing features")

        self.tell("Reading features")
        with self.pace.stage("features"):
            features = self.reader.read(number, self.folder, media, self.data, computed)
        with self.pace.stage("spotting"):
            scores = score_features(
                self.model.network, self.model.config, features, self.model.device, lambda _: self.tell("Spotting")
            )
        self.pace.advance(max(0, before + len(frames) - self.pace.done))
        return _FeatureStore(self.work / f"half{number}", features, scores)
