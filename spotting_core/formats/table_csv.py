"""Spots as a table: CSV with a header line.

    half,match_time,seconds,label,confidence,team,visible,source

A file of several matches has a column ``game`` first. Reading needs ``label`` and a time (``seconds``,
``position`` in milliseconds, or ``time`` as a clock or seconds). SoccerNet's ``gameTime`` ("2 - 12:43") says half
and time where no other column does. Other columns are kept. Rows are read one by one; those of a match must follow each
other. A text that a spreadsheet would run is quoted (``formats.cells``).

Spreadsheets of other countries part cells by semicolons and write decimal commas, may say so in a first line ``sep=;``,
and save as UTF-16 or in the code page of Windows: all of that is read.
"""

from __future__ import annotations

import csv
import math
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import chain, groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from spotting_core.base.archives import unpacked_text
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import check_regular, replacing
from spotting_core.base.texts import TITLES
from spotting_core.domain.class_names import plain_name
from spotting_core.domain.parts import Parts
from spotting_core.domain.spots import TEAMS, TRUTH, UNKNOWN, Spot
from spotting_core.formats.cells import CellWriter, read_cell
from spotting_core.formats.document import (
    MOST_ENTRIES,
    Document,
    Entry,
    Options,
    bounded,
    check_finite,
    check_half,
    check_name,
    check_time,
    entries_apart,
)
from spotting_core.formats.game_time import parse_game_time
from spotting_core.formats.labels_v2 import of_halves
from spotting_core.formats.tree import LARGEST_MEMBER
from spotting_core.formats.written_numbers import named_half, parse_number, parse_time, plain_numbers

FORM = "csv"
COLUMNS = ("half", "match_time", "seconds", "label", "confidence", "team", "visible", "source")
IMPORTED = "imported"
_TIMES = ("seconds", "position", "time")
_MATCH_TIME = "match_time"
_MATCH_CLOCK = re.compile(r"(?:(\d{1,3})\+)?(\d{1,3}):(\d\d)(?:\.(\d{1,6}))?")
_ALSO = {
    "label": ("class", "action", "event", "code"), "half": ("period",), "confidence": ("probability",),
    "position": ("position_ms", "milliseconds"), "game": ("match", "match_id", "game_id"),
}  # fmt: skip
_GAME_TIME, _VISIBILITY = "gametime", "visibility"  # SoccerNet's; the first says half and clock in one cell
_SEPARATOR = re.compile(r"sep=(.)", re.IGNORECASE)
_LONGEST_LINE = 1 << 20  # characters: what is longer is no line of a table
_BLOCK = 1 << 16  # characters that are read at once
_FEW = ("game", "half", "label", "team", "visible", "source")  # columns whose cells say one of few things
_NAMED = 8  # columns that are named of those of a table
_MOST_KNOWN = 10_000  # combinations of them that are kept
_AT_ONCE = 200  # rows that are read together: of more, Python's collector goes through each before it is let go
_VISIBLE = {"yes": True, "true": True, "1": True, "visible": True, "no": False, "false": False, "0": False}
_VISIBLE["not shown"] = False


def read_documents(path: Path, options: Options) -> Iterator[Document]:
    """Matches of a file, one by one.

    Errors:
        BadInputError: no text, a column missing, or a row that cannot be read; names the line.
    """
    check_regular(path)
    try:
        recognised = _check_sizes(path, options.encoding)
        with unpacked_text(path, recognised) as (handle, encoding):
            table = _Table.of(handle, path)
            guessed = options.encoding is None and encoding in TITLES
            notes = (f"{path}: its text is read as {TITLES[encoding]}",) if guessed else ()
            for game, runs in groupby(_Entries(table, path, options.parts), key=itemgetter(0)):
                entries, running = of_halves(list(bounded(chain.from_iterable(run for _, run in runs), path)))
                doubt = entries_apart(entries, table.time, _MATCH_TIME)
                doubts = () if doubt is None else (doubt,)
                yield Document(tuple(entries), game, FORM, notes=(*notes, *running, *doubts))
    except csv.Error as error:
        raise BadInputError(f"this file is not CSV ({error})", where=path) from error


