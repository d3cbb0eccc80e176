"""Average-AP of replay grounding: does a replay find the moment that it shows?

As the SoccerNet pip package (0.2.0, ``Evaluation/ReplayGrounding``) computes it: each replay is a query with one
true moment, detections are thinned by non-maximum suppression with the tolerance, pooled over all queries, and
their average precision is averaged over tolerances. Officially

* a replay is found by the second of its end, among the annotations whose link lies in its half;
* replays that a detections file lacks are not missed: they do not count at all;
* moments lie in cells of half a second, up to 58:20, and suppression erases one cell less after than before.

Without ``official`` a replay is found within a second of its end and in its own half, those without detections
count as missed, times are exact and suppression is symmetric.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spotting_core.base.counts import count_of
from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.camera_files import EvaluatedChange, LinkRow
from spotting_core.evaluation.checks import check_some_used
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.games import GameColumns, SpotColumns
from spotting_core.evaluation.matching import matches
from spotting_core.evaluation.precision import Counts, mean_over_tolerances, tolerances_of
from spotting_core.evaluation.replay_files import Moment, Replay, ReplayGame
from spotting_core.evaluation.report import Evaluation, Evaluator
from spotting_core.evaluation.suppress import strongest
from spotting_core.evaluation.track import CELLS_PER_SECOND, Track, lay_out

CELLS = 3500 * CELLS_PER_SECOND
_NAME = "Replay"
_CELL = 1_000_000 // CELLS_PER_SECOND
_SAME_END = 1.0  # seconds


@dataclass(frozen=True)
class _Query:
    """A replay: its true moment and the detections for it, int64 units (cells, or microseconds)."""

    truth: int
    place: np.ndarray
    score: np.ndarray


def check_replays(games: Sequence[ReplayGame], predictions: object) -> None:
    """Refuse detected replays of which none ends where a labelled one does.

    Arguments:
        predictions: where they were read from.

    Errors:
        BadInputError: see above.
    """
    used = sum(any(_same_end(replay, change) for change in g.truth) for g in games for replay in g.replays)
    why = "none ends within a second of a labelled shot"
    check_some_used(sum(len(g.replays) for g in games), used, "detected replays", why, predictions)


def evaluate_replays(
    games: Sequence[ReplayGame],
    classes: Sequence[str],
    record: Record,
    *,
    metric: str = "loose",
    official: bool = False,
) -> Evaluation:
    """Average-AP over the replays of all games.

    Arguments:
        classes: of the actions whose replays count.
        record: told what was not counted.

    Errors:
        BadInputError: an unknown metric, no replay at all, or officially a moment past 58:20.
    """
    return replay_evaluator(games, classes, record, metric=metric, official=official)(range(len(games)))


def replay_evaluator(
    games: Sequence[ReplayGame], classes: Sequence[str], record: Record, *, metric: str, official: bool
) -> Evaluator:
    """What measures the replays of any of some games, which are found and matched once; what it returns refuses games
    without a replay. See ``evaluate_replays``.

    Errors:
        BadInputError: an unknown metric, or officially a moment past 58:20.
    """
    tolerances = tolerances_of(metric)
    found = _official_queries(games, classes) if official else _queries(games, classes, record)
    game, queries = np.array([number for number, _ in found], np.int64), [query for _, query in found]
    matched = [_matched(queries, tolerance, official) for tolerance in tolerances] if queries else []

    def evaluate(numbers: Sequence[int]) -> Evaluation:
        times = np.bincount(numbers, minlength=len(games))[game]
        if not times.any():
            raise _no_query([games[number] for number in numbers])
        values = np.array([Counts(track, times).curves(hit).average_precision()[0, 0] for track, hit in matched])
        mean, of = float(mean_over_tolerances(values, tolerances)), int(times.sum())
        return Evaluation("replays", metric, official, "Average-AP", {"all": mean}, {_NAME: {"all": mean}}, {_NAME: of})

    return evaluate


def _matched(queries: Sequence[_Query], tolerance: float, official: bool) -> tuple[Track, np.ndarray]:
    """The replays on an axis, each a game of its own, and which detections are matched."""
    unit = CELLS_PER_SECOND if official else 1_000_000
    reach = int(tolerance * unit / 2)
    games = []
    for query in queries:
        kept = strongest(query.place, query.score, below=reach, above=reach if official else reach + 1)
        games.append(
            GameColumns("", _spots(np.array([query.truth]), np.zeros(1), official),
                        _spots(query.place[kept], query.score[kept], official))
        )  # fmt: skip
    track = lay_out(games, (_NAME,), official=official)
    return track, next(matches(track, [tolerance], official=official))


def _spots(place: np.ndarray, score: np.ndarray, official: bool) -> SpotColumns:
    count = len(place)
    time = place.astype(np.int64) * (_CELL if official else 1)
    return SpotColumns(np.ones(count, np.int16), time, np.zeros(count, np.int16), score, np.ones(count, np.int8))


# --- the official way of finding queries --------------------------------------------------------------


def _official_queries(games: Sequence[ReplayGame], classes: Sequence[str]) -> list[tuple[int, _Query]]:
    """The replays that count, each with the number of its game."""
    queries = []
    before: int | None = None  # the official code keeps it from one replay and game to the next
    for number, game in enumerate(games):
        for replay in game.replays:
            link, before = _official_link(game.truth, replay, classes, before)
            if link is None:
                continue
            cells: dict[int, float] = {}
            for moment in replay.detection:
                cells[_official_cell(int(moment.time * CELLS_PER_SECOND), game.name)] = moment.score
            by_cell = {c: s for c, s in cells.items() if s >= 0}
            query = _Query(
                _official_cell(CELLS_PER_SECOND * _seconds_of(link, game.name), game.name),
                np.array(list(by_cell), np.int64),
                np.array(list(by_cell.values()), np.float64),
            )
            queries.append((number, query))
    return queries


def _official_link(
    truth: Sequence[EvaluatedChange], replay: Replay, classes: Sequence[str], before: int | None
) -> tuple[LinkRow | None, int | None]:
    """What the first fitting annotation links to, and the second of the annotation before it."""
    for change in truth:
        link = change.link
        counts = link is not None and link.half == replay.half and link.label in classes
        if counts and before != change.second and change.second == int(replay.end):
            return link, before
        before = change.second
    return None, before


def _official_cell(cell: int, game: str) -> int:
    if not -CELLS <= cell < CELLS:
        raise BadInputError(
            f"a moment at {cell / CELLS_PER_SECOND:.1f} s lies past 58:20, where the official evaluator ends",
            where=game,
            fix="Leave --official out",
        )
    return cell % CELLS


def _seconds_of(link: LinkRow, game: str) -> int:
    try:
        return 60 * int(link.time[:2]) + int(link.time[3:])
    except ValueError as error:
        raise BadInputError(f"the time {link.time!r} of a link cannot be read", where=game) from error


# --- the corrected way --------------------------------------------------------------------------------


def _queries(games: Sequence[ReplayGame], classes: Sequence[str], record: Record) -> list[tuple[int, _Query]]:
    """The replays that count, each with the number of its game."""
    queries = []
    for number, game in enumerate(games):
        free = list(game.replays)
        missing = across = 0
        for change in game.truth:
            link = change.link
            if link is None or link.label not in classes:
                continue
            if link.half != change.half:
                across += 1
                continue
            replay = _taken(free, change)
            missing += replay is None or not replay.detection
            moments = [m for m in replay.detection if m.score >= 0] if replay else []
            queries.append((number, _query(link, moments, game.name)))
        for count, one, many in (
            (missing, "replay without detections counts as missed", "replays without detections count as missed"),
            (across, "replay shows the other half: not counted", "replays show the other half: not counted"),
            (len(free), "detected replay is not among the labels", "detected replays are not among the labels"),
        ):
            if count:
                record.skip(game.name, count_of(count, one, many))
    return queries


def _no_query(games: Sequence[ReplayGame]) -> BadInputError:
    """Why there is nothing to evaluate."""
    if not any(change.link for game in games for change in game.truth):
        what, fix = "no replay of the labels says which action it shows", "Give labels whose replays have a link"
    else:
        what = "no replay of the labels is among the detections"
        fix = "A replay is known by its half and the second of its end; check both"
    return BadInputError(what, fix=fix)


def _query(link: LinkRow, moments: Sequence[Moment], game: str) -> _Query:
    return _Query(
        _seconds_of(link, game) * 1_000_000,
        np.array([round(m.time * 1_000_000) for m in moments], np.int64),
        np.array([m.score for m in moments], np.float64),
    )


def _same_end(replay: Replay, change: EvaluatedChange) -> bool:
    return replay.half == change.half and abs(replay.end - change.time / 1e6) <= _SAME_END


def _taken(free: list[Replay], change: EvaluatedChange) -> Replay | None:
    """Take the detections of the replay that ends nearest to a change, if within a second."""
    near = [r for r in free if _same_end(r, change)]
    if not near:
        return None
    best = min(near, key=lambda r: abs(r.end - change.time / 1e6))
    free.remove(best)
    return best
