"""Loading and saving models, and everything that is checked on the way.

Whatever could make a model's output silently wrong is compared: classes and their order, the shape the card
describes and that of the weights, the weights themselves. A mismatch is an error that names both sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.base.files import replacing
from spotting_core.computing.finite_weights import check_weights
from spotting_core.computing.fold import fold_batch_norm
from spotting_core.computing.memory_layout import channels_last
from spotting_core.domain.classes import ClassTable
from spotting_core.media.fingerprint import file_hash
from spotting_core.models.card import (
    BUNDLED,
    CARD_FILE,
    WEIGHTS_FILE,
    Card,
    check_classes,
    first_difference,
    model_folder,
    read_card,
    settings_hash,
    write_card,
)
from spotting_core.models.inputs import Inputs
from spotting_core.models.judge import Judge
from spotting_core.models.network import Network
from spotting_core.models.registry import AnySystem, SystemConfig, system

_COPY = "Copy the model folder again"


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to use.

    Arguments:
        network: in evaluation mode.
        config: the system's config dataclass.
        sha256: of the weights; an analysis is found by it and by the ``settings``.
    """

    card: Card
    system: AnySystem
    network: Network
    config: SystemConfig
    classes: ClassTable
    sha256: str
    folder: Path

    @property
    def device(self) -> torch.device:
        return next(self.network.parameters()).device

    @property
    def settings(self) -> str:
        """Hash of the card's configuration: the same weights say other things in another window or reach."""
        return settings_hash(self.card.config)

    @property
    def inputs(self) -> Inputs:
        """What is read of every sample."""
        return self.system.inputs(self.config)

    @property
    def judge(self) -> Judge:
        """The network, ready to be asked."""
        mean, std = (values or () for values in (self.card.input.mean, self.card.input.std))
        return Judge(self.system, self.config, self.network, mean, std)


def trained_network(model: LoadedModel) -> Network:
    """The network as it was trained, on the CPU: a loaded one has folded its batch normalisation into convolutions."""
    network: Network = model.system.build(model.config)
    network.load_state_dict(load_file(model.folder / WEIGHTS_FILE))
    return channels_last(network.eval())


def save_model(folder: Path, network: nn.Module, card: Card, *, precise: bool = False) -> None:
    """Write weights, in half precision unless ``precise``, and, last, the card.

    Errors:
        BadInputError: one is no number, or too large for half precision; nothing is written.
    """
    state = {
        name: (value.half() if value.dtype.is_floating_point and not precise else value)
        .detach()
        .cpu()
        .contiguous()
        .clone()
        for name, value in network.state_dict().items()
    }
    check_weights(state, folder / WEIGHTS_FILE)
    with replacing(folder / WEIGHTS_FILE) as part:
        save_file(state, part)
        part.chmod(0o644)
    write_card(folder, card)


def load_model(name: str | Path = BUNDLED, device: str = "cpu") -> LoadedModel:
    """Load a model and check it against its card.

    Errors:
        BadInputError: see ``read_card``; also classes out of order, settings the system does not know, or
            weights that are damaged or of another shape. Each names both sides.
    """
    folder = model_folder(name)
    card = read_card(folder)
    classes = check_classes(card, folder)
    if "members" in card.config:
        raise BadInputError(
            "an ensemble has no network of its own",
            where=folder,
            fix=f"Name one of its members: {', '.join(_named(card.config['members']))}",
        )
    kind = system(card.system)
    if card.task != kind.task:
        raise BadInputError(
            f"the card says a model of the task {card.task}, its system is of {kind.task}",
            where=folder / CARD_FILE,
            fix="Copy the model folder again",
        )
    config = kind.configure(**card.config)
    if tuple(config.classes) != card.classes:
        raise BadInputError(
            "the card's classes and those of its configuration differ: "
            + first_difference(card.classes, tuple(config.classes)),
            where=folder / CARD_FILE,
        )
    if card.window != config.window:
        raise BadInputError(
            f"the card says a window of {card.window} samples, its configuration one of {config.window}",
            where=folder / CARD_FILE,
            fix="Copy the model folder again",
        )
    state = _weights(_described(kind, config, folder), folder / WEIGHTS_FILE)
    network = kind.build(config)
    network.load_state_dict(state)
    network = channels_last(fold_batch_norm(network.eval()).to(device))
    return LoadedModel(card, kind, network, config, classes, file_hash(folder / WEIGHTS_FILE), folder)


def _named(members: object) -> Iterator[str]:
    """Names of the members that a card of an ensemble lists."""
    for member in members if isinstance(members, list | tuple) else ():
        yield str(member.get("name")) if isinstance(member, dict) else str(member)


def _described(kind: AnySystem, config: SystemConfig, folder: Path) -> dict[str, Tensor]:
    """The weights that a card describes, without any memory taken for them.

    Errors:
        BadInputError: no network can be built so.
    """
    try:
        with torch.device("meta"):
            described: dict[str, Tensor] = kind.build(config).state_dict()
    except TouchlineError:
        raise
    except Exception as error:  # layers refuse what they cannot be in all kinds of ways
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadInputError(
            f"no network can be built as the card describes it ({reason})", where=folder / CARD_FILE, fix=_COPY
        ) from error
    return described


def read_weights(path: Path) -> dict[str, Tensor]:
    """The weights of a file by name.

    Errors:
        BadInputError: missing, damaged, or no numbers.
    """
    state = _read_file(path)
    check_weights(state, path, _COPY)
    return state


def _read_file(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise BadInputError("the weights of this model are missing", where=path, fix="Copy the model folder again")
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise BadInputError(
            f"the weights cannot be read ({error})", where=path, fix="The file is damaged or foreign: copy it again"
        ) from error


def _weights(own: dict[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The weights of a file, which must be those described: names and shapes.

    Errors:
        BadInputError: missing, damaged, or others.
    """
    state = _read_file(path)
    for name in own.keys() & state.keys():
        if own[name].shape != state[name].shape:
            raise BadInputError(
                f"weight {name} has the shape {tuple(state[name].shape)}, the card describes {tuple(own[name].shape)}",
                where=path,
                fix="Card and weights are of different models",
            )
    missing, surplus = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
    if missing or surplus:
        raise BadInputError(
            f"the weights do not fit the card: {len(missing)} missing ({', '.join(missing[:2])}), "
            f"{len(surplus)} unknown ({', '.join(surplus[:2])})",
            where=path,
            fix="Card and weights are of different models",
        )
    check_weights(state, path, _COPY)
    return state
