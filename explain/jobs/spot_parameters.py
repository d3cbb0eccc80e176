"""What all jobs are asked that explain one spot, and the model and the window that they ask in turn."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from explain.kept import Subject, made_by, subject_of
from explain.methods import probe_at
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.domain.spots import Spot
from spotting_core.jobs.kept_models import kept_models
from spotting_core.jobs.kind import Context, JobReport, Parameters
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.models.known import folder_of

if TYPE_CHECKING:  # asking does without torch
    from explain.probe import Probe
    from spotting_core.models.load import LoadedModel


class SpotParameters(Parameters, frozen=True, kw_only=True):
    """A spot of an analysis.

    Arguments:
        path: of the match; analysis: folder.
        subject: what is explained for the spot, by which the answer is found.
    """

    path: str
    analysis: str
    subject: Subject

    @classmethod
    def of(cls, path: Path, analysis: Analysis, spot: Spot, **own: Any) -> Self:
        """Of the match at a path; own: fields of a kind's own."""
        return cls(path=str(path), analysis=str(analysis.folder), subject=subject_of(analysis, spot), **own)

    def open(self) -> Analysis:
        """The analysis.

        Errors:
            BadInputError: it is not there, or another one has taken its place.
        """
        analysis = Analysis.open(Path(self.analysis))
        if made_by(analysis) != (self.subject.source, self.subject.model):
            raise BadInputError(
                "another analysis has taken the place of the one that was asked about",
                where=analysis.folder,
                fix="Ask again",
            )
        return analysis


def model_of(analysis: Analysis, context: Context) -> LoadedModel:
    """The model that made an analysis.

    Errors:
        BadInputError: it is no longer here, or there were several.
    """
    if analysis.record.averages:
        raise BadInputError(
            "this is the average of several models, each of which has reasons of its own",
            where=analysis.record.model["name"],
            fix="Choose the analysis of one of them under Model",
        )
    from spotting_core.models.load import LoadedModel

    folder, known = folder_of(analysis.record.model, context.data), analysis.record.model
    model = kept_models([folder], context.device) if folder is not None else None
    if isinstance(model, LoadedModel) and _is_known(model, known):
        return model
    raise BadInputError(
        "the model that made this analysis is no longer here", where=analysis.folder, fix="Analyse the match again"
    )


def _is_known(model: LoadedModel, known: Mapping[str, Any]) -> bool:
    """Whether a model is that of an analysis, whose record may be too old to say its settings."""
    return (model.sha256, model.settings) == (known["sha256"], known.get("settings", model.settings))


_LOOK = 0.3  # seconds between looks at whether a job is to stop


class Stopping:
    """Called between the questions that a model is asked, of which an explanation may need thousands: stops its job
    where that is to stop.

    Errors, of a call:
        CancelledError: it was cancelled.
    """

    def __init__(self, report: JobReport) -> None:
        self._report, self._looked = report, time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._looked < _LOOK:
            return
        self._looked = time.monotonic()
        if not self._report(None, None):
            raise CancelledError("the job was cancelled")


_LAST_PROBE: dict[tuple[Path, Path, Subject], Probe] = {}


def probe_for(analysis: Analysis, path: Path, subject: Subject, context: Context) -> Probe:
    """The window of a subject ready to be asked; the last one is kept, for one question follows another.

    Arguments:
        path: of the match.
    """
    key, model = (path, analysis.folder, subject), model_of(analysis, context)
    if key not in _LAST_PROBE or _LAST_PROBE[key].model.network is not model.network:
        half = next(h for h in open_match(path).halves if h.half == subject.half)
        _LAST_PROBE.clear()
        media = ingest(half.path, context.data)
        _LAST_PROBE[key] = probe_at(analysis, media, model, subject.half, subject.anchor)
    _LAST_PROBE[key].between = Stopping(context.report)
    return _LAST_PROBE[key]
