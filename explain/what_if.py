"""What if: one edit that a person draws, beside the same edit at random places.

A box blurred around the anchor, a span of time taken out, or the entities of one name: the score after it,
and the scores after the same edit elsewhere, so that a fall is not taken for a reason that any edit causes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from explain.entity_ablation import SET, without_names
from explain.probe import Probe
from spotting_core.base.errors import BadInputError

CONTROLS = 10
_Answer = tuple[Tensor, Tensor | None, str]  # logits of the edit, of the controls, and what was held fixed
_LEAST_SIDE = 0.02  # of the picture: a smaller box blurs nothing


@dataclass(frozen=True)
class BoxEdit:
    """A place blurred in the samples within ``span`` of the anchor; corners as shares of the picture."""

    x1: float
    y1: float
    x2: float
    y2: float
    span: int = 2


@dataclass(frozen=True)
class TimeEdit:
    """Samples taken out: seconds from the anchor, both ends included."""

    start: float
    end: float


@dataclass(frozen=True)
class EntityEdit:
    """All entities of one name taken out of the set near the anchor."""

    name: str
    span: int = 8


Edit = BoxEdit | TimeEdit | EntityEdit


@dataclass(frozen=True)
class WhatIf:
    """What an edit does.

    Arguments:
        score, edited: the class's confidence at the anchor without and with the edit.
        curve, curve_edited: float32 (W,), the same for every sample of the window.
        anchor: index of the anchor in them.
        controls: float32 (K,), the confidence after the same edit elsewhere; empty where there is no elsewhere.
        held_fixed: what was not computed again.
    """

    label: str
    score: float
    edited: float
    curve: np.ndarray
    curve_edited: np.ndarray
    anchor: int
    controls: np.ndarray
    held_fixed: str
    seconds: float

    def as_json(self) -> dict[str, Any]:
        arrays = {name: getattr(self, name).round(4).tolist() for name in ("curve", "curve_edited", "controls")}
        return {"label": self.label, "score": self.score, "edited": self.edited, "anchor": self.anchor, **arrays,
                "held_fixed": self.held_fixed, "seconds": self.seconds}  # fmt: skip


_KINDS = {"box": BoxEdit, "time": TimeEdit, "entity": EntityEdit}


def edit_of(described: Mapping[str, Any]) -> Edit:
    """An edit from ``{kind: box | time | entity, …}`` with the fields of its class.

    Errors:
        BadInputError: another kind, or fields that it does not have.
    """
    fields = {name: value for name, value in described.items() if name != "kind"}
    try:
        made: Edit = _KINDS[described["kind"]](**fields)
    except (KeyError, TypeError) as error:
        raise BadInputError(f"this edit cannot be read ({error})", fix=f"Kinds of edit: {', '.join(_KINDS)}") from error
    return made


def what_if(probe: Probe, label: str, edit: Edit, *, controls: int = CONTROLS, seed: int = 0) -> WhatIf:
    """Make an edit and as many of the same kind and size elsewhere.

    Errors:
        BadInputError: a box or span with nothing in it, an entity that the prompts do not name or a model
            without entities.
    """
    began = time.perf_counter()
    rng = np.random.default_rng(seed)
    if isinstance(edit, BoxEdit):
        logits, others, fixed = _box(probe, edit, controls, rng)
    elif isinstance(edit, TimeEdit):
        logits, others, fixed = _time(probe, edit, controls, rng)
    else:
        logits, others, fixed = _entity(probe, edit)
    curve, edited = probe.curve(probe.output.logits, label), probe.curve(logits, label)
    return WhatIf(
        label=label,
        score=probe.score(label),
        edited=float(probe.at_anchor(logits, label)),
        curve=curve,
        curve_edited=edited,
        anchor=probe.window.anchor if len(curve) > 1 else 0,
        controls=probe.at_anchor(others, label).cpu().numpy() if others is not None else np.zeros(0, np.float32),
        held_fixed=fixed,
        seconds=time.perf_counter() - began,
    )


def _box(probe: Probe, edit: BoxEdit, controls: int, rng: np.random.Generator) -> _Answer:
    if probe.model.inputs.pictures is None:
        raise BadInputError("this model reads features, not pictures", fix="Take out a span of time instead")
    x1, y1, x2, y2 = (float(np.clip(v, 0, 1)) for v in (edit.x1, edit.y1, edit.x2, edit.y2))
    width, height = x2 - x1, y2 - y1
    if width < _LEAST_SIDE or height < _LEAST_SIDE:
        raise BadInputError("this box is too small to blur anything", fix="Draw it over a few pixels at least")
    near = probe.window.near(edit.span)
    size = probe.window.pictures.shape[1:3]
    corners = [(x1, y1)]
    corners += [(rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)) for _ in range(controls)]
    presence = torch.ones(len(corners), len(near), *size)
    for variant, (left, top) in enumerate(corners):
        columns = slice(round(left * size[1]), max(round(left * size[1]) + 1, round((left + width) * size[1])))
        rows = slice(round(top * size[0]), max(round(top * size[0]) + 1, round((top + height) * size[0])))
        presence[variant, :, rows, columns] = 0
    logits = probe.keep(presence, near[0])
    return logits[:1], logits[1:] if controls else None, ""


def _time(probe: Probe, edit: TimeEdit, controls: int, rng: np.random.Generator) -> _Answer:
    window = probe.window
    seconds = (window.times - window.times[window.anchor]) / 1e6
    inside = np.flatnonzero((seconds >= edit.start - 1e-6) & (seconds <= edit.end + 1e-6))
    if not len(inside):
        raise BadInputError("no sample of the window lies in this span", fix="Choose a longer one, nearer to the spot")
    logits = probe.without_samples(inside.tolist())
    away = [s for s in range(len(window.times) - len(inside) + 1) if s + len(inside) <= inside[0] or s > inside[-1]]
    starts = rng.permutation(np.array(away, np.int64))[:controls].tolist()
    others = [probe.without_samples(list(range(s, s + len(inside)))) for s in starts]
    return logits, torch.cat(others) if others else None, ""


def _entity(probe: Probe, edit: EntityEdit) -> _Answer:
    """The controls are the other names, one each."""
    table = probe.window.table
    if probe.entities is None or table is None:
        raise BadInputError("this model has no entities")
    if edit.name not in table.names:
        raise BadInputError(f"there is no entity {edit.name!r}", fix=f"Known: {', '.join(table.names)}")
    near = probe.window.near(edit.span)
    chosen = table.names.index(edit.name)
    names = set(table.entity[np.isin(table.sample - probe.window.first, near)].tolist())
    others = [without_names(probe, np.array([other]), near, SET) for other in sorted(names - {chosen})]
    fixed = "the picture and the environment features"
    logits = without_names(probe, np.array([chosen]), near, SET)
    return logits, torch.cat(others) if others else None, fixed
