"""Published checkpoints of pooling models as model folders of ours.

Two folders of the public code (SoccerNet/sn-spotting) write checkpoints, with clips and suppression of their own:

    Pooling                   max, netvlad; 512 numbers a sample   clips of 20 s, suppression 20 s
    TemporallyAwarePooling    all poolings, also with ``++``;      clips of 15 s, suppression 30 s
                              other features are projected to 512

They write NetVLAD with tensors of the same shapes in another order of memory:

    Pooling                   conv.weight (K, D, 1, 1), centroids (K, D), flattened K before D
    TemporallyAwarePooling    clusters (D, K), clusters2 (1, D, K), flattened D before K

Ours is the second. Loaded as it stands, the classifier of the first fits and is wrong in nearly every number, so
it is permuted.

Two things no tensor tells, and who converts has to: whether the maximum or the mean is taken, for neither has
weights; and which folder a max pooling of 512 numbers comes from, where ``Pooling`` is taken if nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.adopted import Adapter, Adopted, Checkpoint, Choices, columns_table
from spotting_core.checkpoints.signs import Signs
from spotting_core.checkpoints.soccernet import REPOSITORY_LICENCE, adopted_baseline, features_of
from spotting_core.models.pooling import ENCODED

POOLING, AWARE = "Pooling", "TemporallyAwarePooling"
_CLIPS = {POOLING: (20, 20.0), AWARE: (15, 30.0)}  # seconds that are pooled, full width of the suppression
_HEAD = ("fc.weight", "fc.bias")
SIGNS = Signs(_HEAD)
"""All poolings end in one classifier."""
_PROJECTION = ("feature_extractor.weight", "feature_extractor.bias")
_ASSIGNMENT, _CENTRES = "pool_layer.conv.weight", "pool_layer.centroids"


@dataclass(frozen=True)
class Layout:
    """What the tensors of a checkpoint tell, and what they leave open.

    Arguments:
        systems: names of those that have such tensors.
        codes: folders of the public code that write them, the one that is taken if nothing is said first.
        parts: names of the poolings, one or before and after; empty for those without weights.
        clusters: over all parts, or 0.
    """

    systems: tuple[str, ...]
    codes: tuple[str, ...]
    parts: tuple[str, ...] = ()
    clusters: int = 0


@dataclass(frozen=True)
class Converted:
    """A checkpoint as a system of ours.

    Arguments:
        system: its name; code: folder of the public code.
        settings: of its configuration, those that differ from one checkpoint to another.
        state: weights in our layout.
    """

    system: str
    code: str
    settings: dict[str, Any]
    state: dict[str, Tensor]


def converted(
    state: Mapping[str, Tensor], path: Path, *, system_name: str = "", code: str = "", rate: float = 2.0
) -> Converted:
    """A checkpoint's tensors as a system, its settings, and weights in our layout.

    Arguments:
        system_name, code: what the tensors leave open, or empty.
        rate: samples a second of the features.

    Errors:
        BadInputError: not a pooling model, or of several alike none is named; or not the one named, or not of ``code``.
    """
    layout = _layout(state, path)
    name = _named(layout, system_name, path)
    codes = (AWARE,) if name == "average" else layout.codes  # the other folder has no mean
    if code and code not in codes:
        raise BadInputError(f"such a checkpoint of {name} is of {' or '.join(codes)}, not of {code!r}", where=path)
    code = code or codes[0]
    own = {n: state[n] for n in _HEAD}
    dim = ENCODED
    if _PROJECTION[0] in state:
        dim = state[_PROJECTION[0]].shape[1]
        own |= {f"encode.{n.rpartition('.')[2]}": state[n] for n in _PROJECTION}
    if layout.clusters:
        own |= _of_pooling_folder(state) if code == POOLING else _of_aware_folder(state, layout.parts)
    seconds, suppression = _CLIPS[code]
    window = round(seconds * rate)
    before = window // 2
    settings: dict[str, Any] = {"dim": dim, "window": window, "before": before, "after": window - before - 1}
    settings |= {"suppression": suppression, **({"vocabulary": layout.clusters} if layout.clusters else {})}
    return Converted(name, code, settings, own)


def _layout(state: Mapping[str, Tensor], path: Path) -> Layout:
    """What the tensors tell; their names and shapes are all looked at.

    Errors:
        BadInputError: not one of the pooling models.
    """
    projected = set(_PROJECTION) <= set(state)
    names = set(state) - set(_PROJECTION if projected else ())
    if names == set(_HEAD):
        halves = _halves(state, path)
        # Only one folder projects, and only it pools before and after apart.
        codes = (AWARE,) if projected or halves == 2 else (POOLING, AWARE)
        layout = Layout(("max++", "average++") if halves == 2 else ("max", "average"), codes)
    elif names == {*_HEAD, _ASSIGNMENT, _CENTRES}:
        layout = Layout(("netvlad",), (POOLING,), ("pool_layer",), _size(state[_CENTRES], 0))
    else:
        layout = _clustered(state, names, path)
    _check_shapes(state, layout, path)
    return layout


def _halves(state: Mapping[str, Tensor], path: Path) -> int:
    width = _size(state["fc.weight"], -1)
    if width not in (ENCODED, 2 * ENCODED):
        raise BadInputError(
            f"its classifier reads {width} numbers a clip; a maximum or a mean has {ENCODED}, of before and after "
            f"apart {2 * ENCODED}",
            where=path,
            fix=f"Features of another width can only be converted with their projection to {ENCODED}",
        )
    return width // ENCODED


def _clustered(state: Mapping[str, Tensor], names: set[str], path: Path) -> Layout:
    for split, residual in product((False, True), repeat=2):
        parts = ("pool_layer_before", "pool_layer_after") if split else ("pool_layer",)
        kinds = ("clusters", "clusters2") if residual else ("clusters",)
        if names == {*_HEAD, *(f"{p}.{k}" for p in parts for k in kinds)}:
            name = ("netvlad" if residual else "netrvlad") + ("++" if split else "")
            clusters = sum(_size(state[f"{p}.clusters"], -1) for p in parts)
            return Layout((name,), (AWARE,), parts, clusters)
    tensors = ", ".join(sorted(state)[:3]) or "no tensors"
    raise BadInputError(
        f"these are not the weights of a pooling model ({tensors}, …)",
        where=path,
        fix="Max and average pooling, NetVLAD and NetRVLAD can be converted, each also with ++",
    )


def _size(tensor: Tensor, axis: int) -> int:
    """How long an axis is; 0 for a single number, which has none."""
    return tensor.shape[axis] if tensor.ndim else 0


def _check_shapes(state: Mapping[str, Tensor], layout: Layout, path: Path) -> None:
    """Refuse tensors that are named as they should be and are of other shapes."""
    k = layout.clusters // max(1, len(layout.parts))
    width = ENCODED * (layout.clusters or (2 if layout.systems[0].endswith("++") else 1))
    classes, dim = _size(state["fc.bias"], 0), _size(state.get(_PROJECTION[0], torch.empty(0)), -1)
    shapes: dict[str, tuple[int, ...]] = {
        "fc.weight": (classes, width),
        "fc.bias": (classes,),
        "feature_extractor.weight": (ENCODED, dim),
        "feature_extractor.bias": (ENCODED,),
        _ASSIGNMENT: (k, ENCODED, 1, 1),
        _CENTRES: (k, ENCODED),
        **{f"{p}.clusters": (ENCODED, k) for p in layout.parts},
        **{f"{p}.clusters2": (1, ENCODED, k) for p in layout.parts},
    }
    for name, value in state.items():
        if tuple(value.shape) != shapes[name]:
            shape, wanted = ("x".join(map(str, s)) or "one number" for s in (value.shape, shapes[name]))
            raise BadInputError(f"{name} is {shape}, that of {layout.systems[0]} would be {wanted}", where=path)


def _named(layout: Layout, name: str, path: Path) -> str:
    names = layout.systems
    if name and name not in names:
        raise BadInputError(f"these are the weights of {' or '.join(names)}, not of {name!r}", where=path)
    if not name and len(names) > 1:
        raise BadInputError(
            f"these weights fit {' and '.join(names)} alike",
            where=path,
            fix=f"Say which of them was trained: --system {' or --system '.join(names)}",
        )
    return name or names[0]


def _of_pooling_folder(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    head = state["fc.weight"]
    clusters, dim = state[_CENTRES].shape
    return {
        "pools.0.clusters": state[_ASSIGNMENT].view(clusters, dim).T.contiguous(),
        "pools.0.clusters2": state[_CENTRES].T.contiguous().unsqueeze(0),
        "fc.weight": head.view(-1, clusters, dim).transpose(1, 2).reshape(len(head), -1).contiguous(),
    }


def _of_aware_folder(state: Mapping[str, Tensor], parts: Sequence[str]) -> dict[str, Tensor]:
    own = {}
    for number, part in enumerate(parts):
        for kind in ("clusters", "clusters2"):
            if f"{part}.{kind}" in state:
                own[f"pools.{number}.{kind}"] = state[f"{part}.{kind}"]
    return own


def adopt(checkpoint: Checkpoint, choices: Choices) -> Adopted:
    """The checkpoint as a model of ours.

    Errors:
        BadInputError: see ``converted``; or of another number of classes or feature width.
    """
    weights = converted(
        checkpoint.state,
        checkpoint.path,
        system_name=choices.system,
        code=choices.code,
        rate=features_of(checkpoint, choices).rate,
    )
    table = columns_table(checkpoint, choices.classes, len(weights.state["fc.bias"]) - 1)
    return adopted_baseline(
        checkpoint,
        weights.system,
        weights.state,
        table,
        features_of(checkpoint, choices, weights.settings["dim"]),
        code=f"sn-spotting, {weights.code}",
        licence=ADAPTER.licence,
        **weights.settings,
    )


ADAPTER = Adapter("SoccerNet/sn-spotting, poolings", REPOSITORY_LICENCE, REPOSITORY_LICENCE, SIGNS, adopt)
