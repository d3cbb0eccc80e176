"""Toy models whose reasons are known, and a window that shows them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from explain.explained_window import ExplainedWindow
from spotting_core.domain.classes import load_classes
from spotting_core.entities.table import EntityTable
from spotting_core.models.card import Card, CardInput
from spotting_core.models.entity_attention import overlapping_halves, read_by
from spotting_core.models.load import LoadedModel
from spotting_core.models.registry import System
from spotting_core.models.window import EntitySet, Output, Window

CLASSES = load_classes()
GOAL, CARD = CLASSES.index("Goal"), CLASSES.index("Yellow card")
NAMES = ("ball", "yellow card", "player")
W, H, WIDTH = 30, 36, 64


@dataclass(frozen=True)
class _ToyConfig:
    width: int = WIDTH
    height: int = H
    rate: float = 2.0
    window: int = W
    before: int = 0
    after: int = 0
    entities: int = 0
    classes: tuple[str, ...] = CLASSES.names


class OneFrame(nn.Module):
    """Says "goal" at sample t by the contrast of one corner of sample t + ``offset``: blurring takes it away."""

    def __init__(self, offset: int) -> None:
        super().__init__()
        self.offset = offset
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, window: Window) -> Output:
        assert window.pictures is not None
        contrast = window.pictures[:, :, 0, :8, :8].std((2, 3))  # (1, W)
        logits = torch.full((1, contrast.shape[1], len(CLASSES)), -4.0)
        logits[:, :, GOAL] = 10 * torch.roll(contrast, -self.offset, 1) - 5
        return Output(logits=logits, pooled=torch.zeros(1, contrast.shape[1], 1))


class OneEntity(nn.Module):
    """Says "yellow card" with a logit of 3 where a yellow card is in the set of the anchor, else -3."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, window: Window) -> Output:
        assert window.entities is not None
        entities = window.entities
        pooled = torch.zeros(1, entities.share.shape[1], 1)
        there = ((entities.entity == 1) * entities.share).amax(-1)  # (1, W)
        logits = torch.full((1, pooled.shape[1], len(CLASSES)), -4.0)
        logits[:, :, CARD] = 6 * there - 3
        weight = entities.share * (entities.entity == 1) * 0.75 + entities.share * (entities.entity == 0) * 0.25
        return Output(logits=logits, weight=weight, kept=weight > 0, pooled=pooled)


def toy(network: nn.Module, entities: bool = False) -> LoadedModel:
    card = Card(
        name="toy",
        system="toy",
        paper="",
        config={},
        class_table="soccernet-v2",
        classes=CLASSES.names,
        input=CardInput("video", 2.0, mean=(0.5,) * 3, std=(0.25,) * 3),
        window=W,
        entities={"model": "toy"} if entities else None,
        training={},
        scores={},
        domain="simulated",
        licence="",
    )
    config: Any = _ToyConfig(entities=4 if entities else 0)
    kind = System("toy", "", _ToyConfig, _unused, _unused, inputs=read_by, plan=overlapping_halves)
    return LoadedModel(card, kind, network.eval(), config, CLASSES, "0" * 64, Path())  # type: ignore[arg-type]


def _unused(*_: Any) -> Any:
    raise AssertionError("a toy is neither built nor trained")


def explained_window(anchor: int = 15, entities: bool = False) -> ExplainedWindow:
    pictures = np.full((W, H, WIDTH, 3), 110, np.uint8)
    pictures[anchor - 2, :8:2, :8] = 250  # the contrast that OneFrame(-2) looks for
    pictures[anchor - 2, 1:8:2, :8] = 0
    table = None
    if entities:
        rows = [(14, 2), (15, 0), (15, 1), (15, 2), (16, 1), (25, 1)]
        table = EntityTable(
            NAMES,
            np.array([s + 100 for s, _ in rows], np.int32),
            np.array([e for _, e in rows], np.int16),
            np.full(len(rows), 0.9, np.float32),
            np.array([[i, i, i + 10, i + 20] for i in range(len(rows))], np.float32),
            np.zeros((len(rows), 4), np.float16),
        )
    times = (np.arange(W) + 100) * 500_000
    entity_set = EntitySet.of_table(table, 100, 100 + W, (640, 360)) if table else None
    return ExplainedWindow(1, 100, times.astype(np.int64), pictures, entity_set, table, anchor)
