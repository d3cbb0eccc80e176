"""Arrays of a half in the form the player reads: little-endian, small, ready for a typed array.

scores        uint8 (C, T), confidence * 255, class by class
samples       float64 (T,), presentation time of each sample in seconds
entities      uint32 (T + 1,), row where each sample begins; then per row 12 bytes: entity uint8,
              score uint8, x1 y1 x2 y2 uint16 (65535 * share of the picture), weight uint8, kept uint8
map           uint8 (T, h, w) of one class (?map=class_map&class=3)
calibrations  float64 (N, 11), in order of time: seconds, the homography from metres to shares of the picture row by
              row, its last coordinate positive in front of the camera, NaN where the picture has none, and the
              confidence, -1 where it is exact
players       uint32, length of what follows as JSON {colours, notes}, filled up with spaces to a multiple of 4; then
              uint32 (T + 1,), row where each sample begins; then per row 28 bytes: track uint32, x y error float32
              (metres), x1 y1 x2 y2 uint16 (65535 * share of the picture; all 0 where nobody was seen), role uint8,
              team uint8 (see ``ROLES`` and ``TEAMS`` of ``kept_players``), how sure the team is and that somebody is
              there uint8 (255 * confidence)
play          uint32, length of what follows as JSON {settled, problem, speed}, filled up as above; then per sample 20
              bytes:
              x y error float32 (metres), how likely the home team has the ball float32 (NaN where nobody can tell),
              how the place is known uint32 (see ``players.play``)
embeddings    not served: nothing on screen needs them
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from spotting_core.analyses.analysis import HalfAnalysis
from spotting_core.domain.homography import Calibration
from spotting_core.players.kept_players import KeptPlayers
from spotting_core.players.play import BALL_SPEED

ENTITY_ROW = np.dtype([("entity", "u1"), ("score", "u1"), ("box", "<u2", 4), ("weight", "u1"), ("kept", "u1")])

PLAYER_ROW = np.dtype([
    ("track", "<u4"), ("x", "<f4"), ("y", "<f4"), ("error", "<f4"), ("box", "<u2", 4),
    ("role", "u1"), ("team", "u1"), ("team_confidence", "u1"), ("confidence", "u1"),
])  # fmt: skip

PLAY_ROW = np.dtype([("x", "<f4"), ("y", "<f4"), ("error", "<f4"), ("home", "<f4"), ("known", "<u4")])


def pack(half: HalfAnalysis, name: str, query: Mapping[str, str]) -> bytes:
    """Bytes of one array.

    Errors:
        KeyError: no such array; ValueError: a class out of range; BadInputError: missing or damaged.
    """
    return _PACKERS[name](half, query)


def _scores(half: HalfAnalysis, _query: Mapping[str, str]) -> bytes:
    if not half.has("scores"):  # of a layer that says nothing of classes, as calibrations
        return bytes(len(half.classes) * len(half.times))
    return np.ascontiguousarray((half.scores.T.clip(0, 1) * 255).round().astype(np.uint8)).tobytes()


def _samples(half: HalfAnalysis, _query: Mapping[str, str]) -> bytes:
    return (half.times / 1e6).astype("<f8").tobytes()


def _entities(half: HalfAnalysis, _query: Mapping[str, str]) -> bytes:
    table = half.entities
    if table is None:
        raise KeyError("entities")
    rows = np.zeros(len(table), ENTITY_ROW)
    size = np.array([half.record.width, half.record.height] * 2, np.float32)
    rows["entity"] = table.entity
    rows["score"] = (table.score.clip(0, 1) * 255).round()
    rows["box"] = ((table.box / size).clip(0, 1) * 65535).round()
    if table.weight is not None and table.kept is not None:
        rows["weight"] = (table.weight.clip(0, 1) * 255).round()
        rows["kept"] = table.kept
    begins = np.searchsorted(table.sample, np.arange(len(half.times) + 1)).astype("<u4")
    return begins.tobytes() + rows.tobytes()


def _map(half: HalfAnalysis, query: Mapping[str, str]) -> bytes:
    values = half.array(f"maps/{query['map']}" if query["map"].isidentifier() else "")
    if values.ndim == 4:
        column = int(query["class"])
        if not 0 <= column < values.shape[1]:
            raise ValueError("class out of range")
        values = values[:, column]
    return np.ascontiguousarray(values).tobytes()


def pack_calibrations(calibrations: Sequence[Calibration]) -> bytes:
    """The calibrations of a half, in order of time; those of pictures without one as well, which say so."""
    rows = np.full((len(calibrations), 11), np.nan)
    for row, one in zip(rows, calibrations, strict=True):
        row[0], row[10] = one.time / 1e6, -1.0 if one.confidence is None else one.confidence
        if one.homography is not None:
            row[1:10] = (one.homography.facing * one.homography.matrix).ravel()
    return rows.astype("<f8").tobytes()


def pack_players(players: KeptPlayers, half: int, samples: int, colours: tuple[str, str] | None) -> bytes:
    """Everybody of a half.

    Arguments:
        samples: of the half; colours: of home and away, where they are known.
    """
    held = players.of_half(half)
    rows = np.zeros(len(held), PLAYER_ROW)
    for name in ("track", "x", "y", "error", "role", "team"):
        rows[name] = held[name]
    rows["box"] = (held["box"].clip(0, 1) * 65535).round()
    for name in ("team_confidence", "confidence"):
        rows[name] = (held[name].clip(0, 1) * 255).round()
    begins = np.searchsorted(held["sample"], np.arange(samples + 1)).astype("<u4")
    about = {"colours": colours, "notes": players.notes, "homeIsGuess": players.home_is_guess}
    return _described(about) + begins.tobytes() + rows.tobytes()


def pack_play(play: np.ndarray, *, settled: bool, problem: str | None) -> bytes:
    """Where play is at each sample of a half (T,) of ``players.play.PLAY``.

    Arguments:
        settled: whether no more is to come; problem: why nobody could be placed.
    """
    rows = np.zeros(len(play), PLAY_ROW)
    for name in PLAY_ROW.names or ():
        rows[name] = play[name]
    return _described({"settled": settled, "problem": problem, "speed": BALL_SPEED}) + rows.tobytes()


def _described(about: Mapping[str, Any]) -> bytes:
    """JSON behind its length, filled up so that typed arrays may follow."""
    text = json.dumps(about).encode()
    text += b" " * (-len(text) % 4)
    return np.uint32(len(text)).astype("<u4").tobytes() + text


_PACKERS: dict[str, Callable[[HalfAnalysis, Mapping[str, str]], bytes]] = {
    "scores": _scores,
    "samples": _samples,
    "entities": _entities,
    "map": _map,
}
