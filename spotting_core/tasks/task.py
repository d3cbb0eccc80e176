"""What a task is: what is found in a match, how truth of it is read, how it is made of a layer, and how it is judged.

A ``Task`` alone can be evaluated. A ``LayerTask`` has systems: they are trained and validated, and what one finds in a
match is a layer. Of a ``SampleTask`` they say something of every sample.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.base.files_below import files_below
from spotting_core.domain.classes import ClassTable, class_names, load_classes
from spotting_core.domain.findings import Finding
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.report import Evaluation, Evaluator

_Finding = TypeVar("_Finding", bound=Finding, covariant=True)
"""What a task finds; who knows it by its name alone asks it about nothing but its own findings."""


@dataclass(frozen=True)
class Judged(Generic[_Finding]):
    """What is true and what was found in one match."""

    name: str
    truth: Sequence[_Finding]
    findings: Sequence[_Finding]


@dataclass(frozen=True)
class HalfScores:
    """What a system said of the samples of a half.

    Arguments:
        times: int64 (T,) microseconds; end: last possible time of a finding (microseconds).
        confidence, displacement: float32 (T, C), the latter in seconds or None.
        replay: float32 (T,), how sure it is that a replay is shown, or None where the system does not say.
    """

    half: int
    times: np.ndarray
    end: int
    confidence: np.ndarray
    displacement: np.ndarray | None = None
    replay: np.ndarray | None = None


class StoredHalf(Protocol):
    """A half of a layer, as it lies on disk: what of it a task reads."""

    @property
    def half(self) -> int: ...

    @property
    def folder(self) -> Path: ...

    @property
    def end(self) -> int: ...

    @property
    def times(self) -> np.ndarray: ...

    @property
    def scores(self) -> np.ndarray: ...

    @property
    def displacement(self) -> np.ndarray | None: ...

    @property
    def replay(self) -> np.ndarray | None: ...


@dataclass(frozen=True)
class EvaluationOrder:
    """Files to evaluate.

    Arguments:
        split: games that count, or None for all that have labels.
        classes: name or file of the class table, or None for the task's own.
        metric: one of the task's; the first where None.
        official: compute what the official evaluator prints, flaws included.
    """

    labels: Path
    predictions: Path
    split: Sequence[str] | None = None
    classes: str | None = None
    metric: str | None = None
    official: bool = False


class Task(ABC):
    """One task. ``metrics`` are the names that an evaluation of it can be asked for, the first being the default."""

    name: ClassVar[str]
    title: ClassVar[str]
    class_table: ClassVar[str]
    metrics: ClassVar[tuple[str, ...]] = ()
    has_official: ClassVar[bool] = True
    """Whether there is an official evaluator, whose flaws can be asked for."""
    in_split_files: ClassVar[bool] = False
    """Whether its files hold a whole split, so that no file lists the games of one."""

    @abstractmethod
    def evaluate(self, order: EvaluationOrder, record: Record) -> Evaluation:
        """Measure files of predictions against files of labels.

        Errors:
            BadInputError: files that cannot be read or do not belong together.
        """

    def metric(self, name: str | None) -> str:
        """The metric that was asked for, or the default.

        Errors:
            BadInputError: the task has no such metric.
        """
        if name is None:
            return self.metrics[0] if self.metrics else ""
        if name not in self.metrics:
            known = f"Its metrics: {', '.join(self.metrics)}" if self.metrics else "Leave --metric out"
            raise BadInputError(f"the task {self.name} has no metric {name!r}", fix=known)
        return name

    def classes(self, table: str | None) -> tuple[str, ...]:
        """Names of the classes that were asked for, or of the task's own."""
        return class_names(table) if table is not None else load_classes(self.class_table).names


