"""``touchline models``: the models that ship, and how well each does."""

from __future__ import annotations

import typer
from rich.table import Table

from app.command_line.terminal import out, write_machine_output
from spotting_core.models.card import models_available, read_card


def models(
    json_file: str | None = typer.Option(None, "--json", help="Write as JSON to this file (- for standard output)."),
) -> None:
    """List the bundled models."""
    cards = {name: read_card(folder) for name, folder in models_available().items()}
    if json_file is not None:
        write_machine_output(
            [{"name": n, "system": c.system, "paper": c.paper, "scores": c.scores} for n, c in cards.items()], json_file
        )
    if json_file == "-":
        return
    table = Table("Name", "System", "Tight", "Loose", "Trained on", box=None, header_style="bold", pad_edge=False)
    for name, card in cards.items():
        tight, loose = (f"{card.scores[m]:.3f}" if m in card.scores else "–" for m in ("tight", "loose"))
        table.add_row(name, card.system, tight, loose, str(card.training.get("data", "unknown")))
    out.print(table if cards else "No model ships with this copy.")
