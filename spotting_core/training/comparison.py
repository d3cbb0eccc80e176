"""How a model and the one that it comes from do on what was held out, as it is kept beside the new one."""

from __future__ import annotations

from dataclasses import dataclass

from spotting_core.evaluation.intervals import Interval

COMPARISON_FILE = "comparison.json"
"""In the new model's folder."""


@dataclass(frozen=True)
class ClassComparison:
    """A class before and after: average precision, and how much better it became, with its interval."""

    label: str
    truths: int
    before: float
    after: float
    difference: Interval


@dataclass(frozen=True)
class Comparison:
    """What became of a model on what was held out: average-mAP over the classes that occur there.

    Arguments:
        metric: tight, or loose of a system that judges windows as a whole, which say little of the second.
        minutes: that were held out; actions: that lie in them.
        before, after, difference: None where no action lies in them.
    """

    metric: str
    minutes: float
    actions: int
    before: float | None
    after: float | None
    difference: Interval | None
    classes: tuple[ClassComparison, ...] = ()
