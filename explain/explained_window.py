"""What is explained: a window around an anchor, as the model reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from spotting_core.analyses.analysis import Analysis, HalfAnalysis
from spotting_core.base.errors import BadInputError
from spotting_core.entities.table import EntityTable
from spotting_core.features.thumbnails import thumbnails_of
from spotting_core.media.decode import decode_samples, resize_image
from spotting_core.media.ingest import Media
from spotting_core.models.load import LoadedModel
from spotting_core.models.thumbnail_planes import ThumbnailConfig
from spotting_core.models.window import EntitySet, Samples
from spotting_core.samples.half import Inside
from spotting_core.samples.stream import MAX_HEIGHT

_BATCH = 10


@dataclass(frozen=True)
class ExplainedWindow:
    """A window of one half around an anchor: those of its samples that lie in the half.

    Arguments:
        half: number of the part; first: sample of the half at which they begin.
        times: int64 (W,) microseconds.
        pictures: uint8 (W, H, W, 3) at the model's size; of a model that looks at none (0, 0, 0, 3).
        entities: of the samples, batch 1, or None for a system without.
        table: the rows behind ``entities`` (samples count from the half's start), or None.
        anchor: index of the anchor's sample.
        size: (width, height) of the source picture, in whose pixels the boxes are.
        media, frames: the file and the frame numbers of the samples, for methods that look closer or beside it.
        features: float32 (before + W + after, D), the whole window as a model of features reads it, or None.
        mean: float32 (D,), of the features over the half, or None; mean_of_window: whether over the window alone.
        before, after: how many samples of the window lie before and after the half.
        whole: whether the window is judged as a whole, so that all that is said of it is of the anchor.
        second: what a system of two windows judges it together with, which stays as it is.
    """

    half: int
    first: int
    times: np.ndarray
    pictures: np.ndarray
    entities: EntitySet | None
    table: EntityTable | None
    anchor: int
    size: tuple[int, int] = (1, 1)
    media: Media | None = None
    frames: np.ndarray | None = None
    features: np.ndarray | None = None
    mean: np.ndarray | None = None
    before: int = 0
    after: int = 0
    whole: bool = False
    mean_of_window: bool = False
    second: Samples | None = None

    def with_pictures(self, pictures: np.ndarray) -> ExplainedWindow:
        return replace(self, pictures=pictures)

    def with_features(self, features: np.ndarray) -> ExplainedWindow:
        return replace(self, features=features)

    def with_entities(self, entities: EntitySet | None) -> ExplainedWindow:
        return replace(self, entities=entities)

    @property
    def row(self) -> int:
        """Row of what is said of the window that speaks of the anchor."""
        return 0 if self.whole else self.before + self.anchor

    def near(self, span: int) -> list[int]:
        """Samples of the window within ``span`` of the anchor."""
        return [i for i in range(self.anchor - span, self.anchor + span + 1) if 0 <= i < len(self.times)]


def window_around(analysis: Analysis, media: Media | None, model: LoadedModel, half: int, time: int) -> ExplainedWindow:
    """The window of an analysed match to ask about a time (microseconds): see ``WindowPlan.window_at``.

    Arguments:
        media: of the half, which a model that looks at pictures needs.

    Errors:
        BadInputError: the analysis does not hold what the model read.
    """
    part, plan, inputs = analysis.half(half), model.judge.plan, model.inputs
    sample = part.nearest_sample(time)
    window = plan.window_at(len(part.times), sample)
    inside = Inside(window.start, window.length, len(part.times))
    size = (part.record.width, part.record.height)
    entities = table = None
    if inputs.entities and part.entities is not None:
        entities = EntitySet.of_table(part.entities, inside.low, inside.high, size)
        table = _rows(part.entities, inside.low, inside.high)
    features = mean = None
    frames = part.frames[inside.low : inside.high]
    if inputs.features:
        read, mean = _features(part, model, media, inside)
        features = inside.filled(read, plan.outside)
    pictures = np.zeros((0, 0, 0, 3), np.uint8)
    if inputs.pictures is not None:
        assert media is not None, "a model that looks at pictures needs the video"
        shape = inputs.pictures.width, inputs.pictures.height
        pictures = np.stack([resize_image(image, *shape) for image in _decoded(media, frames)])
    return ExplainedWindow(
        half,
        inside.low,
        part.times[inside.low : inside.high],
        pictures,
        entities,
        table,
        sample - inside.low,
        size,
        media,
        frames,
        features,
        mean,
        inside.before,
        inside.after,
        window.whole,
        isinstance(model.config, ThumbnailConfig),
    )


def _features(
    part: HalfAnalysis, model: LoadedModel, media: Media | None, inside: Inside
) -> tuple[np.ndarray, np.ndarray]:
    """What a model read of the samples of a window that lie in the half, float32 (W, D), and their mean (D,).

    Thumbnails of every frame are not kept with an analysis: they are decoded again.
    """
    if part.has("features"):
        known = np.asarray(part.array("features"), np.float32)
        return known[inside.low : inside.high], known.mean(0)
    if not isinstance(model.config, ThumbnailConfig):
        raise BadInputError(
            "this analysis keeps nothing of what the model read of its samples",
            where=part.folder,
            fix="Remove this analysis, then analyse the match again",
        )
    assert media is not None, "thumbnails are of a video"
    decoded = thumbnails_of(media, part.frames[inside.low : inside.high]).astype(np.float32)
    return decoded, decoded.mean(0)


def closer_pictures(window: ExplainedWindow, samples: list[int]) -> np.ndarray:
    """Consecutive samples of a window at the source's own size: uint8 (n, H, W, 3)."""
    assert window.media is not None
    assert window.frames is not None
    return np.stack(list(_decoded(window.media, window.frames[samples[0] : samples[-1] + 1])))


def _rows(table: EntityTable, first: int, stop: int) -> EntityTable:
    rows = table.rows(first, stop)
    parts = {name: getattr(table, name)[rows] for name in ("sample", "entity", "score", "box", "embedding")}
    return EntityTable(table.names, **parts)


def _decoded(media: Media, frames: np.ndarray) -> Iterator[np.ndarray]:
    for batch in decode_samples(media.path, media.table, frames, batch=_BATCH, max_height=MAX_HEIGHT):
        yield from batch.images