class LayerTask(Task, Generic[_Finding]):
    """A task whose systems leave layers.

    ``chosen_by`` names the figures by which validation can choose weights, the first being the default;
    ``label_file`` is the file beside a match that holds its truth, ``results_file`` what an analysis writes of it;
    ``shown`` are the names of the lanes, panels and lists of the workspace that show it.
    """

    label_file: ClassVar[str]
    results_file: ClassVar[str]
    chosen_by: ClassVar[tuple[str, ...]]
    shown: ClassVar[tuple[str, ...]] = ()
    default_model: ClassVar[str] = ""
    """Name of the bundled model that does it where nothing else is said."""
    least_evaluated: ClassVar[float | None] = None
    """Confidence below which findings are not evaluated: far below any that matters to a figure."""

    @abstractmethod
    def read_truth(self, folder: Path) -> list[_Finding]:
        """What is true of a match, from its folder.

        Errors:
            BadInputError: no labels, or some that cannot be read.
        """

    @abstractmethod
    def moment(self, finding: _Finding) -> int:  # type: ignore[misc]  # see _Finding
        """The moment (microseconds of the half) around which clips to train on are laid."""

    def class_name(self, finding: _Finding) -> str:  # type: ignore[misc]  # see _Finding
        """The class that a finding is of, or nothing where it is of none."""
        return getattr(finding, "label", "")

    def learns_from(self, finding: _Finding, classes: ClassTable) -> bool:  # type: ignore[misc]  # see _Finding
        """Whether a model of these classes learns from a finding; one whose class has no column says nothing anyway."""
        return True

    def begins(self, finding: _Finding) -> int:  # type: ignore[misc]  # see _Finding
        """When a finding begins (microseconds of the half), for people."""
        return self.moment(finding)

    @property
    def noun(self) -> str:
        """What its findings are, in the plural, for people."""
        return self.name

    def summary(self, findings: Sequence[_Finding]) -> str:
        """How much was found, for people."""
        return f"{len(findings)} {self.noun}"

    def absence(self, findings: Sequence[_Finding]) -> str:
        """In a sentence for people, that nothing was found; empty where something was."""
        return "" if findings else f"{self.title}: nothing at the default thresholds."

    @abstractmethod
    def findings_of(self, half: StoredHalf, classes: ClassTable, *, least: float | None, source: str) -> list[_Finding]:
        """What a layer says of a half, in order of time.

        Arguments:
            least: confidence below which nothing counts; the task's own where None.
            source: what made the layer, in words.
        """

    @abstractmethod
    def write(self, path: Path, findings: Sequence[_Finding]) -> None:
        """Write what was found as ``results_file``."""

    @abstractmethod
    def report(
        self, matches: Sequence[Judged[_Finding]], classes: Sequence[str], *, official: bool = False
    ) -> Evaluation:
        """How good findings are, over all and by class.

        Arguments:
            official: what the task's official evaluator prints, flaws included.
        """

    def evaluator(
        self, matches: Sequence[Judged[_Finding]], classes: Sequence[str], *, official: bool = False
    ) -> Evaluator:
        """What reports over any of some matches, one of which may come several times; see ``report``."""

        def evaluate(numbers: Sequence[int]) -> Evaluation:
            # An evaluator may know matches by their names, so one that was drawn twice has two.
            drawn = [replace(matches[n], name=f"{place}: {matches[n].name}") for place, n in enumerate(numbers)]
            return self.report(drawn, classes, official=official)

        return evaluate

    @abstractmethod
    def figure(self, matches: Sequence[Judged[_Finding]], classes: Sequence[str], chosen_by: str) -> float:
        """How good findings are: greater is better."""

    @abstractmethod
    def card_scores(self, matches: Sequence[Judged[_Finding]], classes: Sequence[str], split: str) -> dict[str, Any]:
        """The scores on a model's card, over the classes that occur."""

    def labelled_games(self, folder: Path) -> list[Path]:
        """Folders with truth of the task below a folder, in order of their names.

        Errors:
            BadInputError: there is none.
        """
        layers = {p.parent for p in files_below(folder, "analysis.json")}  # what a layer holds is no truth
        games = sorted(p.parent for p in files_below(folder, self.label_file) if p.parent not in layers)
        if not games:
            raise BadInputError(f"no match with {self.label_file} lies here", where=folder, fix="Check the path")
        return games


class SampleTask(LayerTask[_Finding]):
    """A task whose systems say something of every sample."""

    @abstractmethod
    def findings(self, half: HalfScores, classes: ClassTable, *, least: float | None, source: str) -> list[_Finding]:
        """What scores say of a half, in order of time; see ``findings_of``."""

    def findings_of(self, half: StoredHalf, classes: ClassTable, *, least: float | None, source: str) -> list[_Finding]:
        scores = HalfScores(half.half, half.times, half.end, half.scores, half.displacement, half.replay)
        return self.findings(scores, classes, least=least, source=source)


AnyLayerTask = LayerTask[Finding]
