"""What decides each class: the score's fall when a part of the scene is taken away: ``make bench-decisions``.

Over spots of the rendered test matches, a few of every class, seeded. Taken away are all entities, the picture
around the spot (the entities stay), and what a rendered broadcast could betray an action by: the score bug, the
replays, the cuts and wipes. Beside each shortcut stands the fall by as much of the same taken away elsewhere.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.command_line.explain import analysis_of
from explain.entity_ablation import SET, without_names
from explain.explained_window import window_around
from explain.kept import anchor_time
from explain.probe import Probe
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.files import write_json
from spotting_core.domain.spots import Spot
from spotting_core.entities.truth import TrueFrame, TrueMatch
from spotting_core.media.ingest import ingest
from spotting_core.media.source import MatchSource, open_match
from spotting_core.models.card import BUNDLED
from spotting_core.models.load import LoadedModel, load_model
from spotting_core.tasks.spotting import SPOTTING

SPAN = 8  # samples to either side of the spot within which pictures and entities are taken away
SPARED = 2  # samples around the spot that no control takes away
CONTROLS = 4
SHORTCUTS = ("score bug", "replays", "cuts")
RESAMPLES = 2000


@dataclass(frozen=True)
class ExplainedSpot:
    match: MatchSource
    analysis: Analysis
    spot: Spot


def spots_of(split: Path, model: LoadedModel, data: DataDirectory, most: int, seed: int) -> list[ExplainedSpot]:
    """Predicted spots at the default thresholds, at most ``most`` of every class."""
    by_class: dict[str, list[ExplainedSpot]] = defaultdict(list)
    for folder in SPOTTING.labelled_games(split):
        match = open_match(folder)
        analysis = analysis_of(match, model, data)
        for spot in analysis.spots():
            by_class[spot.label].append(ExplainedSpot(match, analysis, spot))
    rng = random.Random(seed)
    return [spot for label in sorted(by_class) for spot in rng.sample(by_class[label], min(most, len(by_class[label])))]


class Falls:
    """What one spot's score loses when parts of its window are taken away."""

    def __init__(self, probe: Probe, label: str, frames: Sequence[TrueFrame], seed: int) -> None:
        self.probe, self.label, self.frames = probe, label, frames
        self.rng = np.random.default_rng(seed)
        self.near = probe.window.near(SPAN)
        self.score = probe.score(label)

    def _fall(self, logits: torch.Tensor) -> float:
        return self.score - float(self.probe.at_anchor(logits, self.label).mean())

    def all(self) -> dict[str, float]:
        return dict(self._parts())

    def _parts(self) -> Iterator[tuple[str, float]]:
        entities = self.probe.entities
        first = self.near[0]
        if entities is not None:
            yield "entities", self._fall(self.probe.without_entities(entities.share > 0))
            for name in np.unique(entities.entity[0, self.near][entities.share[0, self.near] > 0].cpu().numpy()):
                yield f"name {name}", self._fall(without_names(self.probe, np.array([name]), self.near, SET))
        with torch.no_grad():
            soft = self.probe.blurred[None, first : self.near[-1] + 1]
            yield "picture", self._fall(self.probe.logits(soft, first))
        yield from self._bug()
        replays = [i for i, frame in enumerate(self.frames) if frame.replay]
        yield from self._samples("replays", replays)
        yield from self._samples("cuts", self._cuts())

    def _bug(self) -> Iterator[tuple[str, float]]:
        size = self.probe.window.pictures.shape[1:3]
        boxes = [f.boxes[f.names.index("scoreboard")] for f in self.frames if "scoreboard" in f.names]
        if not boxes:
            return
        x1, y1, x2, y2 = boxes[0] / np.array([*self.probe.window.size] * 2)
        places = [
            (x1, y1),
            *((self.rng.uniform(0, 1 - (x2 - x1)), self.rng.uniform(0.15, 0.9)) for _ in range(CONTROLS)),
        ]
        presence = torch.ones(len(places), len(self.near), *size)
        for variant, (left, top) in enumerate(places):
            rows = slice(int(top * size[0]), int(np.ceil((top + y2 - y1) * size[0])))
            columns = slice(int(left * size[1]), int(np.ceil((left + x2 - x1) * size[1])))
            presence[variant, :, rows, columns] = 0
        logits = self.probe.keep(presence, self.near[0])
        yield "score bug", self._fall(logits[:1])
        yield "score bug, elsewhere", self._fall(logits[1:])

    def _cuts(self) -> list[int]:
        """Samples under a wipe, and the two at every change of camera, the spot's own moment left alone."""
        cuts = set()
        for i, frame in enumerate(self.frames):
            before = self.frames[max(0, i - 1)]
            if frame.wipe or (frame.camera, frame.replay) != (before.camera, before.replay):
                cuts |= {max(0, i - 1), i}
        return sorted(i for i in cuts if abs(i - self.probe.window.anchor) > SPARED)

    def _samples(self, name: str, samples: list[int]) -> Iterator[tuple[str, float]]:
        anchor = self.probe.window.anchor
        others = [i for i in range(len(self.frames)) if i not in samples and abs(i - anchor) > SPARED]
        if not samples or len(others) < len(samples):
            return
        yield name, self._fall(self.probe.without_samples(samples))
        chosen = self.rng.permutation(others)[: len(samples)].tolist()
        yield f"{name}, elsewhere", self._fall(self.probe.without_samples(chosen))


