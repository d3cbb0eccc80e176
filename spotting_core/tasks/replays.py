"""Replay grounding: which action a replay shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spotting_core.domain.cameras import Candidate, Grounding, Link
from spotting_core.domain.classes import DEFAULT_TABLE, ClassTable
from spotting_core.domain.clock import half_clock
from spotting_core.evaluation.camera_files import EvaluatedChange, LinkRow
from spotting_core.evaluation.checks import check_classes
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.precision import METRICS
from spotting_core.evaluation.replay_files import Moment, Replay, ReplayGame, read_replay_games
from spotting_core.evaluation.replays import check_replays, evaluate_replays, replay_evaluator
from spotting_core.evaluation.report import Evaluation, Evaluator
from spotting_core.formats import detection_replays, labels_cameras
from spotting_core.formats.grounding_table import read_table
from spotting_core.tasks.registry import register
from spotting_core.tasks.task import EvaluationOrder, Judged, LayerTask, StoredHalf

LOOSE, TIGHT = "loose", "tight"
_SECOND = 1_000_000


class ReplaysTask(LayerTask[Grounding]):
    """For every replay, moments at which its action may have happened."""

    name = "replays"
    title = "Replay grounding"
    class_table = DEFAULT_TABLE
    metrics = tuple(METRICS)
    label_file = labels_cameras.FILE_NAME
    results_file = detection_replays.FILE_NAME
    chosen_by = (LOOSE, TIGHT)
    shown = ("shots", "cameras")
    default_model = "grounding-transformer"

    def evaluate(self, order: EvaluationOrder, record: Record) -> Evaluation:
        classes, metric = self.classes(order.classes), self.metric(order.metric)
        games = read_replay_games(order.labels, order.predictions, record, order.split, official=order.official)
        actions = ((g.name, [c.link.label for c in g.truth if c.link is not None]) for g in games)
        check_classes(actions, classes, "label", order.labels, record)
        if not order.official:  # whose evaluator looks for the second of the end, however far that is
            check_replays(games, order.predictions)
        return evaluate_replays(games, classes, record, metric=metric, official=order.official)

    def read_truth(self, folder: Path) -> list[Grounding]:
        """The replays of which somebody said what they show."""
        return labels_cameras.read_groundings(folder / self.label_file)

    def learns_from(self, finding: Grounding, classes: ClassTable) -> bool:
        """Not from what shows an action of an unknown class, which is not measured either."""
        return not finding.label or finding.label in classes

    def moment(self, finding: Grounding) -> int:
        return finding.start

    def findings_of(
        self, half: StoredHalf, classes: ClassTable, *, least: float | None, source: str
    ) -> list[Grounding]:
        """Every replay, with the candidates that are at least so sure."""
        return [
            Grounding(g.half, g.start, g.end, tuple(c for c in g.candidates if c.confidence >= (least or 0.0)))
            for g in read_table(half.folder, half.half)
        ]

    def write(self, path: Path, findings: Sequence[Grounding]) -> None:
        detection_replays.write_groundings(path, findings)

    def report(
        self, matches: Sequence[Judged[Grounding]], classes: Sequence[str], *, official: bool = False
    ) -> Evaluation:
        """By the loose tolerances."""
        return self._report(matches, classes, LOOSE, official)

    def evaluator(
        self, matches: Sequence[Judged[Grounding]], classes: Sequence[str], *, official: bool = False
    ) -> Evaluator:
        return replay_evaluator(_games(matches), classes, Record(), metric=LOOSE, official=official)

    def figure(self, matches: Sequence[Judged[Grounding]], classes: Sequence[str], chosen_by: str) -> float:
        """Average-AP over the labelled replays."""
        return float(self._report(matches, classes, chosen_by, False).average_map["all"] or 0.0)

    def card_scores(self, matches: Sequence[Judged[Grounding]], classes: Sequence[str], split: str) -> dict[str, Any]:
        """Average-AP, corrected and officially, and in how many replays the surest moment is right."""
        scores: dict[str, Any] = {"split": split, "matches": len(matches)}
        for metric in self.chosen_by:
            own, official = (self._report(matches, classes, metric, way) for way in (False, True))
            scores[metric] = round(float(own.average_map["all"] or 0.0), 4)
            scores.setdefault("official", {})[metric] = round(float(official.average_map["all"] or 0.0), 4)
            scores["replays"] = sum(own.truths.values())
        scores["right"] = round(share_right(matches), 4)
        return scores

    def _report(
        self, matches: Sequence[Judged[Grounding]], classes: Sequence[str], metric: str, official: bool
    ) -> Evaluation:
        return evaluate_replays(_games(matches), classes, Record(), metric=metric, official=official)


def share_right(matches: Sequence[Judged[Grounding]], within: float = 5.0) -> float:
    """In how many of the true groundings the surest candidate lies so many seconds from the action, or nearer."""
    right = total = 0
    for match in matches:
        surest = {(g.half, g.end): g.candidates[0].link for g in match.findings if g.candidates}
        for true in match.truth:
            link, wanted = surest.get((true.half, true.end)), true.candidates[0].link
            total += 1
            right += link is not None and link.half == wanted.half and abs(link.time - wanted.time) <= within * _SECOND
    return right / total if total else 0.0


def _games(matches: Sequence[Judged[Grounding]]) -> list[ReplayGame]:
    return [ReplayGame(m.name, [_change(g) for g in m.truth], [_replay(g) for g in m.findings]) for m in matches]


def _change(true: Grounding) -> EvaluatedChange:
    link: Link = true.candidates[0].link
    row = LinkRow(link.half, link.label, half_clock(link.time, decimals=0))
    return EvaluatedChange(true.half, true.end, true.end // _SECOND, "", "", True, 1.0, row)


def _replay(found: Grounding) -> Replay:
    moments = [_moment(c) for c in found.candidates if c.link.half == found.half]
    return Replay(found.half, found.start / _SECOND, found.end / _SECOND, moments)


def _moment(candidate: Candidate) -> Moment:
    return Moment(candidate.link.time / _SECOND, candidate.confidence)


REPLAYS = ReplaysTask()
register(REPLAYS)
