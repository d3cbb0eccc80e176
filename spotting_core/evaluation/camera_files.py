"""Camera changes of Labels-cameras files, true or predicted.

Predictions are of the same form, with a ``confidence`` for each change; one without counts as 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from spotting_core.base.errors import BadInputError
from spotting_core.domain.class_names import plain_name
from spotting_core.domain.clock import half_clock, parse_clock
from spotting_core.evaluation.checks import check_some_used, record_repeated_keys
from spotting_core.evaluation.collect import Record, open_games, pairs
from spotting_core.evaluation.spot_files import decoded, microseconds
from spotting_core.evaluation.track import HALVES
from spotting_core.formats.document import check_confidence
from spotting_core.formats.game_time import HALF_LENGTH, RUNS_ON, moment_of, parse_game_time, runs_on

FILES = ("Labels-cameras.json",)
BOUNDARIES_FILE = "Boundaries-cameras.json"
"""What an analysis of boundaries writes, which may lie beside labels."""


class LinkRow(msgspec.Struct, gc=False):
    """The action that a replay shows: its half, class, and time as ``mm:ss``."""

    half: int
    label: str
    time: str


class _Link(msgspec.Struct, gc=False):
    """A link as it is written."""

    half: float | str
    label: str
    time: str


class _Row(msgspec.Struct, gc=False):
    label: str
    gameTime: str = ""  # noqa: N815
    position: float | str | None = None
    half: float | str | None = None
    change_type: str | None = None
    replay: str | None = None
    confidence: float | None = None
    link: _Link | None = None


class _Changes(msgspec.Struct):
    annotations: list[_Row]


_DECODER = msgspec.json.Decoder(_Changes, strict=False)
_SHAPE = (
    '{"annotations": [{"gameTime": "1 - 00:12", "position": "12000", "label": "Main camera center", '
    '"change_type": "abrupt"}]}'
)


@dataclass(frozen=True)
class EvaluatedChange:
    """One camera change: the end of the shot that ``label`` names.

    Arguments:
        time: microseconds of the half; second: as its ``gameTime`` says.
        change_type: abrupt, smooth, logo, or another word.
        replay: whether the shot that ends is a replay; link: what it shows.
        rated: whether its file says how sure it is.
    """

    half: int
    time: int
    second: int
    label: str
    change_type: str
    replay: bool
    confidence: float
    link: LinkRow | None
    rated: bool = True


@dataclass(frozen=True)
class CameraGame:
    """True and predicted changes of one game, in the order of their files."""

    name: str
    truth: Sequence[EvaluatedChange]
    predicted: Sequence[EvaluatedChange]


def read_changes(content: bytes, where: str) -> list[EvaluatedChange]:
    """Changes of one file, in its order.

    Errors:
        BadInputError: not such a file, a time that cannot be read, or a confidence that is none.
    """
    changes = []
    for number, row in enumerate(decoded(_DECODER, content, where, "camera label file", _SHAPE).annotations, start=1):
        at = f"{where}, annotation {number}"
        half, time = moment_of({"gameTime": row.gameTime, "position": row.position, "half": row.half}, at)
        confidence = 1.0 if row.confidence is None else row.confidence
        check_confidence(confidence, at)
        clock = parse_game_time(row.gameTime).clock
        changes.append(
            EvaluatedChange(
                half=half,
                time=microseconds(time / 1000, at),
                second=(time if clock is None else clock) // 1_000_000,
                label=plain_name(row.label),
                change_type=(row.change_type or "").strip(),
                replay=(row.replay or "").strip().lower() == "replay",
                confidence=confidence,
                link=None if row.link is None else _plain(row.link, at),
                rated=row.confidence is not None,
            )
        )
    return changes


def of_halves(changes: list[EvaluatedChange], game: str, where: str, record: Record) -> list[EvaluatedChange]:
    """Changes whose second half has a clock of its own, links into it with them; the record says where it had not."""
    if not runs_on(c.time for c in changes if c.half == 2):
        return changes
    record.skip(game, f"{Path(where).name}: {RUNS_ON}")
    seconds = HALF_LENGTH // 1_000_000
    return [
        replace(
            c,
            time=c.time - HALF_LENGTH if c.half == 2 else c.time,
            second=c.second - seconds if c.half == 2 else c.second,
            link=None if c.link is None else _own_clock(c.link),
        )
        for c in changes
    ]


def _own_clock(link: LinkRow) -> LinkRow:
    """A link of a file in which the clock of half 2 runs on; a time that cannot be read stays."""
    try:
        time = parse_clock(link.time)
    except BadInputError:
        return link
    on = link.half == 2 and time >= HALF_LENGTH
    return LinkRow(link.half, link.label, half_clock(time - HALF_LENGTH, decimals=0)) if on else link


def _plain(link: _Link, where: str) -> LinkRow:
    """A link without what surrounds its texts.

    Errors:
        BadInputError: its half is no number.
    """
    half, _ = moment_of({"half": link.half, "position": 0}, f"{where}, link")
    return LinkRow(half, plain_name(link.label), link.time.strip())


def read_camera_games(
    labels: Path, predictions: Path, record: Record, split: Sequence[str] | None = None, *, official: bool = False
) -> list[CameraGame]:
    """Games of two folders, zips or files; changes of a half other than 1 and 2 are not counted.

    A second half whose clock runs on from 45:00 gets one of its own, which the record says; the official evaluator
    takes it as it is.

    Errors:
        BadInputError: no game has both files, one cannot be read, or none of some predictions counts.
    """
    read: Counter[str] = Counter()
    games = list(_games(labels, predictions, record, split, read, official))
    used = sum(len(game.predicted) for game in games)
    why = "they are of halves other than 1 and 2"
    check_some_used(read["predictions"], used, "predictions", why, predictions)
    return games


def _games(
    labels: Path,
    predictions: Path,
    record: Record,
    split: Sequence[str] | None,
    read: Counter[str],
    official: bool,
) -> Iterator[CameraGame]:
    """Games one by one; read: what was read of each side, counted on."""
    with open_games(labels, FILES) as true, open_games(predictions, (*FILES, BOUNDARIES_FILE)) as predicted:
        for pair in pairs(true, predicted, split, record):
            sides = []
            for side, content, where in (
                ("labels", pair.labels, pair.label_file),
                ("predictions", pair.predictions, pair.prediction_file),
            ):
                changes = read_changes(content, where)
                record_repeated_keys(content, where, pair.game, record)
                if not official:
                    changes = of_halves(changes, pair.game, where, record)
                read[side] += len(changes)
                wrong = Counter(c.half for c in changes if c.half not in HALVES)
                for half, count in wrong.items():
                    record.skip(pair.game, f"{count} changes of half {half} in {Path(where).name}")
                sides.append([c for c in changes if c.half in HALVES])
            if sides[0] and not sides[1]:
                record.skip(pair.game, f"it has no predictions; its {len(sides[0])} changes count as missed")
            yield CameraGame(pair.game, *sides)
