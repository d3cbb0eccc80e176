"""Spotting of events by frames, in videos that have no halves: FineDiving, FineGym, tennis, figure skating."""

from __future__ import annotations

from spotting_core.domain.classes import class_names
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.frames import evaluate_frames, read_frame_file
from spotting_core.evaluation.report import Evaluation
from spotting_core.tasks.registry import register
from spotting_core.tasks.task import EvaluationOrder, Task


class FramesTask(Task):
    """Its files hold a whole split; the classes that count are those of the truth, where none are named."""

    name = "frames"
    title = "Spotting by frames"
    class_table = "finediving"
    in_split_files = True

    def evaluate(self, order: EvaluationOrder, record: Record) -> Evaluation:
        truth, predicted = (read_frame_file(path, record=record) for path in (order.labels, order.predictions))
        classes = None if order.classes is None else class_names(order.classes)
        return evaluate_frames(truth, predicted, record, classes=classes, official=order.official)


register(FramesTask())
