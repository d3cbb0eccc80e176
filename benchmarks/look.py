"""``make bench-look``: how far matches look from what the bundled model was trained on, and what is no football at all.

Matches of ``looks-train`` and ``looks-val`` have other kits, boards, grass, light and cameras, those of the second kits
and score bugs that the model has not learned from; ``photographs`` are those of scikit-learn, ``noise`` and ``green``
are made. The limit is that of the model's card, which training writes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_sample_images

from benchmarks.machine import machine
from spotting_core.base.data_directory import DataDirectory
from spotting_core.inference.look import LOOK, OTHER, UNLIKE, Look, look_of, pictures_of
from spotting_core.media.decode import resize_image
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.models.card import BUNDLED
from spotting_core.models.load import LoadedModel, load_model
from spotting_core.samples.labelled import all_games
from spotting_core.training.split_lists import with_split_lists

RUNS = Path(".runs") / "look"
SPLITS = ("train", "hires", "looks-train", "val", "looks-val", "test")
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
    splits = with_split_lists(root, SPLITS, RUNS)
    for split in SPLITS:
        values[split] = []
        for game in all_games(splits / split):
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
    given = parser.parse_args()
    console, data = Console(), DataDirectory.default().ensure()
    model = load_model(given.model)
    own = model.card.training.get(LOOK)
    if own is None:
        parser.error(f"the card of {given.model} does not say which look is usual for it")
    values = measured(given.root, model, data, console)
    console.print(table_of(values, own["like"]))
    console.print(f"Usual for it: {own['like']}, of {own['matches']}. {', '.join(machine())}", highlight=False)


if __name__ == "__main__":
    main()
