"""What is explained: a window around an anchor, as the model reads it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from spotting_core.analysis import Analysis
from spotting_core.entities.table import EntityTable
from spotting_core.inference.frame_stream import MAX_HEIGHT
from spotting_core.media.decode import decode_samples, resize_image
from spotting_core.media.ingest import Media
from spotting_core.media.pixels import normalised
from spotting_core.models.load import LoadedModel
from spotting_core.models.window import EntitySet, Output, Window

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
    """

    half: int
    first: int
    times: np.ndarray
    pictures: np.ndarray
    entities: EntitySet | None
    table: EntityTable | None
    anchor: int

    def with_pictures(self, pictures: np.ndarray) -> Given:
        return replace(self, pictures=pictures)

    def with_entities(self, entities: EntitySet | None) -> Given:
        return replace(self, entities=entities)


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
    pictures = _pictures(media, model, part.frames[: first + width], first)
    return Given(half, first, part.times[first : first + width], pictures, entities, table, sample - first)


def _rows(table: EntityTable, first: int, stop: int) -> EntityTable:
    rows = table.rows(first, stop)
    parts = {name: getattr(table, name)[rows] for name in ("sample", "entity", "score", "box", "embedding")}
    return EntityTable(table.names, **parts)


def _pictures(media: Media, model: LoadedModel, frames: np.ndarray, first: int) -> np.ndarray:
    size = (model.config.width, model.config.height)
    batches = decode_samples(media.path, media.table, frames, batch=_BATCH, first=first, max_height=MAX_HEIGHT)
    return np.stack([resize_image(image, *size) for batch in batches for image in batch.images])


@torch.inference_mode()
def run(model: LoadedModel, given: Given, *, pooled: Tensor | None = None) -> Output:
    """The model on a window; with ``pooled`` (1, W, D) its environment features are not computed again."""
    device, read = model.device, model.card.input
    entities = given.entities.map(lambda v: v.to(device)) if given.entities is not None else None
    with torch.autocast(device.type, dtype=torch.bfloat16):
        if pooled is not None:
            return model.network.from_pooled(pooled, Window(entities=entities))  # type: ignore[operator]
        frames = normalised(given.pictures, read["mean"], read["std"], device)[None]
        return model.network(Window(frames=frames, entities=entities))


def score_at(output: Output, given: Given, column: int) -> float:
    """Confidence of a class at the anchor."""
    return float(output.logits[0, given.anchor, column].sigmoid())
