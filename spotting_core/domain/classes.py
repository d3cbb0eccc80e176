"""Class tables: which classes a system knows, in which order, and how each is shown and post-processed.

A table is a CSV file (``assets/classes/<name>.csv`` or a user's own path), of which the column ``name`` alone has to be
there, or a bare list of names, one a line (E2E-Spot's ``class.txt``), in the order of the score columns. Nothing in the
code knows how many classes there are or what they are called. What a match of a table
consists of stands beside it (``<name>.parts.toml``, see ``domain.parts``).
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache, cached_property, lru_cache
from pathlib import Path

from spotting_core.base.assets import asset
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import FileState, read_content, replacing
from spotting_core.domain.parts import Parts, common_parts, parts_file, read_parts

DEFAULT_TABLE = "soccernet-v2"
HARD, SOFT, LOCAL, PEAKS = "hard", "soft-linear", "local-maximum", "peaks"
"""How of several votes for one action one stays (see ``domain.suppression``)."""
VOTE = 0.75
"""Seconds: votes further than this from the best one are for something else, where nothing else is said."""
_COLUMNS = (
    "index", "name", "short", "group", "glyph", "colour_light", "colour_dark", "suppression", "lead", "lag"
)  # fmt: skip

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_LONGEST = 3600.0  # seconds that a class's suppression, lead or lag may be
_LARGEST = 4 << 20  # bytes of a table

_States = tuple[FileState, FileState | None]

_PLAIN_COLOURS = (
    ("#6E5BF4", "#767DF1"), ("#167859", "#62D19B"), ("#B8891D", "#ECD146"), ("#BD2A89", "#FA90C3"),
    ("#374047", "#7C8088"), ("#BC0417", "#E52F2C"),
)  # fmt: skip


@dataclass(frozen=True)
class ActionClass:
    """One row of a class table.

    ``suppression`` is the full width in seconds of the window in which only one spot of the class is
    kept; ``lead`` and ``lag`` are the seconds a clip shows before and after.
    """

    index: int
    name: str
    short: str
    group: str
    glyph: str
    colour_light: str
    colour_dark: str
    suppression: float
    lead: float
    lag: float


@dataclass(frozen=True)
class ClassTable:
    """The classes of a system in the order of its score columns, and the parts of a match that they occur in.

    ``method`` and ``vote`` say how spots are made of scores where nothing else is chosen (see ``Spotting``).
    """

    name: str
    classes: tuple[ActionClass, ...]
    parts: Parts = field(default_factory=Parts)
    method: str = HARD
    vote: float = VOTE

    def __len__(self) -> int:
        return len(self.classes)

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self.classes)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.classes)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {c.name: c.index for c in self.classes}

    def index(self, name: str) -> int:
        """Column of a class.

        Errors:
            BadInputError: the table has no such class (names the nearest by letter case, if any).
        """
        if name in self._index:
            return self._index[name]
        near = [n for n in self.names if n.lower() == name.lower()]
        fix = f"Did you mean {near[0]!r}?" if near else f"Known classes: {', '.join(self.names)}"
        raise BadInputError(f"class {name!r} is not in the class table {self.name!r}", fix=fix)

    def get(self, name: str) -> ActionClass:
        return self.classes[self.index(name)]

    def with_suppression(self, seconds: float, method: str = "") -> ClassTable:
        """The same classes, with one suppression window for all.

        Arguments:
            seconds: its full width; 0 leaves each class its own.
            method: that of a model which was published with one of its own, where a spot's time is that of its sample;
                empty for a model of which nothing is said.
        """
        classes = tuple(replace(c, suppression=seconds) for c in self.classes) if seconds else self.classes
        own = {"method": method, "vote": 0.0} if method else {}
        return replace(self, classes=classes, **own)  # type: ignore[arg-type]

    def __contains__(self, name: object) -> bool:
        return name in self._index


def is_colour(text: str) -> bool:
    """Whether a text is a colour as ``#RRGGBB``."""
    return _COLOUR.fullmatch(text) is not None


def _row(path: Path, line: int, row: dict[str, str]) -> ActionClass:
    for column in ("colour_light", "colour_dark"):
        if not is_colour(row[column] or ""):
            raise BadInputError(
                f"line {line} of this class table has no colour in {column}: {str(row[column])[:40]!r}",
                where=path,
                fix="Write it as #RRGGBB",
            )
    try:
        numbers = {key: float(row[key]) for key in ("suppression", "lead", "lag")}
        if not all(0 <= value <= _LONGEST for value in numbers.values()):
            raise ValueError(f"suppression, lead and lag are 0 to {_LONGEST:g} seconds")
        if not all(row[key] and row[key].strip() and row[key].isprintable() for key in ("name", "short")):
            raise ValueError("a class has a name and a short name, each of one line")
        return ActionClass(
            index=int(row["index"]),
            name=row["name"],
            short=row["short"],
            group=row["group"],
            glyph=row["glyph"],
            colour_light=row["colour_light"],
            colour_dark=row["colour_dark"],
            **numbers,
        )
    except (TypeError, ValueError, ArithmeticError) as error:
        raise BadInputError(f"line {line} of this class table cannot be read ({error})", where=path) from error


