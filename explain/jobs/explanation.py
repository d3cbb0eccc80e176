"""The jobs that explain spots: one by some methods, and all of a new analysis before anybody asks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from explain.jobs.spot_parameters import SpotParameters, model_of, probe_for
from explain.kept import Subject, beside, explanation_of, subject_of, unsupported_file
from explain.measured import default_map, measured_of
from explain.methods import DEFAULT_IN_TIME, DEFAULT_OF_ENTITIES, method_and_parameters
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import CancelledError
from spotting_core.base.files import write_json
from spotting_core.domain.spots import Spot
from spotting_core.jobs.analysis import ANALYSIS, AnalysisParameters
from spotting_core.jobs.kind import LONG, SHORT, Context, JobKind, Parameters

WHY_METHODS = (DEFAULT_IN_TIME, DEFAULT_OF_ENTITIES)
"""The methods by which the why panel says what mattered."""

_AT_ONCE = 8
"""Spots of a new analysis explained in one job, some seconds: a video to be prepared does not wait for all."""


def asked_methods(analysis: Analysis, data: DataDirectory) -> tuple[str, ...]:
    """What is asked of every spot: what the why panel says, then the map that lies over the picture, if the model has
    one that is faithful."""
    shown = default_map(measured_of(analysis, data))
    return (*WHY_METHODS, shown) if shown is not None else WHY_METHODS


class ExplanationParameters(SpotParameters, frozen=True, kw_only=True):
    """A spot, to be explained by some methods, in their order."""

    methods: tuple[str, ...] = WHY_METHODS


class ExplanationJob(JobKind[ExplanationParameters]):
    """Leaves an explanation by each method that fits the model; what is kept already is not computed again."""

    name: ClassVar[str] = "explanation"
    resource: ClassVar[str] = SHORT
    parameters_type = ExplanationParameters

    def key(self, parameters: ExplanationParameters) -> str:
        return f"{self.name}/{parameters.subject.key(','.join(parameters.methods))}"

    def title(self, parameters: ExplanationParameters) -> str:
        return parameters.subject.label

    def leaves(self, parameters: ExplanationParameters, data: DataDirectory) -> tuple[Path, ...]:
        return tuple(
            explanation_of(data, Path(parameters.analysis), parameters.subject, name) for name in parameters.methods
        )

    def perform(self, parameters: ExplanationParameters, context: Context) -> Path | None:
        explain_spot(parameters.open(), Path(parameters.path), parameters.subject, context, methods=parameters.methods)
        return None


class ExplanationsParameters(Parameters, frozen=True):
    """The spots of an analysis at the default thresholds.

    Arguments:
        path: of the match; analysis: folder; name: of the match.
        first: how many of them, the surest first, have been explained.
    """

    path: str
    analysis: str
    name: str = ""
    first: int = 0


class ExplanationsJob(JobKind[ExplanationsParameters]):
    """Explains some spots, then queues anew; it makes way for whatever somebody asks for, and what it has explained is
    kept."""

    name: ClassVar[str] = "explanations"
    resource: ClassVar[str] = LONG
    parameters_type = ExplanationsParameters
    follows: ClassVar[tuple[str, ...]] = (ANALYSIS.name, "explanations")
    own_accord: ClassVar[bool] = True

    def key(self, parameters: ExplanationsParameters) -> str:
        return f"{self.name}/{parameters.analysis}/{parameters.first}"

    def title(self, parameters: ExplanationsParameters) -> str:
        return f"Explaining {parameters.name}"

    def leaves(self, parameters: ExplanationsParameters, data: DataDirectory) -> tuple[Path, ...]:
        analysis = Analysis.open(Path(parameters.analysis))
        subjects = [subject_of(analysis, spot) for spot in _part(parameters, _surest_first(analysis))]
        methods = asked_methods(analysis, data)
        return tuple(explanation_of(data, analysis.folder, s, name) for s in subjects for name in methods)

    def perform(self, parameters: ExplanationsParameters, context: Context) -> Path | None:
        analysis, path = Analysis.open(Path(parameters.analysis)), Path(parameters.path)
        spots = _surest_first(analysis)
        for number, spot in enumerate(_part(parameters, spots), parameters.first + 1):
            if not context.report((number - 1) / len(spots), f"Explaining spot {number} of {len(spots)}"):
                raise CancelledError("the explanations were cancelled")
            quiet = Context(context.data, lambda *_: context.report(None, None), context.device)
            explain_spot(analysis, path, subject_of(analysis, spot), quiet)
        return analysis.folder

    def follow(self, done: Parameters, left: Path, data: DataDirectory) -> ExplanationsParameters | None:
        assert isinstance(done, AnalysisParameters | ExplanationsParameters)
        analysis = Analysis.open(left)
        if analysis.record.averages:  # its members have reasons of their own
            return None
        first = done.first + _AT_ONCE if isinstance(done, ExplanationsParameters) else 0
        if first and first >= len(analysis.spots()):
            return None
        return ExplanationsParameters(done.path, str(left), analysis.record.title, first)


def _surest_first(analysis: Analysis) -> list[Spot]:
    return sorted(analysis.spots(), key=lambda s: -(s.confidence or 0))


def _part(parameters: ExplanationsParameters, spots: Sequence[Spot]) -> Sequence[Spot]:
    return spots[parameters.first : parameters.first + _AT_ONCE]


def explain_spot(
    analysis: Analysis,
    path: Path,
    subject: Subject,
    context: Context,
    *,
    methods: Sequence[str] = (),
    ship: bool = False,
) -> None:
    """Compute and keep explanations of a spot.

    Arguments:
        path: of the match.
        methods: those that are asked of every spot where none is named.
        ship: keep them in the folder of the analysis, to be copied with it, rather than in the data directory.

    Errors:
        BadInputError: the model that made the analysis is no longer here.
        CancelledError: ``context.report`` returned False.
    """
    model = model_of(analysis, context)
    methods = methods or asked_methods(analysis, context.data)
    for done, name in enumerate(methods):
        method, parameters = method_and_parameters(name)
        reason = method.supports(model)
        if reason is not None:
            write_json(unsupported_file(context.data, subject, name), {"unsupported": reason})
            continue
        folder = analysis.folder
        target = beside(folder, subject, name) if ship else explanation_of(context.data, folder, subject, name)
        if target.is_file():
            continue
        if not context.report(done / len(methods), method.title):
            raise CancelledError("the explanation was cancelled")
        method.explain(probe_for(analysis, path, subject, context), subject.label, **parameters).save(target)


EXPLANATION, EXPLANATIONS = ExplanationJob(), ExplanationsJob()
KINDS = (EXPLANATION, EXPLANATIONS)
