"""What the workers do: the kinds of job, how each is asked for, and how each is done."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from app import clip_export
from app.library import Match
from explain.methods import METHODS, explain
from spotting_core.analysis import Analysis
from spotting_core.data_directory import DataDirectory
from spotting_core.errors import BadInputError, CancelledError
from spotting_core.jobs.queue import Job, JobQueue
from spotting_core.media.fingerprint import joint_hash
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.spots import Spot

log = logging.getLogger(__name__)

ANALYSIS, PLAYBACK, EXPLANATION = "analysis", "playback", "explanation"
LONG_KINDS, SHORT_KINDS = (ANALYSIS, PLAYBACK), (EXPLANATION,)
"""Long jobs and short ones have a worker each: an explanation does not wait for an analysis to end."""

CLIP_KINDS = (clip_export.KIND,)
"""Clips have one of their own: they are encoded, which neither needs nor holds up a model."""

WHY_METHODS = ("temporal-occlusion", "entity-ablation")
"""The methods that the why panel shows."""

Tell = Callable[..., bool]
"""``tell(progress, stage, speed, remaining)``; False asks to stop."""


# --- asking ---------------------------------------------------------------------------------------------


def ask_for_analysis(queue: JobQueue, match: Match, model: str) -> Job:
    parameters = {"path": str(match.path), "model": model}
    return queue.submit(ANALYSIS, f"{ANALYSIS}/{match.path}/{model}", parameters, title=match.title, match_id=match.id)


def ask_for_playback(queue: JobQueue, match: Match) -> Job:
    parameters = {"path": str(match.path)}
    return queue.submit(PLAYBACK, f"{PLAYBACK}/{match.path}", parameters, title=match.title, match_id=match.id)


def ask_for_explanation(queue: JobQueue, match: Match, analysis: Analysis, spot: Spot) -> Job:
    parameters = {
        "path": str(match.path),
        "analysis": str(analysis.folder),
        "half": spot.half,
        "time": anchor_time(analysis, spot),
        "label": spot.label,
    }
    key = f"{EXPLANATION}/{explanation_key(analysis, spot, '')}"
    return queue.submit(EXPLANATION, key, parameters, title=spot.label, match_id=match.id)


def anchor_time(analysis: Analysis, spot: Spot) -> int:
    """The sample that is explained for a spot: the most confident one of its class within a second of it."""
    part = analysis.half(spot.half)
    near = abs(part.times - spot.time) <= 1_000_000
    if not near.any():
        return int(part.times[part.nearest_sample(spot.time)])
    column = part.scores[:, analysis.classes.index(spot.label)]
    return int(part.times[(column * near).argmax()])


def explanation_key(analysis: Analysis, spot: Spot, method: str) -> str:
    """Cache key of an explanation: source, model, anchor, class and method."""
    record = analysis.record
    anchor = anchor_time(analysis, spot)
    return joint_hash([record.source_id, record.model["sha256"], str(spot.half), str(anchor), spot.label, method])


def explanation_file(data: DataDirectory, analysis: Analysis, spot: Spot, method: str) -> Path:
    """Where an explanation is kept; those that ship with an analysis lie in its own folder."""
    shipped = _beside(analysis, spot, method)
    return shipped if shipped.is_file() else data.explanation(explanation_key(analysis, spot, method)[:32])


def _beside(analysis: Analysis, spot: Spot, method: str) -> Path:
    return analysis.folder / "explanations" / f"{explanation_key(analysis, spot, method)[:32]}.npz"


# --- doing ----------------------------------------------------------------------------------------------


def perform(job: Job, data: DataDirectory, tell: Tell) -> None:
    """Do a job.

    Errors:
        CancelledError: ``tell`` returned False; any other error fails the job.
    """
    _PERFORMERS[job.kind](job.parameters, data, tell)


def _analyse(parameters: Mapping[str, Any], data: DataDirectory, tell: Tell) -> None:
    from spotting_core.inference.analyse import analyse_match

    source = open_match(Path(parameters["path"]))
    _prepare_playback(source.halves, data, tell)
    analyse_match(
        source,
        _model(parameters["model"]),
        data,
        report=lambda p: tell(p.share, p.stage, p.speed, p.remaining),
    )


def _play(parameters: Mapping[str, Any], data: DataDirectory, tell: Tell) -> None:
    _prepare_playback(open_match(Path(parameters["path"])).halves, data, tell)


def _prepare_playback(halves, data: DataDirectory, tell: Tell) -> None:  # type: ignore[no-untyped-def]
    from spotting_core.media.playback import make_playback

    for half in halves:
        make_playback(ingest(half.path, data), lambda share: tell(share, "Preparing the video", None, None))


def _explain(parameters: Mapping[str, Any], data: DataDirectory, tell: Tell) -> None:
    analysis = Analysis.open(Path(parameters["analysis"]))
    spot = Spot(int(parameters["half"]), int(parameters["time"]), str(parameters["label"]))
    explain_spot(analysis, Path(parameters["path"]), spot, data, tell)


def explain_spot(
    analysis: Analysis, path: Path, spot: Spot, data: DataDirectory, tell: Tell, *, beside: bool = False
) -> None:
    """Compute and keep what the why panel shows of a spot.

    Arguments:
        beside: keep it in the folder of the analysis, to be copied with it, rather than in the data directory.

    Errors:
        BadInputError: the model that made the analysis is no longer here.
    """
    from explain.given import window_around

    model = _model(analysis.record.model["folder"])
    if model.sha256 != analysis.record.model["sha256"]:
        raise BadInputError(
            "the model that made this analysis is no longer here", where=analysis.folder, fix="Analyse the match again"
        )
    source = open_match(path)
    half = next(h for h in source.halves if h.half == spot.half)
    given = window_around(analysis, ingest(half.path, data), model, spot.half, anchor_time(analysis, spot))
    for name in WHY_METHODS:
        target = _beside(analysis, spot, name) if beside else explanation_file(data, analysis, spot, name)
        method = METHODS[name]
        if target.is_file() or method.supports(model) is not None:
            continue
        if not tell(None, method.title):
            raise CancelledError("the explanation was cancelled")
        explain(model, given, spot.label, method=name).save(target)


@lru_cache(maxsize=2)
def _model(name: str):  # type: ignore[no-untyped-def]
    from spotting_core.models.load import load_model

    return load_model(name)


_PERFORMERS: dict[str, Callable[[Mapping[str, Any], DataDirectory, Tell], None]] = {
    ANALYSIS: _analyse,
    PLAYBACK: _play,
    EXPLANATION: _explain,
    clip_export.KIND: clip_export.perform,
}
