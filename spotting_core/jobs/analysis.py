"""The job that analyses a match, by a model or by the average of several."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from spotting_core.base.data_directory import DataDirectory
from spotting_core.jobs.kept_models import kept_models
from spotting_core.jobs.kind import LONG, Context, JobKind, Parameters
from spotting_core.jobs.playback import prepare_playback
from spotting_core.media.source import MatchSource, open_match
from spotting_core.models.card import BUNDLED
from spotting_core.models.known import known_models
from spotting_core.store.chosen_models import ChosenModel, ChosenModels
from spotting_core.store.database import open_database

if TYPE_CHECKING:
    from spotting_core.models.ensemble import Ensemble
    from spotting_core.models.load import LoadedModel

log = logging.getLogger(__name__)

_SPOTTING_SHARE = 0.95  # of the work of every task: the others read what spotting leaves


class AnalysisParameters(Parameters, frozen=True):
    """The match at a path.

    Arguments:
        models: as ``known_models`` names them, or folders; the scores of several are averaged.
        first: whether nothing was known of the match when this was asked for; what is found is used from then on,
            unless another model is chosen meanwhile.
        adapt: whether the model, a single one, is adapted to the match first.
    """

    path: str
    models: tuple[str, ...]
    title: str = ""
    first: bool = False
    adapt: bool = False


class AnalysisJob(JobKind[AnalysisParameters]):
    """Leaves an analysis among those of its match, and the videos prepared for the browser."""

    name: ClassVar[str] = "analysis"
    resource: ClassVar[str] = LONG
    parameters_type = AnalysisParameters

    def key(self, parameters: AnalysisParameters) -> str:
        adapted = "/adapted" if parameters.adapt else ""
        return f"{self.name}/{parameters.path}/{'+'.join(parameters.models)}{adapted}"

    def title(self, parameters: AnalysisParameters) -> str:
        return parameters.title

    def leaves(self, parameters: AnalysisParameters, data: DataDirectory) -> tuple[Path, ...]:
        return (data.analyses(open_match(Path(parameters.path)).content_hash(data)),)

    def others(self, parameters: AnalysisParameters) -> dict[str, str]:
        """Names of the models that look at the match after the one asked for, by task: whoever has the bundled one
        analyse it wants to see its shots and replays as well."""
        from spotting_core.inference.default_models import default_models

        if parameters.models != (BUNDLED,) or parameters.adapt:
            return {}
        return {task: model for task, model in default_models().items() if model != BUNDLED}

    def perform(self, parameters: AnalysisParameters, context: Context) -> Path | None:
        from spotting_core.inference.ensemble import analyse

        source, known = open_match(Path(parameters.path)), known_models(context.data)
        prepare_playback(source.halves, context)
        model = kept_models([known.get(name, name) for name in parameters.models], context.device)
        if parameters.adapt:
            model = self._adapted(source, model, context)
        others = self.others(parameters)
        share = _SPOTTING_SHARE if others else 1.0
        analysis = analyse(
            source,
            model,
            context.data,
            report=lambda p: context.report(share * p.share, p.stage, p.speed, p.remaining),
        )
        if parameters.first:
            record = analysis.record
            chosen = ChosenModel(record.identity.key, str(record.model["name"]))
            ChosenModels(open_database(context.data)).choose_first(Path(parameters.path), record.task, chosen)
        if others:
            self._analyse_others(source, others, context)
        return analysis.folder

    def _adapted(self, source: MatchSource, model: LoadedModel | Ensemble, context: Context) -> LoadedModel:
        from spotting_core.inference.adapted import adapted_model
        from spotting_core.models.load import LoadedModel, load_model

        assert isinstance(model, LoadedModel), "one model alone is adapted"
        folder = adapted_model(source, model, context.data, lambda p: context.report(0.0, p.stage))
        return load_model(folder, context.device)

    def _analyse_others(self, source: MatchSource, others: dict[str, str], context: Context) -> None:
        """The layers of the other tasks; one that cannot be made is left out, and the log says why."""
        from spotting_core.inference.every_task import analyse_tasks
        from spotting_core.models.load import load_model

        analyse_tasks(
            source,
            others,
            context.data,
            load=lambda name: load_model(name, context.device),
            report=lambda p: context.report(_SPOTTING_SHARE, p.stage, p.speed, p.remaining),
            left_out=lambda task, error: log.warning("%s: the task %s is left out: %s", source.path, task, error),
        )


ANALYSIS = AnalysisJob()
KINDS = (ANALYSIS,)
