"""Spots as a table: CSV with a header line.

    half,match_time,seconds,label,confidence,team,visible,source

A file of several matches has a column ``game`` first. Reading needs ``label`` and a time (``seconds``,
``position`` in milliseconds, or ``time`` as a clock or seconds); other columns are kept. Rows are read one by
one; those of a match must follow each other. A text that a spreadsheet would run is quoted (``formats.cells``).

Spreadsheets of other countries part cells by semicolons and write decimal commas, may say so in a first line ``sep=;``,
and save as UTF-16 or in the code page of Windows: all of that is read.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any, TextIO

from spotting_core.base.archives import unpacked_text
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import check_regular, replacing
from spotting_core.base.texts import TITLES
from spotting_core.domain.class_names import plain_name
from spotting_core.domain.parts import Parts
from spotting_core.domain.spots import TEAMS, TRUTH, Spot
from spotting_core.formats.cells import CellWriter, read_cell
from spotting_core.formats.document import Document, Entry, Options, bounded, possible
from spotting_core.formats.labels_v2 import of_halves
from spotting_core.formats.tree import LARGEST_MEMBER
from spotting_core.formats.written_numbers import named_half, parse_number, parse_time

FORM = "csv"
COLUMNS = ("half", "match_time", "seconds", "label", "confidence", "team", "visible", "source")
IMPORTED = "imported"
_TIMES = ("seconds", "position", "time")
_ALSO = {
    "label": ("class", "action", "event", "code"), "half": ("period",), "confidence": ("probability",),
    "position": ("position_ms", "milliseconds"),
}  # fmt: skip
_SEPARATOR = re.compile(r"sep=(.)", re.IGNORECASE)
_LONGEST_LINE = 1 << 20  # characters: what is longer is no line of a table
_VISIBLE = {"yes": True, "true": True, "1": True, "visible": True, "no": False, "false": False, "0": False}
_VISIBLE["not shown"] = False


def read_documents(path: Path, options: Options) -> Iterator[Document]:
    """Matches of a file, one by one.

    Errors:
        BadInputError: no text, a column missing, or a row that cannot be read; names the line.
    """
    check_regular(path)
    try:
        _check_sizes(path, options.encoding)
        with unpacked_text(path, options.encoding) as (handle, encoding):
            table = _Table.of(handle, path)
            guessed = options.encoding is None and encoding in TITLES
            notes = (f"{path}: its text is read as {TITLES[encoding]}",) if guessed else ()
            rows = ((f"{path}, line {table.line}", row) for row in table.rows())
            for game, group in groupby((_entry(where, row, table) for where, row in rows), key=lambda pair: pair[0]):
                entries, running = of_halves([entry for _, entry in group])
                yield Document(tuple(entries), game, FORM, notes=(*notes, *running))
    except csv.Error as error:
        raise BadInputError(f"this file is not CSV ({error})", where=path) from error


def _check_sizes(path: Path, encoding: str | None) -> None:
    """Refuse a table of which one match is too large, before any of its lines is read: that takes thirty times as long
    as counting them.

    Errors:
        BadInputError: one has more lines than ``bounded`` lets through, or the only one too many bytes.
    """
    with unpacked_text(path, encoding) as (handle, _):
        table = _Table.of(handle, path)
        at = table.columns.get("game")
        if at is None and path.stat().st_size > LARGEST_MEMBER:
            what = f"this table of one match is larger than {LARGEST_MEMBER >> 20} MB, which none is"
            raise BadInputError(what, where=path, fix="Give a column game where it holds several matches")
        lines = ("" if at is None or at >= len(row) else row[at] for row in table.rows())
        for _, group in groupby(lines):
            deque(bounded(group, path), maxlen=0)


@dataclass
class _Table:
    """The rows of a file below its header.

    Arguments:
        columns: place of each of ours; others: names and places of those that are kept; time: which of ours says the
            time; comma: whether numbers may have a decimal comma with three digits behind it; before: lines that
            precede what the reader counts.
    """

    reader: Any
    columns: Mapping[str, int]
    others: Mapping[str, int]
    width: int
    time: str
    comma: bool
    before: int

    @property
    def line(self) -> int:
        return int(self.reader.line_num) + self.before

    @classmethod
    def of(cls, handle: TextIO, path: Path) -> _Table:
        """Read the header.

        Errors:
            BadInputError: there is none, or a column is missing or there twice.
        """
        head, before = handle.readline(_LONGEST_LINE), 0
        named = _SEPARATOR.fullmatch(head.strip('\r\n "'))
        if named:
            head, before = handle.readline(_LONGEST_LINE), 1
        delimiter = named[1] if named else max(",;\t|", key=head.count)
        reader = csv.reader(chain([head], iter(lambda: handle.readline(_LONGEST_LINE), "")), delimiter=delimiter)
        names = [name.strip() for name in next(reader, [])]
        lower = [name.lower() for name in names]
        columns = {ours: lower.index(ours) for ours in (*COLUMNS, *_TIMES, "game") if ours in lower}
        for ours, others in _ALSO.items():
            called = [other for other in others if other in lower]
            if ours not in columns and len(called) == 1:
                columns[ours] = lower.index(called[0])
        time = next((t for t in _TIMES if t in columns), None)
        if "label" not in columns or time is None:
            raise BadInputError("this table needs the columns label and seconds (or position, or time)", where=path)
        twice = next((name for name in columns if lower.count(name) > 1), None)
        if twice is not None:
            raise BadInputError(f"this table has the column {twice} twice", where=path, fix="Leave one of them")
        own = {columns[name] for name in (*COLUMNS, "game", time) if name in columns}
        kept = {name: at for at, name in enumerate(names) if at not in own and name}
        return cls(reader, columns, kept, len(names), time, delimiter != ",", before)

    def rows(self) -> Iterator[list[str]]:
        """Rows with a cell; empty lines are passed over."""
        return (row for row in self.reader if any(cell.strip() for cell in row))


def _entry(where: str, row: Sequence[str], table: _Table) -> tuple[str, Entry]:
    def cell(name: str) -> str:
        at = table.columns.get(name)
        return read_cell(row[at].strip()) if at is not None and at < len(row) else ""

    if len(row) > table.width and any(c.strip() for c in row[table.width :]):
        raise BadInputError("this line has more cells than the header", where=where)
    try:
        at = _time(cell(table.time), table)
        half = named_half(cell("half")) or _whole(cell("half") or "1")
        confidence = parse_number(cell("confidence"), comma=table.comma) if cell("confidence") else None
    except BadInputError as error:
        raise BadInputError(error.what, where=where, fix=error.fix) from error
    except (ValueError, ArithmeticError) as error:
        what = f"the half, time or confidence of this line cannot be read ({error})"
        raise BadInputError(what, where=where) from error
    if not cell("label"):
        raise BadInputError("this line has no label", where=where)
    team = cell("team").lower() if cell("team").lower() in TEAMS else "unknown"
    source = cell("source") or (TRUTH if confidence is None else IMPORTED)
    extras = {name: read_cell(row[place]) if place < len(row) else "" for name, place in table.others.items()}
    if cell("team") and cell("team").lower() not in TEAMS:
        extras["team"] = cell("team")
    visible = _VISIBLE.get(cell("visible").lower())
    spot = possible(Spot(half, at, plain_name(cell("label")), confidence, team, visible, source), where)
    return cell("game"), Entry(spot, extras)


def _time(text: str, table: _Table) -> int:
    if table.time != "position" and ":" in text:
        return parse_time(text)
    return round(parse_number(text, comma=table.comma) * (1000 if table.time == "position" else 1_000_000))


def _whole(text: str) -> int:
    number = parse_number(text)
    if number != int(number):
        raise ValueError(f"{text!r} is no number of a half")
    return int(number)


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
