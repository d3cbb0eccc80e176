"""Analysing a match: an analysis is written beside its place, and put there when it is complete.

Work that was stopped, by whatever means, goes on where it was, and ends with the arrays of an analysis that never
stopped. What a model reads off the layer of the bundled spotting model is made first, where it is not there yet.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from filelock import Timeout

from spotting_core.analyses.analysis import (
    ANALYSIS_FILE,
    Analysis,
)
from spotting_core.analyses.layers import Layers, open_layer
from spotting_core.analyses.so_far import SO_FAR
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, cannot_write
from spotting_core.base.files import locked
from spotting_core.features.layer_sets import LAYER
from spotting_core.features.sets import FeatureSet
from spotting_core.inference.calibration_run import CalibrationRun
from spotting_core.inference.layer_features import missing_layer_sets, write_layer_features
from spotting_core.inference.replay_run import ReplayRun
from spotting_core.inference.run import TIMINGS_FILE, Run
from spotting_core.inference.window_store import clear_windows
from spotting_core.media.fingerprint import joint_hash
from spotting_core.media.ingest import ingest
from spotting_core.media.source import MatchSource, check_parts
from spotting_core.models.card import BUNDLED
from spotting_core.models.known import remember
from spotting_core.models.load import LoadedModel, load_model
from spotting_core.preflight.machine import require_room
from spotting_core.samples.progress import ReportProgress
from spotting_core.samples.reader import model_sets
from spotting_core.tasks.calibration import CALIBRATION
from spotting_core.tasks.spotting import SPOTTING


def analyse_match(
    source: MatchSource,
    model: LoadedModel,
    data: DataDirectory,
    *,
    out: Path | None = None,
    rate: float | None = None,
    report: ReportProgress | None = None,
    features: Path | None = None,
    thumbnails: bool = True,
    layers: Sequence[Analysis] = (),
    reopened: bool = False,
) -> Analysis:
    """Analyse a match; an analysis that is in the data directory already is only opened.

    Arguments:
        features: folder with the features of a model that reads them; the match's own where not given.
        layers: of the match that do not lie in the data directory.
        reopened: what lies in ``out`` is opened, where it is this analysis; else it is made anew.
        thumbnails: keep thumbnails of every frame that is decoded for the model's pictures, for what reads them later.

    Errors:
        BadInputError: the match has more parts than the model's class table knows, a half cannot be read, ``rate`` is
            not the model's, the model knows no labels yet, the target cannot be written, or the machine lacks the room
            or the memory.
        CancelledError: ``report`` returned False.
    """
    check_parts(source, model.classes.parts)
    check_rate(rate, model.config.rate, model.folder)
    check_labels_learned(model)
    remember(model.folder, model.sha256, data)
    media = [ingest(half.path, data) for half in source.halves]
    keep_layer_features(source, model_sets(model), data, model.device.type, report, layers, features)
    kind = _run_of(model)
    if kind is ReplayRun and features is None:
        layers = _with_spots(source, model, data, report, layers)
    run = kind(source, media, model, data, features, report, thumbnails=thumbnails, layers=layers)
    places = Layers(data, source.content_hash(data))
    known = places.find(run.task.name, run.identity, model.classes) if out is None else None
    if out is not None and reopened and (out / ANALYSIS_FILE).is_file():
        known = _same(open_layer(out), run)
    if known is not None:
        return known
    target = out or places.place(run.task.name, run.identity, model.classes)
    if out is not None:
        check_target(target)
    require_room(target, run.pace.total)
    return put_in_place(target, run.analyse, anew=out is not None)


def _with_spots(
    source: MatchSource,
    model: LoadedModel,
    data: DataDirectory,
    report: ReportProgress | None,
    layers: Sequence[Analysis],
) -> Sequence[Analysis]:
    """The layers of a match with one of spotting among them, where a model reads what is taken off that one: its spots
    say what replays show. What was taken off may be kept longer than the layer."""
    reads = any(kind.extractor is not None and kind.extractor.kind == LAYER for kind in model_sets(model))
    known = [*layers, *Layers(data, source.content_hash(data)).all()]
    if not reads or any(layer.record.task == SPOTTING.name for layer in known):
        return layers
    return [*layers, analyse_match(source, load_model(BUNDLED, model.device.type), data, report=report)]


def _run_of(model: LoadedModel) -> type[Run]:
    """How a model's layer is made."""
    if model.system.task == CALIBRATION.name:
        return CalibrationRun
    return Run if model.inputs.windows == 1 else ReplayRun


def _same(layer: Analysis | None, run: Run) -> Analysis | None:
    """A layer, if it is what a run would make."""
    made = (joint_hash(m.hash for m in run.media), run.task.name, run.identity)
    record = layer.record if layer is not None else None
    return layer if record is not None and (record.source_id, record.task, record.identity) == made else None


