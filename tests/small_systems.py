"""Systems of every kind, small enough for tests, and made windows and halves for them to read."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from spotting_core.domain.camera import Camera
from spotting_core.domain.cameras import Candidate, Grounding, Link, Shot
from spotting_core.domain.classes import load_classes
from spotting_core.domain.homography import Calibration
from spotting_core.domain.spots import Spot
from spotting_core.features.half import FeatureHalf, FeaturePart
from spotting_core.features.sets import FeatureSet, input_of
from spotting_core.models.frame_differences import DifferenceConfig
from spotting_core.models.grounding import GroundingConfig
from spotting_core.models.judge import Judge
from spotting_core.models.load import save_model
from spotting_core.models.registry import SPOTTING, FeatureConfig, system, systems
from spotting_core.models.window import EntitySet, Window
from spotting_core.samples.half import HalfSamples
from spotting_core.tasks.registry import layer_task
from tests.conftest import made_card

NAMES = load_classes().names
SMALL_FRAMES = {"classes": NAMES, "width": 64, "height": 36, "dim": 32, "hidden": 16, "feed_forward": 32, "entities": 5}
DIM, LENGTH = 32, 40
COMMON = {"classes": NAMES, "dim": DIM, "window": LENGTH, "dropout": 0.0}
REPLAY = 12
EMBED_DIM = 64
READS_ENTITIES = ("entity-attention", "published-uglf")
PITCH_LINES = "pitch-lines"
OWN: dict[str, dict[str, Any]] = {
    "basic-shots": {"before": 4, "after": 4, "first": 16, "second": 16, "kernel": 5},
    "calf-shots": {"before": 4, "after": 4, "first": 16, "second": 8, "pyramid": (2, 4, 4, 8), "capsule": 8},
    "whole-shots": {"before": 4, "after": 4, "width": 16, "layers": 2, "dropout": 0.0},
    "calf-grounding": {"replay": LENGTH, "field": 8, "first": 16, "second": 8, "pyramid": (2, 4, 4, 8), "capsule": 8},
    "netvlad-grounding": {"replay": REPLAY, "clusters": 4, "hidden": 16},
    "latest-action": {"replay": REPLAY},
    "grounding-transformer": {
        "replay": REPLAY,
        "width": 16,
        "heads": 2,
        "layers": 1,
        "feed_forward": 16,
        "embedding": 8,
        "dropout": 0.0,
    },
    "calf": {"before": 4, "after": 4, "first": 16, "second": 8, "pyramid": (2, 4, 4, 8), "capsule": 8, "detections": 4,
             "table": "soccernet-v2"},
    "calf-calibration": {"before": 4, "after": 4, "first": 16, "second": 8, "pyramid": (2, 4, 4, 8), "capsule": 8,
                         "detections": 4, "table": "soccernet-v2", "multiplier": 1, "dropout": 0.0},
    "dense": {"before": 8, "after": 8, "width": 16, "levels": 3, "feed_forward": 32},
    "two-stage": {"before": 8, "after": 8, "width": 16, "feed_forward": 32},
    "pooling": {"before": 20, "after": 19, "vocabulary": 8},
    "frame": {"before": 4, "after": 4, "luma": (8, 3), "chroma": (2, 2)},
    "difference": {"luma": (8, 3), "chroma": (2, 2), "kind": NAMES[0]},
}  # fmt: skip
SMALL_COMEDIAN = {
    "classes": NAMES, "width": 64, "height": 32, "dim": 24, "depth": 2, "heads": 2, "temporal_depth": 2,
    "temporal_heads": 2, "window": 12, "before": 2, "after": 2, "projection": 16, "queue": 0, "bank": 8,
    "depths": (1, 1), "stage_heads": (2, 4), "field": 4, "drop_path": 0.0, "mask": 0.5,
}  # fmt: skip
SMALL_BALL_ACTION = {
    "classes": NAMES, "width": 64, "height": 36, "window": 8, "before": 1, "after": 1, "pictures": 3, "step": 1,
    "channel_share": 0.25, "depth_share": 0.3, "dim": 16, "layers": 1, "squeezed": 4, "stack": 8, "mirrored": True,
    "drop_path": 0.0, "head_dropout": 0.0,
}  # fmt: skip
ALL = sorted(systems())
READS_PAIRS = [name for name in ALL if issubclass(system(name).config, GroundingConfig)]
READS_FEATURES = [name for name in ALL if issubclass(system(name).config, FeatureConfig) and name not in READS_PAIRS]
SPOTS = [name for name in ALL if system(name).task == SPOTTING]
SPOTS_OF_FEATURES = [name for name in READS_FEATURES if name in SPOTS]
DIFFERENCES = [name for name in ALL if issubclass(system(name).config, DifferenceConfig)]
"""Systems of two numbers: they have no room to learn a clip by heart."""


def names_of(name: str) -> tuple[str, ...]:
    """The classes of a system's task; boundaries are spots, and can be those of any classes."""
    task = layer_task(system(name).task)
    return NAMES if task.name == "boundaries" else load_classes(task.class_table).names


