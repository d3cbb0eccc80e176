"""Detections of replay grounding: for every replay, moments at which its action may have happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.camera_files import FILES as LABEL_FILES
from spotting_core.evaluation.camera_files import EvaluatedChange, of_halves, read_changes
from spotting_core.evaluation.checks import record_repeated_keys
from spotting_core.evaluation.collect import Record, open_games, pairs
from spotting_core.evaluation.spot_files import decoded
from spotting_core.formats.document import check_confidence

_LATEST = 1e9  # seconds, beyond any match
PREDICTION_FILES = ("Detection-replays.json", "results_grounding.json")


class Moment(msgspec.Struct, gc=False):
    """One detection: seconds of the half, and its confidence."""

    time: float
    score: float


class Replay(msgspec.Struct):
    """Detections for one replay; ``start`` and ``end`` in seconds of ``half``."""

    half: int
    start: float
    end: float
    detection: list[Moment]


class _Replays(msgspec.Struct):
    Replays: list[Replay]


_DECODER = msgspec.json.Decoder(_Replays, strict=False)
_SHAPE = '{"Replays": [{"half": 1, "start": 60.5, "end": 71, "detection": [{"time": 48.2, "score": 0.9}]}]}'


@dataclass(frozen=True)
class ReplayGame:
    """True changes of one game, in the order of their file, and the detections for its replays."""

    name: str
    truth: Sequence[EvaluatedChange]
    replays: Sequence[Replay]


def read_replays(content: bytes, where: str) -> list[Replay]:
    """Detections of one file.

    Errors:
        BadInputError: not such a file, a time that is no number, or a score that is no confidence.
    """
    replays = decoded(_DECODER, content, where, "replay grounding file", _SHAPE).Replays
    for number, replay in enumerate(replays, start=1):
        times = [replay.start, replay.end, *(d.time for d in replay.detection)]
        if not all(abs(time) < _LATEST for time in times):  # false for NaN as well
            raise BadInputError("a time is not a number", where=f"{where}, replay {number}")
        for detection in replay.detection:
            check_confidence(detection.score, f"{where}, replay {number}")
    return replays


def read_replay_games(
    labels: Path, predictions: Path, record: Record, split: Sequence[str] | None = None, *, official: bool = False
) -> list[ReplayGame]:
    """Games of two folders, zips or files.

    A second half of labels whose clock runs on from 45:00 gets one of its own, which the record says; the official
    evaluator takes it as it is.

    Errors:
        BadInputError: no game has both files, or one cannot be read.
    """
    games = []
    with open_games(labels, LABEL_FILES) as true, open_games(predictions, PREDICTION_FILES) as predicted:
        for pair in pairs(true, predicted, split, record):
            truth = read_changes(pair.labels, pair.label_file)
            record_repeated_keys(pair.labels, pair.label_file, pair.game, record)
            record_repeated_keys(pair.predictions, pair.prediction_file, pair.game, record)
            if not official:
                truth = of_halves(truth, pair.game, pair.label_file, record)
            games.append(ReplayGame(pair.game, truth, read_replays(pair.predictions, pair.prediction_file)))
    return games