def keep_layer_features(
    source: MatchSource,
    sets: Sequence[FeatureSet],
    data: DataDirectory,
    device: str = "cpu",
    report: ReportProgress | None = None,
    layers: Sequence[Analysis] = (),
    features: Path | None = None,
) -> None:
    """Have those of some sets that are read off a layer of the match; it is analysed where it has no such layer.

    Arguments:
        layers: of the match that do not lie in the data directory.

    Errors:
        BadInputError, CancelledError: see ``analyse_match``.
    """
    missing = missing_layer_sets(source, sets, data, features)
    if missing:
        model = load_model(BUNDLED, device)
        known = (layer for layer in layers if _is_of(layer, model))
        analysis = next(known, None) or analyse_match(source, model, data, report=report)
        write_layer_features(analysis, source, missing, data)


def _is_of(layer: Analysis, model: LoadedModel) -> bool:
    """Whether a layer was made by a model, with its settings and its entity model."""
    own = (model.sha256, model.settings, (model.card.entities or {}).get("sha256", ""))
    return (layer.record.identity.weights, layer.record.identity.settings, layer.record.identity.entities) == own


def check_rate(wanted: float | None, rate: float, where: Path | None) -> None:
    """Refuse samples at another rate than the model's.

    Errors:
        BadInputError: see above.
    """
    if wanted is not None and abs(wanted - rate) > 1e-6:
        raise BadInputError(
            f"the model reads {rate:g} samples a second, not {wanted:g}",
            where=where,
            fix=f"Leave the rate out or give {rate:g}",
        )


def check_labels_learned(model: LoadedModel) -> None:
    """Refuse the model of a stage of training that learns from no labels: its scores mean nothing.

    Errors:
        BadInputError: see above.
    """
    stages = model.system.stages
    stage = model.card.training.get("stage")
    if stage in stages and not stages[stage].labelled:
        names = list(stages)
        raise BadInputError(
            f"this model is that of the stage {stage}, which learns from no labels: its scores mean nothing",
            where=model.folder,
            fix=f"Train the stages that follow, {' and '.join(names[names.index(stage) + 1 :])}, and use the last one",
        )


def check_target(target: Path) -> None:
    """Refuse a place where something else than an analysis lies.

    Errors:
        BadInputError: see above.
    """
    if target.exists() and not target.is_dir():
        raise BadInputError("there is a file where the analysis should go", where=target, fix="Choose another place")
    others = [p for p in target.iterdir() if not _is_beside(p)] if target.is_dir() else []
    if others and not (target / ANALYSIS_FILE).is_file():
        raise BadInputError("this folder holds something else", where=target, fix="Choose an empty or a new folder")


def _is_beside(path: Path) -> bool:
    """Whether something in the folder of a layer is another one, or work on one."""
    return (path / ANALYSIS_FILE).is_file() or path.name.startswith(".")


def put_in_place(target: Path, write: Callable[[Path], None], *, anew: bool) -> Analysis:
    """Have an analysis written beside its target, and put it there when all went well; else what was done stays.

    Arguments:
        write: is given the folder to write in.
        anew: in place of one that is there; else that one is opened, if it can be.

    Errors:
        BadInputError: it cannot be written, or another process is at the same match with the same model.
    """
    work = target.with_name(f".{target.name}.unfinished")
    try:
        with locked(target.with_name(f".{target.name}.lock"), wait=False):
            if anew or not _is_whole(target):  # another process may just have made it
                _make_folder(work)
                write(work)
                _publish(work, target)
    except Timeout as error:
        raise BadInputError("this match is being analysed with this model already", where=work) from error
    return Analysis.open(target)


def _is_whole(target: Path) -> bool:
    """Whether an analysis is there that can be read."""
    return (target / ANALYSIS_FILE).is_file() and open_layer(target) is not None


def _make_folder(work: Path) -> None:
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(error, work.parent) from error


def _publish(work: Path, target: Path) -> None:
    """Put the finished folder in its place; what was there is replaced as a whole."""
    old = target.with_name(f".{target.name}.replaced")
    shutil.rmtree(old, ignore_errors=True)
    for part in work.rglob(".*.part"):  # what was being written when a run was killed
        part.unlink()
    if target.exists():
        for path in [p for p in target.iterdir() if _is_beside(p)]:  # other layers stay
            path.rename(work / path.name)
        target.rename(old)
    for folder in work.glob("half*"):
        clear_windows(folder)
    for name in ("work.json", TIMINGS_FILE):
        (work / name).unlink(missing_ok=True)
    shutil.rmtree(work / SO_FAR, ignore_errors=True)
    work.rename(target)
    shutil.rmtree(old, ignore_errors=True)