def _text(path: Path) -> str:
    """The text of a table.

    Errors:
        BadInputError: it is not UTF-8, or far larger than any table.
    """
    content = read_content(path, "class table")
    if len(content) > _LARGEST:
        raise BadInputError("this class table is too large to be one", where=path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError("this class table is not UTF-8 text", where=path, fix="Save it as CSV UTF-8") from error


def _check_columns(path: Path, columns: Sequence[str]) -> None:
    """Refuse a table whose columns say too little, or something that nobody reads.

    Errors:
        BadInputError: see above.
    """
    fix = f"Its columns: {', '.join(_COLUMNS)}; all but name may be left out"
    unknown = [str(column)[:40] for column in columns if column not in _COLUMNS]
    if "name" not in columns:
        raise BadInputError("this class table lacks the column name", where=path, fix=fix)
    if unknown:
        raise BadInputError(f"this class table has the unknown column {unknown[0]!r}", where=path, fix=fix)


def _completed(number: int, row: Mapping[str, str | None]) -> dict[str, str]:
    """A row in which what is left out is as for a class of which only the name is known."""
    plain = asdict(_plain(number, row["name"] or ""))
    return {column: row.get(column) or str(plain[column]) for column in _COLUMNS}


@lru_cache(maxsize=64)
def _read(path: Path, name: str, _states: _States) -> ClassTable:
    try:
        text = _text(path)
        separator = (
            ";" if ";" in text.partition("\n")[0] else ","
        )  # as a spreadsheet writes it where commas are decimal
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
        _check_columns(path, reader.fieldnames or ())
        rows = tuple(_row(path, line, _completed(line - 2, row)) for line, row in enumerate(reader, start=2))
    except csv.Error as error:
        raise BadInputError(f"this class table is not CSV ({error})", where=path) from error
    if not rows:
        raise BadInputError("this class table has no classes", where=path)
    if [r.index for r in rows] != list(range(len(rows))):
        raise BadInputError(
            "the indices of this class table do not count 0, 1, 2, …",
            where=path,
            fix="The index is the score column of the class; order the rows by it",
        )
    if len({r.name for r in rows}) != len(rows):
        raise BadInputError("a class name occurs twice in this class table", where=path)
    return ClassTable(name, rows, _parts_of(path, (r.name for r in rows)))


@lru_cache(maxsize=64)
def _read_list(path: Path, name: str, _states: _States) -> ClassTable:
    lines = _text(path).splitlines()
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        raise BadInputError("this class list has no classes", where=path)
    if len(set(names)) != len(names):
        raise BadInputError("a class name occurs twice in this class list", where=path)
    return ClassTable(name, tuple(_plain(i, n) for i, n in enumerate(names)), _parts_of(path, names))


def _plain(index: int, name: str) -> ActionClass:
    """A class of which only the name is known."""
    light, dark = _PLAIN_COLOURS[index % len(_PLAIN_COLOURS)]
    return ActionClass(index, name, name, "flow", "other", light, dark, suppression=2.0, lead=5.0, lag=5.0)


def load_classes(table: str | Path = DEFAULT_TABLE) -> ClassTable:
    """Read a class table by the name of a bundled one or by path (``.csv``, or a ``.txt`` list of names).

    Errors:
        BadInputError: no such table, a missing column, a bad number or colour, rows out of order, or parts that
            cannot be.
    """
    path = Path(table)
    if path.suffix.lower() == ".txt" and path.is_file():
        return _read_list(path, path.parent.name or path.stem, _states(path))
    if path.suffix.lower() != ".csv":
        path = asset("classes", f"{table}.csv")
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in asset("classes").glob("*.csv") if "." not in p.stem))
        raise BadInputError(
            "no such class table", where=table, fix=f"Bundled tables: {known}; or give a .csv or class.txt file"
        )
    return _read(path, path.stem, _states(path))


def _states(path: Path) -> _States:
    """What tells the files of a table from what they were."""
    beside = parts_file(path)
    return FileState.of(path), FileState.of(beside) if beside.is_file() else None


def _parts_of(path: Path, names: Iterable[str]) -> Parts:
    """The parts beside a table; else those of the bundled table that has all of its classes, which are of its sport."""
    beside, own = parts_file(path), set(names)
    if beside.is_file():
        return read_parts(beside)
    return next((parts for known, parts in _bundled_parts() if own <= known), Parts())


