"""The one reader of samples: what a model, or its training, reads of a half.

``stream`` reads a half from its video for an analysis, window after window; ``stored`` keeps pictures and entities in
the data directory first, for training reads any window of any half at any time. Features are read where they lie,
or computed and kept. Memory holds a few windows, the times of a half and its entities, whatever its length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.report_done import ReportDone
from spotting_core.entities.finder import Finder, load_finder
from spotting_core.entities.published_files import EntityFiles
from spotting_core.entities.stored import stored_entities
from spotting_core.entities.table import EntityTable
from spotting_core.features.files import feature_file
from spotting_core.features.half import FeatureHalf, FeatureReader
from spotting_core.features.reduction import Reduction, reduction_file
from spotting_core.features.sets import FeatureSet, read_sets
from spotting_core.media.decode import FrameTap
from spotting_core.media.fingerprint import joint_hash
from spotting_core.media.frame_store import FrameStore, store_frames
from spotting_core.media.ingest import Media
from spotting_core.media.source import MatchSource
from spotting_core.models.card import Card
from spotting_core.models.inputs import Inputs
from spotting_core.models.load import LoadedModel
from spotting_core.samples.half import HalfSamples
from spotting_core.samples.progress import Pace
from spotting_core.samples.stream import HalfStream, PictureStream


@dataclass(frozen=True)
class SampleReader:
    """What reads the samples of halves.

    Arguments:
        rate: samples a second.
        finder: what finds entities, of a system that reads them; entity_files: the files they come from instead.
        features: what finds feature sets, of a system that reads them.
        teacher: what finds the features that a stage of training learns to give.
    """

    inputs: Inputs
    rate: float
    finder: Finder | None = None
    features: FeatureReader | None = None
    teacher: FeatureReader | None = None
    entity_files: EntityFiles | None = None

    @property
    def entity_names(self) -> tuple[str, ...]:
        """Names of the entities that are read; none of a system without."""
        if self.entity_files is not None:
            return self.entity_files.names
        return self.finder.prompts.names if self.finder is not None else ()

    @property
    def embed_dim(self) -> int:
        """Numbers of an entity's embedding; 1 of a system without entities."""
        source = self.entity_files or self.finder
        return source.embed_dim if source is not None else 1

    @property
    def feature_sets(self) -> tuple[str, ...]:
        """Names of the feature sets that are read."""
        return tuple(s.name for one in (self.features, self.teacher) if one is not None for s in one.sets)

    def fingerprint(self, halves: Sequence[int], folder: Path | None) -> str:
        """Hash of everything that decides the samples of some halves beside their videos; empty where nothing does.

        Arguments:
            folder: where feature files lie.
        """
        parts = []
        if self.finder is not None:
            parts.append(self.finder.fingerprint())
        if self.features is not None:
            parts.append(self.features.fingerprint(halves, folder))
        return parts[0] if len(parts) == 1 else joint_hash(parts) if parts else ""

    def frames(self, half: int, media: Media, folder: Path | None) -> np.ndarray:
        """Frame number of every sample of a half: int32 (T,). Feature files may have a few samples more or less."""
        known = media.table.samples(self.rate)
        if self.features is None:
            return known
        samples = self.features.samples(half, folder, media)
        return known[np.minimum(np.arange(samples), len(known) - 1)]

    def stream(
        self,
        media: Media,
        frames: np.ndarray,
        *,
        features: FeatureHalf | None,
        outside: str,
        pace: Pace,
        report: Callable[[], None],
        first: int = 0,
        already: int = 0,
        before: Sequence[EntityTable] = (),
        entities: EntityTable | None = None,
        tap: FrameTap | None = None,
    ) -> HalfStream:
        """A half from its video, from sample ``first`` on.

        Arguments:
            frames: of ``self.frames``; features: of the half, from ``read_features``.
            entities: of the half, from ``read_entities``.
            already: samples below this have their entities, which are in ``before``.
            report: called before every batch of frames; raises to cancel.
            tap: sees every frame that is decoded.
        """
        pictures = None
        if self.inputs.pictures is not None:
            pictures = PictureStream(
                media,
                frames,
                size=self.inputs.pictures,
                finder=self.finder,
                most=self.inputs.entities,
                known=entities,
                pace=pace,
                report=report,
                first=first,
                already=already,
                before=before,
                tap=tap,
            )
        return HalfStream(len(frames), outside, pictures=pictures, features=features)

    def read_features(
        self,
        half: int,
        folder: Path | None,
        media: Media | None,
        data: DataDirectory,
        report: ReportDone | None = None,
        *,
        seconds: float | None = None,
    ) -> FeatureHalf | None:
        """The features of a half, from files or computed (see ``FeatureReader.read``); None where none are read."""
        if self.features is None:
            return None
        return self.features.read(half, folder, media, data, report, seconds=seconds)

    def read_entities(self, half: int, media: Media, folder: Path | None, samples: int) -> EntityTable | None:
        """The entities of a half from files of others; None where no such files are read.

        Arguments:
            folder: where files lie; samples: of the half.

        Errors:
            BadInputError: see ``EntityFiles``.
        """
        if self.entity_files is None:
            return None
        path = self.entity_files.path(half, media.path, folder)
        return self.entity_files.read(path, samples, (media.info.width, media.info.height))

    def stored(
        self,
        half: int,
        video: Path | None,
        media: Media | None,
        data: DataDirectory,
        folder: Path | None,
        *,
        seconds: float | None = None,
    ) -> HalfSamples:
        """A half for training: pictures and entities are stored if they are not yet.

        Arguments:
            video: needed where pictures are read; media: needed where features are computed.
            folder: where feature files lie; seconds: length of the half, where no media tells.

        Errors:
            BadInputError: what is read is not there, or does not fit.
        """
        features = self.read_features(half, folder, media, data, seconds=seconds)
        pictures: FrameStore | None = None
        entities: EntityTable | None = None
        size = (1, 1)
        if self.inputs.pictures is not None:
            if video is None:
                raise BadInputError("there is no video to look at", where=folder)
            shape = (self.inputs.pictures.width, self.inputs.pictures.height)
            pictures = store_frames(video, data, rate=self.rate, sizes=[shape])[0]
            if self.finder is not None:
                entities, size = stored_entities(video, data, self.finder, rate=self.rate, most=self.inputs.entities)
            elif self.entity_files is not None:
                assert media is not None, "what has a video has been looked into"
                entities = self.read_entities(half, media, folder, len(pictures))
                size = (media.info.width, media.info.height)
        teacher = self.teacher.read(half, folder, media, data, seconds=seconds) if self.teacher else None
        known = [one.times for one in (pictures, features, teacher) if one is not None]
        times = min(known, key=len)  # of the samples that all of them have
        return HalfSamples(half, times, self.rate, pictures, entities, size, features, teacher=teacher)


