"""Labels-v2 and results_spotting files straight into arrays.

A hundred games of results are 12 MB of JSON; no object is kept for any of their lines.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from spotting_core.base.counts import count_of
from spotting_core.base.errors import BadInputError
from spotting_core.base.json_places import no_number
from spotting_core.base.nesting import check_json
from spotting_core.base.texts import utf8_json
from spotting_core.domain.class_names import check_some_known, plain_name
from spotting_core.evaluation.checks import (
    check_confidences,
    check_some_truth,
    check_some_used,
    record_repeated_keys,
    record_repeats,
    record_unknown,
)
from spotting_core.evaluation.collect import GamePair, Record, open_games, pairs
from spotting_core.evaluation.games import GameColumns, SpotColumns
from spotting_core.evaluation.official_splits import model_beside, trained_on
from spotting_core.evaluation.track import HALVES
from spotting_core.formats.document import check_time
from spotting_core.formats.game_time import HALF_LENGTH, RUNS_ON, moment_of, parse_game_time, runs_on, two_times

LABEL_FILES = ("Labels-v2.json", "Labels.json")
PREDICTION_FILES = ("results_spotting.json", "Predictions-v2.json")
_MOST_HALF = 1000
_LATEST = 1e12  # milliseconds, beyond any match


class _Label(msgspec.Struct, gc=False):
    label: str
    gameTime: str = ""  # noqa: N815
    position: float | str | None = None
    half: float | str | None = None
    visibility: str | None = None


class _Named(msgspec.Struct):
    UrlLocal: Any = ""


class _Labels(msgspec.Struct):
    annotations: list[_Label]


class _Prediction(msgspec.Struct, gc=False):
    label: str
    confidence: float
    position: float | str | None = None
    half: float | str | None = None
    gameTime: str = ""  # noqa: N815


class _Predictions(msgspec.Struct):
    predictions: list[_Prediction]


_NAMED = msgspec.json.Decoder(_Named)
_LABELS = msgspec.json.Decoder(_Labels, strict=False)
_PREDICTIONS = msgspec.json.Decoder(_Predictions, strict=False)
_RESULTS = "results_spotting file"
_LABELS_SHAPE = '{"annotations": [{"gameTime": "1 - 00:12", "label": "Goal", "position": "12000"}]}'
_RESULTS_SHAPE = (
    '{"predictions": [{"gameTime": "1 - 00:12", "label": "Goal", "position": "12000", "confidence": "0.9"}]}'
)


def read_spotting_games(
    labels: Path,
    predictions: Path,
    classes: Sequence[str],
    record: Record,
    split: Sequence[str] | None = None,
    *,
    official: bool = False,
) -> list[GameColumns]:
    """Games of two folders, zips or files.

    Spots of a class that is not among ``classes`` or of a half other than 1 and 2 are not counted, and a half
    without predictions is; the record says so.

    Games that the model was trained on, where predictions lie with its analysis, are left out.

    Errors:
        BadInputError: no game has both files or all were trained on, one cannot be read, a confidence is none, no label
            or no prediction at all has one of the classes, or no label counts, or none of some predictions.
    """
    games: list[GameColumns] = []
    trained: dict[str, str] = {}
    true_strangers: Counter[str] = Counter()
    strangers: Counter[str] = Counter()
    with open_games(labels, LABEL_FILES) as true, open_games(predictions, PREDICTION_FILES) as predicted:
        for pair in pairs(true, predicted, split, record):
            if why := trained_on(pair.game, model_beside(pair.prediction_file)):
                trained[pair.game] = why
                continue
            truth, unnamed = label_columns(pair.labels, pair.label_file, pair.game, classes, record, official=official)
            spots, unknown = prediction_columns(
                pair.predictions, pair.prediction_file, pair.game, classes, record, official=official
            )
            for what, columns in (("label", truth), ("prediction", spots)):
                record_repeats(columns.moments(), what, pair.game, record)
            _note_empty_halves(pair.game, truth, spots, record)
            _note_other_match(pair, record)
            true_strangers.update(unnamed)
            strangers.update(unknown)
            games.append(GameColumns(pair.game, truth, spots))
    for game, why in trained.items():
        record.counted.remove(game)
        record.skip(game, why)
    if not record.counted:
        raise BadInputError(
            f"none of these games is counted: {next(iter(trained.values()))}",
            where=predictions,
            fix="Measure this model on other games",
        )
    counted = sum(len(g.truth) for g in games)
    if not counted:
        check_some_known(true_strangers, classes, "label", labels)
    check_some_truth(counted, labels)
    if not any(len(g.predicted) for g in games):
        check_some_known(strangers, classes, "prediction", predictions)
        if not official:
            why = "they are of halves other than 1 and 2"
            check_some_used(_predictions_of(predictions), 0, "predictions", why, predictions)
    return games


def _predictions_of(predictions: Path) -> int:
    """How many predictions are in some files, whatever they are of."""
    with open_games(predictions, PREDICTION_FILES) as tree:
        files = ((tree.read(game), tree.where(game)) for game in tree.games)
        read = (decoded(_PREDICTIONS, *file, _RESULTS, _RESULTS_SHAPE).predictions for file in files)
        return sum(map(len, read))


def decoded(decoder: msgspec.json.Decoder, content: bytes, where: str, what: str, shape: str) -> Any:
    """Decode JSON of a known form.

    Arguments:
        what: name of the form; shape: how such a file is built, for whoever gave another.

    Errors:
        BadInputError: not JSON, or of another form (names the place inside), or nested too deeply.
    """
    content = utf8_json(content, where, what)
    check_json(content, where, what)
    try:
        return decoder.decode(content)
    except msgspec.ValidationError as error:
        raise BadInputError(f"this is no {what} ({error})", where=where, fix=f"It is built so: {shape}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if (refusal := no_number(content, where)) is not None:
            raise refusal from error
        raise BadInputError(f"this {what} is not JSON ({error})", where=where) from error


def label_columns(
    content: bytes, where: str, game: str, classes: Sequence[str], record: Record, *, official: bool = False
) -> tuple[SpotColumns, Counter[str]]:
    """True spots of a Labels-v2 file, and how many were of which unknown class; without ``position`` the clock of
    ``gameTime`` counts.

    Errors:
        BadInputError: not such a file, or a time that cannot be read.
    """
    rows = decoded(_LABELS, content, where, "Labels-v2 file", _LABELS_SHAPE).annotations
    record_repeated_keys(content, where, game, record)
    labels = _indices(rows, classes)
    known = [r for r, label in zip(rows, labels, strict=True) if label >= 0]
    halves, times = _moments(known, where, game, record, official)
    columns = SpotColumns(
        halves,
        times,
        labels[labels >= 0],
        np.zeros(len(known)),
        np.array([-1 if r.visibility == "not shown" else 1 for r in known], np.int8),
    )
    unknown = _unknown(rows, labels)
    return _counted_spots(game, "label", unknown, classes, columns, record), unknown


def prediction_columns(
    content: bytes, where: str, game: str, classes: Sequence[str], record: Record, *, official: bool = False
) -> tuple[SpotColumns, Counter[str]]:
    """Predicted spots of a results_spotting file, and how many were of which unknown class.

    Errors:
        BadInputError: not such a file, a half or time that is no number, or a confidence that is none.
    """
    rows = decoded(_PREDICTIONS, content, where, _RESULTS, _RESULTS_SHAPE).predictions
    record_repeated_keys(content, where, game, record)
    labels = _indices(rows, classes)
    unknown = _unknown(rows, labels)
    known = [r for r, label in zip(rows, labels, strict=True) if label >= 0] if unknown else rows
    halves, times = _moments(known, where, game, record, official)
    columns = SpotColumns(
        halves,
        times,
        labels[labels >= 0],
        np.array([r.confidence for r in known], np.float64),
        np.ones(len(known), np.int8),
    )
    wrong = np.flatnonzero(~np.isfinite(columns.score))
    if len(wrong):
        raise BadInputError(
            f"the confidence of {known[wrong[0]].label} at {columns.time[wrong[0]] // 1000} ms is not a number",
            where=where,
            fix="Every prediction needs a confidence from 0 to 1",
        )
    check_confidences(columns.score, where, record, name=game, official=official)
    return _counted_spots(game, "prediction", unknown, classes, columns, record), unknown


def _moments(
    rows: Sequence[Any], where: str, game: str, record: Record, official: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Halves, int16, and times, int64 microseconds, of rows.

    A second half whose clock runs on from 45:00 gets one of its own, which the record says; the official evaluator
    takes it as it is.

    Errors:
        BadInputError: a half or time that cannot be read, or that no half has.
    """
    halves, times = np.zeros(len(rows), np.int16), np.zeros(len(rows), np.int64)
    for number, row in enumerate(rows):
        half, time = _moment(row, where)
        halves[number], times[number] = max(-_MOST_HALF, min(_MOST_HALF, half)), time
    clocks = [None if row.position is None else _clock(row.gameTime) for row in rows]
    doubt = two_times(halves.tolist(), times.tolist(), clocks, "position", "gameTime")
    if doubt is not None:
        record.skip(game, f"{Path(where).name}: {doubt}")
    second = halves == 2
    if not official and runs_on(times[second].tolist()):
        times[second] -= HALF_LENGTH
        record.skip(game, f"{Path(where).name}: {RUNS_ON}")
    if not official and len(times):
        for number in (int(times.argmin()), int(times.argmax())):
            check_time(int(times[number]), f"{where}, {rows[number].label} at {rows[number].gameTime}")
    return halves, times


