"""Analysing a match: each half is streamed once, judged in overlapping windows, and written as an analysis.

Memory is bounded by one window of frames plus small sums. What each window gave is kept in a folder beside
the target until all is done, so that an analysis that was stopped, by whatever means, goes on at the window
it was at, and ends with the arrays of one that never stopped. Its timings are those of all parts.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import Timeout

from spotting_core.analysis import (
    ANALYSIS_FILE,
    CLASS_MAP,
    SHOTS_FILE,
    Analysis,
    AnalysisRecord,
    HalfRecord,
    write_record,
    write_shot_table,
)
from spotting_core.classes import is_bundled, keep_classes
from spotting_core.data_directory import DataDirectory
from spotting_core.entities.finder import EntityFinder
from spotting_core.errors import BadInputError, CancelledError, TouchlineError, cannot_write, printable
from spotting_core.files import locked, read_json, write_array, write_json
from spotting_core.formats import labels_cameras
from spotting_core.formats.results_spotting import write_results
from spotting_core.inference.frame_stream import FrameStream, WindowInput
from spotting_core.inference.progress import Pace, Report
from spotting_core.inference.window_store import HalfStore, WindowStore, clear_windows
from spotting_core.inference.windows import Span, window_spans
from spotting_core.media.completeness import shortcomings
from spotting_core.media.fingerprint import joint_hash
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.pixels import normalised
from spotting_core.media.source import MatchSource
from spotting_core.models.card import SIMULATED, Card
from spotting_core.models.known import remember
from spotting_core.models.load import LoadedModel
from spotting_core.models.registry import predict
from spotting_core.models.window import EntitySet, Scores, Window
from spotting_core.precision import half_precision, has_half_precision
from spotting_core.preflight.machine import require_room

log = logging.getLogger(__name__)

_MAP_PERCENTILE = 99.9
_TIMINGS_FILE = "timings.json"
_TIMINGS_EVERY = 1.0  # seconds after which the timings of work that may be killed are written again


def analysis_id(model: LoadedModel, reads: str, rate: float) -> str:
    """What, beside the source, decides an analysis: its arrays and, if it is not a bundled one, its class table.

    Arguments:
        reads: the fingerprint of what gives the model its entities or features, or empty.
    """
    own = [] if is_bundled(model.classes) else [repr(model.classes)]
    return joint_hash([model.sha256, model.settings, reads, f"{rate:g}", *own])


def finder_of(model: LoadedModel) -> EntityFinder | None:
    """What finds the entities of a model, checked against its card; None if it reads none.

    Errors:
        BadInputError: the entity model or the prompts are others than those the model was trained with.
    """
    described = model.card.entities
    if described is None:
        return None
    own = model.folder / "prompts.toml"
    prompts = own if own.is_file() else described["prompts"]
    finder = EntityFinder.load(described["model"], described.get("pretrained"), prompts, device=model.device.type)
    if finder.model.sha256 != described["sha256"]:
        raise BadInputError(
            f"the model was trained with the entity model {described['sha256'][:12]}, "
            f"here is {finder.model.sha256[:12]}",
            where=model.folder,
            fix="Use the entity model named on the card, or train the model again",
        )
    if list(finder.prompts.names) != list(described["names"]):
        raise BadInputError(
            f"the model was trained with the entities {', '.join(described['names'])}; "
            f"the prompt file names {', '.join(finder.prompts.names)}",
            where=prompts,
            fix="Use the prompts of the card, in their order",
        )
    return finder


def analyse_match(
    source: MatchSource,
    model: LoadedModel,
    data: DataDirectory,
    *,
    out: Path | None = None,
    rate: float | None = None,
    report: Report | None = None,
    features: Path | None = None,
) -> Analysis:
    """Analyse a match; an analysis that is in the data directory already is only opened.

    Arguments:
        features: folder with the features of a model that reads them; the match's own where not given.

    Errors:
        BadInputError: a half cannot be read, ``rate`` is not the model's, the target cannot be written, or the
            machine lacks the room or the memory.
        CancelledError: ``report`` returned False.
    """
    check_rate(rate, model.config.rate, model.folder)
    remember(model.folder, model.sha256, data)
    media = [ingest(half.path, data) for half in source.halves]
    run = _run_of(source, media, model, data, features, report)
    target = out or data.analysis(source.content_hash(), analysis_id(model, run.reads, model.config.rate))
    if out is None and (target / ANALYSIS_FILE).is_file():
        return Analysis.open(target)
    check_target(target)
    require_room(target, sum(len(m.table.samples(model.config.rate)) for m in media))
    return put_in_place(target, run.analyse, anew=out is not None)


def check_rate(asked: float | None, rate: float, where: Path | None) -> None:
    """Refuse samples at another rate than the model's.

    Errors:
        BadInputError: see above.
    """
    if asked is not None and abs(asked - rate) > 1e-6:
        raise BadInputError(
            f"the model reads {rate:g} samples a second, not {asked:g}",
            where=where,
            fix=f"Leave the rate out or give {rate:g}",
        )


def check_target(target: Path) -> None:
    """Refuse a place where something else than an analysis lies.

    Errors:
        BadInputError: see above.
    """
    if target.exists() and not target.is_dir():
        raise BadInputError("there is a file where the analysis should go", where=target, fix="Choose another place")
    if target.is_dir() and any(target.iterdir()) and not (target / ANALYSIS_FILE).is_file():
        raise BadInputError("this folder holds something else", where=target, fix="Choose an empty or a new folder")


def put_in_place(target: Path, write: Callable[[Path], None], *, anew: bool) -> Analysis:
    """Have an analysis written beside its target, and put it there when all went well; else what was done stays.

    Arguments:
        write: is given the folder to write in.
        anew: in place of one that is there; else that one is opened.

    Errors:
        BadInputError: it cannot be written, or another process is at the same match with the same model.
    """
    work = target.with_name(f".{target.name}.unfinished")
    try:
        with locked(target.with_name(f".{target.name}.lock"), wait=False):
            if anew or not (target / ANALYSIS_FILE).is_file():  # another process may just have made it
                _make_folder(work)
                write(work)
                _publish(work, target)
    except Timeout as error:
        raise BadInputError("this match is being analysed with this model already", where=work) from error
    return Analysis.open(target)


def _make_folder(work: Path) -> None:
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(error, work.parent) from error


def _run_of(
    source: MatchSource,
    media: list[Media],
    model: LoadedModel,
    data: DataDirectory,
    features: Path | None,
    report: Report | None,
) -> Run:
    if model.reads_features:
        from spotting_core.inference.feature_run import FeatureRun

        return FeatureRun(source, media, model, data, features, report)
    if features is not None:
        raise BadInputError(f"{model.card.name} reads frames, not features", where=features, fix="Leave out --features")
    return Run(source, media, model, report)


def _publish(work: Path, target: Path) -> None:
    """Put the finished folder in its place; what was there is replaced as a whole."""
    old = target.with_name(f".{target.name}.replaced")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    for folder in work.glob("half*"):
        clear_windows(folder)
    for name in ("work.json", _TIMINGS_FILE):
        (work / name).unlink(missing_ok=True)
    work.rename(target)
    shutil.rmtree(old, ignore_errors=True)


class Run:
    """One analysis of all halves of a match, by a model that reads frames.

    ``reads`` is the fingerprint of what finds its entities, or empty.
    """

    work: Path

    def __init__(self, source: MatchSource, media: list[Media], model: LoadedModel, report: Report | None) -> None:
        self.source, self.media, self.model = source, media, model
        self.finder = finder_of(model)
        self.reads = self.finder.fingerprint() if self.finder else ""
        self.report, self.rate = report, model.config.rate
        self.frames = [m.table.samples(self.rate) for m in media]
        self.kept = 0.0  # when the timings were written
        self.pace = Pace(sum(len(f) for f in self.frames), self.rate)

    def _discard_other_work(self) -> None:
        """Throw away what another source, model or rate left in the work folder."""
        stamp = joint_hash([*(m.hash for m in self.media), analysis_id(self.model, self.reads, self.rate)])
        path = self.work / "work.json"
        if not path.is_file() or read_json(path) != stamp:
            for folder in self.work.glob("half*"):
                shutil.rmtree(folder)
            for table in self.work.glob("*.csv"):
                table.unlink()
            for name in (ANALYSIS_FILE, _TIMINGS_FILE):
                (self.work / name).unlink(missing_ok=True)
        write_json(path, stamp)

    def analyse(self, work: Path) -> None:
        """Judge what is not judged yet, then write everything into the folder; ``analysis.json`` comes last."""
        self.work = work
        self._discard_other_work()
        if (self.work / ANALYSIS_FILE).is_file():  # finished, but stopped before it was put in its place
            return
        self.pace.stages.update(self._timings_before())
        halves: list[HalfRecord] = []
        shapes: dict[str, Any] = {}
        maps: dict[int, np.ndarray] = {}
        for half, media, frames in zip(self.source.halves, self.media, self.frames, strict=True):
            store = self.judge_half(half.half, media, frames)
            with self.pace.stage("writing"):
                arrays = store.assemble(media.table.times[frames], frames)
            shapes |= arrays.written
            if arrays.class_map is not None:
                maps[half.half] = arrays.class_map
            halves.append(_half_record(half.half, media, frames, store.substituted()))
        if maps:
            shapes[f"maps/{CLASS_MAP}"] = self._write_maps(maps)
        self._write_shots()
        keep_classes(self.work, self.model.classes)
        write_record(self.work, self._record(tuple(halves), shapes))
        analysis = Analysis.open(self.work)
        write_results(analysis.results_file, analysis.spots())

    def judge_half(self, number: int, media: Media, frames: np.ndarray) -> HalfStore:
        """Judge a half, or what is left of it."""
        spans = list(window_spans(len(frames), self.model.config.window))
        names = self.finder.prompts.names if self.finder else ()
        store = WindowStore(self.work / f"half{number}", spans, names, self.finder.embed_dim if self.finder else 1)
        first = store.finished()
        already = spans[first - 1].stop if first else 0
        self.pace.done += already
        if already:
            log.info("%s: going on at sample %d of %d", media.path.name, already, len(frames))
        if first == len(spans):
            return store
        stream = FrameStream(
            media,
            frames,
            size=(self.model.config.width, self.model.config.height),
            finder=self.finder,
            most=self.model.config.entities,
            pace=self.pace,
            tell=lambda: self.tell("Finding entities" if self.finder else "Reading the video"),
            first=spans[first].start,
            already=already,
            before=store.entities(max(0, first - 2), first),
        )
        try:
            for index in range(first, len(spans)):
                window = stream.window(spans[index])
                with self.pace.stage("spotting"):
                    scores = judge(self.model, window, spans[index], (media.info.width, media.info.height))
                store.keep(index, scores, window.found, window.substituted)
        finally:
            stream.close()
        return store

    def _write_maps(self, maps: dict[int, np.ndarray]) -> dict[str, Any]:
        """Write the class maps of all halves on one scale: evidence for a class, in units of the logit."""
        positive = np.concatenate([m[m > 0].ravel()[::7] for m in maps.values()])
        high = max(1e-3, float(np.percentile(positive, _MAP_PERCENTILE))) if len(positive) else 1.0
        for half, values in maps.items():
            coded = (np.clip(values / high, 0, 1) * 255).round().astype(np.uint8)
            write_array(self.work / f"half{half}" / "maps" / f"{CLASS_MAP}.npy", coded)
        shape = ["T", *next(iter(maps.values())).shape[1:]]
        unit = "contribution of each place to the class's logit, negative ones as 0; value = high * byte / 255"
        return {"dtype": "uint8", "shape": shape, "unit": unit, "scale": [0.0, round(high, 4)]}

    def _write_shots(self) -> None:
        """Shots, where camera labels lie beside the match; the scores do not depend on them."""
        path = self.source.companion(labels_cameras.FILE_NAME)
        if path is None:
            return
        try:
            shots = labels_cameras.read_shots(path)
        except TouchlineError as error:
            log.warning("shots are left out: %s", error)
            return
        for half in self.source.halves:
            write_shot_table(self.work / f"half{half.half}" / SHOTS_FILE, [s for s in shots if s.half == half.half])

    def _record(self, halves: tuple[HalfRecord, ...], shapes: dict[str, Any]) -> AnalysisRecord:
        card = self.model.card
        return AnalysisRecord(
            source_id=self.source.content_hash(),
            title=self.source.fixture.title,
            halves=halves,
            model={
                "name": card.name,
                "system": card.system,
                "sha256": self.model.sha256,
                "settings": self.model.settings,
                "domain": card.domain,
                "folder": self.model.folder.name,
                **({"entities": self.finder.model.sha256} if self.finder else {}),
                **({"reads": self.reads} if self.model.reads_features else {}),
                **suppression_of(self.model.config),
            },
            rate=self.rate,
            class_table=self.model.classes.name,
            classes=self.model.classes.names,
            arrays=shapes,
            timings=self._timings(),
            notice=domain_notice(card, self.source),
            precision="half" if has_half_precision(self.model.device.type) else "single",
        )

    def _timings(self) -> dict[str, float]:
        """Seconds by stage, over all parts of work that was stopped."""
        return {name: round(seconds, 2) for name, seconds in self.pace.spent().items()}

    def _timings_before(self) -> dict[str, float]:
        """Seconds by stage of the parts before this one."""
        try:
            return {str(name): float(seconds) for name, seconds in read_json(self.work / _TIMINGS_FILE).items()}
        except (TouchlineError, AttributeError, TypeError, ValueError):  # there were none, or nobody can say
            return {}

    def tell(self, stage: str) -> None:
        """Report how far the work is, and keep how long it took.

        Errors:
            CancelledError: the report returned False.
        """
        going_on = not self.report or self.report(self.pace.progress(stage))
        if not going_on or time.perf_counter() - self.kept > _TIMINGS_EVERY:
            write_json(self.work / _TIMINGS_FILE, self._timings())
            self.kept = time.perf_counter()
        if not going_on:
            raise CancelledError("the analysis was cancelled", fix="What is done is kept; start it again to go on")


def judge(model: LoadedModel, window: WindowInput, span: Span, size: tuple[int, int]) -> Scores:
    """What a model says of a window.

    Arguments:
        span: the window's samples; size: (width, height) of the source picture.
    """
    device, read = model.device, model.card.input
    found = EntitySet.of_table(window.entities, span.start, span.stop, size) if window.entities is not None else None
    with torch.inference_mode(), half_precision(device):
        given = Window(
            frames=normalised(window.pictures, read["mean"], read["std"], device)[None],
            entities=found.map(lambda v: v.to(device)) if found is not None else None,
        )
        return predict(model.network, given)[0]


def suppression_of(config: Any) -> dict[str, float]:
    """The suppression window that a system brings along, as an analysis keeps it; empty for the class table's."""
    width = getattr(config, "suppression", 0.0)
    return {"suppression": width} if width else {}


def _half_record(number: int, media: Media, frames: np.ndarray, substituted: int) -> HalfRecord:
    notes = shortcomings(media.info, media.table)
    if substituted:
        notes = (*notes, f"{substituted} of {len(frames)} samples show a neighbouring frame, theirs cannot be decoded")
    return HalfRecord(
        half=number,
        file=printable(media.path.name),
        duration=media.table.duration,
        width=media.info.width,
        height=media.info.height,
        frames=len(media.table),
        samples=len(frames),
        notes=notes,
    )


def domain_notice(card: Card, source: MatchSource) -> str | None:
    """What a user must know when a model is used on another kind of picture than it was trained on."""
    if card.domain != SIMULATED or source.simulated:
        return None
    return (
        f"{card.name} was trained on rendered matches only. On other footage its spots are a "
        "demonstration, not a measurement."
    )
