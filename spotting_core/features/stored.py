"""Features of whole halves, computed once from the video and kept in the data directory.

    media/<hash>/features-<rate>-<extractor>.npy    float16 (T, D), before any reduction

Rows are appended to a file of raw numbers as they come, in blocks that begin at the same samples every time, so
that work which was stopped goes on at its last whole block and ends with the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spotting_core.base.arrays import FLOATS, check_numbers, open_array
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import cannot_write
from spotting_core.base.files import locked, replacing
from spotting_core.base.report_done import ReportDone
from spotting_core.features.extractor import Extractor
from spotting_core.media.decode import decode_samples, resize_image
from spotting_core.media.ingest import Media
from spotting_core.media.read_ahead import ahead
from spotting_core.media.stretches import stretch_count

BLOCK = 160  # samples; a block of a shifting extractor is computed with its reach on either side
_DECODED = 32
_MAX_HEIGHT = 1080


def stored_features(
    media: Media, data: DataDirectory, extractor: Extractor, rate: float, report: ReportDone | None = None
) -> np.ndarray:
    """Features of a half at ``rate`` samples a second, memory-mapped: float16 (T, D).

    Errors:
        BadInputError: the video can no longer be read, or the features cannot be written.
    """
    path = data.media(media.hash) / f"features-{rate:g}-{extractor.spec.fingerprint[:16]}.npy"
    if not path.is_file():
        with locked(path.with_suffix(".lock")):
            if not path.is_file():  # another process may have been at it
                _compute(path, media, media.table.samples(rate), extractor, report)
    again = "Delete it; it is made again"
    check_numbers(path, what="kept feature file", fix=again)
    return open_array(path, FLOATS, (None, extractor.dim), what="kept feature file", fix=again)


def _compute(path: Path, media: Media, frames: np.ndarray, extractor: Extractor, report: ReportDone | None) -> None:
    raw = path.with_suffix(".rows")
    try:
        _append_rows(raw, media, frames, extractor, report)
    except OSError as error:
        raise cannot_write(error, raw) from error
    with replacing(path) as part, part.open("wb") as handle:
        np.save(handle, np.fromfile(raw, np.float16).reshape(len(frames), extractor.dim))
    raw.unlink()


def _append_rows(raw: Path, media: Media, frames: np.ndarray, extractor: Extractor, report: ReportDone | None) -> None:
    row = 2 * extractor.dim
    done = raw.stat().st_size // row // BLOCK * BLOCK if raw.is_file() else 0
    with raw.open("r+b" if done else "wb") as handle:
        handle.truncate(done * row)
        handle.seek(done * row)
        for values in _blocks(media, frames, extractor, done):
            handle.write(values.astype(np.float16).tobytes())
            handle.flush()
            done += len(values)
            if report:
                report(done, len(frames))


def _blocks(media: Media, frames: np.ndarray, extractor: Extractor, first: int) -> Iterator[np.ndarray]:
    """Features of samples from ``first`` on, block by block, each seen with its neighbours."""
    reach, total = extractor.reach, len(frames)
    held: list[np.ndarray] = []
    start = max(0, first - reach)
    pictures = _pictures(media, frames, start, extractor.spec.size)
    for begin in range(first, total, BLOCK):
        end = min(begin + BLOCK, total)
        low, high = max(0, begin - reach), min(total, end + reach)
        held, start = held[low - start :], low
        while start + len(held) < high:
            held.append(next(pictures))
        yield extractor.features(np.stack(held[: high - low]))[begin - low : end - low]


def _pictures(media: Media, frames: np.ndarray, first: int, size: tuple[int, int]) -> Iterator[np.ndarray]:
    batches = decode_samples(
        media.path,
        media.table,
        frames,
        batch=_DECODED,
        first=first,
        max_height=_MAX_HEIGHT,
        stretches=stretch_count(),
    )
    for batch in ahead(batches):
        yield from (resize_image(image, *size) for image in batch.images)
