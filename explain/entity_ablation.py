"""Entity ablation: what the score would be without the ball, the card, the referee …

All entities of one name near the anchor are taken away and what that reaches is computed again: out of the
set that the finder gave (the picture stays, so what is measured is the entity branch alone), out of the
picture (their boxes blurred, the set stays), or out of both. Computed with Captum's feature ablation, one
feature per name. A scene is told by several things at once, and where one is gone the others may still tell it; so the
names whose loss costs most are taken away two at a time as well. How certain that is, and the loss of the first name
alone: the same is asked again and again as if a tenth of all other entities, which ones by chance, had not been found.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import combinations

import numpy as np
import torch
from captum.attr import FeatureAblation
from torch import Tensor

from explain.attribution import ENTITY, ENTITY_ROW, Attribution, Cause
from explain.entity_attention import entity_rows
from explain.probe import Probe
from spotting_core.base.errors import BadInputError

NAME = "entity-ablation"
SPAN = 8  # samples to either side of the anchor
SET, PICTURE, BOTH = "set", "picture", "both"
_FIXED = {SET: "the picture and the environment features", PICTURE: "the entities that were found", BOTH: ""}
_PAIRED = 3  # names that are taken away in pairs: those whose loss costs most
_FURTHER = 0.05  # that a pair has to cost beyond each of its names
_DRAWS, _MISSED, _SEED = 10, 0.1, 0  # how often a share of the other entities is taken for missed
_NINE_OF_TEN = (5, 95)  # percentiles
_MARGIN = 0.1  # of a box's size, blurred around it


def explain(probe: Probe, label: str, *, span: int = SPAN, where: str = SET) -> Attribution:
    """One row per entity name near the anchor: its heaviest region, and the score's change without all of it.

    ``effect`` is the score without minus the score with: negative where the entity speaks for the class.
    Rows come in the order of the size of their effect. Of losses from the set ``alone`` has the first row's with its
    interval, ``joint`` the pairs whose loss costs clearly more than that of each.

    Errors:
        BadInputError: ``where`` is not ``set``, ``picture`` or ``both``.
    """
    if where not in _FIXED:
        raise BadInputError(f"entities are taken out of the {SET}, the {PICTURE} or {BOTH}, not {where!r}")
    began = time.perf_counter()
    window, near = probe.window, probe.window.near(span)
    rows = entity_rows(probe)
    rows = rows[np.isin(rows["sample"] - window.first, near)]
    names = np.unique(rows["entity"])

    def score(present: Tensor) -> Tensor:
        """present: (B, names), 1 where the entities of a name stay."""
        return torch.cat([probe.at_anchor(without_names(probe, names[~stays.bool().numpy()], near, where), label)
                          for stays in present])  # fmt: skip

    everyone = torch.ones(1, max(1, len(names)))
    falls = FeatureAblation(score).attribute(everyone)[0].numpy() if len(names) else np.zeros(0)
    nobody = float(score(torch.zeros_like(everyone))) if len(names) else probe.score(label)
    rows_by_name = []
    for name, fall in zip(names, falls, strict=True):
        row = _heaviest(rows[rows["entity"] == name], window.first + window.anchor)
        row["effect"] = -fall
        rows_by_name.append(row)
    table = np.array(rows_by_name, ENTITY_ROW)
    table = table[np.argsort(-np.abs(table["effect"]), kind="stable")]
    asked = len(names) > 0 and where == SET
    reach = float(np.abs(table["effect"]).max(initial=1e-6))
    place = {SET: "taken out of the set", PICTURE: "blurred in the picture", BOTH: "blurred and taken out of the set"}
    return probe.attribution(
        NAME,
        label,
        ENTITY,
        table,
        baseline=f"entities of one name {place[where]} within {span} samples of the anchor",
        held_fixed=_FIXED[where],
        score_baseline=nobody,
        scale=(-reach, reach),
        began=began,
        alone=_first(table, probe, label, near) if asked else None,
        joint=_pairs(names, falls, score, probe, label, near) if asked else (),
    )


def _first(table: np.ndarray, probe: Probe, label: str, near: list[int]) -> Cause:
    """What the loss of the first row's name does."""
    return _cause(probe, label, table["entity"][:1], float(table["effect"][0]), near)