def _clock(text: str) -> int | None:
    """Microseconds of a ``gameTime``; what most files have is read without looking further."""
    digits = text[4:6] + text[7:]
    if text[1:4] == " - " and text[6:7] == ":" and len(digits) == 4 and digits.isdecimal():
        return (int(text[4:6]) * 60 + int(text[7:])) * 1_000_000
    return parse_game_time(text).clock


def _moment(row: Any, where: str) -> tuple[int, int]:
    """Half and microseconds of a row; what most files have is read without looking further."""
    first, position = row.gameTime[:4], row.position
    if row.half is None and first[1:] == " - " and first[0].isdigit() and type(position) is float:
        return int(first[0]), microseconds(position, where)
    if type(row.half) is float and type(position) is float and row.half == row.half // 1:
        return int(row.half), microseconds(position, where)
    fields = {"gameTime": row.gameTime, "position": position, "half": row.half}
    half, time = moment_of(fields, f"{where}, {row.label} at {row.gameTime}")
    return half, microseconds(time / 1000, where)


def _indices(rows: Sequence[Any], classes: Sequence[str]) -> np.ndarray:
    """int16 (N,): the class of each row, -1 for one that is not among ``classes``."""
    index = {name: i for i, name in enumerate(classes)}
    return np.array([index.get(plain_name(r.label), -1) for r in rows], np.int16)


