"""Every reader of files that come from elsewhere, each with a sound file that it reads."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from app.command_line.corrections import score_tables
from app.library.library import kits
from explain.attribution import ENTITY, ENTITY_ROW, Attribution
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.assets import asset
from spotting_core.base.errors import BadInputError
from spotting_core.computing.checkpoint_file import read_checkpoint
from spotting_core.domain.camera import Camera
from spotting_core.domain.cameras import Candidate, Grounding, Link, Shot
from spotting_core.domain.classes import load_classes
from spotting_core.domain.parts import read_parts
from spotting_core.domain.pitch import Pitch
from spotting_core.domain.spots import Spot
from spotting_core.entities.prompts import load_prompts
from spotting_core.entities.published_files import EntityFiles, prompt_names
from spotting_core.entities.table import EMBEDDING_FILE, TABLE_FILE, EntityTable
from spotting_core.evaluation.camera_files import read_changes
from spotting_core.evaluation.collect import Record, read_split
from spotting_core.evaluation.frames import read_frame_file
from spotting_core.evaluation.other_formats import LABELS, PREDICTIONS, in_soccernet_form
from spotting_core.evaluation.replay_files import read_replays
from spotting_core.evaluation.spot_files import label_columns, prediction_columns
from spotting_core.features.files import open_features
from spotting_core.features.reduction import Reduction
from spotting_core.features.sets import SOCCERNET
from spotting_core.formats import calibration_table, grounding_table, registry
from spotting_core.formats.challenge_cameras import read_camera
from spotting_core.formats.document import Document, HalfInfo, Options
from spotting_core.formats.field_calibration import read_published
from spotting_core.formats.format import SPOTS, Format
from spotting_core.formats.labels_cameras import write_shots
from spotting_core.formats.line_labels import read_lines
from spotting_core.formats.player_boxes import read_placed
from spotting_core.formats.registry import FORMATS
from spotting_core.media.ingest import Media
from spotting_core.media.source import open_match
from spotting_core.media.times import TimeTable
from spotting_core.media.video import VideoInfo
from spotting_core.models.card import CARD_FILE, read_card
from spotting_core.models.registry import system
from spotting_core.score_bug.match_clock import known_clock
from spotting_core.score_bug.readings import BugReadings, RowReading, readings_file, write_readings
from spotting_core.score_bug.text_reader import Box
from spotting_core.training.config import as_config, read_config
from spotting_core.training.system_config import SystemTrainingConfig

_SPOTS = (
    Spot(1, 12_500_000, "Goal", 0.75, "home"),
    Spot(1, 40_120_000, "Corner", 0.5),
    Spot(2, 3_000_000, "Foul", 0.25, "away", False),
)
_WRITTEN = ("labels-v2", "csv", "sportscode", "results-spotting", "webvtt", "e2e-spot")


@dataclass(frozen=True)
class Reader:
    """A reader and a sound file.

    Arguments:
        file: name of the file; content: sound.
        beside: other files that must lie there, by their names.
        read: of the file's path; foreign: whether it reads in a process of its own, which takes half a second.
    """

    name: str
    file: str
    content: bytes
    read: Callable[[Path], object]
    beside: tuple[tuple[str, bytes], ...] = ()
    foreign: bool = False

    def put(self, folder: Path, content: bytes | None = None) -> Path:
        """The path of the file, written into a folder with all that lies beside it; content: in place of its own."""
        for name, other in (*self.beside, (self.file, self.content if content is None else content)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(other)
        return folder / self.file


def readers() -> Iterator[Reader]:
    """All readers."""
    yield from _labels()
    yield from _evaluated()
    yield from _calibrations()
    yield from _settings()
    yield from _arrays()
    yield from _analyses()
    yield from _score_bugs()
    yield from _of_others()


def reader(name: str) -> Reader:
    """One reader by its name."""
    return next(one for one in readers() if one.name == name)


# --- labels -------------------------------------------------------------------------------------------


def _labels() -> Iterator[Reader]:
    halves = {half: HalfInfo(25.0, 1500, 640, 360, 60_000_000) for half in (1, 2)}
    document = Document.of(_SPOTS, "league/season/game", halves)
    for form in FORMATS.values():
        if form.kind != SPOTS or not form.reads:
            continue
        name = "labels" + (form.suffix if form.name != "e2e-spot-scores" else ".score.json")
        if form.writes:
            content = _written(name, lambda path, f=form: registry.write(path, [document], f, Options(load_classes())))
        else:
            content = json.dumps(_unwritten(form.name)).encode()
        foreign = form.name in ("otio", "edl", "fcp-xml", "fcpx-xml")
        yield Reader(form.name, name, content, partial(_read_labels, form), foreign=foreign)
    shots = [Shot(1, 0, 4_000_000, "Main camera center", False, "abrupt"), Shot(1, 4_000_000, 9_000_000, "Other", True)]
    cameras = _written("cameras.json", lambda path: write_shots(path, shots))
    yield Reader("labels-cameras", "cameras.json", cameras, partial(_read_labels, FORMATS["labels-cameras"]))
    meta = json.dumps({"engine": {}, "kits": {"home": {"main": [1, 2, 3]}, "away": {"main": [4, 5, 6]}}}).encode()
    yield Reader("kits", "meta.json", meta, lambda path: kits(path.parent))
    game = json.dumps({"UrlLocal": "a/b/c/", "gameHomeTeam": "A", "gameAwayTeam": "B", "gameScore": "1 - 2"}).encode()
    yield Reader("fixture", "Labels-v2.json", game, lambda path: open_match(path.parent), (("1_720p.mkv", b""),))


def _unwritten(form: str) -> dict[str, Any]:
    """What a file holds of a format that is only read."""
    scores = [[0.1] + [0.9 if frame == 3 else 0.01] * 17 for frame in range(6)]
    row = {"gameTime": "1 - 00:12", "label": "Goal", "position": "12500", "team": "home", "visibility": "visible"}
    info = {"name": "SNGS-021", "action_class": "Goal", "action_position": "12500", "game_time_start": "1 - 00:05",
            "clip_start": "5000", "clip_stop": "20000", "visibility": "visible"}  # fmt: skip
    return {
        "e2e-spot-scores": {"game/1": scores, "game/2": scores},
        "osl-v1": {"version": 1, "videos": [{"path_video": "game/1_224p.mkv", "annotations": [row]}]},
        "labels-game-state": {"info": info, "annotations": [{"image_id": "1021000001", "bbox_image": {"x": 1}}]},
    }[form]


def _read_labels(form: Format, path: Path) -> None:
    """Read labels, and write what was read in other formats."""
    options = Options(load_classes() if form.name == "e2e-spot-scores" else None, rate=25.0)
    for document in registry.read(path, form, options):
        if isinstance(document, Document):
            for name in _WRITTEN:
                with suppress(BadInputError):
                    registry.write(path.with_name(f"again-{name}"), [document], FORMATS[name], options)
        else:
            assert len(document.shots) <= len(document.entries)
            list(document.groundings)


def _written(name: str, write: Callable[[Path], object]) -> bytes:
    with TemporaryDirectory() as folder:
        write(Path(folder) / name)
        return (Path(folder) / name).read_bytes()


# --- what is evaluated --------------------------------------------------------------------------------


def _evaluated() -> Iterator[Reader]:
    classes = load_classes().names
    labels = {"annotations": [{"gameTime": "1 - 00:12", "label": "Goal", "position": "12500", "visibility": "visible"}]}
    predictions = {"predictions": [{"label": "Goal", "position": "12500", "half": "1", "confidence": "0.5"}]}
    changes = {"annotations": [{"gameTime": "1 - 00:12", "label": "Other", "position": "12500", "replay": "replay",
                                "link": {"half": "1", "label": "Goal", "time": "00:10"}}]}  # fmt: skip
    replays = {"Replays": [{"half": 1, "start": 1.0, "end": 2.0, "detection": [{"time": 0.5, "score": 0.5}]}]}
    frames = [{"video": "a", "events": [{"frame": 3, "label": "serve", "score": 0.5}]}]
    split = {"league": {"season": ["game one", "game two"]}}
    rows: tuple[tuple[str, Any, Callable[[Path], object]], ...] = (
        ("evaluated labels", labels, lambda p: label_columns(p.read_bytes(), str(p), "g", classes, Record())),
        (
            "evaluated results",
            predictions,
            lambda p: prediction_columns(p.read_bytes(), str(p), "g", classes, Record()),
        ),
        ("evaluated cameras", changes, lambda p: read_changes(p.read_bytes(), str(p))),
        ("evaluated replays", replays, lambda p: read_replays(p.read_bytes(), str(p))),
        ("evaluated frames", frames, read_frame_file),
        ("split", split, read_split),
    )
    for name, content, read in rows:
        yield Reader(name, f"{name.replace(' ', '-')}.json", json.dumps(content).encode(), read)


# --- calibrations and players -------------------------------------------------------------------------


def _calibrations() -> Iterator[Reader]:
    homography = [0.01, 0.0, 0.5, 0.0, 0.01, 0.5, 0.0, 0.001, 1.0]
    field = {"UrlLocal": "g", "size": [2, 540, 960, 3],
             "predictions": [[{"homography": homography, "confidence": 0.5}], []]}  # fmt: skip
    yield Reader("calibrations", "1_field_calib_ccbv.json", json.dumps(field).encode(), lambda p: read_published(p, 1))
    people = [{"bboxes": [[1, 2, 3, 4]], "colors": [[1, 2, 3]]}, {"bboxes": [], "colors": []}]
    boxes = {"size": [2, 540, 960, 3], "predictions": people}

    def placed(path: Path) -> object:
        known = path.with_name("1_field_calib_ccbv.json")
        return read_placed(path, read_published(known, 1).calibrations)

    beside = (("1_field_calib_ccbv.json", json.dumps(field).encode()),)
    yield Reader("player boxes", "boxes.json", json.dumps(boxes).encode(), placed, beside)
    lines = {"Side line top": [{"x": 0.1, "y": 0.2}, {"x": 0.9, "y": 0.2}]}
    yield Reader("lines", "00000.json", json.dumps(lines).encode(), read_lines)
    camera = {
        "pan_degrees": 1.0, "tilt_degrees": 80.0, "roll_degrees": 0.1, "position_meters": [0.0, 60.0, -12.0],
        "x_focal_length": 2000.0, "y_focal_length": 2000.0, "principal_point": [480.0, 270.0],
        "radial_distortion": [0.0] * 6, "tangential_distortion": [0.0] * 2, "thin_prism_distortion": [0.0] * 4,
    }  # fmt: skip
    yield Reader("camera", "camera_00000.json", json.dumps(camera).encode(), read_camera)


# --- settings -----------------------------------------------------------------------------------------


def _settings() -> Iterator[Reader]:
    table = asset("classes", "soccernet-v2.csv").read_bytes()
    yield Reader("class table", "own.csv", table, lambda p: load_classes(p))
    yield Reader("class list", "class.txt", b"Goal\nCorner\nFoul\n", lambda p: load_classes(p))
    parts = asset("classes", "soccernet-v2.parts.toml").read_bytes()
    yield Reader("parts", "own.parts.toml", parts, read_parts)
    yield Reader("prompts", "own.toml", asset("prompts", "football.toml").read_bytes(), load_prompts)
    for name in ("e2e-spot", "dense-unet-without-mixup"):
        content = asset("training", f"{name}.toml").read_bytes()
        yield Reader(f"configuration of {name}", "run.toml", content, _configured)
    card = asset("weights", "dense-unet", CARD_FILE).read_bytes()
    yield Reader("card", CARD_FILE, card, _read_card)


def _configured(path: Path) -> None:
    name, settings = read_config(path)
    config = as_config(SystemTrainingConfig, {"system": name, **settings}, path)
    system(name).configure(**{"classes": load_classes().names, "rate": config.rate, **config.model})


def _read_card(path: Path) -> None:
    card = read_card(path.parent)
    system(card.system).configure(**card.config)


# --- arrays -------------------------------------------------------------------------------------------


def _npy(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


def _arrays() -> Iterator[Reader]:
    kind = SOCCERNET["ResNET_TF2_PCA512"]
    features = _npy(np.ones((8, kind.raw_dim), np.float32))
    yield Reader("features", "1_ResNET_TF2_PCA512.npy", features, lambda p: open_features(p, kind, seconds=4.0).sum())
    yield Reader("scores", "1_scores.npy", _npy(np.ones((8, 17), np.float16)), _scores, (("g/1_720p.mkv", b""),))
    rows = np.zeros(3, ENTITY_ROW)
    attribution = Attribution(
        "m", "n", 1, "Goal", 5, "b", "", ENTITY, rows, np.arange(4), 0.5, 0.1, (0.0, 1.0), 0.1, ("ball",)
    )  # fmt: skip
    explained = _written("a.npz", attribution.save)
    yield Reader("explanation", "a.npz", explained, lambda p: Attribution.load(p).speaks_for())
    state = {"state_dict": {"fc.weight": torch.ones(3, 4), "fc.bias": torch.ones(3)}}
    yield Reader("checkpoint", "model.pt", _written("m.pt", lambda p: torch.save(state, p)), read_checkpoint)
    reduction = Reduction(np.zeros(6, np.float32), np.eye(3, 6, dtype=np.float32))
    yield Reader("reduction", "r.safetensors", _written("r.safetensors", reduction.save), Reduction.load)


def _scores(path: Path) -> None:
    score_tables(path, open_match(path.parent / "g"))


# --- analyses -----------------------------------------------------------------------------------------


def _analyses() -> Iterator[Reader]:
    times = np.arange(6) * 500_000
    files = {
        "half1/times.npy": _npy(times),
        "half1/frames.npy": _npy(np.arange(6, dtype=np.int32)),
        "half1/scores.npy": _npy(np.full((6, 17), 0.25, np.float16)),
        "half1/displacement.npy": _npy(np.zeros((6, 17), np.float16)),
    }
    shapes = {"times": ("int64", ["T"]), "frames": ("int32", ["T"])}
    shapes |= {name: ("float16", ["T", 17]) for name in ("scores", "displacement")}
    half = {"half": 1, "file": "1.mp4", "duration": 3_000_000, "width": 64, "height": 36, "frames": 75, "samples": 6}
    record = json.dumps({
        "format": 1, "source": {"id": "0" * 64, "title": "A v B", "halves": [half]},
        "model": {"name": "m", "system": "e2e-spot", "sha256": "0" * 64, "domain": "simulated", "folder": "m"},
        "rate": 2.0, "class_table": "soccernet-v2", "classes": load_classes().names,
        "arrays": {name: {"dtype": d, "shape": s, "unit": "", "scale": None} for name, (d, s) in shapes.items()},
    }).encode()  # fmt: skip
    everything = {**files, "analysis.json": record}
    for name in everything:
        beside = tuple((other, content) for other, content in everything.items() if other != name)
        yield Reader(f"analysis: {Path(name).name}", name, everything[name], _open_analysis, beside)
    table = EntityTable(
        ("ball", "player"), np.array([0, 0, 1], np.int32), np.array([0, 1, 1], np.int16), np.ones(3, np.float32),
        np.ones((3, 4), np.float32), np.ones((3, 4), np.float16), np.ones(3, bool), np.ones(3, np.float32),
    )  # fmt: skip
    with TemporaryDirectory() as folder:
        table.write(Path(folder))
        both = {name: (Path(folder) / name).read_bytes() for name in (TABLE_FILE, EMBEDDING_FILE)}
    for name, other in ((TABLE_FILE, EMBEDDING_FILE), (EMBEDDING_FILE, TABLE_FILE)):
        beside = ((other, both[other]),)
        yield Reader(f"entities: {name}", name, both[name], lambda p: EntityTable.read(p.parent), beside)
    groundings = [Grounding(1, 5, 9, (Candidate(Link(1, 3, "Goal"), 0.5),)), Grounding(1, 20, 29, ())]
    replays = _written("replays.parquet", lambda p: grounding_table.write_table(p.parent, groundings))
    yield Reader("replays", "replays.parquet", replays, lambda p: grounding_table.read_table(p.parent, 1))
    camera = Camera((0.0, 60.0, -12.0), 0.1, 1.4, 0.0, 2.0, 16 / 9)
    sample = calibration_table.CalibratedSample(0, 0, camera, 0.1, 0.9)
    name = calibration_table.FILE_NAME
    content = _written(name, lambda p: calibration_table.write_table(p.parent, [sample], Pitch(), 16 / 9))
    yield Reader("calibration table", name, content, lambda p: calibration_table.read_table(p.parent, 1, times))


def _open_analysis(path: Path) -> None:
    folder = path.parent if path.name == "analysis.json" else path.parent.parent
    analysis = Analysis.open(folder)
    analysis.spots()
    asdict(analysis.record)
    _ = (analysis.remarks, analysis.record.identity.key, analysis.clock(1, 5))


# --- score bugs -----------------------------------------------------------------------------------------


def _score_bugs() -> Iterator[Reader]:
    rows = tuple(
        RowReading(k * 2_000_000, f"PEL {k // 40} - 1 SOL {45 + k // 30}:{k * 2 % 60:02d} +3", 0.9) for k in range(90)
    )
    half = {"half": 1, "file": 1, "start": 0, "end": 90_000_000, "first": 0, "last": 90_000_000, "confidence": 0.5}
    with TemporaryDirectory() as folder:
        video = _media(Path(folder))
        write_readings(video, BugReadings(Box(10, 20, 110, 40), rows, 1.5, 2.5))
        kept = readings_file(video).read_bytes()
        assert known_clock({1: video}, load_classes().parts).at(1, 60_000_000), "the sound one is understood"
    halves = json.dumps([{**half, "corrected": True}]).encode()
    name = readings_file(_media(Path())).name
    yield Reader("score bug", name, kept, _clock_shown, (("halves.json", halves),))
    yield Reader("corrected halves", "halves.json", halves, _clock_shown, ((name, kept),))


def _media(folder: Path) -> Media:
    """A video of three minutes of which only what is kept is there."""
    info = VideoInfo("h264", "yuv420p", 640, 360, 0, False, False, 25.0, 180.0, None, "mp4", 1, 1.0, False, False, 0)
    return Media(folder / "1.mp4", "0" * 64, folder, info, TimeTable(np.arange(4500) * 40_000, 0))


def _clock_shown(path: Path) -> None:
    """The clock of a match as its pages show it; what cannot be read counts as not there."""
    clock = known_clock({1: _media(path.parent)}, load_classes().parts)
    for time in range(0, 180_000_000, 10_000_000):
        clock.text(1, time)
        clock.check_of_goal(1, time, [time])
    _ = (clock.why_unknown, clock.halves, clock.unexplained_changes)


# --- results of other programs --------------------------------------------------------------------------


def _of_others() -> Iterator[Reader]:
    rows = torch.cat([torch.arange(20).repeat_interleave(2)[:, None], torch.ones(40, 5), torch.zeros(40, 8)], 1)
    found = _written("1.pt", lambda path: torch.save(rows, path))
    files = EntityFiles("a model", 2.0, 2, ("player", "ball"), 8, {})
    yield Reader("entities of others", "1.pt", found, lambda path: files.read(path, 20, (640, 360)))
    names = b"player\nball\n"
    yield Reader("prompts of others", "prompts.txt", names, prompt_names)
    halves = {1: HalfInfo(25.0, 1500, 640, 360, 60_000_000)}
    document = Document.of([spot for spot in _SPOTS if spot.half == 1], "game", halves)
    for kind, form in ((PREDICTIONS, "e2e-spot"), (LABELS, "sportscode")):
        written = _written(f"a{FORMATS[form].suffix}", lambda p, f=form: registry.write(p, [document], FORMATS[f]))
        read = partial(_in_soccernet_form, kind)
        yield Reader(f"{kind} to evaluate", f"a{FORMATS[form].suffix}", written, read)
    table = b"half,seconds,label,confidence,broadcast_time\r\n1,12.5,Goal,.9,45+2:10\r\n2,70,Foul,.5,63:12\r\n"
    for encoding in ("utf-16", "cp949", "windows-1252"):
        text = table.decode().encode(encoding)
        options = Options(encoding=encoding)
        yield Reader(f"table in {encoding}", "a.csv", text, partial(_read_in, "csv", options))
    for drop, frames in (("NON-DROP", ":"), ("DROP", ";")):
        late = _past_midnight(drop, frames)
        yield Reader(f"edit list past midnight, {drop}", "a.edl", late, _read_edl, foreign=True)


def _in_soccernet_form(kind: str, path: Path) -> None:
    classes, read = load_classes().names, prediction_columns if kind == PREDICTIONS else label_columns
    with in_soccernet_form(path, kind, Record()) as made:
        if made.suffix == ".json":
            read(made.read_bytes(), str(made), "game", classes, Record())


def _read_in(form: str, options: Options, path: Path) -> None:
    """All matches of a file, and a table made of them."""
    documents = list(registry.read(path, FORMATS[form], options))
    registry.write(path.with_name("again.csv"), documents, FORMATS["csv"])


def _read_edl(path: Path) -> None:
    for rate in (25.0, 30000 / 1001, 60000 / 1001):
        with suppress(BadInputError):
            _read_in("edl", Options(rate=rate), path)
    _read_in("edl", Options(rate=30.0), path)


def _past_midnight(drop: str, frames: str) -> bytes:
    """An edit list whose record clock passes midnight, with a marker on either side; frames: what parts them off."""
    clock = [f"{time}{frames}00" for time in ("23:59:50", "00:10:00", "23:59:55", "00:00:05")]
    begin, end, before, after = clock
    lines = (
        "TITLE: late", f"FCM: {drop} FRAME", "", f"001  AX       V     C        {begin} {end} {begin} {end}",
        f"* LOC: {before} RED     Goal", f"* LOC: {after} RED     Foul", "",
    )  # fmt: skip
    return "\n".join(lines).encode()
