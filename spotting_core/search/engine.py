"""Searching the spots of all matches: DuckDB, in memory, over the matches' Parquet files.

The rows of a file are read again when it has changed. Nothing of a user's words becomes part of the SQL: all values
are parameters. A text query joins the spots with their similarities, which ``pictures`` makes and which are kept for
the last few texts.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from spotting_core.analyses.replayed_spots import LIVE, LIVE_ALONE, ONLY_IN_REPLAYS, ONLY_REPLAYED, REPLAY_CHOICES
from spotting_core.base.errors import BadInputError
from spotting_core.search.pictures import Pictures, TextVector, read_pictures
from spotting_core.search.rows import LABELLED, SCHEMA
from spotting_core.store.reviews import ACCEPTED, MOVED, OPEN, REJECTED, STANDING

REVIEWED, UNREVIEWED = "reviewed", "open"
_STATES = {
    REVIEWED: STANDING,
    UNREVIEWED: (OPEN,),
    LABELLED: (LABELLED,),
    None: (*STANDING, OPEN, LABELLED),
}
MOST_SHOWN = 500
"""Hits of an answer, at most."""

NO_MATTER = -1.0
"""Similarity that everything has."""

_TEXTS_KEPT = 8  # a person goes back and forth between a few; each takes 12 bytes a spot
_ROWS_OF_A_MATCH = 1 << 20  # numbers that a match has for its spots: more than any match has

_TABLE = """CREATE TABLE spot (
    match VARCHAR, title VARCHAR, half TINYINT, "time" BIGINT, minute SMALLINT, label VARCHAR, team VARCHAR,
    confidence FLOAT, state VARCHAR, author VARCHAR, comment VARCHAR, entities VARCHAR[],
    spotted VARCHAR, camera VARCHAR, shots VARCHAR, replay VARCHAR, x FLOAT, y FLOAT, place_error FLOAT,
    zones VARCHAR[], suggested_team VARCHAR, team_confidence FLOAT, number BIGINT)"""
_READ = ", ".join(f'"{name}"' for name in SCHEMA.names if name != "pictures")

Encode = Callable[[str], TextVector]
"""Text to vector; raises BadInputError for a text that the model cannot know."""


@dataclass(frozen=True)
class Query:
    """What is looked for; what is empty does not narrow.

    Arguments:
        labels, halves, teams, matches, entities: any of them; of entities, all have to be seen.
        minutes: first and last minute of the match clock, from 1, or None for all.
        least, most: confidence.
        reviewed: ``reviewed``, ``open`` (a model's, judged by nobody), ``labelled`` or None for all; rejected spots are
            never found.
        words: all of them occur in the match's title or the reviewer's comment.
        text: what is seen; spots are ordered by how well the pictures within a second of them fit it.
        alike: least similarity with the text, -1 to 1.
        confirmed: whether what a reviewer holds to be true is found whatever its confidence.
        shots: groups of cameras, any of which is on at the spot.
        replays: ``live``, ``all`` or ``only``; with ``live``, what is seen in a replay alone is found where a reviewer
            holds it to be true.
        zones: of the pitch, any of which the spot lies in (see ``domain.zones``).
    """

    labels: tuple[str, ...] = ()
    halves: tuple[int, ...] = ()
    teams: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    minutes: tuple[int, int] | None = None
    least: float = 0.5
    most: float = 1.0
    reviewed: str | None = None
    words: str = ""
    text: str = ""
    alike: float = NO_MATTER
    confirmed: bool = False
    shots: tuple[str, ...] = ()
    replays: str = LIVE_ALONE
    zones: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.reviewed not in _STATES:
            raise BadInputError(f"a spot cannot be {self.reviewed!r}", fix="Known: reviewed, open, labelled")
        if self.replays not in REPLAY_CHOICES:
            raise BadInputError(f"replays cannot be {self.replays!r}", fix=f"Known: {', '.join(REPLAY_CHOICES)}")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Query:
        """Read what ``as_json`` gave.

        Errors:
            BadInputError: it is no search.
        """
        fields = cls.__dataclass_fields__
        known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in content.items() if k in fields}
        try:
            return cls(**known)
        except TypeError as error:
            raise BadInputError(f"this search cannot be read ({error})") from error


@dataclass(frozen=True)
class Hit:
    """A spot that was found; time in microseconds of its half, similarity where a text was asked for.

    ``camera``, ``replay``, places and suggested teams as in the rows (see ``SCHEMA``).
    """

    match: str
    title: str
    half: int
    time: int
    label: str
    team: str
    confidence: float
    state: str
    comment: str
    similarity: float | None = None
    camera: str = ""
    replay: str = LIVE
    x: float | None = None
    y: float | None = None
    place_error: float | None = None
    suggested_team: str = ""
    team_confidence: float = 0.0


@dataclass(frozen=True)
class SearchResult:
    """An answer.

    Arguments:
        total, matches: how many spots in how many matches.
        hits: the most confident ones first, or those that fit the text best; at most as many as asked for.
        by_minute: (class, minute) to how many.
        by_team: (class, team) to how many, where the team is known; team_unknown: of how many it is not.
        left_out: matches that a text query cannot speak of: without picture embeddings, or with another model's.
    """

    total: int
    matches: int
    hits: tuple[Hit, ...]
    by_minute: Mapping[tuple[str, int], int]
    by_team: Mapping[tuple[str, str], int]
    team_unknown: int
    left_out: int = 0


@dataclass(frozen=True)
class JudgedBin:
    """Reviewed spots of a model with a confidence from ``low`` to ``high``, and how many of them were confirmed.

    A spot that was given another class is not confirmed; one that was moved is.
    """

    low: float
    high: float
    reviewed: int
    confirmed: int


@dataclass(frozen=True)
class SearchColumns:
    """Spots as columns, each (N,): match, label and team as text, half and minute as int, time in microseconds; x, y
    and the expected error in metres, NaN where nobody knows; the team that is suggested where none is known, else
    empty."""

    match: np.ndarray
    half: np.ndarray
    time: np.ndarray
    minute: np.ndarray
    label: np.ndarray
    team: np.ndarray
    confidence: np.ndarray
    x: np.ndarray
    y: np.ndarray
    place_error: np.ndarray
    suggested_team: np.ndarray

    def __len__(self) -> int:
        return len(self.time)

    def with_suggested_teams(self) -> SearchColumns:
        """The same, with the team that is suggested where there is one."""
        return replace(self, team=np.where(self.suggested_team != "", self.suggested_team, self.team))

    def where(self, chosen: np.ndarray) -> SearchColumns:
        """Those of a mask or of some indices."""
        return SearchColumns(*(getattr(self, f.name)[chosen] for f in fields(self)))


class SpotSearch:
    """All spots of a folder of Parquet files, in memory; safe to ask from several threads.

    Arguments:
        encode: understands texts; without it there are no text queries.
    """

    def __init__(self, folder: Path, encode: Encode | None = None) -> None:
        self._folder, self._encode = folder, encode
        self._read: dict[str, tuple[int, int]] = {}
        self._slots: dict[str, int] = {}  # the place of a match among the numbers of all spots
        self._pictures: dict[str, Pictures] = {}
        self._similar: OrderedDict[str, tuple[pa.Table, frozenset[str]]] = OrderedDict()
        self._lock = threading.Lock()
        self._database = duckdb.connect(":memory:")
        # One answer is a few milliseconds of work: handing it out to threads costs more than it saves.
        self._database.execute("SET threads TO 1")
        self._database.execute(_TABLE)

    def refresh(self, matches: Sequence[str] | None = None) -> int:
        """Read what has changed since; returns of how many matches.

        Arguments:
            matches: the only ones to keep, or None for all.
        """
        files = {p.stem: p for p in self._folder.glob("*.parquet")} if self._folder.is_dir() else {}
        wanted = files if matches is None else {name: files[name] for name in matches if name in files}
        state = {name: ((s := path.stat()).st_mtime_ns, s.st_size) for name, path in wanted.items()}
        with self._lock:
            changed = [name for name, now in state.items() if self._read.get(name) != now]
            gone = [name for name in self._read if name not in state]
            if not changed and not gone:
                return 0
            self._database.begin()
            try:
                self._database.execute("DELETE FROM spot WHERE list_contains(?, match)", [[*changed, *gone]])
                pictures = {name: read_pictures(wanted[name]) for name in changed}
                if changed:
                    self._insert({name: wanted[name] for name in changed})
            except BaseException:
                self._database.rollback()
                raise
            self._database.commit()
            self._read = state
            kept = {name: own for name, own in self._pictures.items() if name in state} | pictures
            self._pictures = {name: own for name, own in kept.items() if own is not None}
            self._similar.clear()
        return len(changed) + len(gone)

    def _insert(self, files: Mapping[str, Path]) -> None:
        """Read the rows of matches; each spot gets the number that joins it with its similarity."""
        for name in files:
            self._slots.setdefault(name, len(self._slots))
        slots = pa.table({"match": list(files), "slot": [self._slots[name] for name in files]})
        self._database.register("slots", slots)
        self._database.execute(
            f"INSERT INTO spot SELECT {_READ}, slot * {_ROWS_OF_A_MATCH} + file_row_number "
            "FROM read_parquet(?, file_row_number = true) JOIN slots USING (match)",
            [[str(path) for path in files.values()]],
        )
        self._database.unregister("slots")

    def find(self, query: Query, most: int = 60) -> SearchResult:
        """Answer a query.

        Errors:
            BadInputError: a text with words that the model was never taught, or that nobody here understands.
        """
        with self._lock:
            cursor = self._database.cursor()
        cursor.begin()  # all that follows sees the same rows, whoever reads new ones meanwhile
        try:
            return self._result(cursor, query, most)
        finally:
            cursor.rollback()  # nothing was changed

    def _result(self, cursor: duckdb.DuckDBPyConnection, query: Query, most: int) -> SearchResult:
        left_out = self._look(cursor, query)
        hits = cursor.execute(
            'SELECT spot.match, title, half, "time", spot.label, spot.team, confidence, state, comment, similarity, '
            "camera, replay, x, y, place_error, suggested_team, team_confidence "
            "FROM spot JOIN (FROM found ORDER BY worth DESC, place LIMIT ?) AS best ON spot.rowid = best.place "
            'ORDER BY worth DESC, title, half, "time"',
            [min(most, MOST_SHOWN)],
        ).fetchall()
        counts = cursor.execute(
            "SELECT label, minute, team, count(*) FROM found GROUP BY label, minute, team"
        ).fetchall()
        matches = cursor.execute("SELECT count(DISTINCT match) FROM found").fetchone()
        by_minute: Counter[tuple[str, int]] = Counter()
        by_team: Counter[tuple[str, str]] = Counter()
        for label, minute, team, count in counts:
            by_minute[label, int(minute)] += count
            by_team[label, team] += count
        unknown = sum(count for (_, team), count in by_team.items() if team == "unknown")
        known = {key: count for key, count in by_team.items() if key[1] != "unknown"}
        return SearchResult(
            sum(by_minute.values()), int(matches[0]) if matches else 0, tuple(Hit(*row) for row in hits), by_minute,
            known, unknown, left_out,
        )  # fmt: skip

    def columns(self, query: Query) -> SearchColumns:
        """All that a query finds, ordered by match, half and time."""
        where, values = _where(query)
        with self._lock:
            cursor = self._database.cursor()
        columns = cursor.execute(
            'SELECT match, half, "time", minute, label, team, confidence, x, y, place_error, suggested_team FROM spot '
            f'WHERE {where} ORDER BY match, half, "time"',
            values,
        ).fetchnumpy()
        return SearchColumns(*(_filled(columns[f.name]) for f in fields(SearchColumns)))

    def _look(self, cursor: duckdb.DuckDBPyConnection, query: Query) -> int:
        """Put what a query finds into the table ``found``, once and without the long columns; matches left out."""
        spots, similarity, worth, left_out = "spot", "NULL::FLOAT", "confidence", 0
        if query.text.strip():
            similar, comparable = self._similarities(query.text)
            cursor.register("fit", similar)
            spots, similarity, worth = "spot JOIN fit USING (number)", "similarity", "similarity"
            with self._lock:
                searched = set(self._read)
            left_out = len((searched & set(query.matches) if query.matches else searched) - comparable)
        where, values = _where(query)
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE found AS SELECT spot.rowid AS place, label, minute, team, match, "
            f"{similarity} AS similarity, {worth} AS worth FROM {spots} WHERE {where}",
            values,
        )
        return left_out

    def _similarities(self, text: str) -> tuple[pa.Table, frozenset[str]]:
        """How well every spot fits a text, by its number, and the matches that can be compared with it."""
        if self._encode is None:
            raise BadInputError("there is no model here that understands texts")
        with self._lock:
            if text in self._similar:
                self._similar.move_to_end(text)
                return self._similar[text]
            pictures, slots = self._pictures, dict(self._slots)
        vector = self._encode(text)
        fitting = {name: own for name, own in pictures.items() if own.model == vector.model}
        numbers = [slots[name] * _ROWS_OF_A_MATCH + own.rows for name, own in fitting.items()]
        similar = [own.similarities(vector) for own in fitting.values()]
        table = pa.table({
            "number": np.concatenate([np.zeros(0, np.int64), *numbers]),
            "similarity": np.concatenate([np.zeros(0, np.float32), *similar]),
        })  # fmt: skip
        answer = table, frozenset(fitting)
        with self._lock:
            if self._pictures is pictures:  # else matches have changed meanwhile
                self._similar[text] = answer
                if len(self._similar) > _TEXTS_KEPT:
                    self._similar.popitem(last=False)
        return answer

    def judged(self, width: float = 0.1) -> list[JudgedBin]:
        """What reviewers said of the models' spots, by confidence in bins of a width; added spots have no model."""
        with self._lock:
            cursor = self._database.cursor()
        rows = cursor.execute(
            "SELECT least(floor(confidence / ? + 1e-6), floor(1 / ?) - 1) AS bin, count(*), "
            "count(*) FILTER (state <> 'rejected' AND label = spotted) FROM spot "
            "WHERE state IN (?, ?, ?) GROUP BY bin ORDER BY bin",
            [width, width, ACCEPTED, MOVED, REJECTED],
        ).fetchall()
        return [JudgedBin(bin * width, (bin + 1) * width, int(count), int(good)) for bin, count, good in rows]


def _filled(column: Any) -> np.ndarray:
    """A column without a mask: NaN where a number is missing."""
    return np.asarray(column.filled(np.nan) if isinstance(column, np.ma.MaskedArray) else column)


def _where(query: Query) -> tuple[str, list[Any]]:
    """Condition with a mark for each value."""
    parts: list[str]
    values: list[Any]
    sure = "confidence BETWEEN ? AND ?"
    parts, values = [sure], [query.least, query.most]
    if query.confirmed:
        parts, values = [f"({sure} OR state IN (?, ?, ?))"], [*values, *STANDING]
    narrowed = {
        "label": query.labels,
        "half": query.halves,
        "team": query.teams,
        "match": query.matches,
        "shots": query.shots,
    }
    for column, wanted in {"state": _STATES[query.reviewed], **narrowed}.items():
        if wanted:
            parts.append(f"{column} IN ({', '.join('?' * len(wanted))})")
            values += wanted
    if query.replays == LIVE_ALONE:
        parts.append("(replay = ? OR (replay = ? AND state IN (?, ?, ?)))")
        values += [LIVE, ONLY_REPLAYED, *STANDING]
    elif query.replays == ONLY_IN_REPLAYS:
        parts.append("replay = ?")
        values.append(ONLY_REPLAYED)
    if query.minutes is not None:
        parts.append("minute BETWEEN ? AND ?")
        values += query.minutes
    if query.zones:
        parts.append("list_has_any(zones, ?)")
        values.append(list(query.zones))
    if query.entities:
        parts.append("list_has_all(entities, ?)")
        values.append(list(query.entities))
    if query.text.strip():
        parts.append("similarity >= ?")
        values.append(query.alike)
    for word in query.words.split():
        parts.append("(contains(lower(title), ?) OR contains(lower(comment), ?))")
        values += [word.lower()] * 2
    return " AND ".join(parts), values