def _unknown(rows: Sequence[Any], labels: np.ndarray) -> Counter[str]:
    return Counter(plain_name(rows[i].label) for i in np.flatnonzero(labels < 0).tolist())


def microseconds(milliseconds: float, where: str) -> int:
    """Microseconds of a position in milliseconds, cut to whole ones.

    Errors:
        BadInputError: it is not a number, or beyond any match.
    """
    if not abs(milliseconds) < _LATEST:  # false for NaN as well
        raise BadInputError(
            f"the position {milliseconds} is no time", where=where, fix="Positions are milliseconds of the half"
        )
    return math.trunc(milliseconds) * 1000


def _counted_spots(
    game: str, what: str, unknown: Counter[str], classes: Sequence[str], columns: SpotColumns, record: Record
) -> SpotColumns:
    """The spots of the two halves that SoccerNet's files have; what is left out is recorded."""
    record_unknown(unknown, classes, what, game, record)
    inside = np.isin(columns.half, HALVES)
    if outside := int((~inside).sum()):
        record.skip(game, f"{count_of(outside, what)} of a half other than 1 and 2")
    return columns.where(inside)


def match_name(content: bytes, where: str) -> str:
    """What a Labels-v2 or results_spotting file, which has been read before, says that its match is called: the last of
    its folders; empty where it does not say.
    """
    called = _NAMED.decode(utf8_json(content, where)).UrlLocal
    return called.replace("\\", "/").strip().rstrip("/").rsplit("/", 1)[-1] if isinstance(called, str) else ""


def _note_other_match(pair: GamePair, record: Record) -> None:
    """Say where the two files of a game call it differently."""
    true, predicted = match_name(pair.labels, pair.label_file), match_name(pair.predictions, pair.prediction_file)
    if true and predicted and true != predicted:
        record.skip(pair.game, f"its labels call the match {true!r}, its predictions {predicted!r}")


def _note_empty_halves(game: str, truth: SpotColumns, predicted: SpotColumns, record: Record) -> None:
    for half in HALVES:
        missed = int((truth.half == half).sum())
        if missed and not (predicted.half == half).any():
            record.skip(game, f"half {half} has no predictions; its {count_of(missed, 'action')} count as missed")
