"""Replay grounding: which action a replay shows."""

from __future__ import annotations

from spotting_core.domain.classes import DEFAULT_TABLE
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.precision import METRICS
from spotting_core.evaluation.replay_files import read_replay_games
from spotting_core.evaluation.replays import evaluate_replays
from spotting_core.evaluation.report import Evaluation
from spotting_core.tasks.registry import register
from spotting_core.tasks.task import EvaluationOrder, Task


class ReplaysTask(Task):
    """For every replay, moments at which its action may have happened."""

    name = "replays"
    title = "Replay grounding"
    class_table = DEFAULT_TABLE
    metrics = tuple(METRICS)

    def evaluate(self, order: EvaluationOrder, record: Record) -> Evaluation:
        classes, metric = self.classes(order.classes), self.metric(order.metric)
        games = read_replay_games(order.labels, order.predictions, record, order.split)
        return evaluate_replays(games, classes, record, metric=metric, official=order.official)


register(ReplaysTask())
