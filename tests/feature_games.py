"""Labelled games with feature files that say, a little noisily, which action is near: small enough for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.features.files import write_features
from spotting_core.formats.labels_v2 import write_labels
from tests.videos import make_video, steady

NAMES = load_classes().names
SET = "ResNET_TF2_PCA512"
SPOTS = (Spot(1, 8_000_000, "Goal"), Spot(1, 21_500_000, "Foul"), Spot(1, 33_000_000, "Goal"))


def features_of(spots: Sequence[Spot], samples: int, seed: int = 0, dim: int = 512) -> np.ndarray:
    """float32 (samples, dim) at two a second; number k shines within two seconds of an action of class k."""
    values = np.random.default_rng(seed).normal(size=(samples, dim)).astype(np.float32) * 0.1
    times = np.arange(samples) / 2
    for spot in spots:
        values[np.abs(times - spot.seconds) <= 2.0, NAMES.index(spot.label)] += 2.0
    return values


def write_game(folder: Path, seed: int = 0, spots: Sequence[Spot] = SPOTS, samples: int = 80) -> Path:
    """A game of one half without a video."""
    game = folder / "league" / "2026" / f"2026-08-0{1 + seed % 9} - 12-00 Home 1 - 0 Away"
    game.mkdir(parents=True)
    write_features(game, 1, SET, features_of(spots, samples, seed))
    write_labels(game / "Labels-v2.json", list(spots))
    return game


def write_splits(root: Path, games: int = 1) -> Path:
    """Splits train, val and test of a few games each."""
    for number, split in enumerate(("train", "val", "test")):
        for k in range(games):
            write_game(root / split, seed=number * games + k)
    return root


def make_game(folder: Path) -> Path:
    """A match of 30 s with features at one and at two samples a second."""
    game = folder / "game"
    game.mkdir()
    make_video(game / "1_180p.mp4", steady(60, rate=2.0))
    for rate, rows in ((2.0, 60), (1.0, 30)):
        write_features(game, 1, f"made{rate:g}", np.random.default_rng(0).normal(size=(rows, 12)))
    return game
