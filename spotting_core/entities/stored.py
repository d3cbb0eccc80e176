"""Entities of whole halves, found once and kept in the data directory: what spotting models train on."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from spotting_core.base.arrays import INTEGERS, open_array
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.files import locked, write_array
from spotting_core.entities.finder import Finder
from spotting_core.entities.table import TABLE_FILE, EntityTable
from spotting_core.media.decode import decode_samples
from spotting_core.media.fingerprint import kept_hash
from spotting_core.media.read_ahead import ahead
from spotting_core.media.stretches import stretch_count
from spotting_core.media.times import read_time_table

log = logging.getLogger(__name__)

_BATCH = 16
_AGAIN = "Delete its folder; it is made again"
_SIZE_FILE = "size.npy"


def stored_entities(
    video: Path, data: DataDirectory, finder: Finder, *, rate: float, most: int
) -> tuple[EntityTable, tuple[int, int]]:
    """Entities of a half, at most ``most`` per sample, and the size (width, height) their boxes refer to.

    Found in the pixels of the video if they are not stored yet.
    """
    folder = data.media(kept_hash(video, data)) / f"entities-{rate:g}-{most}-{finder.fingerprint()[:16]}"
    if not _complete(folder):
        with locked(folder.with_name(f"{folder.name}.lock")):
            if not _complete(folder):  # another process may have been at it
                _find(video, folder, finder, rate=rate, most=most)
    width, height = open_array(folder / _SIZE_FILE, INTEGERS, (2,), what="size of pictures", fix=_AGAIN)
    return EntityTable.read(folder), (int(width), int(height))


def _complete(folder: Path) -> bool:
    return (folder / TABLE_FILE).is_file() and (folder / _SIZE_FILE).is_file()


def _find(video: Path, folder: Path, finder: Finder, *, rate: float, most: int) -> None:
    """Find the entities of a half and write them; the table comes last, for it says that all is there."""
    table = read_time_table(video)
    frames = table.samples(rate)
    parts: list[EntityTable] = []
    size = (0, 0)
    for batch in ahead(decode_samples(video, table, frames, batch=_BATCH, stretches=stretch_count())):
        regions, _ = finder.find(batch.images)
        parts.append(
            EntityTable.of_regions(finder.prompts.names, regions, int(batch.samples[0]), finder.embed_dim, most)
        )
        size = (batch.images.shape[2], batch.images.shape[1])
    write_array(folder / _SIZE_FILE, np.array(size))
    whole = EntityTable.concatenate(parts)
    whole.write(folder)
    log.info("%s: %d entities in %d samples", video.name, len(whole), len(frames))
