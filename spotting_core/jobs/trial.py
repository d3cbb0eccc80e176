"""The job that measures how fast a model is here, on some seconds of a match that was not analysed yet."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.jobs.kept_models import kept_models
from spotting_core.jobs.kind import LONG, Context, JobKind, Parameters
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.source import open_match
from spotting_core.models.card import read_card
from spotting_core.models.known import known_models
from spotting_core.preflight.kept_pace import keep_pace, kept_pace, pace_file, tried_of
from spotting_core.preflight.machine import measured_speed


class TrialParameters(Parameters, frozen=True):
    """The match at a path, and a model as ``known_models`` names it."""

    path: str
    model: str


class TrialJob(JobKind[TrialParameters]):
    """Leaves a model's pace with the longest video of a match.

    Nobody asks for it: it waits while anything else is queued or running, for a pace beside an analysis would be no
    analysis's, and makes way for one. The model that it loads stays loaded for the analysis.
    """

    name: ClassVar[str] = "trial"
    resource: ClassVar[str] = LONG
    parameters_type = TrialParameters
    own_accord: ClassVar[bool] = True

    def key(self, parameters: TrialParameters) -> str:
        return f"{self.name}/{parameters.path}/{parameters.model}"

    def title(self, parameters: TrialParameters) -> str:
        return f"Timing {parameters.model}"

    def leaves(self, parameters: TrialParameters, data: DataDirectory) -> tuple[Path, ...]:
        return (pace_file(_media(parameters, data), _folder(parameters, data), data),)

    def perform(self, parameters: TrialParameters, context: Context) -> Path | None:
        media, folder = _media(parameters, context.data), _folder(parameters, context.data)
        known = measured_speed(context.data, read_card(folder).name) or kept_pace(media, folder, context.data)
        if known is None:  # it may have waited for an analysis, which says more
            keep_pace(_pace(tried_of(media), folder, context), media, folder, context.data)
        return None


def _media(parameters: TrialParameters, data: DataDirectory) -> list[Media]:
    return [ingest(half.path, data) for half in open_match(Path(parameters.path)).halves]


def _folder(parameters: TrialParameters, data: DataDirectory) -> Path:
    """The model's folder.

    Errors:
        BadInputError: it is no longer here.
    """
    folder = known_models(data).get(parameters.model)
    if folder is None:
        raise BadInputError("there is no model of this name", where=parameters.model, fix="Choose another one")
    return folder


def _pace(media: Media, folder: Path, context: Context) -> float:
    """Seconds of work for a second of video.

    Errors:
        BadInputError: the model reads features, or see ``trial_pace``; CancelledError: ``context.report`` returned
            False.
    """
    from spotting_core.models.load import LoadedModel
    from spotting_core.preflight.trial import trial_pace

    def report() -> None:
        if not context.report(None, "Trying some seconds"):
            raise CancelledError("the trial was cancelled", fix="An analysis is timed as well")

    model = kept_models([folder], context.device)
    if not isinstance(model, LoadedModel) or model.inputs.features:  # which may lie in files, or be computed
        raise BadInputError("only a model that reads videos alone is tried", where=folder.name, fix="Analyse with it")
    return trial_pace(media, model, report)


TRIAL = TrialJob()
KINDS = (TRIAL,)