def model_reader(model: LoadedModel) -> SampleReader:
    """What reads the samples of a model, checked against its card.

    Errors:
        BadInputError: see ``model_finder`` and ``model_features``.
    """
    inputs, files = model.inputs, entity_files(model.card) if model.inputs.entities else None
    return SampleReader(
        inputs,
        model.config.rate,
        model_finder(model) if inputs.entities and files is None else None,
        model_features(model) if inputs.features else None,
        entity_files=files,
    )


def entity_files(card: Card) -> EntityFiles | None:
    """The files that the entities of a model come from; None where it finds them itself or reads none."""
    described = card.entities
    if described is None or not described.get("files"):
        return None
    config = card.config
    return EntityFiles(
        card.name,
        card.input.rate,
        int(config["entities"]),
        tuple(described["names"]),
        int(config["embed_dim"]),
        described,
    )


def model_finder(model: LoadedModel) -> Finder:
    """What finds the entities of a model.

    Errors:
        BadInputError: the entity model or the prompts are others than those the model was trained with, or the card
            names none.
    """
    described = model.card.entities
    if described is None:
        raise BadInputError(
            "this model reads entities, and its card does not say which",
            where=model.folder,
            fix="Copy the folder again",
        )
    own = model.folder / "prompts.toml"
    prompts = own if own.is_file() else described.get("prompts", "")
    finder = load_finder(described["model"], prompts, model.device.type, fetch=False)
    if finder.sha256 != described["sha256"]:
        raise BadInputError(
            f"the model was trained with the entity model {described['sha256'][:12]}, here is {finder.sha256[:12]}",
            where=model.folder,
            fix="Use the entity model named on the card, or train the model again",
        )
    if list(finder.prompts.names) != list(described.get("names", ())):
        raise BadInputError(
            f"the model was trained with the entities {', '.join(described.get('names', ()))}; "
            f"the prompt file names {', '.join(finder.prompts.names)}",
            where=prompts,
            fix="Use the prompts of the card, in their order",
        )
    return finder


def model_features(model: LoadedModel) -> FeatureReader:
    """What reads the features of a model, as its card says and with the reductions in its folder.

    Errors:
        BadInputError: a reduction is missing, damaged or of another width, or the sets do not add up to the model's.
    """
    sets = read_sets(model.card.input)
    reductions = {k.name: _reduction(model, k) for k in sets if k.reduced}
    if sum(s.dim for s in sets) != model.inputs.features:
        raise BadInputError(
            f"the card's features have {sum(s.dim for s in sets)} numbers a sample, "
            f"its model reads {model.inputs.features}",
            where=model.folder,
        )
    return FeatureReader(sets, model.config.rate, reductions, model.device.type, str(model.folder))


def _reduction(model: LoadedModel, kind: FeatureSet) -> Reduction:
    path = model.folder / reduction_file(kind.name)
    reduction = Reduction.load(path)
    if (reduction.raw_dim, reduction.dim) != (kind.raw_dim, kind.dim):
        raise BadInputError(
            f"this reduction goes from {reduction.raw_dim} to {reduction.dim} numbers, the card says "
            f"from {kind.raw_dim} to {kind.dim}",
            where=path,
            fix="Copy the model folder again",
        )
    return reduction


def finds_features(model: LoadedModel, source: MatchSource, folder: Path) -> bool:
    """Whether something that a model reads of a match lies in a folder."""
    return any(feature_file(folder, half.half, name).is_file() for half in source.halves for name in _set_names(model))


def require_features(folder: Path, source: MatchSource, models: Sequence[LoadedModel]) -> None:
    """Refuse a folder in which nothing lies that a model reads: it would be computed from the video unasked.

    Errors:
        BadInputError: see above.
    """
    if not folder.is_dir():
        raise BadInputError("there is no such folder of features", where=folder, fix="Check --features")
    if not any(finds_features(model, source, folder) for model in models):
        names = " and ".join(model.card.name for model in models)
        wanted = sorted({name for m in models for name in _set_names(m)})
        files = " and ".join(feature_file(folder, source.halves[0].half, name).name for name in wanted)
        raise BadInputError(
            f"none of the features that {names} reads lie here", where=folder, fix=f"They are in files such as {files}"
        )


def model_sets(model: LoadedModel) -> tuple[FeatureSet, ...]:
    """The feature sets that a model reads; none of one that reads pictures alone."""
    return read_sets(model.card.input) if model.inputs.features else ()


def _set_names(model: LoadedModel) -> list[str]:
    return [k.name for k in model_sets(model)]
