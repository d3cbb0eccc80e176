"""Parquet tables in files: their length and columns are looked at before their rows are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet

from spotting_core.base.errors import BadInputError

MOST_ROWS = 20_000_000
"""Rows that a table of a half may have: every entity of three hours at 25 samples a second and 60 a sample."""


def read_table(
    path: Path, columns: Sequence[str] = (), *, what: str = "table", fix: str = "Copy it again", rows: int | None = None
) -> pa.Table:
    """A table that is what it should be.

    Arguments:
        columns: that it must have; rows: that it must have, None for any number up to ``MOST_ROWS``.

    Errors:
        BadInputError: missing, damaged, too long, of another length, or a column missing.
    """
    try:
        with parquet.ParquetFile(path) as file:
            count, names = file.metadata.num_rows, file.schema_arrow.names
            if count > MOST_ROWS or (rows is not None and count != rows):
                expected = f"at most {MOST_ROWS}" if rows is None else str(rows)
                raise BadInputError(f"this {what} has {count} rows, expected {expected}", where=path, fix=fix)
            missing = [name for name in columns if name not in names]
            if missing or len(set(names)) != len(names):
                lack = f"lacks the column {missing[0]}" if missing else "has a column twice"
                raise BadInputError(f"this {what} {lack}", where=path, fix=fix)
            return file.read()
    except FileNotFoundError as error:
        raise BadInputError(f"this {what} is missing", where=path, fix=fix) from error
    except (OSError, ValueError, KeyError, pa.ArrowException, MemoryError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise BadInputError(f"this {what} cannot be read ({reason})", where=path, fix=fix) from error


def check_table(path: Path, *, what: str = "table", fix: str = "Copy it again") -> None:
    """Refuse a file that is no whole table; only its two ends are looked at.

    Errors:
        BadInputError: missing, cut short, or another kind of file.
    """
    try:
        with path.open("rb") as handle:
            size = handle.seek(0, 2)
            handle.seek(0)
            start = handle.read(len(_SIGN))
            handle.seek(max(0, size - len(_SIGN)))
            end = handle.read(len(_SIGN))
    except FileNotFoundError as error:
        raise BadInputError(f"this {what} is missing", where=path, fix=fix) from error
    except OSError as error:
        raise BadInputError(f"this {what} cannot be read ({error.strerror})", where=path, fix=fix) from error
    if size < _SHORTEST or (start, end) != (_SIGN, _SIGN):
        raise BadInputError(f"this {what} is damaged: it is empty or was cut short", where=path, fix=fix)


_SIGN, _SHORTEST = b"PAR1", 12
