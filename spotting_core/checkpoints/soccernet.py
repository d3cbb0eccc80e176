"""What the published checkpoints of SoccerNet's own baselines have in common: they read one of its feature sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from torch import Tensor

from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.adopted import TRAIN, Adopted, Checkpoint, Choices, require_weights
from spotting_core.domain.classes import ClassTable
from spotting_core.features.sets import SOCCERNET, FeatureSet, input_of
from spotting_core.models.card import BROADCAST, Card
from spotting_core.models.registry import system

REPOSITORY_LICENCE = "MIT"
"""Of SoccerNet's repositories, code and weights alike, where a folder in them states no other."""
CALF_LICENCE = f"{REPOSITORY_LICENCE} by its repository, Apache-2.0 by its folder"
_FEATURES = "ResNET_TF2_PCA512"


def features_of(checkpoint: Checkpoint, choices: Choices, dim: int | None = None) -> FeatureSet:
    """The feature set that a checkpoint was trained on: the chosen one, else SoccerNet's reduced to 512 numbers.

    Arguments:
        dim: numbers of a sample that the network reads, where they are known.

    Errors:
        BadInputError: there is no such set, or it has another number of them.
    """
    name = choices.features or _FEATURES
    if name not in SOCCERNET:
        raise BadInputError(
            "there is no such feature set of SoccerNet", where=name, fix=f"Known: {', '.join(SOCCERNET)}"
        )
    features = SOCCERNET[name]
    if dim is not None and dim != features.dim:
        raise BadInputError(
            f"this model reads {dim} numbers a sample, {name} has {features.dim}",
            where=checkpoint.path,
            fix="Give the features it was trained on: --features",
        )
    return features


def adopted_baseline(
    checkpoint: Checkpoint,
    system_name: str,
    state: Mapping[str, Tensor],
    classes: ClassTable,
    features: FeatureSet,
    *,
    code: str,
    licence: str,
    **settings: Any,
) -> Adopted:
    """A baseline as a model of ours, which reads the features at the rate of their set.

    Arguments:
        state: its weights in our layout; code: folder of the public code; settings: of the system's configuration.

    Errors:
        BadInputError: weights of other names or shapes.
    """
    kind = system(system_name)
    config = kind.configure(classes=classes.names, rate=features.rate, **settings)
    network = kind.build(config)
    require_weights(network, state, checkpoint, code)
    notes = (f"clips of {config.window / features.rate:g} s, suppression {config.suppression:g} s",)
    card = Card(
        name=f"{system_name} ({checkpoint.path.name.split('.')[0]})",
        system=system_name,
        paper=kind.paper,
        config=asdict(config),
        class_table=classes.name,
        classes=classes.names,
        input=input_of([features], features.rate),
        window=config.window,
        entities=None,
        training={"data": "published checkpoint", "code": code, "splits": [TRAIN]},
        scores={},
        domain=BROADCAST,
        licence=licence,
        notes=notes if config.suppression else (),
        task=kind.task,
    )
    return Adopted(network, card, classes)
