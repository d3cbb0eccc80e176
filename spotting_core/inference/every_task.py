"""Analysing a match for several tasks, each by the model that ships for it; what one leaves the next can read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.layers import Layers
from spotting_core.analyses.match_cameras import CAMERA_TASKS, match_cameras
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.formats import labels_cameras
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.default_models import default_models
from spotting_core.media.source import MatchSource
from spotting_core.models.load import LoadedModel, load_model
from spotting_core.samples.progress import ReportProgress
from spotting_core.score_bug.readings import match_readings, readings_files
from spotting_core.tasks.registry import layer_task
from spotting_core.tasks.shots import SHOTS
from spotting_core.tasks.spotting import SPOTTING

Loader = Callable[[str], LoadedModel]


def require_models(names: Sequence[str]) -> dict[str, str]:
    """The models of some tasks, in the order in which they are analysed.

    Errors:
        BadInputError: no such task, or one for which no model ships.
    """
    known = default_models()
    for name in names:
        layer_task(name)
        if name not in known:
            raise BadInputError(
                f"no model ships for the task {name}", fix=f"Give one with --model; models ship for {', '.join(known)}"
            )
    return {name: model for name, model in known.items() if name in names}


def analyse_tasks(
    source: MatchSource,
    models: dict[str, str],
    data: DataDirectory,
    *,
    load: Loader = load_model,
    out: Path | None = None,
    report: ReportProgress | None = None,
    left_out: Callable[[str, BadInputError], None] | None = None,
) -> dict[str, Analysis]:
    """Analyse a match for some tasks; returns the layers by task.

    Arguments:
        models: names by task, as ``default_models`` gives them.
        out: folder of the layer of spotting, below which the others' are named by their task; the data directory where
            not given.
        left_out: is called where a task cannot be done for this match, which goes on without; else that is an error.

    Errors:
        BadInputError, CancelledError: see ``analyse_match``.
    """
    layers: dict[str, Analysis] = {}
    for name, model in models.items():
        place = out if out is None or name == SPOTTING.name else out / name
        try:
            layers[name] = analyse_match(
                source, load(model), data, out=place, report=report, layers=list(layers.values()), reopened=True
            )
        except BadInputError as error:
            if left_out is None or name == SPOTTING.name:
                raise
            left_out(name, error)
    if layers.keys() & CAMERA_TASKS:
        write_cameras(source, data, list(layers.values()))
    return layers


def write_cameras(source: MatchSource, data: DataDirectory, made: Sequence[Analysis]) -> Path | None:
    """Write the shots of a match as models see them, cut at the boundaries and with what replays show, as the results
    of the layer of shots; None where there is no such layer.

    Arguments:
        made: layers that count before those of the data directory.
    """
    layers = [*made, *Layers(data, source.content_hash(data)).all()]
    shots = next((layer for layer in layers if layer.record.task == SHOTS.name), None)
    cameras = match_cameras(None, layers, match_readings(readings_files(source, data)))
    if shots is None or cameras is None:
        return None
    path = shots.folder / SHOTS.results_file
    labels_cameras.write_changes(path, cameras.changes, source.path.name)
    return path
