"""What ten minutes of review give: ``make bench-review-walk``.

python -m benchmarks.review_walk DATA [--minutes 10] [--seeds 3] [--steps 300]

DATA holds the splits of simmatch. A model (``dense-unet`` on efficientnet-lite0's features, which know nothing of
football) is trained with two labelled matches and analyses three others. A made reviewer then answers what the Review
view asks for with what is true: he watches each clip to its end (15 s), marks each action with two keys and says with
one that nothing more happens, a second and a half a key, until his minutes are over. What is known then, his answers
and the labels of the first two, is frozen as a data set, the model is trained further on it as the view's Train does,
and both are measured on the test split. Beside the usual strategy stands chance, with as many minutes. All of it lies
in a data directory of its own (.runs/review-walk, or where TOUCHLINE_DATA says); a walk that has a log in
benchmarks/logs/review_walk is not made again.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from spotting_core.base.assets import asset
from spotting_core.base.data_directory import DataDirectory

RUNS = Path(".runs") / "review-walk"
LOGS = Path("benchmarks") / "logs" / "review_walk"
FEATURES = "efficientnet-lite0"
_LEARNED, _REVIEWED = 2, 3  # matches
_KEY = 1.5  # seconds
_BATCH = 12  # clips that are asked for together, as in the view
_STEPS_BEFORE = 400


@dataclass(frozen=True)
class Walk:
    """What one reviewer did and what came of it.

    Arguments:
        clips, keys, actions: that he watched, pressed and marked; before, after: loose and tight on test.
        minutes: that the training took.
    """

    strategy: str
    seed: int
    clips: int
    keys: int
    actions: int
    before: tuple[float, float]
    after: tuple[float, float]
    minutes: float


def walk(root: Path, data: DataDirectory, strategy: str, seed: int, minutes: float, steps: int) -> Walk:
    """One reviewer of one strategy, from a model of few labels to the next one."""
    from app.library.library import Library
    from app.settings import Settings
    from spotting_core.data_sets.freeze import freeze
    from spotting_core.inference.analyse import analyse_match
    from spotting_core.models.load import load_model
    from spotting_core.store.clip_reviews import ClipReviews
    from spotting_core.store.database import open_database
    from spotting_core.store.reviews import Reviews
    from spotting_core.tasks.spotting import SPOTTING
    from spotting_core.training.further import FurtherOrder, train_further

    place = RUNS / f"{strategy}-{seed}"
    shutil.rmtree(place, ignore_errors=True)
    own = DataDirectory(place / "data").ensure()
    first = few_labels_model(root, data, seed)
    model, truth, layers = load_model(first), {}, {}
    library = Library(Settings(own, (place.resolve(),), secrets.token_bytes(8)), open_database(own))
    for number, game in enumerate(SPOTTING.labelled_games(root / "train")[: _LEARNED + _REVIEWED]):
        copy = place / "matches" / game.name
        copy.mkdir(parents=True)
        labels = [game / "Labels-v2.json"] if number < _LEARNED else []
        for path in [*game.glob("1_*.m*"), *features_of(game, data), *labels]:
            shutil.copyfile(path, copy / path.name)
        match = library.add(str(copy.resolve()))
        if labels:
            continue
        truth[match.id] = SPOTTING.read_truth(game)
        layers[match.id] = analyse_match(library.source(match), model, own)
    database = open_database(own)
    clips, keys, actions = review(layers, truth, Reviews(database), ClipReviews(database), strategy, seed, minutes)
    data_set = freeze(strategy, "reviewer", database, own).data_set
    order = FurtherOrder(first, data_set, place / "run", place / "model", steps, seed=seed)
    train_further(order, database, own)
    after = load_model(place / "model")
    hours = float(after.card.training["hours"])
    return Walk(
        strategy, seed, clips, keys, actions, on_test(model, root, data), on_test(after, root, data), hours * 60
    )


def features_of(game: Path, data: DataDirectory) -> list[Path]:
    """The feature files of a match, made where they are not kept yet."""
    import numpy as np

    from spotting_core.features.files import feature_file
    from spotting_core.features.half import FeatureReader
    from spotting_core.features.sets import feature_set
    from spotting_core.media.ingest import ingest
    from spotting_core.media.source import open_match

    reader, files = FeatureReader([feature_set(FEATURES, 2.0)], 2.0), []
    for half in open_match(game).halves:
        known = reader.read(half.half, None, ingest(half.path, data), data)
        path = RUNS / "features" / game.name / feature_file(Path(), half.half, FEATURES).name
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, known.parts[0].values)
        files.append(path)
    return files


def few_labels_model(root: Path, data: DataDirectory, seed: int) -> Path:
    """The model of the first labels; it is made once."""
    from spotting_core.training.train import TrainingOrder, train

    run = RUNS / f"first-{seed}"
    settings: dict[str, Any] = {
        "seed": seed, "matches": _LEARNED, "data": ("train",), "features": (FEATURES,), "steps": _STEPS_BEFORE,
        "reduction": 128, "validate_every": 100, "choose_by": "loss",
    }  # fmt: skip
    configuration = asset("training", "dense-unet-without-mixup.toml")
    if not (run / "model" / "card.json").is_file():
        train(TrainingOrder(configuration, root, run, run / "model", measured=False, settings=settings), data)
    return run / "model"


def review(
    layers: dict[str, Any], truth: dict[str, Any], reviews: Any, watched: Any, strategy: str, seed: int, minutes: float
) -> tuple[int, int, int]:
    """Answer what is asked for with what is true, until the minutes are over; clips, keys and actions."""
    from spotting_core.active.asked_clips import ask_for_clips, clips_of_analysis
    from spotting_core.store.clip_reviews import origin_of_clip
    from spotting_core.store.reviews import ACCEPT

    pools = {name: clips_of_analysis(layer) for name, layer in layers.items()}
    left, clips, keys, actions = minutes * 60, 0, 0, 0
    while batch := ask_for_clips(pools, {name: watched.watched(name) for name in pools}, strategy, _BATCH):
        for one in batch:
            own = [spot for spot in truth[one.match] if one.clip.covers(spot.half, spot.time)]
            pressed = 2 * len(own) + 1
            left -= one.clip.seconds + pressed * _KEY
            if left < 0:
                return clips, keys, actions
            for spot in own:
                reviews.add(one.match, spot, f"reviewer {seed}")
            watched.change(one.match, origin_of_clip(one.clip), one.clip, ACCEPT, f"reviewer {seed}", 0)
            clips, keys, actions = clips + 1, keys + pressed, actions + len(own)
    return clips, keys, actions


def on_test(model: Any, root: Path, data: DataDirectory) -> tuple[float, float]:
    """Loose and tight of a model on the test split."""
    from spotting_core.samples.labelled import labelled_matches
    from spotting_core.samples.reader import model_reader
    from spotting_core.tasks.spotting import SPOTTING
    from spotting_core.training.system import judge_matches

    matches = labelled_matches([root / "test"], model_reader(model), data, SPOTTING, parts=model.classes.parts)
    judged = judge_matches(model.judge, matches, model.classes, SPOTTING)
    scores = SPOTTING.card_scores(judged, model.classes.names, "test")
    return scores["loose"], scores["tight"]


def print_table(console: Console, walks: Sequence[Walk]) -> None:
    """Each walk, and what it changed."""
    table = Table("Asked by", "Seed", "Clips", "Keys", "Actions", "Loose", "Tight", "Minutes of training",
                  box=None, header_style="bold", pad_edge=False)  # fmt: skip
    for one in walks:
        figures = [f"{old:.3f} to {new:.3f}" for old, new in zip(one.before, one.after, strict=True)]
        counts = (str(one.seed), str(one.clips), str(one.keys), str(one.actions))
        table.add_row(one.strategy, *counts, *figures, f"{one.minutes:.1f}")
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0, help="of the reviewer")
    parser.add_argument("--steps", type=int, default=300, help="of the training that follows")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--strategies", nargs="*", default=["margin", "random"])
    arguments = parser.parse_args()
    own = DataDirectory.default() if "TOUCHLINE_DATA" in os.environ else DataDirectory(RUNS / "data")
    console, data = Console(width=140), own.ensure()
    walks = []
    for seed in range(1, arguments.seeds + 1):
        for strategy in arguments.strategies:
            log = LOGS / f"{strategy}-{arguments.minutes:g}-{arguments.steps}-{seed}.json"
            if not log.is_file():
                made = walk(arguments.data, data, strategy, seed, arguments.minutes, arguments.steps)
                log.parent.mkdir(parents=True, exist_ok=True)
                log.write_text(json.dumps(asdict(made), indent=1) + "\n", encoding="utf-8")
            walks.append(Walk(**json.loads(log.read_text(encoding="utf-8"))))
    print_table(console, walks)


if __name__ == "__main__":
    sys.exit(main())