@cache
def _bundled_parts() -> tuple[tuple[frozenset[str], Parts], ...]:
    """Class names and parts of the bundled tables that have any."""
    pairs = []
    for beside in sorted(asset("classes").glob("*.parts.toml")):
        with beside.with_name(beside.name.replace(".parts.toml", ".csv")).open(encoding="utf-8", newline="") as handle:
            pairs.append((frozenset(row["name"] for row in csv.DictReader(handle)), read_parts(beside)))
    return tuple(pairs)


def classes_in(folder: Path, name: str) -> ClassTable:
    """The table of that name in a model's or an analysis' folder (``<name>.csv``), else the bundled one.

    Errors:
        BadInputError: see ``load_classes``.
    """
    own = folder / f"{name}.csv"
    return load_classes(own if own.is_file() else name)


def keep_classes(folder: Path, table: ClassTable) -> None:
    """Write a table and its parts into a folder, for ``classes_in``; bundled ones are found without."""
    if is_bundled(table):
        return
    path = folder / f"{table.name}.csv"
    with replacing(parts_file(path)) as part:  # first: the table is never there without its parts
        part.write_text(table.parts.as_toml(), encoding="utf-8")
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, _COLUMNS)
        writer.writeheader()
        writer.writerows(asdict(c) for c in table)


def rows_beside(table: str, kind: str, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of ``<table>.<kind>.csv`` beside a bundled class table; none where there is no such file.

    Errors:
        BadInputError: it lacks a column, or a row a value.
    """
    path = file_beside(table, kind)
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        missing = [c for c in columns if c not in (reader.fieldnames or ())]
        if missing:
            what = f"this file lacks the columns {', '.join(missing)}"
            raise BadInputError(what, where=path, fix=f"Its columns: {', '.join(columns)}")
        rows = list(reader)
    short = next((line for line, row in enumerate(rows, 2) if None in row.values()), None)
    if short is not None:
        raise BadInputError(
            f"row {short} of this file ends early", where=path, fix=f"Its columns: {', '.join(columns)}"
        )
    return rows


def numbers_beside(table: str, kind: str, column: str) -> dict[str, float]:
    """The numbers of a column of ``<table>.<kind>.csv`` by class; none where there is no such file.

    Errors:
        BadInputError: see ``rows_beside``; or one is no number.
    """
    numbers = {}
    for row in rows_beside(table, kind, ("class", column)):
        try:
            numbers[row["class"]] = float(row[column])
        except ValueError:
            numbers[row["class"]] = math.nan
        if not math.isfinite(numbers[row["class"]]):
            what = f"the {column} of {row['class']} is no number: {row[column]!r}"
            raise BadInputError(what, where=file_beside(table, kind), fix="Give a number")
    return numbers


def file_beside(table: str, kind: str) -> Path:
    """Where such rows of a bundled class table lie (the file need not exist)."""
    return asset("classes", f"{table}.{kind}.csv")


def is_bundled(table: ClassTable) -> bool:
    """Whether a table is the bundled one of its name, row by row, and its parts are."""
    path = asset("classes", f"{table.name}.csv")
    return path.is_file() and load_classes(path) == table


def class_files(folder: Path) -> list[Path]:
    """The class tables in a folder and what stands beside them."""
    return sorted([*folder.glob("*.csv"), *folder.glob("*.parts.toml")])


def joined(tables: Sequence[ClassTable]) -> ClassTable:
    """The classes of all tables, each once, as the first that has it shows it, and the parts that all have in common.

    Its name is the first one's.
    """
    by_name = {c.name: c for table in reversed(tables) for c in table}
    names = dict.fromkeys(c.name for table in tables for c in table)
    classes = tuple(replace(by_name[name], index=i) for i, name in enumerate(names))
    return ClassTable(tables[0].name, classes, common_parts(table.parts for table in tables))


def extended(table: ClassTable, names: Iterable[str]) -> ClassTable:
    """A table with further classes of which only the name is known, behind its own."""
    new = [name for name in dict.fromkeys(names) if name not in table]
    return replace(table, classes=(*table.classes, *(_plain(len(table) + i, name) for i, name in enumerate(new))))


def class_names(source: str) -> tuple[str, ...]:
    """Classes of a table, by its name or path, or of a text file with one a line.

    Errors:
        BadInputError: there is none, it cannot be read, or a name occurs twice.
    """
    path = Path(source)
    if path.suffix.lower() == ".csv" or not path.suffix:
        return load_classes(source).names
    try:
        names = tuple(line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"this class list cannot be read ({error})", where=path) from error
    if not names or len(set(names)) != len(names):
        raise BadInputError("this class list is empty or names a class twice", where=path)
    return names
