"""Spotting: which action happens when."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spotting_core.base.counts import count_of
from spotting_core.domain.classes import DEFAULT_TABLE, ClassTable
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import DEFAULT_THRESHOLD, Spotting, spots_of_half
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.games import Game
from spotting_core.evaluation.intervals import bootstrap_over_games
from spotting_core.evaluation.other_formats import LABELS, PREDICTIONS, in_soccernet_form
from spotting_core.evaluation.precision import METRICS
from spotting_core.evaluation.report import Evaluation, spotting_report
from spotting_core.evaluation.spot_files import read_spotting_games
from spotting_core.evaluation.spotting import evaluate_spotting
from spotting_core.formats import labels_v2, results_spotting
from spotting_core.tasks.registry import register
from spotting_core.tasks.task import EvaluationOrder, HalfScores, Judged, SampleTask

LOOSE, TIGHT = "loose", "tight"


class SpottingTask(SampleTask[Spot]):
    """Spots of a class table; SoccerNet's 17 actions where no other is named."""

    name = "spotting"
    title = "Spotting"
    class_table = DEFAULT_TABLE
    metrics = tuple(METRICS)
    label_file = labels_v2.FILE_NAME
    results_file = results_spotting.FILE_NAME
    chosen_by = (TIGHT, LOOSE)
    least_evaluated = 0.02
    shown = ("spots", "curves", "why")
    default_model = "entity-attention"

    def evaluate(self, order: EvaluationOrder, record: Record) -> Evaluation:
        classes = self.classes(order.classes)
        with (
            in_soccernet_form(order.labels, LABELS, record) as labels,
            in_soccernet_form(order.predictions, PREDICTIONS, record) as predictions,
        ):
            games = read_spotting_games(labels, predictions, classes, record, order.split, official=order.official)
        metric = self.metric(order.metric)
        return spotting_report(evaluate_spotting(games, classes, metric=metric, official=order.official))

    def read_truth(self, folder: Path) -> list[Spot]:
        return labels_v2.read_labels(folder / self.label_file)

    @property
    def noun(self) -> str:
        return "spots"

    def summary(self, findings: Sequence[Spot]) -> str:
        return count_of(len(findings), "spot")

    def moment(self, finding: Spot) -> int:
        return finding.time

    def findings(self, half: HalfScores, classes: ClassTable, *, least: float | None, source: str) -> list[Spot]:
        spotting = Spotting(threshold=DEFAULT_THRESHOLD if least is None else least)
        scores = (half.confidence, half.displacement)
        return spots_of_half(half.half, half.times, *scores, classes, spotting, source=source, end=half.end)

    def write(self, path: Path, findings: Sequence[Spot]) -> None:
        results_spotting.write_results(path, findings)

    def report(self, matches: Sequence[Judged[Spot]], classes: Sequence[str], *, official: bool = False) -> Evaluation:
        """By the tight tolerances."""
        return spotting_report(evaluate_spotting([_game(m) for m in matches], classes, metric=TIGHT, official=official))

    def figure(self, matches: Sequence[Judged[Spot]], classes: Sequence[str], chosen_by: str) -> float:
        """Average-mAP by the official matching over the classes that occur."""
        report = evaluate_spotting(
            [_game(m) for m in matches], classes, metric=chosen_by, official=True, occurring_only=True
        )
        return report.average_map["all"]

    def card_scores(self, matches: Sequence[Judged[Spot]], classes: Sequence[str], split: str) -> dict[str, Any]:
        """Loose and tight average-mAP by the official matching, with 95 % intervals from a bootstrap over matches;
        the corrected metric beside it; and per class."""
        games = [_game(m) for m in matches]
        scores: dict[str, Any] = {"split": split, "matches": len(games), "actions": sum(len(g.truth) for g in games)}
        per_class: dict[str, dict[str, Any]] = {}
        for metric in (LOOSE, TIGHT):
            report = evaluate_spotting(games, classes, metric=metric, official=True, occurring_only=True)
            interval = bootstrap_over_games(games, classes, metric=metric, official=True)
            scores[metric] = round(report.average_map["all"], 4)
            scores.setdefault("interval", {})[metric] = [round(interval.low, 4), round(interval.high, 4)]
            corrected = evaluate_spotting(games, classes, metric=metric)
            scores.setdefault("corrected", {})[metric] = round(corrected.average_map["all"], 4)
            for name, count in report.truths.items():
                if count:
                    row = per_class.setdefault(name, {"truths": count})
                    row[metric] = round(report.per_class[name]["all"], 4)
        scores["official"] = "SoccerNet 0.2.0 matching, mean over the classes that occur"
        scores["per_class"] = per_class
        return scores


def _game(match: Judged[Spot]) -> Game:
    return Game(match.name, match.truth, match.findings)


SPOTTING = SpottingTask()
register(SPOTTING)