def _check_sizes(path: Path, encoding: str | None) -> str:
    """Refuse a table of which one match is too large, before any of its lines is read: that takes ten times as long as
    counting them; the encoding of its text.

    Errors:
        BadInputError: one has more lines than ``bounded`` lets through, or the only one too many bytes.
    """
    with unpacked_text(path, encoding) as (handle, recognised):
        table = _Table.of(handle, path)
        at = table.columns.get("game")
        if at is None and path.stat().st_size > LARGEST_MEMBER:
            what = f"this table of one match is larger than {LARGEST_MEMBER >> 20} MB, which none is"
            raise BadInputError(what, where=path, fix="Give a column game where it holds several matches")
        if not _may_be_too_large(handle, table.delimiter, at):
            return recognised
    with unpacked_text(path, recognised) as (handle, _):
        lines = (_cell(row, at) for row in _Table.of(handle, path).rows())
        for _, group in groupby(lines):
            deque(bounded(group, path), maxlen=0)
    return recognised


def _may_be_too_large(handle: TextIO, delimiter: str, at: int | None) -> bool:
    """Whether a match seems to have more lines than ``bounded`` lets through, by the match of one line in every block.

    Blank lines and those of cells that take several count too, so the rows are yet to be counted.

    Arguments:
        at: place of the match's name.
    """
    last, lines = "", 0
    while block := handle.read(_BLOCK):
        block += handle.readline(_LONGEST_LINE)  # the rest of the line that the block cuts
        sample = handle.readline(_LONGEST_LINE)
        game = _cell(next(csv.reader([sample], delimiter=delimiter), []), at)
        own = max(block.count("\n"), block.count("\r")) + 1
        if lines + own > MOST_ENTRIES:
            return True
        lines = lines + own if game == last else own
        last = game
    return False


def _cell(row: Sequence[str], at: int | None) -> str:
    return "" if at is None or at >= len(row) else row[at]


@dataclass
class _Table:
    """The rows of a file below its header.

    Arguments:
        columns: place of each of ours; others: names and places of those that are kept; time: which of ours says the
            time; in_one_cell: whether its cells may say the half too, as ``2 - 12:43``; delimiter: between cells;
            before: lines that precede what the reader counts.
    """

    reader: Any
    columns: Mapping[str, int]
    others: Mapping[str, int]
    width: int
    time: str
    in_one_cell: bool
    delimiter: str
    before: int

    @property
    def comma(self) -> bool:
        """Whether numbers may have a decimal comma with three digits behind it."""
        return self.delimiter != ","

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
        reader = csv.reader(chain([head], _lines(handle)), delimiter=delimiter)
        names = [name.strip() for name in next(reader, [])]
        lower = [name.lower() for name in names]
        columns = {ours: lower.index(ours) for ours in (*COLUMNS, *_TIMES, "game") if ours in lower}
        for ours, others in _ALSO.items():
            called = [other for other in others if other in lower]
            # Which of several is the class is not guessed; but a match may have a name and a number.
            if ours not in columns and (len(called) == 1 or (called and ours == "game")):
                columns[ours] = lower.index(called[0])
        both = lower.index(_GAME_TIME) if _GAME_TIME in lower else None
        if both is not None:
            columns.setdefault("half", both)
            if _VISIBILITY in lower:
                columns.setdefault("visible", lower.index(_VISIBILITY))
        time = next((t for t in _TIMES if t in columns), None)
        if time is None and both is not None:
            columns["time"], time = both, "time"
        if "label" not in columns or time is None:
            raise _columns_missing(names, path)
        twice = next((name for name in columns if lower.count(name) > 1), None)
        if twice is not None:
            raise BadInputError(f"this table has the column {twice} twice", where=path, fix="Leave one of them")
        own = {columns[name] for name in (*COLUMNS, "game", time) if name in columns} - {both}
        kept = {name: at for at, name in enumerate(names) if at not in own and name}
        return cls(reader, columns, kept, len(names), time, columns[time] == both, delimiter, before)

    def rows(self) -> Iterator[list[str]]:
        """Rows with a cell; empty lines are passed over."""
        return (row for row in self.reader if any(map(str.strip, row)))


def _lines(handle: TextIO) -> Iterator[str]:
    """The lines of a text, in pieces where they are longer than any line of a table; many at once, for that is fast."""
    while block := handle.read(_BLOCK):
        yield from StringIO(block + handle.readline(_LONGEST_LINE), newline="")


