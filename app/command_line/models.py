"""``touchline models``: every system, its paper and size, and the weights that are here."""

from __future__ import annotations

from typing import Any

import typer
from rich.table import Table

from app.command_line.terminal import out, write_machine_output
from spotting_core.models.card import Card, models_available, read_card


def models(
    json_file: str | None = typer.Option(None, "--json", help="Write as JSON to this file (- for standard output)."),
) -> None:
    """List every system: its paper, its parameters at the paper's own sizes, and the models that ship."""
    from spotting_core.classes import load_classes
    from spotting_core.models.registry import systems

    cards = {name: read_card(folder) for name, folder in models_available().items()}
    classes = load_classes().names
    listed: list[dict[str, Any]] = [
        {
            "name": name,
            "paper": kind.paper,
            "reads": kind.reads,
            "parameters": kind.paper_parameters(classes),
            "weights": [_weights(model, card) for model, card in cards.items() if card.system == name],
        }
        for name, kind in systems().items()
    ]
    if json_file is not None:
        write_machine_output(listed, json_file)
    if json_file == "-":
        return
    table = Table("System", "Reads", "Parameters", "Paper", box=None, header_style="bold", pad_edge=False)
    for row in listed:
        table.add_row(row["name"], row["reads"], f"{row['parameters']:,}", row["paper"])
    out.print(table)
    table = Table(
        "\nModel", "\nSystem", "\nTight", "\nLoose", "\nTrained on", box=None, header_style="bold", pad_edge=False
    )
    for name, card in cards.items():
        tight, loose = (f"{card.scores[m]:.3f}" if m in card.scores else "–" for m in ("tight", "loose"))
        table.add_row(name, card.system, tight, loose, str(card.training.get("data", "unknown")))
    out.print(table if cards else "No model ships with this copy.")


def _weights(name: str, card: Card) -> dict[str, Any]:
    return {
        "name": name,
        "card": {
            "name": card.name,
            "input": dict(card.input),
            "training": dict(card.training),
            "scores": dict(card.scores),
            "domain": card.domain,
            "licence": card.licence,
        },
    }
