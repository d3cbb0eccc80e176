"""``make bench-look``: how far matches look from what the bundled model was trained on, and what is no football at all.

The limit on the model's card is the 95th percentile over the matches of ``train`` and ``val``, as training writes it
(``--write`` puts it there anew); the other rows have had no part in it. ``looks`` are matches of other kits, boards,
grass, light and cameras; ``photographs`` are those of scikit-learn, ``noise`` and ``green`` are made.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_sample_images

from benchmarks.machine import machine
from spotting_core.base.data_directory import DataDirectory
from spotting_core.inference.look import LOOK, OTHER, UNLIKE, Look, look_of, own_look, pictures_of
from spotting_core.media.decode import resize_image
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.models.card import BUNDLED, model_folder, read_card, write_card
from spotting_core.models.load import LoadedModel, load_model
from spotting_core.samples.labelled import all_games

SPLITS = ("train", "val", "test", "hires", "looks")
_PICTURES = 24  # of what is made


def no_football(model: LoadedModel) -> Iterator[tuple[str, list[np.ndarray]]]:
    """What is none, by name."""
    size = model.inputs.pictures
    assert size is not None
    yield "photographs", [resize_image(i, size.width, size.height) for i in load_sample_images().images]
    shape = (_PICTURES, size.height, size.width, 3)
    yield "noise", list(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    yield "green", list(np.full(shape, (60, 130, 60), np.uint8))


def measured(root: Path, model: LoadedModel, data: DataDirectory, console: Console) -> dict[str, list[float]]:
    """Unlikeness of every match by split, and of what is no football."""
    size = model.inputs.pictures
    assert size is not None
    values: dict[str, list[float]] = {}
    for split in SPLITS:
        values[split] = []
        for game in all_games(root / split):
            with console.status(f"{split}: {game.name}"):
                look = look_of(model, pictures_of([ingest(h.path, data) for h in open_match(game).halves], size))
            assert look is not None
            values[split].append(look.unlikeness)
    for name, pictures in no_football(model):
        look = look_of(model, pictures)
        assert look is not None
        values[name] = [look.unlikeness]
    return values


def table_of(values: Mapping[str, Sequence[float]], like: float) -> Table:
    """A row for each set: how many, how far, and what is said of them."""
    table = Table("Set", "Matches", "Median", "Least", "Most", "Of another look", "Like nothing", box=None)
    for name, numbers in values.items():
        words = [Look(number, like).word for number in numbers]
        counts = (sum(word == wanted for word in words) for wanted in (OTHER, UNLIKE))
        figures = (f"{f(numbers):.3f}" for f in (np.median, min, max))
        table.add_row(name, str(len(numbers)), *figures, *map(str, counts))
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path, help="simmatch")
    parser.add_argument("--model", default=BUNDLED)
    parser.add_argument("--write", action="store_true", help="put the limit on the model's card")
    given = parser.parse_args()
    console, data = Console(), DataDirectory.default().ensure()
    model = load_model(given.model)
    values = measured(given.root, model, data, console)
    own = own_look([*values["train"], *values["val"]], "train, val")
    console.print(table_of(values, own["like"]))
    console.print(f"Limit of its own look: {own['like']}. {', '.join(machine())}", highlight=False)
    if given.write:
        folder = model_folder(given.model)
        card = read_card(folder)
        write_card(folder, replace(card, training={**card.training, LOOK: own}))
        console.print(json.dumps({LOOK: own["like"]}))


if __name__ == "__main__":
    main()