def _pairs(
    names: np.ndarray,
    falls: np.ndarray,
    score: Callable[[Tensor], Tensor],
    probe: Probe,
    label: str,
    near: list[int],
) -> tuple[Cause, ...]:
    """Pairs of names without which the score falls further than without either, the greatest fall first."""
    costly = [int(i) for i in np.argsort(-falls, kind="stable")[:_PAIRED]]
    pairs = list(combinations(costly, 2))
    if not pairs:
        return ()
    present = torch.ones(len(pairs), len(names))
    for row, pair in zip(present, pairs, strict=True):
        row[list(pair)] = 0
    effects = [float(without) - probe.score(label) for without in score(present)]
    further = [
        _cause(probe, label, names[[a, b]], effect, near)
        for (a, b), effect in zip(pairs, effects, strict=True)
        if -effect > max(falls[a], falls[b]) + _FURTHER
    ]
    return tuple(sorted(further, key=lambda pair: pair.effect))


@torch.no_grad()
def _cause(probe: Probe, label: str, names: np.ndarray, effect: float, near: list[int]) -> Cause:
    """The loss of some names, with between what its effect lies in nine of ten draws: see the head of the module."""
    assert probe.entities is not None
    assert probe.window.table is not None
    whole, chance = probe.entities.share, torch.Generator().manual_seed(_SEED)
    there = torch.rand(_DRAWS, *whole.shape[1:], generator=chance) >= _MISSED
    drawn = whole * (there.to(whole.device) | _named(probe, names, near))
    without = drawn * ~_named(probe, names, near)
    changes = [probe.at_anchor(probe.logits(share=share), label) for share in (without, drawn)]
    low, high = (float(bound) for bound in np.percentile((changes[0] - changes[1]).cpu().numpy(), _NINE_OF_TEN))
    known = tuple(probe.window.table.names[int(name)] for name in names)
    return Cause(known, effect, min(effect, low), max(effect, high))


def _named(probe: Probe, names: np.ndarray, near: list[int]) -> Tensor:
    """Which entities have one of some names in some samples: bool (1, rows, N)."""
    assert probe.entities is not None
    rows = slice(probe.window.before + near[0], probe.window.before + near[-1] + 1)
    named = torch.zeros(probe.entities.share.shape, dtype=torch.bool, device=probe.model.device)
    part = probe.entities.entity[:, rows]
    named[:, rows] = torch.isin(part, torch.from_numpy(names.astype(np.int64)).to(part.device))
    return named


def without_names(probe: Probe, names: np.ndarray, near: list[int], where: str) -> Tensor:
    """Logits (1, W, C) without the entities of some names in some samples."""
    assert probe.entities is not None
    if not len(names):
        return probe.output.logits
    first, rows = near[0], slice(probe.window.before + near[0], probe.window.before + near[-1] + 1)
    gone = _named(probe, names, near)
    share = probe.entities.share * ~gone if where != PICTURE else None
    pictures = None
    if where != SET:
        presence = _presence(probe, gone[0, rows] & (probe.entities.share[0, rows] > 0), first)
        pictures = probe.mixed(presence, first)
    with torch.no_grad():
        return probe.logits(pictures, first, share)


def _presence(probe: Probe, gone: Tensor, first: int) -> Tensor:
    """1 but in the boxes that go: (1, n, H, W) at the size of the model's pictures."""
    assert probe.entities is not None
    height, width = probe.window.pictures.shape[1:3]
    presence = torch.ones(1, len(gone), height, width)
    for sample, slot in torch.nonzero(gone).tolist():
        x1, y1, x2, y2 = probe.entities.box[0, probe.window.before + first + sample, slot].tolist()
        dx, dy = _MARGIN * (x2 - x1), _MARGIN * (y2 - y1)
        left, right = max(0, int((x1 - dx) * width)), int((x2 + dx) * width) + 1
        top, bottom = max(0, int((y1 - dy) * height)), int((y2 + dy) * height) + 1
        presence[0, sample, top:bottom, left:right] = 0
    return presence


def _heaviest(rows: np.ndarray, anchor: int) -> np.ndarray:
    """The region of most weight, at the anchor's own sample if there is one."""
    own = rows[rows["sample"] == anchor]
    pool = own if len(own) else rows
    heaviest: np.ndarray = pool[int(np.argmax(pool["weight"]))].copy()
    return heaviest
