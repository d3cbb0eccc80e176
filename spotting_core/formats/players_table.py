"""Players of a match as one long Parquet table: a row for everybody at every sample.

period, time (seconds), frame (number of the sample, from 0), track, team (home, away or null), jersey (null: nobody
reads it), role, x, y (metres, origin at the centre spot, y towards the main camera), confidence, visible (False: told
from the track, not seen), calibration_error (metres); beside these team_confidence and error, the whole expected error
in metres. Rate and pitch stand in the file's metadata.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import replacing
from spotting_core.base.tables import read_table
from spotting_core.domain.people import MatchPlayers, Placed, Role
from spotting_core.domain.pitch import Pitch

FORM = "parquet"
_SCHEMA = pa.schema([
    ("period", pa.int16()), ("time", pa.float64()), ("frame", pa.int32()), ("track", pa.int32()),
    ("team", pa.string()), ("jersey", pa.int16()), ("role", pa.string()), ("x", pa.float32()), ("y", pa.float32()),
    ("confidence", pa.float32()), ("visible", pa.bool_()), ("calibration_error", pa.float32()),
    ("team_confidence", pa.float32()), ("error", pa.float32()),
])  # fmt: skip


def write(path: Path, players: MatchPlayers) -> list[Path]:
    """Write the table; returns the files.

    Errors:
        BadInputError: it cannot be written.
    """
    frame = {half: {time: n for n, time in enumerate(times)} for half, times in players.samples.items()}
    rows = players.placed
    columns = [
        [p.half for p in rows],
        [p.time / 1e6 for p in rows],
        [frame[p.half][p.time] for p in rows],
        [p.track for p in rows],
        [p.team or None for p in rows],
        [None] * len(rows),
        [p.role.value for p in rows],
        [p.x for p in rows],
        [p.y for p in rows],
        [p.confidence for p in rows],
        [p.seen for p in rows],
        [players.errors.get((p.half, p.time)) for p in rows],
        [p.team_confidence for p in rows],
        [p.error for p in rows],
    ]
    about = {
        "rate": f"{players.rate:g}",
        "pitch": f"{players.pitch.length:g} {players.pitch.width:g}",
        "notes": "\n".join(players.notes),
    }
    arrays = [pa.array(c, kind.type) for c, kind in zip(columns, _SCHEMA, strict=True)]
    table = pa.table(arrays, schema=_SCHEMA.with_metadata(about))
    with replacing(path) as part:
        parquet.write_table(table, part, compression="zstd")
    return [path]


@dataclass(frozen=True)
class PlayersTable:
    """What a table holds: its rows, samples a second, and the pitch."""

    placed: tuple[Placed, ...]
    rate: float
    pitch: Pitch


def read(path: Path) -> PlayersTable:
    """Read a table; those seen have an empty box, for it holds none.

    Errors:
        BadInputError: no such table, a column is missing, or it holds numbers that are none.
    """
    table = read_table(path, what="table of players")
    missing = [name for name in _SCHEMA.names if name not in table.column_names]
    about = table.schema.metadata or {}
    if missing or b"rate" not in about or b"pitch" not in about:
        what = f"the columns {', '.join(missing)}" if missing else "its rate and pitch"
        raise BadInputError(f"this table of players lacks {what}", where=path, fix="Write it with touchline players")
    try:
        table = table.select(_SCHEMA.names).cast(_SCHEMA.with_metadata(about))
    except (ValueError, pa.ArrowException) as error:
        raise BadInputError(f"this table of players is damaged ({error})", where=path) from error
    if not np.isfinite(table.column("x").to_numpy()).all() or not np.isfinite(table.column("y").to_numpy()).all():
        raise BadInputError("this table of players has places that are no numbers", where=path)
    try:
        placed = tuple(_placed(row) for row in table.to_pylist())
        rate, pitch = float(about[b"rate"]), Pitch(*(float(side) for side in about[b"pitch"].split()))
    except (ValueError, TypeError, ArithmeticError) as error:
        raise BadInputError(f"this table of players is damaged ({error})", where=path) from error
    return PlayersTable(placed, rate, pitch)


def _placed(row: dict[str, float | str | None]) -> Placed:
    return Placed(
        int(row["period"]), round(float(row["time"]) * 1e6), int(row["track"]), Role(row["role"]),  # type: ignore[arg-type]
        str(row["team"] or ""), float(row["team_confidence"]), float(row["x"]), float(row["y"]), float(row["error"]),  # type: ignore[arg-type]
        float(row["confidence"]), (0.0, 0.0, 0.0, 0.0) if row["visible"] else None,  # type: ignore[arg-type]
    )  # fmt: skip
