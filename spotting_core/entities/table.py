"""All entities of a half: one row per region, with the sample it was found in.

On disk this is ``entities.parquet`` with ``entity_embeddings.npy``, one row each, in an analysis folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from spotting_core.base.arrays import FLAGS, FLOATS, INTEGERS, open_array
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import replacing, write_array
from spotting_core.base.tables import read_table
from spotting_core.entities.region import Regions

TABLE_FILE, EMBEDDING_FILE = "entities.parquet", "entity_embeddings.npy"
_CORNERS = ("x1", "y1", "x2", "y2")
_KINDS = {"sample": INTEGERS, "entity": INTEGERS, "score": FLOATS, **dict.fromkeys(_CORNERS, FLOATS)}
_LATER = {"kept": FLAGS, "weight": FLOATS}  # once the spotting model has seen them


def best_of_each(regions: Regions, most: int) -> Regions:
    """At most ``most`` regions: the best of every name, then the second best of every name, and so on.

    Taken by probability alone, twenty players would push out the ball and the card, which are found with less
    certainty and decide more. ``regions`` are in falling order of probability, and so is the result.
    """
    if len(regions) <= most:
        return regions
    rank = np.zeros(len(regions), np.int64)
    for name in np.unique(regions.entity):
        own = regions.entity == name
        rank[own] = np.arange(int(own.sum()))
    return regions.take(np.sort(np.argsort(rank, kind="stable")[:most]))


@dataclass(frozen=True)
class EntityTable:
    """Rows sorted by sample, the most probable of each sample first.

    Arguments:
        names: of the entities, by index.
        sample: int32 (N,); entity: int16 (N,); score: float32 (N,).
        box: float32 (N, 4), x1, y1, x2, y2 in source pixels.
        embedding: float16 (N, E), unit length; float32 and of any length where they come from files of others.
        kept: bool (N,) and weight: float32 (N,), what the spotting model made of them; None before it ran.
    """

    names: tuple[str, ...]
    sample: np.ndarray
    entity: np.ndarray
    score: np.ndarray
    box: np.ndarray
    embedding: np.ndarray
    kept: np.ndarray | None = None
    weight: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.sample)

    @classmethod
    def of_regions(
        cls, names: Sequence[str], regions_by_sample: Sequence[Regions], first: int, embed_dim: int, most: int
    ) -> EntityTable:
        """Rows of consecutive samples from ``first`` on, at most ``most`` regions of each (see ``best_of_each``)."""
        cut = [best_of_each(regions, most) for regions in regions_by_sample]
        parts = cut or [Regions.none(embed_dim)]
        return cls(
            names=tuple(names),
            sample=np.repeat(np.arange(first, first + len(cut), dtype=np.int32), [len(r) for r in cut]),
            entity=np.concatenate([r.entity for r in parts]).astype(np.int16),
            score=np.concatenate([r.score for r in parts]).astype(np.float32),
            box=np.concatenate([r.boxes for r in parts]).astype(np.float32).reshape(-1, 4),
            embedding=np.concatenate([r.embedding for r in parts]).astype(np.float16).reshape(-1, embed_dim),
        )

    @classmethod
    def concatenate(cls, parts: Sequence[EntityTable]) -> EntityTable:
        """Join tables of consecutive stretches of a half."""
        joined = {
            name: np.concatenate([getattr(p, name) for p in parts])
            for name in ("sample", "entity", "score", "box", "embedding")
        }
        return cls(parts[0].names, **joined)

    def rows(self, first: int, stop: int) -> slice:
        """Rows of the samples ``first`` to ``stop`` (exclusive)."""
        lo, hi = np.searchsorted(self.sample, [first, stop])
        return slice(int(lo), int(hi))

    def part(self, first: int, stop: int) -> EntityTable:
        """The entities of the samples ``first`` to ``stop`` (exclusive), before a spotting model has seen them."""
        rows = self.rows(first, stop)
        columns = (self.sample, self.entity, self.score, self.box, self.embedding)
        return EntityTable(self.names, *(values[rows] for values in columns))

    def slots(self, first: int, stop: int) -> tuple[np.ndarray, np.ndarray, int]:
        """Where each row of a stretch of samples goes in a padded set: (sample - first, slot, widest)."""
        sample = self.sample[self.rows(first, stop)] - first
        starts = np.searchsorted(sample, np.arange(stop - first))
        slot = np.arange(len(sample)) - starts[sample] if len(sample) else np.zeros(0, np.int64)
        return sample, slot, int(slot.max(initial=-1)) + 1

    def regions(self, sample: int) -> Regions:
        """What was found in one sample."""
        rows = self.rows(sample, sample + 1)
        embedding = self.embedding[rows].astype(np.float32)
        return Regions(self.entity[rows].astype(np.int64), self.score[rows], self.box[rows], embedding)

    def with_attention(self, kept: np.ndarray, weight: np.ndarray) -> EntityTable:
        return replace(self, kept=kept, weight=weight)

    def write(self, folder: Path) -> None:
        """Write both files, the table last."""
        write_array(folder / EMBEDDING_FILE, self.embedding)
        columns: dict[str, np.ndarray] = {"sample": self.sample, "entity": self.entity, "score": self.score}
        columns |= {name: self.box[:, i] for i, name in enumerate(_CORNERS)}
        if self.kept is not None and self.weight is not None:
            columns |= {"kept": self.kept, "weight": self.weight.astype(np.float32)}
        table = pa.table({name: pa.array(values) for name, values in columns.items()})
        table = table.replace_schema_metadata({"entities": "\n".join(self.names)})
        with replacing(folder / TABLE_FILE) as part:
            parquet.write_table(table, part, compression="zstd")

    @classmethod
    def read(cls, folder: Path) -> EntityTable:
        """Read both files.

        Errors:
            BadInputError: missing, damaged, or of different lengths.
        """
        fix = "Analyse the match again"
        embedding = np.array(
            open_array(folder / EMBEDDING_FILE, FLOATS, (None, None), what="array of entities", fix=fix)
        )
        table = read_table(folder / TABLE_FILE, tuple(_KINDS), what="table of entities", fix=fix, rows=len(embedding))
        named = (table.schema.metadata or {}).get(b"entities", b"")
        names = tuple(named.decode("utf-8", "replace").split("\n"))
        column = {name: table.column(name).to_numpy() for name in table.column_names if name in {**_KINDS, **_LATER}}
        for name, values in column.items():
            if values.dtype.kind not in {**_KINDS, **_LATER}[name]:
                what = f"the column {name} of this table holds {values.dtype}"
                raise BadInputError(what, where=folder / TABLE_FILE, fix=fix)
        sample, entity = column["sample"], column["entity"]
        if len(sample) and (np.any(np.diff(sample) < 0) or entity.min() < 0 or entity.max() >= len(names)):
            what = "the rows of this table are out of order, or of entities that it does not name"
            raise BadInputError(what, where=folder / TABLE_FILE, fix=fix)
        return cls(
            names=names,
            sample=column["sample"],
            entity=column["entity"],
            score=column["score"],
            box=np.stack([column[c] for c in _CORNERS], axis=1),
            embedding=embedding,
            kept=column.get("kept"),
            weight=column.get("weight"),
        )
