"""How a model and the one that it comes from do on what was held out, as it is kept beside the new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spotting_core.data_sets.data_set import DataSetMatch
from spotting_core.domain.classes import ClassTable
from spotting_core.evaluation.games import Game
from spotting_core.evaluation.intervals import Interval
from spotting_core.evaluation.mistakes import FALSE, NEAR_UNTIL, RIGHT, Outcome, outcomes

COMPARISON_FILE = "comparison.json"
"""In the new model's folder."""
MINUTE, MATCH = "minute", "match"
"""What is drawn for an interval."""
_COUNTS = 0.5  # confidence from which a spot counts
_Place = tuple[int, int, int, str]  # game, half, microseconds, class


@dataclass(frozen=True)
class ClassComparison:
    """A class before and after: average precision, and how much better it became, with its interval.

    Arguments:
        difference: None where too little of it was held out to say how sure that is.
    """

    label: str
    truths: int
    before: float
    after: float
    difference: Interval | None


@dataclass(frozen=True)
class ChangedMoment:
    """A moment of which the new model says otherwise than the one before.

    Arguments:
        path: where the match's videos lay.
        time: microseconds, of the true action or of the false alarm; clock: the same as people read it.
        became: ``FOUND``, ``LOST``, ``QUIET`` or ``ALARM``.
    """

    path: str
    half: int
    time: int
    label: str
    clock: str
    became: str


FOUND, LOST, QUIET, ALARM = "found now", "lost now", "false alarm gone", "new false alarm"
"""An action that was missed or far off and is right, one that was right and is not, and likewise of false alarms."""


@dataclass(frozen=True)
class Comparison:
    """What became of a model on what was held out: average-mAP over the classes that occur there.

    Arguments:
        metric: tight, or loose of a system that judges windows as a whole, which say little of the second.
        minutes: that were held out; actions: that lie in them.
        before, after: None where no action lies in them.
        difference, interval: of after less before, and that of after; None as well where too little was held out to say
            how sure they are.
        changes: moments of which both models say other things at a confidence of one half, in order of match and time.
        units: in how many minutes, or matches where there are many, the actions lie; unit: which of the two.
    """

    metric: str
    minutes: float
    actions: int
    before: float | None
    after: float | None
    difference: Interval | None
    classes: tuple[ClassComparison, ...] = ()
    changes: tuple[ChangedMoment, ...] = ()
    interval: tuple[float, float] | None = None
    units: int = 0
    unit: str = MINUTE


def changed_moments(
    before: Sequence[Game], after: Sequence[Game], matches: Sequence[DataSetMatch], classes: ClassTable
) -> tuple[ChangedMoment, ...]:
    """Moments of which two models say other things.

    Arguments:
        before, after: of the two, the same games in the same order; matches: theirs.
    """
    old, new = (outcomes(games, classes.names, _COUNTS) for games in (before, after))
    were, are = _right(old), _right(new)
    changes = [(place, FOUND) for place in are - were] + [(place, LOST) for place in were - are]
    alarms, others = ([_place(o, o.time) for o in some if o.kind == FALSE] for some in (old, new))
    changes += [(place, QUIET) for place in alarms if not any(_alike(place, other) for other in others)]
    changes += [(place, ALARM) for place in others if not any(_alike(place, other) for other in alarms)]
    return tuple(_moment(matches[place[0]], place, became, classes) for place, became in sorted(changes))


def _moment(match: DataSetMatch, place: _Place, became: str, classes: ClassTable) -> ChangedMoment:
    _, half, time, label = place
    clock = classes.parts.match_clock(half, time, total=len(match.lengths))
    return ChangedMoment(match.path, half, time, label, clock, became)


def _right(some: Sequence[Outcome]) -> set[_Place]:
    """True actions that were spotted where they are."""
    return {_place(o, o.time - (o.error or 0)) for o in some if o.kind == RIGHT}


def _place(outcome: Outcome, time: int) -> _Place:
    return outcome.game, outcome.half, time, outcome.label


def _alike(one: _Place, other: _Place) -> bool:
    """Whether two false alarms are the same one."""
    (game, half, time, label), (*elsewhere, there, name) = one, other
    return [game, half] == elsewhere and label == name and abs(time - there) <= NEAR_UNTIL * 1e6
