"""What the replays of a half may show, as a table: one row for each candidate, and one for a replay without any."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import replacing
from spotting_core.base.tables import read_table as read_table_of
from spotting_core.domain.cameras import Candidate, Grounding, Link

FILE_NAME = "replays.parquet"
_SCHEMA = pa.schema([
    ("replay", pa.int32()),
    ("start", pa.int64()),
    ("end", pa.int64()),
    ("time", pa.int64()),
    ("label", pa.string()),
    ("confidence", pa.float32()),
])  # fmt: skip


def write_table(folder: Path, groundings: Sequence[Grounding]) -> None:
    """Write the groundings of a half; times in microseconds, ``time`` and what follows it empty without a candidate."""
    rows: list[dict[str, object]] = []
    for number, g in enumerate(groundings):
        start: dict[str, object] = {"replay": number, "start": g.start, "end": g.end}
        rows += [
            {**start, "time": c.link.time, "label": c.link.label, "confidence": c.confidence} for c in g.candidates
        ] or [start]
    with replacing(folder / FILE_NAME) as part:
        pq.write_table(pa.Table.from_pylist(rows, _SCHEMA), part)


def read_table(folder: Path, half: int) -> list[Grounding]:
    """The groundings of a half, in order.

    Errors:
        BadInputError: no such table, or a damaged one.
    """
    path = folder / FILE_NAME
    fix = "Analyse the match again"
    table = read_table_of(path, _SCHEMA.names, what="table of replays", fix=fix)
    try:
        rows = table.select(_SCHEMA.names).cast(_SCHEMA).to_pylist()
        if any(value is None for row in rows for value in (row["replay"], row["start"], row["end"])):
            raise ValueError("a replay without its times")
    except (ValueError, pa.ArrowException) as error:
        raise BadInputError(f"this table of replays cannot be read ({error})", where=path, fix=fix) from error
    replays: dict[int, tuple[int, int, list[Candidate]]] = {}
    for row in rows:
        own = replays.setdefault(row["replay"], (row["start"], row["end"], []))
        if row["time"] is not None:
            own[2].append(Candidate(Link(half, row["time"], row["label"] or ""), row["confidence"] or 0.0))
    return [Grounding(half, start, end, tuple(candidates)) for start, end, candidates in replays.values()]
