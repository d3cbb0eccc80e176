"""An analysis made by hand, whose entities say which sample they belong to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256

import numpy as np

from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis, AnalysisRecord, HalfRecord, write_record
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.files import write_array
from spotting_core.domain.cameras import CAMERA_TABLE, Grounding, Shot
from spotting_core.domain.classes import ClassTable, keep_classes, load_classes
from spotting_core.domain.parts import Parts
from spotting_core.domain.spots import Spot
from spotting_core.entities.table import EntityTable
from spotting_core.formats.grounding_table import write_table
from spotting_core.inference.window_store import describe
from spotting_core.media.ingest import ingest
from spotting_core.media.source import MatchSource

Pictures = tuple[str, Callable[[np.ndarray], np.ndarray]]
RATE = 2.0
BOX = 12  # pixels, width and height of the box that tells the sample


def box_of(sample: int, width: int, height: int) -> tuple[float, float, float, float]:
    """Where the one entity of a sample is: further right and down with every sample."""
    x = 8 + (sample * 17) % (width - 32)
    y = 40 + (sample * 11) % (height - 80)
    return x, y, x + BOX, y + BOX


def make_analysis(
    source: MatchSource,
    data: DataDirectory,
    spots: Sequence[Spot],
    name: str = "made",
    model: str = "made by hand",
    pictures: Pictures | None = None,
    bare: bool = False,
    classes: ClassTable | None = None,
    task: str = "spotting",
) -> Analysis:
    """Write an analysis of a match that spots exactly ``spots``, with one kept entity in every sample.

    Arguments:
        classes: those of the analysis, the default ones where not given.
        bare: without entities and maps, like one of a system that reads features.
        pictures: SHA-256 of a vision-language model, and what makes the embeddings (T, E) of samples at some times.
    """
    classes = classes or load_classes()
    folder = data.analysis(source.content_hash(data), name.ljust(16, "0"))
    halves, arrays = [], {}
    for half in source.halves:
        media = ingest(half.path, data)
        frames = media.table.samples(RATE)
        times = media.table.times[frames]
        scores = np.full((len(frames), len(classes)), 0.01, np.float16)
        displacement = np.zeros((len(frames), len(classes)), np.float16)
        for spot in spots:
            if spot.half == half.half:
                sample = int(np.abs(times - spot.time).argmin())
                column = classes.index(spot.label)
                scores[sample, column] = spot.confidence
                displacement[sample, column] = (spot.time - times[sample]) / 1e6
        written = {
            "times": times,
            "frames": frames,
            "scores": scores,
            "displacement": displacement,
        }
        if not bare:
            written["maps/class_map"] = _maps(len(frames), len(classes))
        if pictures is not None:
            written["image_embeddings"] = pictures[1](times).astype(np.float16)
        place = folder / f"half{half.half}"
        for array, values in written.items():
            write_array(place / f"{array}.npy", values)
            if array in ("times", "frames", "scores", "displacement"):
                arrays[array] = describe(array, values)
        size = (media.info.width, media.info.height)
        if not bare:
            _entities(len(frames), size).write(place)
        halves.append(HalfRecord(half.half, half.path.name, media.table.duration, *size, len(media.table), len(frames)))
    if not bare:
        arrays["maps/class_map"] = {
            "dtype": "uint8",
            "shape": ["T", len(classes), 2, 3],
            "unit": "logit",
            "scale": [0, 4.0],
        }
    record = AnalysisRecord(
        source_id=source.content_hash(data),
        title=source.fixture.title,
        halves=tuple(halves),
        model={
            "name": model,
            "system": "e2e-spot",
            "sha256": "0" * 64 if model == "made by hand" else sha256(model.encode()).hexdigest(),
            "domain": "simulated",
            "folder": "none",
            **({"entities": pictures[0]} if pictures is not None else {}),
        },
        rate=RATE,
        class_table=classes.name,
        classes=classes.names,
        arrays=arrays,
        notice="This analysis was made by hand.",
        task=task,
    )
    keep_classes(folder, classes)
    write_record(folder, record)
    assert (folder / ANALYSIS_FILE).is_file()
    return Analysis.open(folder)


def make_shots(
    source: MatchSource, data: DataDirectory, shots: Sequence[Shot], model: str = "camera model", sure: float = 0.9
) -> Analysis:
    """Write a layer of the task shots that says of every sample the camera, and whether it is a replay, of some shots.

    Arguments:
        sure: confidence of a shot that has none.
    """
    cameras = [
        Spot(shot.half, time, shot.label, shot.confidence or sure)
        for shot in shots
        for time in _sampled(source, data, shot.half)
        if shot.start <= time < shot.end
    ]
    made = {"name": f"shots{model}", "model": model, "bare": True, "classes": load_classes(CAMERA_TABLE)}
    layer = make_analysis(source, data, cameras, task="shots", **made)
    for half in layer.halves:
        replays = [s for s in shots if s.replay and s.half == half.half]
        replay = [any(s.start <= time < s.end for s in replays) for time in half.times]
        write_array(half.folder / "replay.npy", np.array(replay, np.float16))
    return Analysis.open(layer.folder)


def make_groundings(
    source: MatchSource, data: DataDirectory, groundings: Sequence[Grounding], model: str = "replay model"
) -> Analysis:
    """Write a layer of the task replays that says what some replays may show."""
    layer = make_analysis(source, data, [], f"replays{model}", model, bare=True, task="replays")
    for half in layer.halves:
        write_table(half.folder, [g for g in groundings if g.half == half.half])
    return layer


def _sampled(source: MatchSource, data: DataDirectory, number: int) -> list[int]:
    """Times of the samples of a half, microseconds."""
    table = ingest(next(h.path for h in source.halves if h.half == number), data).table
    return [int(time) for time in table.times[table.samples(RATE)]]


def _maps(samples: int, classes: int) -> np.ndarray:
    """Class map whose first cell shines in even samples and whose last shines in odd ones."""
    maps = np.zeros((samples, classes, 2, 3), np.uint8)
    maps[::2, :, 0, 0] = 255
    maps[1::2, :, 1, 2] = 255
    return maps


def _entities(samples: int, size: tuple[int, int]) -> EntityTable:
    return EntityTable(
        ("ball",),
        np.arange(samples, dtype=np.int32),
        np.zeros(samples, np.int16),
        np.ones(samples, np.float32),
        np.array([box_of(s, *size) for s in range(samples)], np.float32),
        np.zeros((samples, 4), np.float16),
        np.ones(samples, bool),
        np.ones(samples, np.float32),
    )


def own_classes() -> ClassTable:
    """A class table that no bundled one is like: of another sport, and with a class that the default one has."""
    own = [replace(load_classes().get("Goal"), index=0), replace(load_classes().get("Corner"), index=1, name="Serve")]
    return ClassTable("volleyball", tuple(own), Parts("set", "sets", teams=True))
