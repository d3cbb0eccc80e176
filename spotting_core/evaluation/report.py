"""The outcome of an evaluation in the form that the command line and other programs read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.precision import VIEWS
from spotting_core.evaluation.spotting import SpottingReport


@dataclass(frozen=True)
class Evaluation:
    """What an evaluator found.

    Arguments:
        headline: what ``average_map`` is, for people.
        average_map: by view; None where the task has no such view.
        per_class: class name to view to value; None where there is nothing to measure.
        truths: class name to how much truth it has.
        others: further figures by name (F1, single tolerances).
        truth_unit: of ``truths``, empty where they are counted.
        of_no_class: truth that the headline counts and no class has.
        errors: names of figures, the headline's among them, of which less is better; classes go by the headline.
        truthless: views of which no class has truth.
    """

    task: str
    metric: str
    official: bool
    headline: str
    average_map: Mapping[str, float | None]
    per_class: Mapping[str, Mapping[str, float | None]]
    truths: Mapping[str, float]
    others: Mapping[str, float] = field(default_factory=dict)
    truth_unit: str = ""
    of_no_class: float = 0.0
    errors: frozenset[str] = frozenset()
    truthless: frozenset[str] = frozenset()

    @property
    def all_truths(self) -> float:
        """How much truth the headline counts."""
        return sum(self.truths.values()) + self.of_no_class

    @property
    def views_without_truth(self) -> list[str]:
        """Those of the task's views in which there is nothing to measure."""
        return [v for v in self.average_map if v in self.truthless or not self.all_truths]

    def average(self, view: str) -> float | None:
        """The headline by a view; None where the task has no such view, or where there is no truth of it, of which the
        official evaluator says 0."""
        return None if view in self.views_without_truth and not self.official else self.average_map.get(view)

    def as_json(self, record: Record) -> dict[str, Any]:
        """Machine output; the names of its keys are fixed."""
        content: dict[str, Any] = {
            "task": self.task,
            "metric": self.metric,
            "official": self.official,
            "average_map": self.average("all"),
            "average_map_visible": self.average("visible"),
            "average_map_unshown": self.average("unshown"),
            "per_class": {name: {v: row.get(v) for v in VIEWS} for name, row in self.per_class.items()},
            "counted": len(record.counted),
            "skipped": [{"game": left.game, "why": left.why} for left in record.skipped],
        }
        return {**content, "others": dict(self.others)} if self.others else content


Evaluator = Callable[[Sequence[int]], Evaluation]
"""Measures a system over matches by their numbers, one of which may come several times. What can be known of a match by
itself is known beforehand, so that many draws of matches are soon measured."""


def spotting_report(report: SpottingReport) -> Evaluation:
    """A spotting evaluation in the common form; classes without truth have no value unless they count as 0."""
    per_class: dict[str, dict[str, float | None]] = {}
    for name, row in report.per_class.items():
        truths = report.truths_by_view[name]
        per_class[name] = {v: row[v] if report.official or truths[v] else None for v in VIEWS}
    truthless = frozenset(v for v in VIEWS if not any(row[v] for row in report.truths_by_view.values()))
    return Evaluation(
        "spotting", report.metric, report.official, "Average-mAP", report.average_map, per_class, report.truths,
        truthless=truthless,
    )  # fmt: skip
