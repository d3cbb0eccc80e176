"""Published checkpoints of pooling models as model folders of ours.

Two public code bases write NetVLAD with tensors of the same shapes in another order of memory:

    Pooling                   conv.weight (K, D, 1, 1), centroids (K, D), flattened K before D
    TemporallyAwarePooling    clusters (D, K), clusters2 (1, D, K), flattened D before K

Ours is the second. Loaded as it stands, the classifier of the first fits and is wrong in nearly every number, so
it is permuted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from spotting_core.classes import load_classes
from spotting_core.errors import BadInputError
from spotting_core.features.sets import FeatureSet, input_of
from spotting_core.models.card import BROADCAST, Card
from spotting_core.models.load import save_model
from spotting_core.models.pooling import ENCODED
from spotting_core.models.published import read_checkpoint
from spotting_core.models.registry import system

_PREFIXES = ("pool_layer_before", "pool_layer_after")


def converted(state: Mapping[str, Tensor], path: Path) -> tuple[str, dict[str, Any], dict[str, Tensor]]:
    """System, its settings, and weights in our layout.

    Errors:
        BadInputError: not one of the pooling models.
    """
    own: dict[str, Tensor] = {
        "fc.weight": state.get("fc.weight", torch.zeros(0)),
        "fc.bias": state.get("fc.bias", torch.zeros(0)),
    }
    projection = next((n for n in ("feature_extractor", "encode") if f"{n}.weight" in state), None)
    dim = ENCODED
    if projection:
        dim = state[f"{projection}.weight"].shape[1]
        own |= {f"encode.{k}": state[f"{projection}.{k}"] for k in ("weight", "bias")}
    names = set(state)
    if names == {"fc.weight", "fc.bias"}:
        if own["fc.weight"].ndim != 2 or own["fc.weight"].shape[1] != ENCODED:
            raise BadInputError(
                f"max pooling without a projection reads {ENCODED} numbers a sample, this one "
                f"{'x'.join(map(str, own['fc.weight'].shape))}",
                where=path,
                fix="Only checkpoints on 512 numbers (PCA) have no projection",
            )
        return "max", {"dim": dim}, own
    if "pool_layer.conv.weight" in names and "pool_layer.centroids" in names:
        clusters = len(state["pool_layer.centroids"])
        own |= _of_pooling_folder(state, clusters)
        return "netvlad", {"dim": dim, "vocabulary": clusters}, own
    split = all(f"{p}.clusters" in names for p in _PREFIXES)
    prefixes = _PREFIXES if split else ("pool_layer",)
    if not all(f"{p}.clusters" in names for p in prefixes) or own["fc.weight"].ndim != 2:
        raise BadInputError(
            f"these are not the weights of a pooling model ({', '.join(sorted(names)[:3])}, …)",
            where=path,
            fix="Max pooling, NetVLAD, NetRVLAD and NetVLAD++ can be converted",
        )
    residual = f"{prefixes[0]}.clusters2" in names
    for number, prefix in enumerate(prefixes):
        for part in ("clusters", "clusters2") if residual else ("clusters",):
            own[f"pools.{number}.{part}"] = state[f"{prefix}.{part}"]
    name = ("netvlad" if residual else "netrvlad") + ("++" if split else "")
    vocabulary = sum(state[f"{p}.clusters"].shape[1] for p in prefixes)
    return name, {"dim": dim, "vocabulary": vocabulary}, own


def _of_pooling_folder(state: Mapping[str, Tensor], clusters: int) -> dict[str, Tensor]:
    dim = state["pool_layer.centroids"].shape[1]
    head = state["fc.weight"]
    return {
        "pools.0.clusters": state["pool_layer.conv.weight"].view(clusters, dim).T.contiguous(),
        "pools.0.clusters2": state["pool_layer.centroids"].T.contiguous().unsqueeze(0),
        "fc.weight": head.view(-1, clusters, dim).transpose(1, 2).reshape(len(head), -1).contiguous(),
    }


def convert_checkpoint(path: Path, out: Path, *, classes: str, features: FeatureSet, rate: float = 2.0) -> Path:
    """Write a published checkpoint as a model folder.

    Arguments:
        classes: name of the class table, background excepted; features: the set it was trained on.

    Errors:
        BadInputError: not a pooling model, or of another number of classes or feature width.
    """
    name, settings, state = converted(read_checkpoint(path), path)
    table = load_classes(classes)
    if len(state["fc.bias"]) != 1 + len(table):
        raise BadInputError(
            f"this model has {len(state['fc.bias']) - 1} classes, the class table {table.name!r} has {len(table)}",
            where=path,
            fix="Give the class table it was trained with",
        )
    if settings["dim"] != features.dim:
        raise BadInputError(
            f"this model reads {settings['dim']} numbers a sample, {features.name} has {features.dim}", where=path
        )
    kind = system(name)
    config = kind.configure(classes=table.names, rate=rate, **settings)
    network = kind.build(config)
    network.load_state_dict(state)
    card = Card(
        name=f"{name} ({path.name.split('.')[0]})",
        system=name,
        paper=kind.paper,
        config=asdict(config),
        class_table=table.name,
        classes=table.names,
        input=input_of([features], rate),
        window=config.window,
        entities=None,
        training={"data": "published checkpoint", "file": path.name},
        scores={},
        domain=BROADCAST,
        licence="that of the published file",
    )
    save_model(out, network, card, precise=True)
    return out
