"""What is explained: a window around an anchor, as the model reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from spotting_core.analysis import Analysis
from spotting_core.entities.table import EntityTable
from spotting_core.inference.frame_stream import MAX_HEIGHT
from spotting_core.media.decode import decode_samples, resize_image
from spotting_core.media.ingest import Media
from spotting_core.models.load import LoadedModel
from spotting_core.models.window import EntitySet

_BATCH = 10


@dataclass(frozen=True)
class Given:
    """A window of one half around an anchor.

    Arguments:
        half: 1 or 2; first: sample of the half at which the window begins.
        times: int64 (W,) microseconds.
        pictures: uint8 (W, H, W, 3) at the model's size.
        entities: of the window, batch 1, or None for a system without.
        table: the rows behind ``entities`` (samples count from the half's start), or None.
        anchor: index of the anchor's sample in the window.
        size: (width, height) of the source picture, in whose pixels the boxes are.
        media, frames: the file and the frame numbers of the window's samples, for methods that look closer.
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

    def with_pictures(self, pictures: np.ndarray) -> Given:
        return replace(self, pictures=pictures)

    def with_entities(self, entities: EntitySet | None) -> Given:
        return replace(self, entities=entities)

    def near(self, span: int) -> list[int]:
        """Samples of the window within ``span`` of the anchor."""
        return [i for i in range(self.anchor - span, self.anchor + span + 1) if 0 <= i < len(self.times)]


def window_around(analysis: Analysis, media: Media, model: LoadedModel, half: int, time: int) -> Given:
    """The window of an analysed match that has a time (microseconds) as near to its middle as can be."""
    part = analysis.half(half)
    total, width = len(part.times), min(model.config.window, len(part.times))
    sample = part.nearest_sample(time)
    first = min(max(0, sample - width // 2), total - width)
    size = (part.record.width, part.record.height)
    entities = table = None
    if part.entities is not None and model.config.entities:
        entities = EntitySet.of_table(part.entities, first, first + width, size)
        table = _rows(part.entities, first, first + width)
    frames = part.frames[first : first + width]
    pictures = np.stack([resize_image(image, *_size(model)) for image in _decoded(media, frames)])
    return Given(
        half, first, part.times[first : first + width], pictures, entities, table, sample - first, size, media, frames
    )


def closer_pictures(given: Given, samples: list[int]) -> np.ndarray:
    """Consecutive samples of a window at the source's own size: uint8 (n, H, W, 3)."""
    assert given.media is not None
    assert given.frames is not None
    return np.stack(list(_decoded(given.media, given.frames[samples[0] : samples[-1] + 1])))


def _size(model: LoadedModel) -> tuple[int, int]:
    return model.config.width, model.config.height


def _rows(table: EntityTable, first: int, stop: int) -> EntityTable:
    rows = table.rows(first, stop)
    parts = {name: getattr(table, name)[rows] for name in ("sample", "entity", "score", "box", "embedding")}
    return EntityTable(table.names, **parts)


def _decoded(media: Media, frames: np.ndarray) -> Iterator[np.ndarray]:
    for batch in decode_samples(media.path, media.table, frames, batch=_BATCH, max_height=MAX_HEIGHT):
        yield from batch.images