class _Described(NamedTuple):
    """What the cells of a row say that have few values: the match, the class, whose it is."""

    game: str
    half: int
    label: str
    team: str
    visible: bool | None
    source: str
    odd_team: str


class _Entries:
    """The rows of a table as entries: one run of them after the other, with the name of their match.

    Tables have millions of rows, and few classes, teams and matches: many rows are read at once, column by column, and
    what cells of few values say is read once for each of them.
    """

    def __init__(self, table: _Table, path: Path, parts: Parts) -> None:
        self._table, self._path, self._parts = table, path, parts
        self._few = [name for name in _FEW if name in table.columns]
        self._places = [table.columns[name] for name in self._few]
        self._known: dict[tuple[str, ...], _Described] = {}

    def __iter__(self) -> Iterator[tuple[str, list[Entry]]]:
        """Errors: BadInputError: a row cannot be read; names its line."""
        table = self._table
        numbered = zip(filter(None, table.reader), iter(lambda: table.line, None), strict=False)
        while batch := list(islice(numbered, _AT_ONCE)):
            try:
                yield from self._read([row for row, _ in batch])
            except (BadInputError, ValueError, ArithmeticError):
                yield from self._one_by_one(batch)

    def _one_by_one(self, batch: list[tuple[list[str], int]]) -> Iterator[tuple[str, list[Entry]]]:
        """Rows, each with its line, of which one cannot be read, up to that one; those of empty cells are passed
        over."""
        for row, line in batch:
            if not any(map(str.strip, row)):
                continue
            where = f"{self._path}, line {line}"
            try:
                yield from self._read([row])
            except BadInputError as error:
                raise BadInputError(error.what, where=where, fix=error.fix) from error
            except (ValueError, ArithmeticError) as error:
                what = f"the half, time or confidence of this line cannot be read ({error})"
                raise BadInputError(what, where=where) from error

    def _read(self, rows: list[list[str]]) -> list[tuple[str, list[Entry]]]:
        table = self._table
        columns = list(zip(*[r if len(r) == table.width else _fitted(r, table.width) for r in rows], strict=True))
        keys = zip(*[columns[place] for place in self._places], strict=True)
        described = [self._known.get(key) or self._described(key) for key in keys]
        times = _times(columns[table.columns[table.time]], table)
        check_time(min(times), self._path)
        check_time(max(times), self._path)
        sure = table.columns.get("confidence")
        confidences = [None] * len(rows) if sure is None else _confidences(columns[sure], table)
        extras = self._extras(columns, len(rows))
        clocks = self._clocks(columns, described)
        entries = [
            Entry(
                Spot(
                    of.half, time, of.label, confidence, of.team, of.visible,
                    of.source or (TRUTH if confidence is None else IMPORTED),
                ),
                {**others, "team": of.odd_team} if of.odd_team else others,
                clock,
            )
            for of, time, confidence, others, clock in zip(described, times, confidences, extras, clocks, strict=True)
        ]  # fmt: skip
        games = [of.game for of in described]
        if games.count(games[0]) == len(games):
            return [(games[0], entries)]
        runs = groupby(zip(games, entries, strict=True), key=itemgetter(0))
        return [(game, [entry for _, entry in run]) for game, run in runs]

    def _extras(self, columns: list[tuple[str, ...]], count: int) -> Iterable[dict[str, str]]:
        """The cells of other columns, row by row."""
        names = tuple(self._table.others)
        if not names:
            return ({} for _ in range(count))
        cells = zip(*[map(read_cell, columns[place]) for place in self._table.others.values()], strict=True)
        return (dict(zip(names, of_row, strict=True)) for of_row in cells)

    def _clocks(self, columns: list[tuple[str, ...]], described: Sequence[_Described]) -> Iterable[int | None]:
        """The clock of each row's half by its match time, where the table says it."""
        place = self._table.columns.get(_MATCH_TIME)
        if place is None or self._parts.length is None:
            return (None for _ in described)
        starts = {of.half: self._parts.start(of.half) for of in described}
        return (_clock(cell, starts[of.half]) for cell, of in zip(columns[place], described, strict=True))

    def _described(self, key: tuple[str, ...]) -> _Described:
        """Read cells that were not met before."""
        cells = {name: read_cell(cell.strip()) for name, cell in zip(self._few, key, strict=True)}
        half = cells.get("half") or "1"
        number = _half_of(half)
        check_half(number, self._path)
        label, team = cells["label"], cells.get("team", "")
        if not label:
            raise BadInputError("this line has no label")
        check_name(label, self._path)
        if self._holds_rows(label):
            fix = "Check whether a quotation mark is not closed: it takes the lines behind it for one cell"
            raise BadInputError("the label of this line holds other lines of the table", fix=fix)
        known_team = team.lower() in TEAMS
        described = _Described(
            cells.get("game", ""),
            number,
            plain_name(label),
            team.lower() if known_team else UNKNOWN,
            _VISIBLE.get(cells.get("visible", "").lower()),
            cells.get("source", ""),
            "" if known_team else team,
        )
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[key] = described
        return described

    def _holds_rows(self, label: str) -> bool:
        """Whether a cell goes on with lines of as many cells as the table has: its quotation mark is not closed."""
        parting = self._table.width - 1
        return parting > 1 and any(line.count(self._table.delimiter) >= parting for line in label.splitlines()[1:])


