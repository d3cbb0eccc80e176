"""``touchline models``: every system, its paper and size, and the models that are here; how others are added."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape
from rich.progress import TaskID
from rich.table import Column, Table

from app.command_line.terminal import err, out, progress_bar, write_machine_output
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError, TouchlineError, printable
from spotting_core.checkpoints.download import Remote
from spotting_core.checkpoints.sources import Offer
from spotting_core.models.card import Card, models_available, read_card

app = typer.Typer(rich_markup_mode="rich")


@app.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    json_file: str | None = typer.Option(None, "--json", help="Write as JSON to this file (- for standard output)."),
) -> None:
    """List every system: its paper and its parameters at the paper's own sizes; and the models that are here.

    These are the ones that ship, and those of your own that were used before, averages that were kept among them.
    """
    if context.invoked_subcommand is not None:
        return
    from spotting_core.domain.classes import load_classes
    from spotting_core.models.ensemble import ENSEMBLE
    from spotting_core.models.registry import systems
    from spotting_core.tasks.registry import task_named

    known = _known(DataDirectory.default())
    classes = {name: load_classes(task_named(kind.task).class_table).names for name, kind in systems().items()}
    listed: list[dict[str, Any]] = [
        {
            "name": name,
            "task": kind.task,
            "paper": kind.paper,
            "reads": " and ".join(kind.inputs(kind.configure(classes=classes[name])).words),
            "parameters": kind.paper_parameters(classes[name]),
            "weights": [_weights(m) for m in known if m.card.system == name],
        }
        for name, kind in systems().items()
    ]
    averages = [m for m in known if m.card.system == ENSEMBLE]
    if json_file is not None:
        write_machine_output([*listed, *_as_system(averages)], json_file)
    if json_file == "-":
        return
    table = Table("System", "Task", "Reads", "Parameters", "Paper", box=None, header_style="bold", pad_edge=False)
    for row in listed:
        table.add_row(row["name"], row["task"], row["reads"], f"{row['parameters']:,}", row["paper"])
    out.print(table)
    _print_models(known)


@app.command("add")
def add(
    source: str = typer.Argument(
        help="A file, a folder, an https:// address, or a repository of the hub: owner/name[@revision][:file]."
    ),
    name: str = typer.Option("", help="What to call it here.", show_default="as it is published"),
    classes: str = typer.Option(
        "", help="Its classes: a table's name or file, or a list of names in the order of its scores."
    ),
    features: str = typer.Option("", help="The feature set of SoccerNet that it was trained on."),
    system: str = typer.Option("", help="Which system it is of, where weights fit several (max, average++ …)."),
    code: str = typer.Option("", help="Which public code wrote it, where weights do not tell."),
    rate: float = typer.Option(0.0, help="Samples a second it was trained at.", show_default="its publication's"),
    prompts: str = typer.Option(
        "", help="What the entities that it reads are called: a text with one name a line, or a prompt file."
    ),
    sha256: str = typer.Option("", help="Hash that the file of weights must have."),
    yes: bool = typer.Option(False, "--yes", "-y", help="Fetch without asking."),
    local_network: bool = typer.Option(
        False, "--local-network", help="Addresses of this machine and its network may be asked."
    ),
) -> None:
    """Add a published model: its weights are read, never run, and put into our layout.

    What is to be fetched is shown before: its size, its licence and its hash. docs/published_models.md lists what can
    be read.
    """
    from spotting_core.checkpoints.sources import offer_of

    offer = offer_of(source, local_network=local_network)
    _print_offer(offer)
    if offer.elsewhere and not yes:
        _ask()
    from spotting_core.checkpoints.adding import Wanted, add_model
    from spotting_core.checkpoints.adopted import Choices

    choices = Choices(classes, features, system, code, rate, prompts)
    with progress_bar() as bar:
        rows: dict[str, TaskID] = {}

        def report(file: str, done: int, whole: int | None) -> None:
            if file not in rows:
                rows[file] = bar.add_task(f"Fetching {escape(printable(file))}", total=whole, note="")
            bar.update(rows[file], completed=done)

        data = DataDirectory.default()
        folder = add_model(Wanted(offer, choices, name, sha256, local_network), data, report)
    _print_added(folder)


@app.command("remove")
def remove(name: str = typer.Argument(help="The model's name.")) -> None:
    """Remove a model that was added, or trained in the app; what was analysed by it stays."""
    from spotting_core.checkpoints.adding import remove_model

    remove_model(name, DataDirectory.default())
    out.print(f"{escape(name)} is removed; what was analysed by it stays.", highlight=False)


def _print_offer(offer: Offer) -> None:
    """What is to be fetched or read."""
    files = [offer.weights, *offer.beside]
    rows = [("Files", ", ".join(f.name for f in files)), ("Size", offer.size_text or "not stated")]
    if isinstance(offer.weights, Remote):
        rows.append(("SHA-256", offer.weights.sha256 or "not stated by its place"))
        rows.append(("Licence", offer.licence))
    out.print(escape(printable(offer.source)), highlight=False, soft_wrap=True)
    for title, text in rows:
        out.print(f"  {title:8} {escape(printable(text))}", highlight=False, soft_wrap=True)


def _ask() -> None:
    """Ask whether to fetch.

    Errors:
        BadInputError: nobody is there to ask; CancelledError: no.
    """
    if not sys.stdin.isatty():
        raise BadInputError("nobody is here to be asked whether to fetch this", fix="Say --yes")
    if not typer.confirm("Fetch it?"):
        raise CancelledError("not fetched")


def _print_added(folder: Path) -> None:
    """What has been added, and how it is used."""
    card = read_card(folder)
    out.print(
        f"Added [bold]{escape(printable(card.name))}[/bold]: {escape(card.paper)}", highlight=False, soft_wrap=True
    )
    for line in (
        f"Licence: {card.licence}",
        *card.notes,
        f"touchline analyze SOURCE --model {shlex.quote(folder.name)}",
    ):
        out.print(escape(printable(line)), highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class _Known:
    """A model that is here.

    Arguments:
        name: by which it is shown; ships: whether it is bundled.
        members: what an ensemble averages (see ``members_named``), empty for any other.
    """

    name: str
    folder: Path
    card: Card
    ships: bool
    members: tuple[dict[str, str], ...] = ()


def _known(data: DataDirectory) -> list[_Known]:
    """The models and ensembles that are here; what can no longer be used is told and left out."""
    from spotting_core.models.known import known_ensembles, known_models

    listed = []
    for name, folder in {**known_models(data), **known_ensembles(data)}.items():
        try:
            listed.append(_read(name, folder))
        except TouchlineError as error:
            sentence = f"{name} is left out. {error}"
            err.print(f"[yellow]Note:[/yellow] {escape(printable(sentence))}", highlight=False, soft_wrap=True)
    return listed


def _read(name: str, folder: Path) -> _Known:
    """What a model's card says.

    Errors:
        BadInputError: it cannot be read or names no system, or the weights are gone; NewerFormatError.
    """
    from spotting_core.models.card import WEIGHTS_FILE
    from spotting_core.models.ensemble import ENSEMBLE, members_named
    from spotting_core.models.registry import system

    card, ships = read_card(folder), name in models_available()
    if card.system == ENSEMBLE:
        return _Known(name, folder, card, ships, tuple(members_named(card, folder)))
    system(card.system)
    if not (folder / WEIGHTS_FILE).is_file():
        raise BadInputError("the weights of this model are missing", where=folder, fix="Copy the model folder again")
    return _Known(name, folder, card, ships)


def _as_system(averages: list[_Known]) -> list[dict[str, Any]]:
    """The row of the ensembles, which are of no registered system; none where there are none."""
    if not averages:
        return []
    first = averages[0].card
    weights = [{**_weights(m), "members": list(m.members)} for m in averages]
    return [
        {
            "name": first.system,
            "task": first.task,
            "paper": first.paper,
            "reads": "scores",
            "parameters": None,
            "weights": weights,
        }
    ]


def _weights(model: _Known) -> dict[str, Any]:
    card = model.card
    return {
        "name": printable(model.name),
        "folder": printable(os.fspath(model.folder)),
        "card": {
            "name": card.name,
            "input": asdict(card.input),
            "training": dict(card.training),
            "scores": dict(card.scores),
            "domain": card.domain,
            "licence": card.licence,
        },
    }


def _print_models(known: list[_Known]) -> None:
    table = Table(
        Column("\nModel", overflow="fold"),
        "\nTask",
        "\nScores",
        "\nTrained on",
        box=None,
        header_style="bold",
        pad_edge=False,
    )
    for model in known:
        known_scores = [(name, value) for name, value in model.card.scores.items() if isinstance(value, float)]
        scores = " · ".join(f"{name} {value:.3f}" for name, value in known_scores[:2]) or "–"
        trained = str(model.card.training.get("data", "unknown"))
        if model.members:
            trained = f"average of {', '.join(m['name'] for m in model.members)}"
        table.add_row(*map(escape, (printable(model.name), model.card.task, scores, trained)))
    out.print(table if known else "No model is here.")
    for model in known:
        if not model.ships:
            text = escape(printable(f"{model.name} lies in {model.folder}"))
            out.print(text, highlight=False, soft_wrap=True)
