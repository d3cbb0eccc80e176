"""The frames of a half as a model needs them, from one pass over the video: small pictures and entities."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spotting_core.entities.finder import EntityFinder
from spotting_core.entities.table import EntityTable
from spotting_core.inference.progress import Pace
from spotting_core.inference.windows import Span
from spotting_core.media.decode import SampleBatch, ahead, decode_samples, resize_image
from spotting_core.media.ingest import Media

DECODE_BATCH = 10  # samples; divides half a window, so that resumed work sees the same batches
MAX_HEIGHT = 1080
_WINDOWS_BACK = 2  # whose entities the next window may need again


@dataclass(frozen=True)
class Found:
    """What was found for the samples that a window is the first to show."""

    entities: EntityTable
    picture_embeddings: np.ndarray


@dataclass(frozen=True)
class WindowInput:
    """What a window reads.

    Arguments:
        pictures: uint8 (T, H, W, 3) at the model's size.
        entities: of the window's samples (and of some before), or None for a system without.
        found: entities of the samples no window before it had, or None.
        substituted: how many samples show a neighbour of their frame.
    """

    pictures: np.ndarray
    entities: EntityTable | None
    found: Found | None
    substituted: int


class FrameStream:
    """Windows of one half, in order.

    Arguments:
        size: (width, height) of the model's pictures.
        finder, most: what finds entities, and how many per sample; None for a system without.
        first: sample to begin with; already: samples below this have their entities, which are in ``before``.
        tell: called before every batch; raises to cancel.
    """

    def __init__(
        self,
        media: Media,
        frames: np.ndarray,
        *,
        size: tuple[int, int],
        finder: EntityFinder | None,
        most: int,
        pace: Pace,
        tell: Callable[[], None],
        first: int = 0,
        already: int = 0,
        before: Sequence[EntityTable] = (),
    ) -> None:
        self._size, self._finder, self._most = size, finder, most
        self._pace, self._tell = pace, tell
        self._already, self._entities = already, list(before)
        self._source_size = (media.info.width, media.info.height)
        self._pictures: deque[np.ndarray] = deque()
        self._start = first
        decoded = decode_samples(
            media.path, media.table, frames, batch=DECODE_BATCH, first=first, max_height=MAX_HEIGHT
        )
        self._batches = ahead(decoded)

    def window(self, span: Span) -> WindowInput:
        """Read on until a window is complete; frames before it are let go."""
        while self._start < span.start and self._pictures:
            self._pictures.popleft()
            self._start += 1
        tables: list[EntityTable] = []
        embeddings: list[np.ndarray] = []
        substituted = 0
        while self._start + len(self._pictures) < span.stop:
            self._tell()
            with self._pace.stage("waiting for frames"):
                batch = next(self._batches)
            if int(batch.samples[0]) >= self._already:  # else the window before has counted them
                substituted += batch.substituted
            self._take(batch, tables, embeddings)
        found = Found(EntityTable.concatenate(tables), np.concatenate(embeddings)) if tables else None
        if found is not None:
            self._entities = [*self._entities[-_WINDOWS_BACK:], found.entities]
        entities = EntityTable.concatenate(self._entities) if self._finder is not None else None
        pictures = np.stack([self._pictures[i] for i in range(len(span))])
        return WindowInput(pictures, entities, found, substituted)

    def close(self) -> None:
        """Stop decoding."""
        self._batches.close()  # type: ignore[attr-defined]

    def _take(self, batch: SampleBatch, tables: list[EntityTable], embeddings: list[np.ndarray]) -> None:
        self._pictures.extend(resize_image(image, *self._size) for image in batch.images)
        first = int(batch.samples[0])
        if first < self._already:
            return
        if self._finder is not None:
            with self._pace.stage("entities"):
                regions, embedding = self._finder.find(batch.images)
            names = self._finder.prompts.names
            table = EntityTable.of_regions(names, regions, first, self._finder.embed_dim, self._most)
            tables.append(_in_source_pixels(table, batch.images.shape, self._source_size))
            embeddings.append(embedding)
        self._pace.advance(len(batch.samples))


def _in_source_pixels(table: EntityTable, shape: tuple[int, ...], size: tuple[int, int]) -> EntityTable:
    """Boxes of pictures that were scaled down while decoding, back in pixels of the source."""
    if (shape[2], shape[1]) == size:
        return table
    scale = np.array([size[0] / shape[2], size[1] / shape[1]] * 2, np.float32)
    return replace(table, box=table.box * scale)
