"""Spots as a table: CSV with a header line.

    half,match_time,seconds,label,confidence,team,visible,source

A file of several matches has a column ``game`` first. Reading needs ``label`` and a time (``seconds``,
``position`` in milliseconds, or ``time`` as a clock or seconds); other columns are kept. Rows are read one by
one; those of a match must follow each other. A text that a spreadsheet would run is quoted (``formats.cells``).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, groupby, islice
from pathlib import Path
from typing import TextIO

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import replacing
from spotting_core.domain.clock import parse_clock
from spotting_core.domain.parts import Parts
from spotting_core.domain.spots import TEAMS, TRUTH, Spot
from spotting_core.formats.cells import CellWriter, read_cell
from spotting_core.formats.document import Document, Entry, Options, possible

FORM = "csv"
COLUMNS = ("half", "match_time", "seconds", "label", "confidence", "team", "visible", "source")
IMPORTED = "imported"
_TIMES = ("seconds", "position", "time")
_VISIBLE = {"yes": True, "true": True, "1": True, "visible": True, "no": False, "false": False, "0": False}
_VISIBLE["not shown"] = False


def read_documents(path: Path, options: Options) -> Iterator[Document]:
    """Matches of a file, one by one.

    Errors:
        BadInputError: not UTF-8, a column missing, or a row that cannot be read; names the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle, dialect=_dialect(handle))
            names = [str(n) for n in reader.fieldnames or ()]
            columns = {n.strip().lower(): n for n in names}
            time = next((t for t in _TIMES if t in columns), None)
            if "label" not in columns or time is None:
                raise BadInputError("this table needs the columns label and seconds (or position, or time)", where=path)
            entries = (_entry(f"{path}, line {reader.line_num}", row, columns, time) for row in reader)
            for game, group in groupby(entries, key=lambda pair: pair[0]):
                yield Document(tuple(entry for _, entry in group), game, FORM)
    except FileNotFoundError as error:
        raise BadInputError("this file does not exist", where=path) from error
    except UnicodeDecodeError as error:
        raise BadInputError("this file is not UTF-8 text", where=path, fix="Save it as CSV UTF-8") from error
    except csv.Error as error:
        raise BadInputError(f"this file is not CSV ({error})", where=path) from error


def _dialect(handle: TextIO) -> type[csv.Dialect]:
    """Commas, or what a spreadsheet puts in their place; told from the header line."""
    head = handle.readline()
    handle.seek(0)

    class HeaderDialect(csv.excel):
        delimiter = max(",;\t", key=head.count)

    return HeaderDialect


def _entry(where: str, row: Mapping[str, str], columns: Mapping[str, str], time: str) -> tuple[str, Entry]:
    def cell(name: str) -> str:
        return read_cell((row.get(columns.get(name, "")) or "").strip())

    if None in row:
        raise BadInputError("this line has more cells than the header", where=where)
    try:
        at = _time(cell(time), time)
        half = int(cell("half") or 1)
        confidence = float(cell("confidence")) if cell("confidence") else None
    except (ValueError, ArithmeticError, BadInputError) as error:
        raise BadInputError("the half, time or confidence of this line cannot be read", where=where) from error
    if not cell("label"):
        raise BadInputError("this line has no label", where=where)
    team = cell("team").lower() if cell("team").lower() in TEAMS else "unknown"
    source = cell("source") or (TRUTH if confidence is None else IMPORTED)
    own = {*COLUMNS, "game", time}
    extras = {name: read_cell(row[name] or "") for key, name in columns.items() if key not in own}
    if cell("team") and cell("team").lower() not in TEAMS:
        extras["team"] = cell("team")
    visible = _VISIBLE.get(cell("visible").lower())
    spot = possible(Spot(half, at, cell("label"), confidence, team, visible, source), where)
    return cell("game"), Entry(spot, extras)


def _time(text: str, column: str) -> int:
    if column == "time" and ":" in text:
        return parse_clock(text)
    return round(float(text) * (1000 if column == "position" else 1_000_000))


def write_documents(path: Path, documents: Iterable[Document], options: Options) -> int:
    """Write matches as one table; returns how many."""
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as handle:
        return write_rows(handle, documents, options)


def write_rows(handle: TextIO, documents: Iterable[Document], options: Options) -> int:
    """Write matches as a table to a text stream; returns how many.

    The header line comes first, so the columns are those of the first two matches: a second match brings the
    column ``game``, the fields kept of the first bring theirs.
    """
    stream = iter(documents)
    head = list(islice(stream, 2))
    kept = list(dict.fromkeys(k for d in head if d.form == FORM for e in d.entries for k in e.extras if k != "team"))
    games = len(head) > 1 or any(d.game and d.form == FORM for d in head)
    writer = CellWriter(handle)
    writer.write([*(("game",) if games else ()), *COLUMNS, *kept])
    count = 0
    for document in chain(head, stream):
        count += 1
        for entry in document.entries:
            extras = document.extras(entry, FORM)
            row = _row(entry.spot, extras, options.parts)
            cells = [*((document.game,) if games else ()), *row, *(extras.get(k) or "" for k in kept)]
            writer.write(cells)
    return count


def _row(spot: Spot, extras: Mapping[str, str], parts: Parts) -> list[str]:
    seconds = f"{spot.time / 1e6:.6f}"
    return [
        str(spot.half),
        parts.match_clock(spot.half, spot.time),
        seconds[:-3] if seconds.endswith("000") else seconds,
        spot.label,
        "" if spot.confidence is None else repr(spot.confidence),
        extras.get("team", "unknown") if spot.team == "unknown" else spot.team,
        "" if spot.visible is None else "yes" if spot.visible else "no",
        spot.source,
    ]
