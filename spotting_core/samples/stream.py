"""The samples of a half as an analysis reads them: window after window, from one pass over its video.

Pictures are decoded and entities found as windows ask for them, and let go when no window needs them any more;
features are read where they lie.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spotting_core.entities.finder import Finder
from spotting_core.entities.table import EntityTable
from spotting_core.features.half import FeatureHalf
from spotting_core.media.decode import FrameTap, SampleBatch, decode_samples, resize_image
from spotting_core.media.ingest import Media
from spotting_core.media.read_ahead import ahead
from spotting_core.media.stretches import stretch_count
from spotting_core.models.inputs import PictureSize
from spotting_core.models.window import Samples
from spotting_core.models.window_plan import PlannedWindow
from spotting_core.samples.half import Inside
from spotting_core.samples.progress import Pace

DECODE_BATCH = 10  # samples; divides half a window, so that resumed work sees the same batches
MAX_HEIGHT = 1080
_WINDOWS_BACK = 2  # whose entities the next window may need again


@dataclass(frozen=True)
class EntityFindings:
    """What was found for the samples that a window is the first to show.

    Arguments:
        picture_embeddings: float32 (T, E), or None where entities come from files.
    """

    entities: EntityTable
    picture_embeddings: np.ndarray | None


def joined(parts: Sequence[EntityFindings]) -> EntityFindings:
    """What was found for consecutive windows, together."""
    embeddings = [part.picture_embeddings for part in parts if part.picture_embeddings is not None]
    return _findings([part.entities for part in parts], embeddings)


def _findings(tables: Sequence[EntityTable], embeddings: Sequence[np.ndarray]) -> EntityFindings:
    return EntityFindings(EntityTable.concatenate(tables), np.concatenate(embeddings) if embeddings else None)


@dataclass(frozen=True)
class StreamedWindow:
    """What a window reads.

    Arguments:
        findings: entities of the samples no window before it had, or None.
        substituted: how many samples show a neighbour of their frame.
    """

    samples: Samples
    findings: EntityFindings | None = None
    substituted: int = 0


class HalfStream:
    """Windows of one half, in order.

    Arguments:
        total: samples of the half; outside: what is read beyond them (see ``WindowPlan``).
        pictures, features: what the model reads, or None.
    """

    def __init__(
        self, total: int, outside: str, *, pictures: PictureStream | None, features: FeatureHalf | None
    ) -> None:
        self.total, self._outside, self._pictures, self.features = total, outside, pictures, features

    def read(self, window: PlannedWindow) -> StreamedWindow:
        """The next window; it begins no earlier than the one before."""
        inside = Inside(window.start, window.length, self.total)
        features = None
        if self.features is not None:
            features = inside.filled(self.features.rows(inside.low, inside.high), self._outside)
        if self._pictures is None:
            return StreamedWindow(Samples(window.start, inside.valid, features=features))
        shown = self._pictures.read(inside.low, inside.high)
        entities = inside.entities(shown.entities, self._pictures.source_size) if shown.entities is not None else None
        pictures = inside.filled(shown.pictures, self._outside)
        samples = Samples(window.start, inside.valid, pictures, entities, features)
        return StreamedWindow(samples, shown.findings, shown.substituted)

    def close(self) -> None:
        """Stop decoding."""
        if self._pictures is not None:
            self._pictures.close()


@dataclass(frozen=True)
class _Shown:
    """Consecutive samples: uint8 (T, H, W, 3), entities of these and of some before or None; see ``StreamedWindow``."""

    pictures: np.ndarray
    entities: EntityTable | None
    findings: EntityFindings | None
    substituted: int


class PictureStream:
    """Pictures of one half and the entities in them, in order.

    Arguments:
        size: of the model's pictures.
        finder, most: what finds entities, and how many per sample; None for a system without, or where they are known.
        known: the entities of the half, where they come from files.
        first: sample to begin with; already: samples below this have their entities, which are in ``before``; 0 where
            nothing has been looked at.
        report: called before every batch; raises to cancel.
        tap: sees every frame that is decoded.
    """

    def __init__(
        self,
        media: Media,
        frames: np.ndarray,
        *,
        size: PictureSize,
        finder: Finder | None,
        most: int,
        known: EntityTable | None,
        pace: Pace,
        report: Callable[[], None],
        first: int = 0,
        already: int = 0,
        before: Sequence[EntityTable] = (),
        tap: FrameTap | None = None,
    ) -> None:
        self._size, self._finder, self._most, self._known = size, finder, most, known
        self._pace, self._report = pace, report
        self._already, self._entities = already, list(before)
        self.source_size = (media.info.width, media.info.height)
        self._pictures: deque[np.ndarray] = deque()
        # What was looked at before is looked at once more, as far as the next pictures are judged by it.
        remembered = finder.remembered if finder is not None and already else 0
        self._start = min(first, _whole_batches(max(0, already - remembered))) if remembered else first
        self._following = finder.following() if finder is not None else None
        decoded = decode_samples(
            media.path,
            media.table,
            frames,
            batch=DECODE_BATCH,
            first=self._start,
            max_height=MAX_HEIGHT,
            tap=tap,
            stretches=stretch_count(),
        )
        self._batches = ahead(decoded)

    def read(self, start: int, stop: int) -> _Shown:
        """Read on until samples ``start`` to ``stop`` are there; those before ``start`` are let go."""
        self._let_go(start)
        tables: list[EntityTable] = []
        embeddings: list[np.ndarray] = []
        substituted = 0
        while self._start + len(self._pictures) < stop:
            self._report()
            with self._pace.stage("waiting for frames"):
                batch = next(self._batches)
            if int(batch.samples[0]) >= self._already:  # else the window before has counted them
                substituted += batch.substituted
            self._take(batch, tables, embeddings)
            self._let_go(start)
        findings = _findings(tables, embeddings) if tables else None
        if findings is not None:
            self._entities = [*self._entities[-_WINDOWS_BACK:], findings.entities]
        reads_entities = self._finder is not None or self._known is not None
        entities = EntityTable.concatenate(self._entities) if reads_entities else None
        pictures = np.stack([self._pictures[i] for i in range(stop - start)])
        return _Shown(pictures, entities, findings, substituted)

    def _let_go(self, start: int) -> None:
        while self._start < start and self._pictures:
            self._pictures.popleft()
            self._start += 1

    def close(self) -> None:
        """Stop decoding."""
        self._batches.close()  # type: ignore[attr-defined]

    def _take(self, batch: SampleBatch, tables: list[EntityTable], embeddings: list[np.ndarray]) -> None:
        self._pictures.extend(resize_image(image, self._size.width, self._size.height) for image in batch.images)
        first = int(batch.samples[0])
        if first < self._already:
            if self._finder is not None and self._following is not None and self._finder.remembered:
                with self._pace.stage("entities"):
                    self._following.find(batch.images)
            return
        if self._finder is not None and self._following is not None:
            with self._pace.stage("entities"):
                regions, embedding = self._following.find(batch.images)
            names = self._finder.prompts.names
            table = EntityTable.of_regions(names, regions, first, self._finder.embed_dim, self._most)
            tables.append(_in_source_pixels(table, batch.images.shape, self.source_size))
            embeddings.append(embedding)
        elif self._known is not None:
            tables.append(self._known.part(first, first + len(batch.samples)))
        self._pace.advance(len(batch.samples))


def _whole_batches(sample: int) -> int:
    """Where the batch begins in which a sample is."""
    return sample // DECODE_BATCH * DECODE_BATCH


def _in_source_pixels(table: EntityTable, shape: tuple[int, ...], size: tuple[int, int]) -> EntityTable:
    """Boxes of pictures that were scaled down while decoding, back in pixels of the source."""
    if (shape[2], shape[1]) == size:
        return table
    scale = np.array([size[0] / shape[2], size[1] / shape[1]] * 2, np.float32)
    return replace(table, box=table.box * scale)
