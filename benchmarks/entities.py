"""How well the bundled entity model finds and names: its card's figures, measured again.

python -m benchmarks.entities DATA [--write]     DATA: the folder of shared data; --write updates the card
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from spotting_core.base.assets import asset
from spotting_core.base.files import read_json, write_json
from spotting_core.entities.captions import words_taught
from spotting_core.entities.finder import EntityFinder
from spotting_core.training.train import entity_scores


def figures(row: Mapping[str, Any]) -> list[str]:
    """Average precision with its interval, precision and recall, by overlap or by distance."""
    low, high = row["interval"]
    return [str(row["average_precision"]), f"{low} to {high}", str(row["precision"]), str(row["recall"])]


def main(data: Path, write: bool) -> None:
    finder = EntityFinder.load()
    scores = entity_scores(finder, data / "simmatch" / "test")
    out = Console(width=160)
    columns = ("AP", "95 %", "Precision", "Recall")
    table = Table("Entity", "Truths", *columns, "Ceiling", *(f"{c}, by distance" for c in columns), box=None)
    for name, row in scores["entities"].items():
        table.add_row(name, str(row["truths"]), *figures(row), str(row["ceiling"]), *figures(row["by_distance"]))
    out.print(table)
    retrieval = scores["retrieval"]
    table = Table("Held-out phrase", "Right", "AP", "Chance", box=None, pad_edge=False)
    for text, row in retrieval["phrases"].items():
        table.add_row(text, str(row["right"]), str(row["average_precision"]), str(row["chance"]))
    table.add_row("mean", "", str(retrieval["mean_average_precision"]), str(retrieval["chance"]))
    out.print(table, f"\n{retrieval['frames']} frames of the test matches")
    if write:
        path = asset("weights", "entities", "card.json")
        write_json(path, {**read_json(path), "words": words_taught(), "scores": scores})


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--write" in sys.argv[2:])