def _columns_missing(names: Sequence[str], path: Path) -> BadInputError:
    """What is said of a table whose first line does not name what is needed."""
    named = [repr(name) for name in names if name]
    listed = ", ".join(named[:_NAMED]) + (f" and {len(named) - _NAMED} more" if len(named) > _NAMED else "")
    return BadInputError(
        f"this table needs the columns label and seconds (or position, or time); its first line: {listed or 'empty'}",
        where=path,
        fix="Name the columns so in the first line, with the times from the start of the half",
    )


def _fitted(row: list[str], width: int) -> list[str]:
    """A row with as many cells as the header: empty ones are missing, or are too many.

    Errors:
        BadInputError: one that is too many says something.
    """
    if any(map(str.strip, row[width:])):
        raise BadInputError("this line has more cells than the header")
    return [*row[:width], *[""] * (width - len(row))]


def _times(cells: Sequence[str], table: _Table) -> list[int]:
    """Microseconds of the cells of a column."""
    unit = 1000 if table.time == "position" else 1_000_000
    numbers = plain_numbers(cells, comma=table.comma)
    if numbers is not None and math.isfinite(sum(numbers)):
        return [round(number * unit) for number in numbers]
    return [_time(cell, table, unit) for cell in cells]


def _time(cell: str, table: _Table, unit: int) -> int:
    text = read_cell(cell.strip())
    if table.time != "position" and ":" in text:
        clock = parse_game_time(text).clock if table.in_one_cell else None
        return parse_time(text) if clock is None else clock
    number = parse_number(text, comma=table.comma)
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is no time")
    return round(number * unit)


def _clock(cell: str, start: int) -> int | None:
    """Microseconds of a half by a match time, ``57:43`` or ``45+2:10``; None where it is none.

    Arguments:
        start: of the half by the match clock, which a cell may leave out.
    """
    time = _MATCH_CLOCK.fullmatch(cell.strip())
    if time is None:
        return None
    seconds = 60 * (int(time[1] or 0) + int(time[2])) + float(f"{time[3]}.{time[4] or 0}")
    clock = round(seconds * 1e6)
    return clock - start if clock >= start else clock


def _confidences(cells: Sequence[str], table: _Table) -> Sequence[float | None]:
    return plain_numbers(cells, comma=table.comma) or [_confidence(cell, table) for cell in cells]


def _confidence(cell: str, table: _Table) -> float | None:
    text = read_cell(cell.strip())
    if not text:
        return None
    confidence = parse_number(text, comma=table.comma)
    check_finite(confidence, cell)
    return confidence


def _half_of(cell: str) -> int:
    """Number of the half that a cell names, by itself or before a clock.

    Errors:
        BadInputError: a clock without one. ValueError: no number.
    """
    if ":" not in cell:
        return named_half(cell) or _whole(cell)
    half = parse_game_time(cell).half
    if half is None:
        fix = 'Expected gameTime "1 - 12:43", or a column half'
        raise BadInputError(f"the time {cell!r} says no half", fix=fix)
    return half


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
