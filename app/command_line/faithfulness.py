"""``touchline faithfulness``: how well each way of explaining agrees with the model, measured."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.command_line.analyze import source_path
from app.command_line.explain import analysis_of
from app.command_line.terminal import check_output, err, out, print_left_out, progress_bar, write_machine_output
from spotting_core.base.counts import count_of
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import write_json
from spotting_core.computing.device import device_named
from spotting_core.models.card import BUNDLED

if TYPE_CHECKING:
    from explain.faithfulness_log import SpotLog
    from explain.methods import Method
    from spotting_core.domain.spots import Spot
    from spotting_core.media.source import MatchSource
    from spotting_core.models.load import LoadedModel

_COLUMNS = {
    "deletion": "Deletion", "insertion": "Insertion", "comprehensiveness": "Compr.", "sufficiency": "Suff.",
    "pointing": "Pointing", "relevance_mass": "Mass", "relevance_rank": "Rank", "sanity": "Sanity",
    "stability": "Stability", "completeness": "Compl.",
}  # fmt: skip


def faithfulness(
    source: Path | None = typer.Argument(None, help="A match.", show_default=False),
    split: Path | None = typer.Option(None, help="A folder of matches instead."),
    spots: str = typer.Option("8", help="Spots of every match, seeded and spread over the classes, or all."),
    of: str = typer.Option("predicted", help="predicted or true spots."),
    demo: bool = typer.Option(False, "--demo", help="The bundled match."),
    model: str = typer.Option(BUNDLED, help="Name of a bundled or added model, or a model folder."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
    features: Path | None = typer.Option(
        None, help="Folder of feature files, for a model that reads them.", show_default="the match's own, or computed"
    ),
    seed: int = typer.Option(0, min=0, help="Of the choice of spots, the random orders and the noise."),
    method: list[str] = typer.Option(
        [], "--method", help="Measure this method; may be repeated.", show_default="all that fit the model"
    ),
    controls: bool = typer.Option(
        True, help="Explain every spot twice more, for sanity and stability: that takes two thirds of the time."
    ),
    log: Path | None = typer.Option(
        None,
        help="Write every spot to this file once it is measured, and go on from what it holds.",
        show_default="none",
    ),
    keep: bool = typer.Option(False, "--keep", help="Keep the table with the model; the app shows it."),
    json_file: str | None = typer.Option(None, "--json", help="Write as JSON to this file (- for standard output)."),
) -> None:
    """Measure the explanations of a model: deletion, insertion, pointing, sanity, stability …"""
    check_output(json_file)
    check_output(str(log) if log is not None else None)
    if features is not None and split is not None:
        fix = "Put the files of each match beside its videos"
        raise BadInputError("--features is of one match, not of a --split", where=features, fix=fix)
    if keep and (method or not controls):
        raise BadInputError("a table of some methods or without controls is not kept", fix="Leave out --keep")
    matches = _matches(source, demo, split)
    from explain.faithfulness_run import PREDICTED, TRUE, ChosenSpot, choose_spots, measure_spots, measured_table
    from explain.measured import FEWEST_SPOTS
    from spotting_core.models.load import load_model

    if of not in (PREDICTED, TRUE):
        raise BadInputError(f"spots are {PREDICTED} or {TRUE}, not {of!r}")
    loaded, data = load_model(model, device_named(device)), DataDirectory.default().ensure()
    most, methods = _number(spots), _methods(loaded, method)
    about = {"source": str(split or source or "demo"), "of": of, "spots": spots, "seed": seed, "controls": controls}
    spot_log = _log(log, loaded, about, methods)
    chosen: list[ChosenSpot] = []
    left_out = _unlabelled(split)
    for match in matches:
        chosen += choose_spots(match, analysis_of(match, loaded, data, features), of, most, seed, left_out)
    if not chosen:
        reasons = "".join(f"; left out: {number} × {reason}" for reason, number in left_out.items())
        other = PREDICTED if of == TRUE else TRUE
        what = f"there are no {of} spots to explain here{reasons}"
        raise BadInputError(what, where=split or source, fix=f"Try --of {other}")
    if keep and len(chosen) < FEWEST_SPOTS:
        what = f"a table of {count_of(len(chosen), 'spot')} is not kept, for it says nothing of a method"
        raise BadInputError(what, fix=f"Measure {FEWEST_SPOTS} or more (--spots), or leave out --keep")
    with progress_bar() as bar:
        task = bar.add_task("Spots", total=len(chosen), note="")

        def report(number: int, spot: Spot) -> None:
            bar.update(task, completed=number, note=spot.label)

        measures = measure_spots(chosen, loaded, data, seed, report, methods=methods, controls=controls, log=spot_log)
    title = f"the {split.name} matches" if split else chosen[0].match.fixture.title
    content = measured_table(loaded, measures, title, of, seed)
    if keep:
        _keep(loaded, content)
    if json_file is not None:
        write_machine_output(content, json_file)
    if json_file != "-":
        _print(content)
    print_left_out(left_out)
    if not method:
        _print_unfitting(loaded)


def _methods(model: LoadedModel, names: list[str]) -> list[Method]:
    """The methods of some names, or all that fit a model.

    Errors:
        BadInputError: there is none of a name, or it does not fit.
    """
    from explain.faithfulness import fitting_methods
    from explain.methods import METHODS

    fitting = {m.name: m for m in fitting_methods(model)}
    for name in names:
        if name not in METHODS:
            raise BadInputError(f"there is no method {name!r}", fix=f"Take of {', '.join(fitting)}")
        if name not in fitting:
            reason = METHODS[name].supports(model) or "it explains no score"
            raise BadInputError(f"{name} cannot be measured: {reason}", fix=f"Take of {', '.join(fitting)}")
    return [m for m in fitting.values() if not names or m.name in names]


def _log(path: Path | None, model: LoadedModel, settings: dict[str, Any], methods: list[Method]) -> SpotLog | None:
    if path is None:
        return None
    from explain.faithfulness_log import SpotLog

    return SpotLog(path, {"model": model.sha256, **settings, "methods": [m.name for m in methods]})


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
        return [open_match(source_path(source, demo))]
    if source is not None or demo:
        raise BadInputError("give a SOURCE or --split, not both")
    return [open_match(folder) for folder in SPOTTING.labelled_games(split)]


def _unlabelled(split: Path | None) -> Counter[str]:
    """The matches of a split that are passed over, for nobody has labelled them."""
    from spotting_core.tasks.spotting import SPOTTING
    from spotting_core.training.label_counts import unlabelled_games

    left = unlabelled_games(split, SPOTTING) if split is not None else []
    return +Counter({f"a match without {SPOTTING.label_file}": len(left)})


def _print_unfitting(model: LoadedModel) -> None:
    """Which methods are not measured, and why."""
    from explain.methods import METHODS, READ_ONLY

    for name, method in METHODS.items():
        reason = "it explains no score" if name in READ_ONLY else method.supports(model)
        if reason is not None:
            err.print(f"[yellow]Not measured:[/yellow] {name}: {escape(reason)}.", highlight=False, soft_wrap=True)


def _keep(model: LoadedModel, content: dict[str, Any]) -> None:
    from explain.measured import FILE

    write_json(model.folder / FILE, content)


def _print(content: dict[str, Any]) -> None:
    from explain.measured import FEWEST_SPOTS, NO_BETTER, TOO_FEW

    table = Table("Method", *_COLUMNS.values(), "Verdict", box=None, header_style="bold")
    for name, row in content["methods"].items():
        table.add_row(name, *(_cell(row, c) for c in _COLUMNS), row["verdict"])
    console = Console(width=max(160, out.width))
    console.print(table)
    _print_pointing(console, content["methods"])
    out.print(
        f"\n{content['spots']} {content['of']} spots of {content['source']} by {content['model']}; mean and 95 % "
        f"interval over {content['interval_over']}, in brackets what random orders and a centred blob give (pointing: "
        f"chance, and where the model has found the thing; mass and rank of relevance: chance). "
        f"First of those that say where: {content['default'] or 'none'}",
        highlight=False,
    )
    if any(row["verdict"] == TOO_FEW for row in content["methods"].values()):
        note = f"no method is judged by fewer than {FEWEST_SPOTS} spots."
        err.print(f"[yellow]Note:[/yellow] {note}", highlight=False)
    poor = [name for name, row in content["methods"].items() if row["verdict"] == NO_BETTER]
    if poor:
        err.print(f"[yellow]Note:[/yellow] no better than random: {', '.join(poor)}.", highlight=False)


def _print_pointing(console: Console, methods: dict[str, Any]) -> None:
    """How often methods point at what the rules name, class by class."""
    pointing = {name: row["pointing_by_class"] for name, row in methods.items() if row["pointing_by_class"]}
    if not pointing:
        return
    counts = {label: by["spots"] for rows in pointing.values() for label, by in rows.items()}
    table = Table("Points at it, of the class", "Spots", *pointing, box=None, header_style="bold")
    for label, count in counts.items():
        shares = (f"{rows[label]['mean']:.2f}" if label in rows else "–" for rows in pointing.values())
        table.add_row(label, str(count), *shares)
    console.print()
    console.print(table)


def _cell(row: dict[str, Any], column: str) -> str:
    value = row[column]
    if value["mean"] is None:
        return "–"
    interval = value["interval"]
    text = f"{value['mean']:.2f}" + (f" ±{(interval[1] - interval[0]) / 2:.2f}" if interval is not None else "")
    if column in ("deletion", "insertion"):
        return f"{text} ({row[f'{column}_random']['mean']:.2f}, {row[f'{column}_centre']['mean']:.2f})"
    if column == "pointing":
        there = row["pointing_where_read"]["mean"]
        return f"{text} ({row['pointing_chance']['mean']:.2f}, {'–' if there is None else f'{there:.2f}'})"
    if column.startswith("relevance"):
        return f"{text} ({row['relevance_chance']['mean']:.2f})"
    return text
