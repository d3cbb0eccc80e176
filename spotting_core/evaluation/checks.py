"""What is asked of labels and predictions of every task before a figure is worked out of them.

A confidence in percent counts as certain at every threshold, a frame number at another rate is another moment, and a
class that nobody knows is a miss: each would be a figure, and a wrong one, without a word.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from spotting_core.base.counts import count_of
from spotting_core.base.errors import BadInputError
from spotting_core.base.repeated_keys import repeated_keys
from spotting_core.domain.class_names import check_some_known, unknown_names
from spotting_core.domain.repeats import repeat_count, repeats_clause
from spotting_core.domain.timecode import frame_rate
from spotting_core.evaluation.collect import Record
from spotting_core.formats.document import check_confidence

_SAME_RATE = 1e-3  # share by which two frame rates may differ, beside their rounding


def check_confidences(
    values: Sequence[float] | np.ndarray, where: str, record: Record, *, name: str = "", official: bool = False
) -> None:
    """Refuse confidences of which one is none.

    Arguments:
        name: of the game, for the record; official: confidences above 1 are then counted as the official evaluator
            counts them, as certain, and the record says so.

    Errors:
        BadInputError: one is no number, or above 1, or all are below 0, as logarithms and logits are.
    """
    known = np.asarray(values, np.float64)
    if not len(known):
        return
    highest = float(known.max()) if np.isfinite(known).all() else math.nan
    if official and highest > 1:
        record.skip(name, f"confidences reach {highest:g}; the official evaluator takes all above 1 for certain")
        return
    check_confidence(highest, where)
    below = int((known < 0).sum())
    if below == len(known) and not official:
        what = f"every confidence is below 0, the highest {highest:g}, and would count as none"
        raise BadInputError(what, where=where, fix="Confidences are from 0 to 1, not logarithms or logits of them")
    if below:
        record.skip(name, f"{count_of(below, 'prediction')} with a confidence below 0, which counts as none")


def record_repeats(moments: Collection[Hashable], what: str, game: str, record: Record) -> None:
    """Record how many labels or predictions of a game stand in its file twice: each counts, and one of two is missed.

    Arguments:
        moments: class and moment of each; what: they are, as in ``label``.
    """
    repeats = repeat_count(moments)
    if repeats:
        record.skip(game, repeats_clause(repeats, what, of_teams=False))


def check_same_rate(labels: float | None, predictions: float | None, where: str) -> None:
    """Refuse frame numbers that count at different rates; a rate that is not said is not compared.

    Errors:
        BadInputError: the rates differ.
    """
    if not labels or not predictions or min(labels, predictions) <= 0:
        return
    one, other = (float(frame_rate(rate)) for rate in (labels, predictions))
    if abs(one - other) > _SAME_RATE * one:
        raise BadInputError(
            f"the labels count {labels:g} frames a second, the predictions {predictions:g}",
            where=where,
            fix="Make the predictions at the rate of the labels, or convert one of them",
        )


def check_classes(
    games: Iterable[tuple[str, Iterable[str]]], classes: Collection[str], what: str, where: object, record: Record
) -> None:
    """Record the labels or predictions of games that are of no class that counts, and refuse them where none is.

    Arguments:
        games: name of each, and the classes that stand in its file.

    Errors:
        BadInputError: there are some, and none is of a known class.
    """
    everything: Counter[str] = Counter()
    for game, labels in games:
        counts = Counter(labels)
        everything.update(counts)
        record_unknown(
            {label: count for label, count in counts.items() if label not in classes}, classes, what, game, record
        )
    check_some_known(everything, classes, what, where)


def check_some_truth(count: int, where: object) -> None:
    """Refuse labels that hold nothing that counts: a figure without truth is none.

    Errors:
        BadInputError: there is nothing.
    """
    if not count:
        raise BadInputError(
            "nothing in these labels counts, so there is nothing to measure predictions against",
            where=where,
            fix="Check that they are the files you mean, and their halves and classes",
        )


def check_some_used(read: int, used: int, what: str, why: str, where: object) -> None:
    """Refuse what was read and of which nothing is used.

    Arguments:
        what: plural, as in ``predictions``; why: none is used, as a clause.

    Errors:
        BadInputError: something was read, and nothing is used.
    """
    if read and not used:
        raise BadInputError(
            f"of {read} {what} none counts: {why}", where=where, fix="Check that they are of these games"
        )


def record_unknown(counts: Mapping[str, int], classes: Iterable[str], what: str, game: str, record: Record) -> None:
    """Record the labels or predictions that are left out because no class is called so."""
    for clause in unknown_names(counts, classes, what):
        record.skip(game, clause)


def record_repeated_keys(content: bytes, where: str, game: str, record: Record) -> None:
    """Record the keys of a file that stand twice in one object, of which the last one was read."""
    note = repeated_keys(content, Path(where).name)
    if note is not None:
        record.skip(game, note)
