"""One analysis of a match by one model: each half is streamed once, judged window by window, and written.

Memory is bounded by one batch of windows plus small sums. What each batch gave is kept in the work folder until all is
done, so that work which was stopped, by whatever means, goes on at the batch it was at. Its timings are those of all
parts. Features that are computed are kept in the data directory, block by block; what a model read is written beside
its scores, for explanations ask what it did.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from spotting_core.analyses.analysis import (
    ANALYSIS_FILE,
    CLASS_MAP,
    Analysis,
    AnalysisRecord,
    HalfRecord,
    write_record,
)
from spotting_core.analyses.layers import Layers
from spotting_core.analyses.so_far import SO_FAR, HalfSamples, SoFar
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError, TouchlineError, printable
from spotting_core.base.files import read_json, write_array, write_json
from spotting_core.computing.number_format import has_bfloat16
from spotting_core.domain.classes import class_files, keep_classes
from spotting_core.evaluation.official_splits import SPLITS
from spotting_core.features.half import FeatureHalf
from spotting_core.features.sets import reads_people
from spotting_core.features.thumbnails import written_beside
from spotting_core.inference.domain_notice import domain_notice
from spotting_core.inference.look import Look, LookSamples, look_of
from spotting_core.inference.score import judge_windows, window_batches
from spotting_core.inference.window_store import HalfArrays, WindowStore
from spotting_core.media.completeness import clock_breaks, shortcomings
from spotting_core.media.decode import FrameTap
from spotting_core.media.fingerprint import joint_hash, kept_hash
from spotting_core.media.ingest import Media
from spotting_core.media.source import MatchSource
from spotting_core.models.identity import READS_PEOPLE, SEES_PLACES, VISION_MODEL, ModelIdentity
from spotting_core.models.load import LoadedModel
from spotting_core.models.network import AttentiveNetwork, Network
from spotting_core.models.registry import SystemConfig
from spotting_core.models.window import Samples
from spotting_core.models.window_plan import PlannedWindow
from spotting_core.samples.progress import Pace, ReportProgress
from spotting_core.samples.reader import model_reader, require_features
from spotting_core.samples.stream import HalfStream, StreamedWindow, joined
from spotting_core.tasks.registry import layer_task

log = logging.getLogger(__name__)

_MAP_PERCENTILE = 99.9
TIMINGS_FILE = "timings.json"
_LEAST_FRAMES = 0.5  # share of its frames that a model of every frame needs
_SHOWN_EVERY = 4.0  # seconds after which what has been judged so far is written again
_TIMINGS_EVERY = 1.0  # seconds after which the timings of work that may be killed are written again
_WORK_FORMAT = "2"  # of what is kept of unfinished work; of another format it is begun anew


class Run:
    """One analysis of all halves of a match.

    ``reads`` is the fingerprint of what gives the model its entities and features, or empty.
    """

    work: Path
    looks: list[LookSamples]

    def __init__(
        self,
        source: MatchSource,
        media: list[Media],
        model: LoadedModel,
        data: DataDirectory,
        features: Path | None,
        report: ReportProgress | None,
        *,
        thumbnails: bool = True,
        layers: Sequence[Analysis] = (),
    ) -> None:
        self.thumbnails, self.layers = thumbnails, [*layers, *Layers(data, source.content_hash(data)).all()]
        self.source, self.media, self.model, self.data = source, media, model, data
        self.reader, self.judge = model_reader(model), model.judge
        self.task = layer_task(model.system.task)
        if features is not None and not model.inputs.features and self.reader.entity_files is None:
            what = f"{model.card.name} reads {' and '.join(model.inputs.words)}, not features"
            raise BadInputError(what, where=features, fix="Leave out --features")
        if features is not None:
            self._require_folder(features)
        if self.reader.features is not None and self.reader.features.of_frames:
            for one in media:
                _require_frames(one, model)
        self.entity_folder = features
        self.folder = features or (source.path if source.path.is_dir() else None)
        fingerprint, beside = self.reader.fingerprint([h.half for h in source.halves], self.folder), self._beside()
        self.reads = joint_hash([fingerprint, *beside]) if beside else fingerprint
        self.precision = "half" if has_bfloat16(model.device.type) else "single"
        self.identity = ModelIdentity(
            model.sha256,
            model.settings,
            self.reads if self.reader.features or beside else "",
            self._entities_hash(features),
            self.precision,
        )
        self.report, self.rate = report, model.config.rate
        pairs = zip(source.halves, media, strict=True)
        self.frames = [self.reader.frames(half.half, one, self.folder) for half, one in pairs]
        self.kept = 0.0  # when the timings were written
        self.pace = Pace(sum(len(f) for f in self.frames), self.rate)

    def _require_folder(self, folder: Path) -> None:
        """Refuse a folder in which nothing lies that the model reads.

        Errors:
            BadInputError: see above.
        """
        if self.reader.entity_files is None:
            require_features(folder, self.source, [self.model])
        elif not folder.is_dir():
            raise BadInputError("there is no such folder of entities", where=folder, fix="Check --features")

    def _entities_hash(self, folder: Path | None) -> str:
        """Hash of what the model's entities come from: of the model that finds them, or of their files."""
        files = self.reader.entity_files
        if files is None:
            return self.reader.finder.sha256 if self.reader.finder else ""
        pairs = zip(self.source.halves, self.media, strict=True)
        return joint_hash(kept_hash(files.path(half.half, one.path, folder), self.data) for half, one in pairs)

    def _beside(self) -> list[str]:
        """What else decides the layer beside the model and what it reads of samples: of a run of samples nothing."""
        return []

    def _discard_other_work(self) -> None:
        """Throw away what another source, model or rate left in the work folder."""
        stamp = joint_hash([_WORK_FORMAT, *(m.hash for m in self.media), self.task.name, self.identity.key])
        path = self.work / "work.json"
        if not path.is_file() or read_json(path) != stamp:
            for folder in [*self.work.glob("half*"), *self.work.glob(SO_FAR)]:
                shutil.rmtree(folder)
            for table in class_files(self.work):
                table.unlink()
            for name in (ANALYSIS_FILE, TIMINGS_FILE):
                (self.work / name).unlink(missing_ok=True)
        write_json(path, stamp)

    def analyse(self, work: Path) -> None:
        """Judge what is not judged yet, then write everything into the folder; ``analysis.json`` comes last."""
        self.work = work
        self._discard_other_work()
        if (self.work / ANALYSIS_FILE).is_file():  # finished, but stopped before it was put in its place
            return
        self.pace.stages.update(self._timings_before())
        self.so_far = SoFar(self.work / SO_FAR, len(self.model.classes))
        self.so_far.begin(self._record((), {}), self._samples(), self.model.classes)
        halves: list[HalfRecord] = []
        self.looks = []
        shapes: dict[str, Any] = {}
        maps: dict[int, np.ndarray] = {}
        for half, media, frames in zip(self.source.halves, self.media, self.frames, strict=True):
            arrays, substituted = self._analyse_half(half.half, media, frames)
            shapes |= arrays.written
            if arrays.class_map is not None:
                maps[half.half] = arrays.class_map
            halves.append(_half_record(half.half, media, frames, substituted))
        if maps:
            shapes[f"maps/{CLASS_MAP}"] = self._write_maps(maps)
        keep_classes(self.work, self.model.classes)
        look = look_of(self.model, [picture for one in self.looks for picture in one.pictures])
        write_record(self.work, self._record(tuple(halves), shapes, look))
        Analysis.open(self.work).write_results(self.task)

    def _samples(self) -> list[HalfSamples]:
        rows = zip(self.source.halves, self.media, self.frames, strict=True)
        return [HalfSamples(half.half, media, frames) for half, media, frames in rows]

    def _analyse_half(self, half: int, media: Media, frames: np.ndarray) -> tuple[HalfArrays, int]:
        """Judge a half and write its arrays; returns them, and how many samples show a neighbour of their frame."""
        before = self.pace.done
        features = self._features(half, media, len(frames))
        store = self._judge_half(half, media, frames, features)
        self.pace.advance(max(0, before + len(frames) - self.pace.done))
        with self.pace.stage("writing"):
            read = features.rows(0, len(frames)) if features is not None and self._keeps_features else None
            decoding = self.model.system.decoding
            arrays = store.assemble(media.table.times[frames], frames, read, decoding, self.rate)
        return arrays, store.substituted()

    @property
    def _keeps_features(self) -> bool:
        """Whether what is read is written beside the scores, for explanations."""
        return self.reader.features is not None and not self.reader.features.of_frames

    def _features(self, half: int, media: Media, samples: int) -> FeatureHalf | None:
        """The features of a half, computed where they do not lie in files; None for a model that reads none."""
        if self.reader.features is None:
            return None
        before = self.pace.done

        def computed(done: int, total: int) -> None:
            share = round(samples * done / total)
            self.pace.advance(max(0, before + share - self.pace.done))
            self.report_stage("Computing features")

        self.report_stage("Reading features")
        with self.pace.stage("features"):
            return self.reader.read_features(half, self.folder, media, self.data, computed)

    def _judge_half(self, half: int, media: Media, frames: np.ndarray, features: FeatureHalf | None) -> WindowStore:
        """Judge a half, or what is left of it."""
        plan = self.judge.plan
        known = self.reader.read_entities(half, media, self.entity_folder, len(frames))
        batches = window_batches(self.judge, plan.windows(len(frames)))
        names, embed_dim = self.reader.entity_names, self.reader.embed_dim
        store = WindowStore(self.work / f"half{half}", plan, batches, names, embed_dim)
        first = store.finished()
        already = min(len(frames), batches[first - 1][-1].end) if first else 0
        if self.judge.inputs.pictures is not None:  # else what takes time are the features, which were counted
            self.pace.done += already
        if already:
            log.info("%s: going on at sample %d of %d", media.path.name, already, len(frames))
        if first == len(batches):
            return store
        sample = max(0, batches[first][0].start)
        with self._tap(media, int(frames[sample])) as tap:
            stream = self.reader.stream(
                media,
                frames,
                features=features,
                entities=known,
                outside=plan.outside,
                pace=self.pace,
                report=lambda: self.report_stage("Finding entities" if self.reader.finder else "Reading the video"),
                first=sample,
                already=already,
                before=store.entities(max(0, first - 2), first),
                tap=tap,
            )
            shown = time.monotonic()
            look = LookSamples(len(frames))
            self.looks.append(look)
            try:
                for index in range(first, len(batches)):
                    self._judge_batch(index, batches[index], stream, store, look)
                    if time.monotonic() - shown > _SHOWN_EVERY:
                        self._show_so_far(half, store)
                        shown = time.monotonic()
            finally:
                stream.close()
        return store

    def _show_so_far(self, half: int, store: WindowStore) -> None:
        """Write what the judged windows of a half say, for whoever watches."""
        merged = store.merged(self.model.system.decoding, self.rate)
        if merged is not None:
            self.so_far.write(half, merged.confidence, merged.displacement)

    def _tap(self, media: Media, start: int) -> AbstractContextManager[FrameTap | None]:
        """What keeps thumbnails of the frames that are decoded from frame ``start`` on."""
        if not self.thumbnails or self.judge.inputs.pictures is None:
            return nullcontext()
        return written_beside(media, self.data, start)

    def _judge_batch(
        self,
        index: int,
        windows: Sequence[PlannedWindow],
        stream: HalfStream,
        store: WindowStore,
        look: LookSamples,
    ) -> None:
        read: dict[PlannedWindow, StreamedWindow] = {}

        def samples(window: PlannedWindow) -> Samples:
            if window not in read:
                read[window] = stream.read(window)
                pictures = read[window].samples.pictures
                if pictures is not None:
                    look.add(window.start, pictures)
            return read[window].samples

        if self.judge.inputs.pictures is None:
            self.report_stage("Spotting")
        else:  # read now: the time that frames and entities take is theirs
            for window in windows:
                samples(window)
        with self.pace.stage("spotting"):
            scores = judge_windows(self.judge, windows, samples)
        findings = [one.findings for one in read.values() if one.findings is not None]
        store.keep(index, scores, joined(findings) if findings else None, sum(one.substituted for one in read.values()))

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

    def _record(
        self, halves: tuple[HalfRecord, ...], shapes: dict[str, Any], look: Look | None = None
    ) -> AnalysisRecord:
        card = self.model.card
        return AnalysisRecord(
            source_id=joint_hash(m.hash for m in self.media),
            title=self.source.fixture.title,
            halves=halves,
            model={
                "name": card.name,
                "system": card.system,
                "sha256": self.identity.weights,
                "settings": self.identity.settings,
                "domain": card.domain,
                "folder": self.model.folder.name,
                **({"entities": self.identity.entities} if self.identity.entities else {}),
                **({VISION_MODEL: embeds} if (embeds := (card.entities or {}).get(VISION_MODEL)) else {}),
                **({"reads": self.identity.reads} if self.identity.reads else {}),
                **_own_suppression(self.model.config),
                **({SEES_PLACES: True} if _sees_places(self.model.network) else {}),
                **({READS_PEOPLE: reads_people(card.input, self.rate)} if self.model.inputs.features else {}),
                **({SPLITS: list(card.training[SPLITS])} if card.training.get(SPLITS) else {}),
            },
            rate=self.rate,
            class_table=self.model.classes.name,
            classes=self.model.classes.names,
            arrays=shapes,
            timings=self._timings(),
            notice=domain_notice(card, self.source, look),
            unlikeness=look.unlikeness if look is not None else None,
            task=self.task.name,
            precision=self.precision,
        )

    def _timings(self) -> dict[str, float]:
        """Seconds by stage, over all parts of work that was stopped."""
        return {name: round(seconds, 2) for name, seconds in self.pace.spent().items()}

    def _timings_before(self) -> dict[str, float]:
        """Seconds by stage of the parts before this one."""
        try:
            return {str(name): float(seconds) for name, seconds in read_json(self.work / TIMINGS_FILE).items()}
        except (TouchlineError, AttributeError, TypeError, ValueError):  # there were none, or nobody can say
            return {}

    def report_stage(self, stage: str) -> None:
        """Report how far the work is, and keep how long it took.

        Errors:
            CancelledError: the report returned False.
        """
        going_on = not self.report or self.report(self.pace.progress(stage))
        if not going_on or time.perf_counter() - self.kept > _TIMINGS_EVERY:
            write_json(self.work / TIMINGS_FILE, self._timings())
            self.kept = time.perf_counter()
        if not going_on:
            raise CancelledError("the analysis was cancelled", fix="What is done is kept; start it again to go on")


def _own_suppression(config: SystemConfig) -> dict[str, Any]:
    """How the model's paper makes spots of scores, where it says so."""
    own = {"suppression": config.suppression, "suppression_method": config.suppression_method}
    return {name: value for name, value in own.items() if value}


def _require_frames(media: Media, model: LoadedModel) -> None:
    """Refuse a video of so few frames that a model of every frame would take each of them for a change.

    Errors:
        BadInputError: it has less than half of the frames a second that the model was trained on.
    """
    rate = len(media.table) * 1e6 / max(1, media.table.duration)
    if rate < model.config.rate * _LEAST_FRAMES:
        raise BadInputError(
            f"{model.card.name} looks at {model.config.rate:g} frames a second, this video has {rate:.3g}",
            where=media.path,
            fix="Give the video at its own frame rate",
        )


def _sees_places(network: Network) -> bool:
    return isinstance(network, AttentiveNetwork) and network.sees_places


def _half_record(number: int, media: Media, frames: np.ndarray, substituted: int) -> HalfRecord:
    notes = shortcomings(media.info, media.table)
    if clause := clock_breaks(media.table):
        notes = (*notes, f"the file's clock {clause}; what may be missing there nobody can tell")
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