def width_of(name: str) -> int:
    """Numbers of a sample that a small system reads: the rule of replays reads the classes alone."""
    return len(NAMES) if name == "latest-action" else DIM


def small_config(name: str) -> Any:
    kind = system(name)
    if name == PITCH_LINES:
        return kind.configure(classes=names_of(name), width=64, height=32, channels=8, layers=1, heads=2)
    known = {field.name for field in fields(kind.config)}
    if name == "published-ball-action":
        return kind.configure(**SMALL_BALL_ACTION)
    if "comedian" in name:
        return kind.configure(**{k: v for k, v in SMALL_COMEDIAN.items() if k in known})
    if name not in READS_FEATURES and name not in READS_PAIRS:
        known -= set() if name in READS_ENTITIES else {"entities"}
        settings = {**SMALL_FRAMES, "embed_dim": EMBED_DIM, "dropout": 0.0, "head_dropout": 0.0}
        return kind.configure(**{k: v for k, v in settings.items() if k in known})
    family = name if name in OWN else next((f for f in OWN if name.startswith(f)), "pooling")
    family = "difference" if name in DIFFERENCES else family
    settings = {**COMMON, "classes": names_of(name), "dim": width_of(name), **OWN[family]}
    return kind.configure(**{k: v for k, v in settings.items() if k in known})


def small(name: str) -> torch.nn.Module:
    torch.manual_seed(0)
    return system(name).build(small_config(name))


def feature_model(folder: Path, name: str, rate: float, **settings: object) -> Path:
    kind = system(name)
    config = kind.configure(**{"classes": names_of(name), "rate": rate, "dim": 12, "window": 10, **settings})
    card = made_card(name, config, input_of([FeatureSet(f"made{rate:g}", config.dim, config.dim, rate)], rate))
    save_model(folder, kind.build(config), replace(card, name=name, domain="broadcast"))
    return folder


def some_entities(batch: int, frames: int, count: int, seed: int = 0, embed_dim: int = EMBED_DIM) -> EntitySet:
    g = torch.Generator().manual_seed(seed)
    corner = torch.rand(batch, frames, count, 2, generator=g) * 0.8
    size = torch.rand(batch, frames, count, 2, generator=g) * 0.2 + 0.01
    return EntitySet(
        entity=torch.randint(0, 10, (batch, frames, count), generator=g),
        score=torch.rand(batch, frames, count, generator=g),
        box=torch.cat([corner, corner + size], -1),
        embedding=torch.nn.functional.normalize(torch.randn(batch, frames, count, embed_dim, generator=g), dim=-1),
        share=torch.ones(batch, frames, count),
    )


def some_window(name: str, batch: int = 2, frames: int = 6) -> Window:
    torch.manual_seed(1)
    entities = some_entities(batch, frames, 5) if name in READS_ENTITIES else None
    height = 32 if name == PITCH_LINES or "comedian" in name else 36
    return Window(pictures=torch.randn(batch, frames, 3, height, 64), entities=entities)


def features_window(name: str, batch: int) -> Window:
    """Random features as a system reads them, with a replay for those that judge two windows."""
    torch.manual_seed(1)
    window = Window(features=torch.randn(batch, LENGTH, width_of(name)))
    if name not in READS_PAIRS:
        return window
    replay = torch.randn(batch, small_config(name).replay, width_of(name))
    return replace(window, second=Window(features=replay))


def made_truth(name: str, number: int, times: np.ndarray, sample: int) -> list[Any]:
    """What is true of a clip of a class, around a sample."""
    label, at = names_of(name)[number], int(times[sample])
    task = system(name).task
    if task == "shots":
        first, last = int(times[max(0, sample - 4)]), int(times[min(len(times) - 1, sample + 5)])
        other = names_of(name)[-1]
        edges = [(0, first, other), (first, last, label), (last, int(times[-1]) + 500_000, other)]
        return [Shot(1, start, end, camera, replay=number % 2 == 1) for start, end, camera in edges if end > start]
    if task == "calibration":
        camera = Camera((2.0 * number, 90.0, -20.0), 0.1 * number, 1.3, 0.0, 1.8, 2.0)
        return [Calibration(1, int(time), camera.homography) for time in times]
    if task == "replays":
        return [Grounding(1, int(times[-4]), int(times[-1]), (Candidate(Link(1, at, label), 1.0),))]
    return [Spot(1, at, label)]


def half_of(values: np.ndarray) -> HalfSamples:
    features = FeatureHalf(1, (FeaturePart(values.astype(np.float32), 2.0),), 2.0)
    return HalfSamples(1, features.times, 2.0, features=features)


def judge_of(name: str, network: Any, config: Any = None) -> Judge:
    return Judge(system(name), config or network.config, network)
