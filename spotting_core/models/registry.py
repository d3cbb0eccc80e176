"""The registry: every spotting system by name, behind one interface.

A system is a config dataclass, ``build(config)``, ``targets(spots, window)``, ``loss(model, output,
targets)`` and ``predict(model, window)``. What is trained, analysed, stored, explained and compared goes
through these, whatever the paper.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from spotting_core.errors import BadInputError
from spotting_core.models.targets import AnchorTargets, anchor_targets
from spotting_core.models.window import Output, Scores, Window
from spotting_core.settings_check import wrong_setting

_MODULES = ("entity_attention",)


@dataclass(frozen=True)
class SystemConfig:
    """What every system's configuration has.

    Arguments:
        classes: names in the order of the score columns.
        rate: samples per second.
        window: samples per window at inference.
        confidence_radius: seconds around an action within which an anchor is positive.
        displacement_radius: seconds around an action within which an anchor learns how far it is.
    """

    classes: tuple[str, ...] = ()
    rate: float = 2.0
    window: int = 100
    confidence_radius: float = 1.0
    displacement_radius: float = 2.0


@dataclass(frozen=True)
class System:
    """One entry of the registry. ``defaults`` override those of the config dataclass."""

    name: str
    paper: str
    config: type
    build: Callable[[Any], nn.Module]
    loss: Callable[[Any, Output, AnchorTargets], Tensor]
    targets: Callable[..., AnchorTargets] = anchor_targets
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def configure(self, **settings: Any) -> Any:
        """The configuration with some settings changed.

        Errors:
            BadInputError: a setting that the system does not have, or one of the wrong type.
        """
        try:
            config = self.config(**{**self.defaults, **settings})
        except TypeError as error:
            raise BadInputError(f"system {self.name!r}: {error}", fix="Check the configuration") from error
        wrong = wrong_setting(config)
        if wrong is not None:
            raise BadInputError(f"system {self.name!r}: {wrong}", fix="Check the configuration")
        return config


_SYSTEMS: dict[str, System] = {}


def register(system: System) -> None:
    """Add a system; called once by the module that defines it."""
    if system.name in _SYSTEMS:
        raise ValueError(f"system {system.name!r} is registered twice")
    _SYSTEMS[system.name] = system


def systems() -> dict[str, System]:
    """All systems by name."""
    for module in _MODULES:
        import_module(f"spotting_core.models.{module}")
    return dict(_SYSTEMS)


def system(name: str) -> System:
    """One system by name.

    Errors:
        BadInputError: no such system.
    """
    known = systems()
    if name not in known:
        raise BadInputError(f"there is no system called {name!r}", fix=f"Known systems: {', '.join(sorted(known))}")
    return known[name]


@torch.inference_mode()
def predict(model: nn.Module, window: Window) -> list[Scores]:
    """Scores of each window of a batch, on the CPU."""
    output = model(window)
    confidence = output.logits.float().sigmoid().cpu().numpy()
    environment = getattr(model, "environment", None)
    class_map = environment.class_map(output.maps) if environment is not None and output.maps is not None else None

    def part(tensor: Tensor | None, b: int):  # type: ignore[no-untyped-def]
        return (
            None
            if tensor is None
            else tensor[b].cpu().numpy()
            if tensor.dtype == torch.bool
            else tensor[b].float().cpu().numpy()
        )

    return [
        Scores(
            confidence=confidence[b],
            displacement=part(output.displacement, b),
            weight=part(output.weight, b),
            kept=part(output.kept, b),
            features=part(output.pooled, b),
            class_map=part(class_map, b),
        )
        for b in range(len(confidence))
    ]
