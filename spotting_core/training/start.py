"""What a run starts from: the trunk of the entity model, or an earlier stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.models.card import CARD_FILE, WEIGHTS_FILE, read_card
from spotting_core.models.load import read_weights
from spotting_core.models.registry import AnySystem, SystemConfig


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
    theirs = {k.removeprefix(prefix): v for k, v in read_weights(folder / WEIGHTS_FILE).items() if k.startswith(prefix)}
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


def existing_earlier_folder(name: str) -> Path:
    """Folder of an earlier model, see ``earlier_folder``.

    Errors:
        BadInputError: there is none.
    """
    place = earlier_folder(name)
    if place is None:
        inside = Path(name) / "model"
        of_run = f"This is the folder of a run: name its model, {inside}"
        raise BadInputError(
            "there is no model of the earlier stage here, and none of this name was added",
            where=name,
            fix=of_run
            if (inside / WEIGHTS_FILE).is_file()
            else "Run that stage first, or add the model: touchline models add",
        )
    return place


def check_earlier_stage(folder: str, system: AnySystem, stage: str, config: SystemConfig) -> None:
    """Refuse weights that a stage cannot go on from, before anything takes time.

    Weights of the same system must not have been further than the stage: one without labels that began with them would
    know the labels. Where a system has several stages they must be of a network of the same size, for what has no
    place in it would stay as it was drawn, and in some stages for good.

    Errors:
        BadInputError: there is no such model, or see above.
    """
    place = existing_earlier_folder(folder)
    if not (place / CARD_FILE).is_file():
        if system.earlier_stages:
            what = "the model of the earlier stage has no card, which says through which stages its weights have been"
            raise BadInputError(what, where=place, fix=f"Copy the {CARD_FILE} of its folder with it")
        return
    card = read_card(place)
    if card.system == system.name and system.earlier_stages:
        _check_same_size(place, card.config, system, config)
    stages = list(system.stages)
    theirs = card.training.get("stage", system.task)  # one trained further names none, and has learned from labels
    if card.system == system.name and theirs not in stages:
        known = ", ".join(stages)
        what = f"the card of the earlier stage names the stage {theirs!r}, of which {system.name} knows nothing"
        raise BadInputError(what, where=place / CARD_FILE, fix=f"Its stages: {known}")
    if card.system == system.name and stages.index(theirs) > stages.index(stage):
        raise BadInputError(
            f"these weights have been through the stage {theirs}, which comes after {stage}",
            where=place,
            fix=f"Start from weights of an earlier stage: {', '.join(stages)} in this order",
        )


def _check_same_size(place: Path, settings: Mapping[str, Any], system: AnySystem, config: SystemConfig) -> None:
    """Refuse a model of a network with other weights, but for other classes.

    Errors:
        BadInputError: see above; names the settings that differ.
    """
    theirs = system.configure(**{**settings, "classes": config.classes})
    shapes = _shapes(system, config)
    if _shapes(system, theirs) == shapes:
        return

    def shaping(name: str, value: Any) -> bool:
        try:
            return _shapes(system, replace(config, **{name: value})) != shapes
        except ValueError:  # it does not go with the others
            return True

    own = asdict(config)
    differ = {name: value for name, value in asdict(theirs).items() if value != own[name] and shaping(name, value)}
    named = ", ".join(f"{name} = {value} (here {own[name]})" for name, value in differ.items())
    raise BadInputError(
        f"the model of the earlier stage has a network of another size: {named}",
        where=place,
        fix="Give both stages the same settings under [config.model], and run the earlier one again",
    )


def _shapes(system: AnySystem, config: SystemConfig) -> dict[str, torch.Size]:
    """Of the weights of a network, without making any."""
    with torch.device("meta"):
        return {name: value.shape for name, value in system.build(config).state_dict().items()}


def start_from_stage(network: nn.Module, folder: str, *, whole: bool = False) -> int:
    """Take an earlier model's weights where name and shape agree; returns how many tensors were copied.

    Arguments:
        folder: of an earlier stage, or the name of a model of others that was added.
        whole: whether each weight of the network has to be there, if not of the same shape.

    Errors:
        BadInputError: there is no such model, it is damaged, or less than half of its weights have a place here.
    """
    path = existing_earlier_folder(folder) / WEIGHTS_FILE
    own, theirs = network.state_dict(), read_weights(path)
    shared = [name for name, value in theirs.items() if name in own and own[name].shape == value.shape]
    if len(shared) < len(theirs) // 2:
        raise BadInputError(
            f"of its {len(theirs)} weights {len(shared)} have a place in this network: the model of the earlier stage "
            "is of another kind",
            where=path,
            fix="Start from a model of the same system and settings, or leave out start_from",
        )
    missing = sorted(own.keys() - theirs.keys())
    if whole and missing:
        raise BadInputError(
            f"the model of the earlier stage lacks {len(missing)} of the weights of its network ({missing[0]})",
            where=path,
            fix="The file is of another network, or was changed: copy it again",
        )
    for name in shared:
        own[name].copy_(theirs[name])
    return len(shared)
