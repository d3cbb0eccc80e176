"""Labels-v2 and results_spotting files straight into arrays.

A hundred games of results are 12 MB of JSON; no object is kept for any of their lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.base.nesting import check_json
from spotting_core.evaluation.collect import Record, open_games, pairs
from spotting_core.evaluation.games import GameColumns, SpotColumns
from spotting_core.evaluation.track import HALVES

LABEL_FILES = ("Labels-v2.json", "Labels.json")
PREDICTION_FILES = ("results_spotting.json", "Predictions-v2.json")
_MOST_HALF = 1000


class _Label(msgspec.Struct, gc=False):
    gameTime: str  # noqa: N815
    label: str
    position: float | None = None
    visibility: str | None = None


class _Labels(msgspec.Struct):
    annotations: list[_Label]


class _Prediction(msgspec.Struct, gc=False):
    label: str
    position: float
    confidence: float
    half: int | None = None
    gameTime: str | None = None  # noqa: N815


class _Predictions(msgspec.Struct):
    predictions: list[_Prediction]


_LABELS = msgspec.json.Decoder(_Labels, strict=False)
_PREDICTIONS = msgspec.json.Decoder(_Predictions, strict=False)


def read_spotting_games(
    labels: Path, predictions: Path, classes: Sequence[str], record: Record, split: Sequence[str] | None = None
) -> list[GameColumns]:
    """Games of two folders, zips or files.

    Spots of a class that is not among ``classes`` or of a half other than 1 and 2 are not counted, and a half
    without predictions is; the record says so.

    Errors:
        BadInputError: no game has both files, one cannot be read, a score is no number, or no prediction at all
            has one of the classes.
    """
    games: list[GameColumns] = []
    strangers: Counter[str] = Counter()
    with open_games(labels, LABEL_FILES) as true, open_games(predictions, PREDICTION_FILES) as predicted:
        for pair in pairs(true, predicted, split, record):
            truth = label_columns(pair.labels, pair.label_file, pair.game, classes, record)
            spots, unknown = prediction_columns(pair.predictions, pair.prediction_file, pair.game, classes, record)
            _note_empty_halves(pair.game, truth, spots, record)
            strangers.update(unknown)
            games.append(GameColumns(pair.game, truth, spots))
    if strangers and not any(len(g.predicted) for g in games):
        raise BadInputError(
            f"no prediction is of a known class; they say {', '.join(map(repr, list(strangers)[:4]))}",
            where=predictions,
            fix="Check the class names, or give their own list with --classes",
        )
    return games


def decoded(decoder: msgspec.json.Decoder, content: bytes, where: str, what: str) -> Any:
    """Decode JSON of a known form.

    Errors:
        BadInputError: not JSON, or of another form (names the place inside), or nested too deeply.
    """
    check_json(content, where, what)
    try:
        return decoder.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except msgspec.ValidationError as error:
        raise BadInputError(f"this is no {what} ({error})", where=where) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if b"NaN" in content:
            raise BadInputError(
                "a value is not a number (NaN)", where=where, fix="Every score needs a number"
            ) from error
        raise BadInputError(f"this {what} is not JSON ({error})", where=where) from error


def label_columns(content: bytes, where: str, game: str, classes: Sequence[str], record: Record) -> SpotColumns:
    """True spots of a Labels-v2 file; without ``position`` the clock of ``gameTime`` counts.

    Errors:
        BadInputError: not such a file, or a time that cannot be read.
    """
    rows = decoded(_LABELS, content, where, "Labels-v2 file").annotations
    labels = _indices(rows, classes)
    known = [r for r, label in zip(rows, labels, strict=True) if label >= 0]
    clocks = [_clock_or_half(r, f"{where}, {r.label} at {r.gameTime}") for r in known]
    times = [clock if r.position is None else r.position for r, (_, clock) in zip(known, clocks, strict=True)]
    columns = SpotColumns(
        np.array([half for half, _ in clocks], np.int16),
        microseconds(times, where),
        labels[labels >= 0],
        np.zeros(len(known)),
        np.array([-1 if r.visibility == "not shown" else 1 for r in known], np.int8),
    )
    return _counted_spots(game, "label", _unknown(rows, labels), classes, columns, record)


def prediction_columns(
    content: bytes, where: str, game: str, classes: Sequence[str], record: Record
) -> tuple[SpotColumns, Counter[str]]:
    """Predicted spots of a results_spotting file, and how many were of which unknown class.

    Errors:
        BadInputError: not such a file, or a half, time or score that is no number.
    """
    rows = decoded(_PREDICTIONS, content, where, "results_spotting file").predictions
    labels = _indices(rows, classes)
    unknown = _unknown(rows, labels)
    known = [r for r, label in zip(rows, labels, strict=True) if label >= 0] if unknown else rows
    halves = [r.half for r in known]
    if None in halves:
        halves = [clock_of(r.gameTime or "", where)[0] if r.half is None else r.half for r in known]
    columns = SpotColumns(
        np.array([max(-_MOST_HALF, min(_MOST_HALF, half or 0)) for half in halves], np.int16),
        microseconds([r.position for r in known], where),
        labels[labels >= 0],
        np.array([r.confidence for r in known], np.float64),
        np.ones(len(known), np.int8),
    )
    if not np.isfinite(columns.score).all():
        first = int(np.flatnonzero(~np.isfinite(columns.score))[0])
        raise BadInputError(
            f"the confidence of {known[first].label} at {known[first].position:.0f} ms is not a number",
            where=where,
            fix="Every prediction needs a confidence from 0 to 1",
        )
    return _counted_spots(game, "prediction", unknown, classes, columns, record), unknown


def _indices(rows: Sequence[Any], classes: Sequence[str]) -> np.ndarray:
    """int16 (N,): the class of each row, -1 for one that is not among ``classes``."""
    index = {name: i for i, name in enumerate(classes)}
    return np.array([index.get(r.label, -1) for r in rows], np.int16)


def _unknown(rows: Sequence[Any], labels: np.ndarray) -> Counter[str]:
    return Counter(rows[i].label for i in np.flatnonzero(labels < 0).tolist())


def _clock_or_half(row: _Label, where: str) -> tuple[int, int]:
    """Half and milliseconds of the clock, which are not worked out where the position counts."""
    first = row.gameTime[:1]
    if row.position is not None and first.isdigit():
        return int(first), 0
    return clock_of(row.gameTime, where)


def clock_of(text: str, where: str) -> tuple[int, int]:
    """Half and milliseconds of a ``gameTime``, read as the official code does: its first and last digits.

    Errors:
        BadInputError: it is of another form.
    """
    try:
        return int(text[0]), (60 * int(text[-5:-3]) + int(text[-2:])) * 1000
    except (ValueError, IndexError) as error:
        raise BadInputError(f"the time {text!r} cannot be read", where=where, fix='Expected "1 - 12:43"') from error


def microseconds(milliseconds: Sequence[float], where: str) -> np.ndarray:
    """int64 microseconds of positions in milliseconds, cut to whole ones.

    Errors:
        BadInputError: one is not a number, or beyond any match.
    """
    values = np.array(milliseconds, np.float64)
    wrong = ~(np.abs(values) < 1e12)  # false for NaN as well
    if wrong.any():
        raise BadInputError(
            f"the position {values[wrong][0]} is no time", where=where, fix="Positions are milliseconds of the half"
        )
    return np.trunc(values).astype(np.int64) * 1000


def _counted_spots(
    game: str, what: str, unknown: Counter[str], classes: Sequence[str], columns: SpotColumns, record: Record
) -> SpotColumns:
    """The spots of the two halves that SoccerNet's files have; what is left out is recorded."""
    for label, count in unknown.items():
        near = next((c for c in classes if c.lower() == label.lower()), None)
        hint = f" (did you mean {near!r}?)" if near else ""
        record.skip(game, f"{_counted(count, what)} of the unknown class {label!r}{hint}")
    inside = np.isin(columns.half, HALVES)
    if outside := int((~inside).sum()):
        record.skip(game, f"{_counted(outside, what)} of a half other than 1 and 2")
    return columns.where(inside)


def _note_empty_halves(game: str, truth: SpotColumns, predicted: SpotColumns, record: Record) -> None:
    for half in HALVES:
        missed = int((truth.half == half).sum())
        if missed and not (predicted.half == half).any():
            record.skip(game, f"half {half} has no predictions; its {_counted(missed, 'action')} count as missed")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
