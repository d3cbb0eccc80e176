"""What a run starts from: the trunk of the entity model, or an earlier stage."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file
from torch import nn

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.models.card import CARD_FILE, WEIGHTS_FILE, read_card
from spotting_core.models.registry import AnySystem


def start_from_trunk(trunk: nn.Module, entity_model: str) -> int:
    """Copy the entity model's trunk into another one; returns how many tensors were copied.

    Errors:
        BadInputError: there is no such model, or the two trunks share little.
    """
    from spotting_core.entities.vision_language import entity_model_folder

    folder = entity_model_folder(entity_model)
    if folder is None:
        raise BadInputError("there is no entity model of this name", where=entity_model, fix="Train it first")
    prefix = "visual.trunk.trunk."
    theirs = {k.removeprefix(prefix): v for k, v in load_file(folder / WEIGHTS_FILE).items() if k.startswith(prefix)}
    own = trunk.state_dict()
    copied = 0
    for name, value in own.items():
        source = theirs.get(name.replace(".conv1.conv.", ".conv1."))
        if source is not None and source.shape == value.shape:
            value.copy_(source)
            copied += 1
    if copied < len(own) // 2:
        raise BadInputError("the trunk of this entity model does not fit", where=entity_model)
    return copied


def earlier_folder(name: str) -> Path | None:
    """Folder of an earlier model: of a stage, or by the name of one of others that was added; None where none is."""
    places = (Path(name), DataDirectory.default().models / name) if name else ()
    return next((place for place in places if (place / WEIGHTS_FILE).is_file()), None)


def check_earlier_stage(folder: str, system: AnySystem, stage: str) -> None:
    """Refuse weights of the same system that have been further than a stage: one without labels that began with them
    would know the labels.

    Errors:
        BadInputError: see above.
    """
    place = earlier_folder(folder)
    if place is None or not (place / CARD_FILE).is_file():
        return
    card = read_card(place)
    stages = list(system.stages)
    theirs = card.training.get("stage", system.task)  # one trained further names none, and has learned from labels
    if card.system == system.name and theirs in stages and stages.index(theirs) > stages.index(stage):
        raise BadInputError(
            f"these weights have been through the stage {theirs}, which comes after {stage}",
            where=place,
            fix=f"Start from weights of an earlier stage: {', '.join(stages)} in this order",
        )


def start_from_stage(network: nn.Module, folder: str) -> int:
    """Take an earlier model's weights where name and shape agree; returns how many tensors were copied.

    Arguments:
        folder: of an earlier stage, or the name of a model of others that was added.

    Errors:
        BadInputError: there is no such model, or less than half of its weights have a place here.
    """
    place = earlier_folder(folder)
    if place is None:
        raise BadInputError(
            "there is no model of the earlier stage here, and none of this name was added",
            where=folder,
            fix="Run that stage first, or add the model: touchline models add",
        )
    path = place / WEIGHTS_FILE
    own, theirs = network.state_dict(), load_file(path)
    shared = [name for name, value in theirs.items() if name in own and own[name].shape == value.shape]
    if len(shared) < len(theirs) // 2:
        raise BadInputError("the model of the earlier stage is of another kind", where=path)
    for name in shared:
        own[name].copy_(theirs[name])
    return len(shared)
