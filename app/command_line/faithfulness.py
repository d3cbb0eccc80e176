"""``touchline faithfulness``: how well each way of explaining agrees with the model, measured."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from app.command_line.analyze import source_of
from app.command_line.explain import analysis_of
from app.command_line.terminal import check_output, err, out, progress_bar, write_machine_output
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.base.files import write_json
from spotting_core.computing.device import device_named
from spotting_core.models.card import BUNDLED

if TYPE_CHECKING:
    from explain.explained_window import ExplainedWindow
    from explain.faithfulness import SpotMeasures, TrueBoxes
    from explain.probe import Probe
    from spotting_core.analyses.analysis import Analysis
    from spotting_core.domain.spots import Spot
    from spotting_core.media.source import MatchSource
    from spotting_core.models.load import LoadedModel

PREDICTED, TRUE = "predicted", "true"
_COLUMNS = ("deletion", "insertion", "comprehensiveness", "sufficiency", "pointing", "sanity", "stability",
            "completeness")  # fmt: skip

BOXES_OF_CLASS = {
    "Yellow card": ("yellow card",),
    "Red card": ("red card",),
    "Yellow->red card": ("yellow card", "red card"),
    "Corner": ("corner flag", "ball"),
    "Goal": ("goal", "ball"),
    "Penalty": ("goal", "ball"),
    "Offside": ("assistant referee",),
}
"""True boxes that an explanation should point at; the ball for every other class."""
_BALL = ("ball",)


def faithfulness(
    source: Path | None = typer.Argument(None, help="A match.", show_default=False),
    split: Path | None = typer.Option(None, help="A folder of matches instead."),
    spots: str = typer.Option("8", help="Spots of every match, seeded and spread over the classes, or all."),
    of: str = typer.Option(PREDICTED, help="predicted or true spots."),
    demo: bool = typer.Option(False, "--demo", help="The bundled match."),
    model: str = typer.Option(BUNDLED, help="Name of a bundled model, or a model folder."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
    features: Path | None = typer.Option(
        None, help="Folder of feature files, for a model that reads them.", show_default="the match's own, or computed"
    ),
    seed: int = typer.Option(0, help="Of the choice of spots, the random orders and the noise."),
    keep: bool = typer.Option(False, "--keep", help="Keep the table with the model; the app shows it."),
    json_file: str | None = typer.Option(None, "--json", help="Write as JSON to this file (- for standard output)."),
) -> None:
    """Measure the explanations of a model: deletion, insertion, pointing, sanity, stability …"""
    from explain.faithfulness import fitting_methods, measure_spot
    from spotting_core.models.load import load_model

    check_output(json_file)
    if of not in (PREDICTED, TRUE):
        raise BadInputError(f"spots are {PREDICTED} or {TRUE}, not {of!r}")
    if features is not None and split is not None:
        fix = "Put the files of each match beside its videos"
        raise BadInputError("--features is of one match, not of a --split", where=features, fix=fix)
    loaded, data = load_model(model, device_named(device)), DataDirectory.default().ensure()
    most = _number(spots)
    chosen: list[_Chosen] = []
    for match in _matches(source, demo, split):
        chosen += _chosen_spots(match, analysis_of(match, loaded, data, features), of, most, seed)
    if not chosen:
        raise BadInputError("there are no spots to explain here", where=split or source, fix="Try --of true")
    methods = fitting_methods(loaded)
    measured: list[SpotMeasures] = []
    with progress_bar() as bar:
        task = bar.add_task("Spots", total=len(chosen), note="")
        for number, one in enumerate(chosen):
            bar.update(task, completed=number, note=one.spot.label)
            probe = _probe(one, loaded, data)
            truth = _true_boxes(one, probe.window)
            measured.append(measure_spot(probe, one.spot.label, truth=truth, methods=methods, seed=seed + number))
    content = _content(
        loaded, measured, f"the {split.name} matches" if split else chosen[0].match.fixture.title, of, seed
    )
    if keep:
        _keep(loaded, content)
    if json_file is not None:
        write_machine_output(content, json_file)
    if json_file != "-":
        _print(content)


@dataclass(frozen=True)
class _Chosen:
    match: MatchSource
    analysis: Analysis
    spot: Spot


def _number(text: str) -> int | None:
    if text == "all":
        return None
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise BadInputError(f"--spots is a number or all, not {text!r}")
    return number


def _matches(source: Path | None, demo: bool, split: Path | None) -> list[MatchSource]:
    from spotting_core.media.source import open_match
    from spotting_core.tasks.spotting import SPOTTING

    if split is None:
        return [open_match(source_of(source, demo))]
    if source is not None or demo:
        raise BadInputError("give a SOURCE or --split, not both")
    return [open_match(folder) for folder in SPOTTING.labelled_games(split)]


def _chosen_spots(match: MatchSource, analysis: Analysis, of: str, most: int | None, seed: int) -> list[_Chosen]:
    """Seeded spots of a match, one of every class in turn."""
    from spotting_core.formats.labels_v2 import FILE_NAME, read_labels

    if of == TRUE:
        labels = match.companion(FILE_NAME)
        if labels is None:
            raise BadInputError("there are no labels beside this match", where=match.path, fix="Try --of predicted")
        spots = [s for s in read_labels(labels) if s.label in analysis.classes]
    else:
        spots = analysis.spots()
    rng = random.Random(f"{seed}/{match.path.name}")
    by_class: dict[str, list[Spot]] = defaultdict(list)
    for spot in spots:
        by_class[spot.label].append(spot)
    queues = list(by_class.values())
    rng.shuffle(queues)
    for queue in queues:
        rng.shuffle(queue)
    order = [queue[i] for i in range(max(map(len, queues), default=0)) for queue in queues if i < len(queue)]
    return [_Chosen(match, analysis, spot) for spot in order[:most]]


def _probe(one: _Chosen, model: LoadedModel, data: DataDirectory) -> Probe:
    from explain.kept import anchor_time
    from explain.methods import probe_at
    from spotting_core.media.ingest import ingest

    half = next(h for h in one.match.halves if h.half == one.spot.half)
    anchor = anchor_time(one.analysis, one.spot)
    return probe_at(one.analysis, ingest(half.path, data), model, one.spot.half, anchor)


def _true_boxes(one: _Chosen, window: ExplainedWindow) -> TrueBoxes | None:
    """What the rules tie to the class, where the match was rendered and its boxes are known."""
    from explain.faithfulness import TrueBoxes
    from spotting_core.entities.truth import TrueMatch

    folder = one.match.path
    if not all((folder / name).is_file() for name in ("meta.json", "entities.parquet", "calibration.parquet")):
        return None
    assert window.frames is not None
    try:
        frame = TrueMatch(folder, one.spot.half)[int(window.frames[window.anchor])]
    except (TouchlineError, KeyError, IndexError):
        return None
    wanted = BOXES_OF_CLASS.get(one.spot.label, _BALL)
    boxes = [frame.boxes[i] for i, name in enumerate(frame.names) if name in wanted]
    return TrueBoxes(np.array(boxes, np.float32).reshape(-1, 4) / np.array([*window.size, *window.size], np.float32))


def _content(model: LoadedModel, measured: Sequence[SpotMeasures], source: str, of: str, seed: int) -> dict[str, Any]:
    from explain.faithfulness import default_method, table
    from explain.measured import DEFAULT_KINDS

    methods = table(measured, seed)
    return {
        "model": model.card.name,
        "sha256": model.sha256,
        "source": source,
        "spots": len(measured),
        "of": of,
        "seed": seed,
        "default": default_method(methods, DEFAULT_KINDS),
        "methods": methods,
    }


def _keep(model: LoadedModel, content: dict[str, Any]) -> None:
    from explain.measured import FILE

    write_json(model.folder / FILE, content)


def _print(content: dict[str, Any]) -> None:
    table = Table("Method", *(c.capitalize() for c in _COLUMNS), "Verdict", box=None, header_style="bold")
    for name, row in content["methods"].items():
        table.add_row(name, *(_cell(row, c) for c in _COLUMNS), row["verdict"])
    Console(width=max(160, out.width)).print(table)
    out.print(
        f"\n{content['spots']} {content['of']} spots of {content['source']} by {content['model']}; mean and 95 % "
        f"interval, in brackets what random orders and a centred blob give (pointing: chance). "
        f"First of those that say where: {content['default'] or 'none'}",
        highlight=False,
    )
    poor = [name for name, row in content["methods"].items() if row["verdict"] == "no better than random"]
    if poor:
        err.print(f"[yellow]Note:[/yellow] no better than random: {', '.join(poor)}.", highlight=False)


def _cell(row: dict[str, Any], column: str) -> str:
    value = row[column]
    if value["mean"] is None:
        return "–"
    text = f"{value['mean']:.2f} ±{(value['interval'][1] - value['interval'][0]) / 2:.2f}"
    if column in ("deletion", "insertion"):
        return f"{text} ({row[f'{column}_random']['mean']:.2f}, {row[f'{column}_centre']['mean']:.2f})"
    return f"{text} ({row['pointing_chance']['mean']:.2f})" if column == "pointing" else text
