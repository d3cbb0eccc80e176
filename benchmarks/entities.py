"""How well the bundled entity model finds and names: its card's figures, measured again.

python -m benchmarks.entities DATA [--write | --balance | [--alone] [--split SPLIT]]

DATA is the folder of shared data. ``--write`` puts the figures on the model's card. ``--alone`` measures what every
proposal says by itself, not judged by others; ``--split`` on matches that a list of assets/training/splits names.
``--balance`` prints the thresholds of the best balance of precision and recall on the validation matches, by which
those of the prompts are chosen.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from spotting_core.base.assets import asset
from spotting_core.base.files import read_json, write_json
from spotting_core.entities.captions import words_taught
from spotting_core.entities.finder import EntityFinder
from spotting_core.entities.measure import measure_entities
from spotting_core.training.split_lists import with_split_lists
from spotting_core.training.train import entity_scores

_TEST = "test"


def figures(row: Mapping[str, Any]) -> list[str]:
    """Average precision with its interval, precision and recall, by overlap or by distance."""
    low, high = row["interval"]
    return [str(row["average_precision"]), f"{low} to {high}", str(row["precision"]), str(row["recall"])]


def balance(data: Path) -> None:
    """Print where precision and recall balance on the validation matches, beside the prompts' thresholds."""
    finder = EntityFinder.load()
    scores = measure_entities(data / "simmatch" / "val", finder.doubting(), prompts=finder.prompts)
    table = Table("Entity", "Truths", "Threshold", "Best balance at", "by distance", "Precision, recall", box=None)
    for entity in finder.prompts.entities:
        row = scores[entity.name]
        near = row["by_distance"]
        table.add_row(
            entity.name,
            str(row["truths"]),
            f"{entity.threshold:.2f}",
            str(row["balance"]),
            str(near["balance"]),
            f"{near['precision']}, {near['recall']}",
        )
    Console(width=120).print(table)


def measure(data: Path, *, write: bool = False, alone: bool = False, split: str = _TEST) -> None:
    """Print how well things are found and named, and phrases answered."""
    finder = EntityFinder.load()
    if alone:
        finder = EntityFinder(finder.model, finder.prompts, rescored=False)
    with TemporaryDirectory() as links:
        root = with_split_lists(data / "simmatch", [split], Path(links))
        scores = entity_scores(finder, root / split)
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
    out.print(table, f"\n{retrieval['frames']} frames of the matches")
    if write:
        path = asset("weights", "entities", "card.json")
        write_json(path, {**read_json(path), "words": words_taught(), "scores": scores})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true", help="put the figures on the model's card")
    parser.add_argument("--alone", action="store_true", help="what every proposal says by itself")
    parser.add_argument("--split", default=_TEST, help="matches that a list of assets/training/splits names")
    parser.add_argument("--balance", action="store_true", help="thresholds, by the validation matches")
    arguments = parser.parse_args()
    if arguments.write and (arguments.alone or arguments.split != _TEST):
        parser.error("the card has what is found on the test split, judged: leave out --alone and --split")
    if arguments.balance:
        balance(arguments.data)
    else:
        measure(arguments.data, write=arguments.write, alone=arguments.alone, split=arguments.split)


if __name__ == "__main__":
    sys.exit(main())
