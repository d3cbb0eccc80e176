"""Entities of whole halves, found once and kept in the data directory: what spotting models train on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spotting_core.base.arrays import INTEGERS, open_array
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.files import locked, write_array
from spotting_core.entities.finder import EntityFinder, Finder, RescoredFinder
from spotting_core.entities.table import TABLE_FILE, EntityTable
from spotting_core.media.decode import decode_samples
from spotting_core.media.fingerprint import kept_hash
from spotting_core.media.read_ahead import ahead
from spotting_core.media.stretches import stretch_count
from spotting_core.media.times import read_time_table

log = logging.getLogger(__name__)

_BATCH = 16
_ALL = 1000  # proposals in a picture: more than there can be
_AGAIN = "Delete its folder; it is made again"
_SIZE_FILE = "size.npy"


def stored_entities(
    video: Path, data: DataDirectory, finder: Finder, *, rate: float, most: int
) -> tuple[EntityTable, tuple[int, int]]:
    """Entities of a half, at most ``most`` per sample, and the size (width, height) their boxes refer to.

    Found in the pixels of the video if they are not stored yet. Of a finder that judges its proposals these are stored
    as well: they can be judged anew without the pictures.
    """
    folder = data.media(kept_hash(video, data)) / f"entities-{rate:g}-{most}-{finder.fingerprint()[:16]}"
    if not _complete(folder):
        with locked(folder.with_name(f"{folder.name}.lock")):
            if not _complete(folder):  # another process may have been at it
                if isinstance(finder, EntityFinder) and finder.rescoring is not None:
                    _judge(video, data, folder, finder, rate=rate, most=most)
                else:
                    _find(video, folder, finder, rate=rate, most=most)
    width, height = open_array(folder / _SIZE_FILE, INTEGERS, (2,), what="size of pictures", fix=_AGAIN)
    return EntityTable.read(folder), (int(width), int(height))


def _complete(folder: Path) -> bool:
    return (folder / TABLE_FILE).is_file() and (folder / _SIZE_FILE).is_file()


def stored_proposals(
    video: Path, data: DataDirectory, finder: EntityFinder, *, rate: float
) -> tuple[EntityTable, tuple[int, int]]:
    """What a finder proposes in a half, and the size of its pictures; see ``stored_entities``."""
    return stored_entities(video, data, finder.proposing(), rate=rate, most=_ALL)


def _judge(video: Path, data: DataDirectory, folder: Path, finder: EntityFinder, *, rate: float, most: int) -> None:
    """Judge what is proposed in a half, and write what is found."""
    proposed, size = stored_proposals(video, data, finder, rate=rate)
    assert finder.rescoring is not None
    following, samples = RescoredFinder(finder, finder.rescoring), len(read_time_table(video).samples(rate))
    parts = []
    for first in range(0, samples, _BATCH):
        regions = [proposed.regions(sample) for sample in range(first, min(first + _BATCH, samples))]
        judged = following.rescored(regions, size[0])
        parts.append(EntityTable.of_regions(finder.prompts.names, judged, first, finder.embed_dim, most))
    _write(folder, parts, size)


def _find(video: Path, folder: Path, finder: Finder, *, rate: float, most: int) -> None:
    """Find the entities of a half in its pixels, and write them.

    The pictures are as large as they are decoded, to which boxes refer.
    """
    table = read_time_table(video)
    frames = table.samples(rate)
    parts: list[EntityTable] = []
    size = (0, 0)
    following = finder.following()
    for batch in ahead(decode_samples(video, table, frames, batch=_BATCH, stretches=stretch_count())):
        regions, _ = following.find(batch.images)
        parts.append(
            EntityTable.of_regions(finder.prompts.names, regions, int(batch.samples[0]), finder.embed_dim, most)
        )
        size = (batch.images.shape[2], batch.images.shape[1])
    _write(folder, parts, size)


def _write(folder: Path, parts: Sequence[EntityTable], size: tuple[int, int]) -> None:
    """Write the entities of a half; the table comes last, for it says that all is there."""
    write_array(folder / _SIZE_FILE, np.array(size))
    whole = EntityTable.concatenate(parts)
    whole.write(folder)
    log.info("%s: %d entities", folder.name, len(whole))
