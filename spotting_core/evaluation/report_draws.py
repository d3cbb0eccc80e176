"""How sure the figures of any evaluator are, and how far apart those of two systems: a bootstrap over matches.

Matches are drawn with replacement, the same for every system (paired, see ``intervals``), and the evaluator is asked
anew for each draw; of an average over a split nothing else is known to all evaluators. Draws that hold the same
matches are asked for once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.intervals import SAMPLES, Interval
from spotting_core.evaluation.report import Evaluation, Evaluator

Report = Callable[[float], None]
"""Told the share of the draws that are measured, 0 to 1."""


@dataclass(frozen=True)
class DrawnReport:
    """The figures of a system, as they are and as drawn.

    Arguments:
        report: over all matches.
        figures, classes: name to the values of the draws (D,), NaN where a draw has nothing to measure; ``figures`` has
            the headline and the other figures.
    """

    report: Evaluation
    figures: Mapping[str, np.ndarray]
    classes: Mapping[str, np.ndarray]

    def figure(self, name: str) -> Interval | None:
        """A figure with its interval; None where there is nothing to measure."""
        return _interval(figures_of(self.report).get(name), self.figures[name])

    def of_class(self, name: str) -> Interval | None:
        """A class with its interval; None where it has no truth."""
        return _interval(self.report.per_class[name].get("all"), self.classes[name])


def figures_of(report: Evaluation) -> dict[str, float | None]:
    """The headline of a report and its other figures, by name."""
    return {report.headline: report.average_map.get("all"), **report.others}


def figure_difference(first: DrawnReport, second: DrawnReport, name: str) -> Interval | None:
    """First less second of a figure, draw by draw; both are drawn of the same matches by the same seed."""
    values = figures_of(first.report).get(name), figures_of(second.report).get(name)
    return _difference(values, (first.figures[name], second.figures[name]))


def report_class_difference(first: DrawnReport, second: DrawnReport, name: str) -> Interval | None:
    """First less second of a class, draw by draw; both are drawn of the same matches by the same seed."""
    values = first.report.per_class[name].get("all"), second.report.per_class[name].get("all")
    return _difference(values, (first.classes[name], second.classes[name]))


def drawn_reports(
    evaluators: Sequence[Evaluator],
    matches: int,
    *,
    samples: int = SAMPLES,
    seed: int = 0,
    report: Report = lambda _share: None,
) -> list[DrawnReport]:
    """The figures of some systems over the same draws of matches.

    Arguments:
        report: told after every draw of every system; what it raises ends the drawing.

    Errors:
        BadInputError: fewer than two matches, of which nothing can be drawn.
    """
    if matches < 2:
        raise BadInputError("an interval needs several matches to draw from", fix="Give two or more")
    rng = np.random.default_rng(seed)
    draws = [tuple(sorted(rng.integers(0, matches, matches).tolist())) for _ in range(samples)]
    drawn: list[DrawnReport] = []
    for evaluate in evaluators:
        drawn.append(_drawn(evaluate, matches, draws, lambda own: report((len(drawn) + own) / len(evaluators))))
    return drawn


def _drawn(evaluate: Evaluator, matches: int, draws: Sequence[tuple[int, ...]], report_done: Report) -> DrawnReport:
    report = evaluate(range(matches))
    different = list(dict.fromkeys(draws))
    reports: dict[tuple[int, ...], Evaluation | None] = {}
    for number, draw in enumerate(different, 1):
        reports[draw] = _report_of(evaluate, draw)
        report_done(number / len(different))
    own = [reports[draw] for draw in draws]
    figures = {name: _values([figures_of(r).get(name) if r else None for r in own]) for name in figures_of(report)}
    classes = {
        name: _values([r.per_class[name].get("all") if r and name in r.per_class else None for r in own])
        for name in report.per_class
    }
    return DrawnReport(report, figures, classes)


def _report_of(evaluate: Evaluator, draw: Sequence[int]) -> Evaluation | None:
    """A report over a draw, or None where what was drawn holds nothing to measure."""
    try:
        return evaluate(draw)
    except BadInputError:
        return None


def _values(values: Sequence[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _interval(value: float | None, drawn: np.ndarray) -> Interval | None:
    return None if value is None else Interval.of_draws(float(value), drawn)


def _difference(values: tuple[float | None, float | None], drawn: tuple[np.ndarray, np.ndarray]) -> Interval | None:
    first, second = values
    return None if first is None or second is None else Interval.of_draws(float(first - second), drawn[0] - drawn[1])
