"""Features that are read off the layer of the bundled spotting model: made once, and kept beside the match's media."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from spotting_core.analyses.analysis import Analysis, HalfAnalysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import write_array
from spotting_core.domain.classes import ClassTable
from spotting_core.domain.suppression import Spotting, spots_of_half
from spotting_core.features.files import feature_file
from spotting_core.features.layer_sets import (
    ENTITIES,
    ENTITY_NUMBERS,
    ENVIRONMENT,
    LAYER,
    PICTURES,
    SPOTS,
    layer_file,
    layer_spec,
)
from spotting_core.features.sets import FeatureSet
from spotting_core.media.ingest import ingest
from spotting_core.media.source import MatchSource

LEAST = 0.1
"""Confidence of the least sure spots that are read."""
_TENS = 10.0


def missing_layer_sets(
    source: MatchSource, sets: Iterable[FeatureSet], data: DataDirectory, features: Path | None = None
) -> list[FeatureSet]:
    """Which of some sets are read off a layer and are not kept yet.

    Arguments:
        features: folder of feature files; the match's own where not given.

    Errors:
        BadInputError: they are those of another model than the bundled one.
    """
    wanted = [kind for kind in sets if kind.extractor is not None and kind.extractor.kind == LAYER]
    missing = [kind for kind in wanted if not _all_there(source, kind, data, features)]
    for kind in missing:
        if kind.extractor != layer_spec():
            raise BadInputError(
                f"this model reads {kind.name} of another bundled model than the one here",
                fix="Train it again, or give the features as files",
            )
    return missing


def write_layer_features(
    analysis: Analysis, source: MatchSource, sets: Iterable[FeatureSet], data: DataDirectory
) -> None:
    """Keep sets that are read off a layer.

    Arguments:
        analysis: of the match by the bundled model.
    """
    for kind in sets:
        for half, place in zip(analysis.halves, source.halves, strict=True):
            path = layer_file(ingest(place.path, data), data, kind.name, layer_spec())
            write_array(path, _NUMBERS[kind.name](half, analysis).astype(np.float16))


def _all_there(source: MatchSource, kind: FeatureSet, data: DataDirectory, features: Path | None) -> bool:
    assert kind.extractor is not None
    folder = features or (source.path if source.path.is_dir() else None)
    return all(
        (folder is not None and feature_file(folder, half.half, kind.name).is_file())
        or layer_file(ingest(half.path, data), data, kind.name, kind.extractor).is_file()
        for half in source.halves
    )


def entity_numbers(half: HalfAnalysis) -> np.ndarray:
    """What the entities of each sample are in numbers (see ``ENTITY_NUMBERS``): float32 (T, E * 7)."""
    table = half.entities
    assert table is not None, "the bundled model finds entities"
    size = np.array([half.record.width, half.record.height] * 2, np.float32)
    box = np.clip(table.box / size, 0, 1)
    wide, high = box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]
    numbers = np.zeros((len(half.times), len(table.names), len(ENTITY_NUMBERS)), np.float32)
    place = (table.sample, table.entity.astype(np.int64))
    np.add.at(numbers[..., 0], place, 1 / _TENS)
    np.add.at(numbers[..., 6], place, wide * high)
    surest = np.stack([table.score, high, wide, (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2], 1)
    order = np.argsort(table.score, kind="stable")  # the surest is written last, and stays
    numbers[table.sample[order], place[1][order], 1:6] = surest[order]
    return numbers.reshape(len(half.times), -1)


def spot_numbers(
    half: int, times: np.ndarray, scores: np.ndarray, displacement: np.ndarray | None, classes: ClassTable, end: int
) -> np.ndarray:
    """Confidence of each class at the samples of its spots, zero elsewhere: float32 (T, C)."""
    spots = spots_of_half(half, times, scores, displacement, classes, Spotting(threshold=LEAST), source="", end=end)
    numbers = np.zeros(scores.shape, np.float32)
    for spot in spots:
        sample, column = int(np.abs(times - spot.time).argmin()), classes.names.index(spot.label)
        numbers[sample, column] = max(numbers[sample, column], spot.confidence or 0.0)
    return numbers


def _spots(half: HalfAnalysis, analysis: Analysis) -> np.ndarray:
    return spot_numbers(half.half, half.times, half.scores, half.displacement, analysis.classes, half.end)


_NUMBERS: dict[str, Callable[[HalfAnalysis, Analysis], np.ndarray]] = {
    ENVIRONMENT: lambda half, _: np.asarray(half.array("features")),
    PICTURES: lambda half, _: np.asarray(half.array("image_embeddings")),
    ENTITIES: lambda half, _: entity_numbers(half),
    SPOTS: _spots,
}
