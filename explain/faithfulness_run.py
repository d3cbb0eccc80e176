"""Measuring the faithfulness of a model's explanations over spots of matches: which spots, what is true, the table."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explain.explained_replay import NAMELESS
from explain.explained_window import ExplainedWindow
from explain.faithfulness import (
    SpotMeasures,
    TrueBoxes,
    default_method,
    fitting_methods,
    measure_spot,
    resampled,
    table,
)
from explain.faithfulness_log import SpotLog
from explain.kept import anchor_time
from explain.measured import DEFAULT_KINDS
from explain.methods import Method, probe_at
from explain.probe import Probe
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.domain.spots import Spot
from spotting_core.entities.decisive import decisive_entities
from spotting_core.entities.measure import by_distance
from spotting_core.entities.truth import FILES, TrueMatch
from spotting_core.formats.labels_v2 import FILE_NAME, read_labels
from spotting_core.media.ingest import ingest
from spotting_core.media.source import MatchSource
from spotting_core.models.load import LoadedModel
from spotting_core.tasks.replays import REPLAYS

PREDICTED, TRUE = "predicted", "true"


@dataclass(frozen=True)
class ChosenSpot:
    """A spot of an analysed match whose explanations are measured."""

    match: MatchSource
    analysis: Analysis
    spot: Spot


def choose_spots(
    match: MatchSource,
    analysis: Analysis,
    of: str,
    most: int | None,
    seed: int,
    left_out: Counter[str] | None = None,
) -> list[ChosenSpot]:
    """Seeded spots of a match, one of every class in turn.

    Arguments:
        of: ``PREDICTED`` or ``TRUE`` spots; most: of them, None for all.
        left_out: told what is not chosen: reason, as a clause, to how many.

    Errors:
        BadInputError: true ones are asked for, and there are no labels.
    """
    left = Counter[str]() if left_out is None else left_out
    spots = _true_spots(match, analysis, left) if of == TRUE else _spots_of(analysis)
    rng = random.Random(f"{seed}/{match.path.name}")
    by_class: dict[str, list[Spot]] = defaultdict(list)
    for spot in spots:
        by_class[spot.label].append(spot)
    queues = list(by_class.values())
    rng.shuffle(queues)
    for queue in queues:
        rng.shuffle(queue)
    order = [queue[i] for i in range(max(map(len, queues), default=0)) for queue in queues if i < len(queue)]
    if most is not None and len(order) > most:
        left[f"a spot beyond the {most} that are measured of a match"] += len(order) - most
    return [ChosenSpot(match, analysis, spot) for spot in order[:most]]


def _spots_of(analysis: Analysis) -> list[Spot]:
    """The spots of an analysis; of one of replays, each that shows something, as a spot of what it shows."""
    if analysis.record.task != REPLAYS.name:
        return analysis.spots()
    shown = [g for g in analysis.findings(REPLAYS) if g.candidates]
    return [Spot(g.half, (g.start + g.end) // 2, g.label or NAMELESS, g.candidates[0].confidence) for g in shown]


def _true_spots(match: MatchSource, analysis: Analysis, left_out: Counter[str]) -> list[Spot]:
    labels = match.companion(FILE_NAME)
    if labels is None:
        raise BadInputError("there are no labels beside this match", where=match.path, fix="Try --of predicted")
    spots = []
    for spot in read_labels(labels):
        reason = _not_measurable(spot, analysis)
        if reason:
            left_out[reason] += 1
        else:
            spots.append(spot)
    return spots


def _not_measurable(spot: Spot, analysis: Analysis) -> str:
    """Why no explanation of a labelled spot can be measured, as a clause; empty where it can."""
    if spot.label not in analysis.classes:
        return f"a label of the class {spot.label!r}, which the model does not know"
    half = next((h for h in analysis.halves if h.half == spot.half), None)
    if half is None:
        return f"a label of {analysis.classes.parts.title(spot.half)}, of which there is no video"
    if not 0 <= spot.time <= half.times[-1]:
        return f"a label outside the video of {analysis.classes.parts.title(spot.half)}"
    return ""


def measure_spots(
    chosen: Sequence[ChosenSpot],
    model: LoadedModel,
    data: DataDirectory,
    seed: int,
    report: Callable[[int, Spot], None] = lambda number, spot: None,
    *,
    methods: Sequence[Method] | None = None,
    controls: bool = True,
    log: SpotLog | None = None,
) -> list[SpotMeasures]:
    """Measure methods on every spot.

    Arguments:
        report: called before each spot with its number, from 0.
        methods: all that fit the model where not given; controls: see ``measure_spot``.
        log: where each spot is kept as soon as it is measured; those that are in it are not measured again.
    """
    measures, fitting = [], fitting_methods(model) if methods is None else methods
    for number, one in enumerate(chosen):
        report(number, one.spot)
        kept = log.of(one.analysis, one.spot) if log is not None else None
        if kept is None:
            probe = _probe(one, model, data)
            truth = true_boxes(one, probe.window)
            kept = measure_spot(
                probe, one.spot.label, truth=truth, methods=fitting, seed=seed + number, controls=controls
            )
            kept.match = one.analysis.record.source_id
            if log is not None:
                log.keep(one.analysis, one.spot, kept)
        measures.append(kept)
    return measures


def _probe(one: ChosenSpot, model: LoadedModel, data: DataDirectory) -> Probe:
    half = next(h for h in one.match.halves if h.half == one.spot.half)
    anchor = anchor_time(one.analysis, one.spot)
    return probe_at(one.analysis, ingest(half.path, data), model, one.spot.half, anchor)


def true_boxes(one: ChosenSpot, window: ExplainedWindow) -> TrueBoxes | None:
    """Where the entities are that decide a spot's class, of a rendered match whose boxes are known; None under a wipe,
    which hides them."""
    folder, entities = one.match.path, decisive_entities(one.analysis.record.class_table, one.spot.label)
    if not entities or not all((folder / name).is_file() for name in FILES):
        return None
    assert window.frames is not None
    try:
        frame = TrueMatch(folder, one.spot.half)[int(window.frames[window.anchor])]
    except (TouchlineError, KeyError, IndexError):
        return None
    if frame.wipe:
        return None
    shown = [(frame.boxes[i], name) for i, name in enumerate(frame.names) if name in entities]
    boxes = np.array([box for box, _ in shown], np.float32).reshape(-1, 4)
    is_read = np.array([_is_read(box, name, window) for box, name in shown], bool)
    return TrueBoxes(boxes / np.array([*window.size, *window.size], np.float32), is_read)


def _is_read(box: np.ndarray, name: str, window: ExplainedWindow) -> bool:
    """Whether the model reads an entity of a name at a true box (4,) in the anchor's frame, by ``by_distance``."""
    table = window.table
    if table is None or name not in table.names:
        return False
    there = (table.sample == window.first + window.anchor) & (table.entity == table.names.index(name))
    return bool(there.any() and by_distance(table.box[there], np.asarray(box)[None])[1].any())


def measured_table(
    model: LoadedModel, measures: Sequence[SpotMeasures], source: str, of: str, seed: int
) -> dict[str, Any]:
    """The table that is kept with a model, as JSON has it; the names of its keys are fixed."""
    methods = table(measures, seed)
    return {
        "model": model.card.name,
        "sha256": model.sha256,
        "source": source,
        "spots": len(measures),
        "interval_over": resampled(measures),
        "of": of,
        "seed": seed,
        "default": default_method(methods, DEFAULT_KINDS),
        "methods": methods,
    }