def measure(explained: ExplainedSpot, model: LoadedModel, data: DataDirectory, seed: int) -> dict[str, float]:
    half = next(h for h in explained.match.halves if h.half == explained.spot.half)
    media, anchor = ingest(half.path, data), anchor_time(explained.analysis, explained.spot)
    window = window_around(explained.analysis, media, model, explained.spot.half, anchor)
    assert window.frames is not None
    truth = TrueMatch(explained.match.path, explained.spot.half)
    frames = [truth[int(f)] for f in window.frames]
    falls = Falls(Probe(model, window), explained.spot.label, frames, seed)
    return {"score": falls.score, **falls.all()}


def interval(values: Sequence[float], rng: np.random.Generator) -> tuple[float, float, float]:
    """Mean and 95 % bootstrap interval."""
    array = np.array(values)
    means = rng.choice(array, (RESAMPLES, len(array))).mean(1)
    return float(array.mean()), float(np.percentile(means, 2.5)), float(np.percentile(means, 97.5))


def summary(rows: Sequence[dict[str, float]], names: Sequence[str], rng: np.random.Generator) -> dict[str, object]:
    """Of one class: mean falls with intervals, and the entity whose removal costs most."""
    parts = ("entities", "picture", *(p for s in SHORTCUTS for p in (s, f"{s}, elsewhere")))
    figures: dict[str, object] = {"spots": len(rows), "score": round(float(np.mean([r["score"] for r in rows])), 3)}
    for part in parts:
        values = [r[part] for r in rows if part in r]
        figures[part] = [round(v, 3) for v in interval(values, rng)] if values else None
    by_name = {key: [r.get(key, 0.0) for r in rows] for key in {k for r in rows for k in r if k.startswith("name ")}}
    best = max(by_name, key=lambda k: float(np.mean(by_name[k])), default=None)
    if best is not None:
        name = names[int(best.removeprefix("name "))]
        figures["entity"] = {"name": name, "fall": [round(v, 3) for v in interval(by_name[best], rng)]}
    return figures


def show(table: dict[str, dict[str, object]]) -> None:
    columns = ("entities", "picture", *SHORTCUTS)
    shown = Table("Class", "Spots", "Score", *(c.capitalize() for c in columns), "Entity that costs most", box=None)
    for label, row in table.items():
        cells = []
        for column in columns:
            value, control = row[column], row.get(f"{column}, elsewhere")
            text = f"{value[0]:.2f} [{value[1]:.2f}, {value[2]:.2f}]" if isinstance(value, list) else "–"
            cells.append(text + (f" ({control[0]:.2f})" if isinstance(control, list) else ""))
        entity = row.get("entity")
        best = f"{entity['name']} {entity['fall'][0]:.2f}" if isinstance(entity, dict) else "–"
        shown.add_row(label, str(row["spots"]), f"{row['score']:.2f}", *cells, best)
    out = Console(width=max(Console().width, 170))
    out.print(shown)
    out.print("Mean fall of the score with its 95 % interval; in brackets, as much of the same taken away elsewhere.")


def main(split: Path, target: Path | None, most: int = 4, seed: int = 0) -> None:
    data, model = DataDirectory.default().ensure(), load_model(BUNDLED)
    rows: dict[str, list[dict[str, float]]] = defaultdict(list)
    spots = spots_of(split, model, data, most, seed)
    for number, one in enumerate(track(spots, "Spots")):
        rows[one.spot.label].append(measure(one, model, data, seed + number))
    rng = np.random.default_rng(seed)
    names = tuple(model.card.entities["names"]) if model.card.entities else ()
    table = {label: summary(rows[label], names, rng) for label in model.classes.names if label in rows}
    show(table)
    if target is not None:
        write_json(target, {"model": model.card.name, "sha256": model.sha256, "split": split.name, "classes": table})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
