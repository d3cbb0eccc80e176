"""What models found for tasks other than spotting, beside what is true: layers of the library's matches."""

from __future__ import annotations

from app.comparing.comparison import analysis_by, model_names
from app.library.library import Library, Match
from app.library.roots import source_of
from spotting_core.analyses.analysis import ANALYSIS_FILE
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.domain.findings import Finding
from spotting_core.evaluation.report import Evaluation
from spotting_core.evaluation.report_draws import DrawnReport, Report, drawn_reports
from spotting_core.tasks.registry import tasks
from spotting_core.tasks.task import AnyLayerTask, Judged, LayerTask


def evaluated_tasks(library: Library) -> dict[str, AnyLayerTask]:
    """Tasks of which the library has layers of a match whose truth is known, by name."""
    known: dict[str, AnyLayerTask] = {n: t for n, t in tasks().items() if isinstance(t, LayerTask)}
    judged = {(layer.record.task, match) for match in library.matches() for layer in library.layers(match)}
    evaluated = {name for name, match in judged if name in known and has_truth(known[name], match)}
    return {name: task for name, task in known.items() if name in evaluated}


def has_truth(task: AnyLayerTask, match: Match) -> bool:
    """Whether the labels of a match's folder say what is true for a task, or try to."""
    try:
        return source_of(match.path).companion(task.label_file) is not None
    except TouchlineError:  # its videos are gone
        return False


def labelled_matches(library: Library, task: AnyLayerTask) -> dict[str, Match]:
    """Matches by id of which a task's truth is known and a model has judged it."""
    return {m.id: m for m in library.matches() if library.analyses(m, task.name) and has_truth(task, m)}


def system_names(library: Library, task: AnyLayerTask, matches: dict[str, Match]) -> dict[str, str]:
    """Key of a model's identity to its name, of those that have judged one of some matches."""
    return model_names([library.analyses(match, task.name) for match in matches.values()])


def judged_by_all(
    library: Library, task: AnyLayerTask, matches: dict[str, Match], systems: list[str]
) -> dict[str, Match]:
    """Those of some matches that every one of some models has judged: only over these can models be compared."""
    return {
        name: match
        for name, match in matches.items()
        if all(analysis_by(library, match, system, task.name) is not None for system in systems)
    }


def widest_systems(library: Library, task: AnyLayerTask, matches: dict[str, Match], systems: list[str]) -> list[str]:
    """Those of some models that have judged all that the one with the most matches has: these stand in one table
    without a match less."""
    judged = {system: set(judged_by_all(library, task, matches, [system])) for system in systems}
    most = max(judged.values(), key=len, default=set())
    return [system for system in systems if judged[system] >= most]


def report_of(
    library: Library, task: AnyLayerTask, matches: dict[str, Match], system: str, *, official: bool
) -> Evaluation:
    """How well a model does a task over those of some matches that it has judged.

    Errors:
        BadInputError: it has judged none of them, or labels cannot be read.
    """
    judged, classes = _judged(library, task, matches, system)
    return task.report(judged, classes, official=official)


def drawn_reports_of(
    library: Library,
    task: AnyLayerTask,
    matches: dict[str, Match],
    systems: list[str],
    *,
    official: bool,
    report: Report,
) -> list[DrawnReport]:
    """How well some models do a task over matches that all of them have judged, and how sure that is.

    Arguments:
        report: told the share of the draws that are measured; what it raises ends the drawing.

    Errors:
        BadInputError: fewer than two matches, or labels cannot be read.
    """
    judged = (_judged(library, task, matches, system) for system in systems)
    evaluators = [task.evaluator(own, classes, official=official) for own, classes in judged]
    return drawn_reports(evaluators, len(matches), report=report)


def state_of_task(library: Library, task: AnyLayerTask, matches: dict[str, Match], systems: list[str]) -> str:
    """Something that changes when any label or layer of some matches and models does."""
    parts: list[object] = []
    for name, match in matches.items():
        label = source_of(match.path).companion(task.label_file)
        layers = [analysis_by(library, match, system, task.name) for system in systems]
        files = [layer.folder / ANALYSIS_FILE for layer in layers if layer is not None]
        parts.append((name, [(str(f), f.stat().st_mtime_ns) for f in (*files, *([label] if label else []))]))
    return str(parts)


def _judged(
    library: Library, task: AnyLayerTask, matches: dict[str, Match], system: str
) -> tuple[list[Judged[Finding]], tuple[str, ...]]:
    """What is true and what a model found in those of some matches that it has judged, and its classes.

    Errors:
        BadInputError: it has judged none of them, or labels cannot be read.
    """
    judged, classes = [], None
    for match in matches.values():
        layer = analysis_by(library, match, system, task.name)
        if layer is None:
            continue
        classes = layer.classes
        truth = task.read_truth(source_of(match.path).folder)
        judged.append(Judged(match.title, truth, layer.findings(task, least=task.least_evaluated)))
    if classes is None:
        raise BadInputError("this model has judged none of these matches", fix="Analyse one with it")
    return judged, classes.names
