"""The registry: every system by name, behind one interface.

A system declares what it is instead of being asked: its task, what it reads, how its windows lie, what they should
say, how what its network computes becomes scores, and the stages of its training. What is trained, analysed, stored,
explained and compared goes through these, whatever the paper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from importlib import import_module
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from spotting_core.base.errors import BadInputError
from spotting_core.base.extensions import SYSTEMS, extensions
from spotting_core.base.validation import InvalidContentError, Positive, PositiveNumber, unknown_names, validated
from spotting_core.domain.findings import Finding
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import METHODS
from spotting_core.models.bounds import problem_of
from spotting_core.models.decoding import Decoding
from spotting_core.models.inputs import Inputs
from spotting_core.models.network import Network
from spotting_core.models.targets import AnchorTargets, Targets, anchor_targets
from spotting_core.models.window import Output, Window
from spotting_core.models.window_plan import MIDDLE, REPEATED, ZEROS, WindowPlan

_MODULES = (
    "entity_attention",
    "comedian",
    "published_e2e_spot",
    "published_uglf",
    "published_t_deed",
    "published_comedian",
    "published_ball_action",
    "pooling",
    "calf",
    "calf_calibration",
    "dense_anchors",
    "two_stage",
    "basic_shots",
    "calf_shots",
    "whole_shots",
    "calf_grounding",
    "netvlad_grounding",
    "latest_action",
    "grounding_transformer",
    "frame_boundaries",
    "frame_differences",
    "pitch_lines",
)
SPOTTING = "spotting"
"""The task of a system, and the stage of its training, where nothing else is said."""


@dataclass(frozen=True)
class SystemConfig:
    """What every system's configuration has.

    Arguments:
        classes: names in the order of the score columns.
        rate: samples per second.
        window: samples per window at inference.
        before, after: samples at the two ends of a window whose scores are not used, for they saw too little.
        suppression: full width in seconds of the window in which one spot of a class stays; 0 for the class table's.
        suppression_method: how that is done in the paper (see ``domain.suppression``), or empty.
        confidence_radius: seconds around an action within which an anchor is positive.
        displacement_radius: seconds around an action within which an anchor learns how far it is.
    """

    classes: tuple[str, ...] = ()
    rate: PositiveNumber = 2.0
    window: Positive = 100
    before: int = 0
    after: int = 0
    suppression: float = 0.0
    suppression_method: str = ""
    confidence_radius: float = 1.0
    displacement_radius: float = 2.0

    def __post_init__(self) -> None:
        if self.suppression_method and self.suppression_method not in METHODS:
            raise ValueError(
                f"suppression_method must be one of {', '.join(METHODS)}, not {self.suppression_method[:40]!r}"
            )
        if self.kept < 1 or (self.whole and self.kept > 1):
            left = "one sample" if self.whole else "something"
            raise ValueError(
                f"before and after must leave {left} of the window, {self.before} and {self.after} leave "
                f"{self.kept} of {self.window}"
            )

    @property
    def kept(self) -> int:
        """Samples of a window whose scores are used."""
        return self.window - self.before - self.after

    @property
    def whole(self) -> bool:
        """Whether a window is judged as a whole: its output is one row, for the sample ``before``."""
        return False

    @property
    def together(self) -> int:
        """Samples that the network reads as one; clips and windows are whole numbers of them."""
        return 1

    def divisions(self) -> Sequence[tuple[str, int, str, int]]:
        """What has to divide what: name and value of the one, name and value of the other."""
        return ()


@dataclass(frozen=True)
class FeatureConfig(SystemConfig):
    """What the configuration of a system that reads features has besides.

    Arguments:
        dim: numbers per sample.
    """

    dim: Positive = 512

    def with_sets(self, widths: tuple[int, ...]) -> FeatureConfig:
        """The same for feature sets of these widths side by side; systems that treat them alike only know their sum."""
        settings: dict[str, Any] = {"dim": sum(widths)}
        if "sets" in {f.name for f in fields(self)}:
            settings["sets"] = widths
        return replace(self, **settings)

    @property
    def exact(self) -> bool:
        """Whether a window has exactly ``window`` samples; else it has at most so many."""
        return self.whole

    def features_of(self, window: Window) -> Tensor:
        """The features of a window, checked, as every ``forward`` that reads features takes them: (B, T, dim).

        Errors:
            ValueError: there are none, or of a width or length that the network does not have; names both.
        """
        features = window.features
        if features is None:
            raise ValueError("this model reads features; the window has none")
        if features.ndim != 3 or features.shape[2] != self.dim:
            raise ValueError(f"this model reads features (B, T, {self.dim}); the window's are {tuple(features.shape)}")
        samples = features.shape[1]
        if samples > self.window or (self.exact and samples < self.window):
            most = "" if self.exact else "at most "
            raise ValueError(f"this model reads windows of {most}{self.window} samples; the window has {samples}")
        return features


def dense_targets(
    spots: Iterable[Spot], times: np.ndarray, config: SystemConfig, valid: np.ndarray | None = None
) -> AnchorTargets:
    """Dense anchors with the radii of a configuration (see ``anchor_targets``)."""
    return anchor_targets(
        spots,
        times,
        config.classes,
        confidence_radius=config.confidence_radius,
        displacement_radius=config.displacement_radius,
        valid=valid,
    )


def reads_features(config: SystemConfig) -> Inputs:
    """The inputs of a system that reads feature sets alone.

    Errors:
        TypeError: its configuration does not say how many numbers they have.
    """
    if not isinstance(config, FeatureConfig):
        raise TypeError(f"{type(config).__name__} is no FeatureConfig: such a system has to say its inputs")
    return Inputs(features=config.dim)


def kept_middles(config: SystemConfig) -> WindowPlan:
    """Windows that move on by what they keep, or from sample to sample where they are judged as a whole."""
    step = 1 if config.whole else config.kept
    outside = REPEATED if config.whole else ZEROS
    return WindowPlan(config.window, step, config.before, config.after, MIDDLE, outside, config.whole)


# What a system is of is known to its own module; all others ask it with the configuration that it has made and the
# network that it has built, so to them it is a system of any configuration and any network.
_Finding = TypeVar("_Finding", bound=Finding, covariant=True)
_Config = TypeVar("_Config", bound=SystemConfig, covariant=True)
_Network = TypeVar("_Network", bound=Network, covariant=True)
_Targets = TypeVar("_Targets", bound=Targets, covariant=True)

TargetsOf = Callable[[Sequence[_Finding], np.ndarray, _Config, np.ndarray | None], _Targets]
"""What is true of a half, times int64 (T,) of the samples of a clip in microseconds, the configuration, and which of
the samples are real, bool (T,) or None for all, to what the clip should say."""
TaughtBy = Callable[[np.ndarray | None, np.ndarray, _Config, np.ndarray | None], _Targets]
"""The same with the features of a teacher, float32 (T, D), in place of what is true."""
LossOf = Callable[[_Network, Output, _Targets], Tensor]
"""The network, what it says of a batch and what it should say, to a scalar."""


@dataclass(frozen=True)
class Sliding(Generic[_Network]):
    """A network in two parts, for windows that are judged as a whole: each sample is encoded once, though it lies in
    many windows.

    Arguments:
        encode: (network, features (T, D)) to (T, E).
        judge: (network, encoded (B, window, E)) to the output.
    """

    encode: Callable[[_Network, Tensor], Tensor]
    judge: Callable[[_Network, Tensor], Output]


@dataclass(frozen=True)
class Stage(Generic[_Finding, _Config, _Network, _Targets]):
    """One stage of a system's training.

    Arguments:
        targets: of one clip; what is true is nothing where the stage is not labelled.
        loss: of what is trained (``build``).
        labelled: whether its targets come from truth; else a match needs no labels, and none are read.
        taught: for distillation, in place of ``targets``.
        build: the configuration to what is trained, where that is more than the system's network: it holds the
            network as ``network``, which is what the stage leaves.
        clip: samples of its clips, where they are not those of a window.
        views: for a stage that compares two views of each clip: how many samples the second begins earlier or later at
            most.
        keys: for a stage that compares with what earlier clips were: how many of them it remembers, and of how many
            samples each is.
        taught_numbers: how many numbers a sample of the teacher's features must have.
        rests: parts of the network that do not learn.
    """

    targets: TargetsOf[_Finding, _Config, _Targets]
    loss: LossOf[_Network, _Targets]
    labelled: bool = True
    taught: TaughtBy[_Config, _Targets] | None = None
    build: Callable[[_Config], Network] | None = None
    clip: Callable[[_Config], int] | None = None
    views: Callable[[_Config], int] | None = None
    keys: Callable[[_Config], tuple[int, int]] | None = None
    taught_numbers: Callable[[_Config], int] | None = None
    rests: Callable[[_Network], Sequence[nn.Module]] | None = None


AnyStage = Stage[Finding, SystemConfig, Network, Targets]


@dataclass(frozen=True)
class System(Generic[_Finding, _Config, _Network, _Targets]):
    """One entry of the registry.

    Arguments:
        config: its configuration, a dataclass of ``SystemConfig``; build: that to a network.
        loss: of a batch of windows; targets: of one window, which ``loss`` takes in batches.
        inputs: the configuration to what is read; plan: to how windows are laid over a half.
        task: name of the task it is of.
        decoding: how its output becomes scores.
        earlier_stages: stages of training before that on the labels of its task, by name.
        has_environment: whether its network is an ``EnvironmentNetwork``.
        sliding: its network in two parts, where windows are judged as a whole.
        bfloat16: whether it computes in bfloat16 where the device does.
        defaults: override those of the config dataclass.
        paper_settings: those of the paper's own model, by which its parameters are counted; its classes as well where
            they are not those of the task.
    """

    name: str
    paper: str
    config: type[_Config]
    build: Callable[[_Config], _Network]
    loss: LossOf[_Network, _Targets]
    inputs: Callable[[_Config], Inputs] = reads_features
    plan: Callable[[_Config], WindowPlan] = kept_middles
    targets: TargetsOf[_Finding, _Config, _Targets] = dense_targets  # type: ignore[assignment]  # where it spots
    task: str = SPOTTING
    decoding: Decoding = field(default_factory=Decoding)
    earlier_stages: Mapping[str, AnyStage] = field(default_factory=dict)
    has_environment: bool = False
    sliding: Sliding[_Network] | None = None
    bfloat16: bool = False
    defaults: Mapping[str, object] = field(default_factory=dict)
    paper_settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def stages(self) -> dict[str, AnyStage]:
        """All stages of its training by name, in order; the last is named as its task."""
        last = Stage(self.targets, self.loss)
        return {**self.earlier_stages, self.task: last}

    def configure(self, **settings: object) -> _Config:
        """The configuration with some settings changed; lists, as files have them, become tuples.

        Errors:
            BadInputError: a setting that the system does not have, or one that it cannot have.
        """
        unknown = unknown_names(self.config, settings)
        if unknown:
            raise BadInputError(
                f"system {self.name!r}: there is no setting {unknown[0]!r}", fix="Check the configuration"
            )
        try:
            config = validated(self.config, {**self.defaults, **settings})
        except InvalidContentError as error:
            raise BadInputError(f"system {self.name!r}: {error}", fix="Check the configuration") from error
        if problem := problem_of(config):
            raise BadInputError(f"system {self.name!r}: {problem}", fix="Check the configuration")
        for part, value, whole, width in config.divisions():
            if value < 1 or width % value:
                raise BadInputError(
                    f"system {self.name!r}: {part} must divide {whole}, and {value} does not divide {width}",
                    fix="Check the configuration",
                )
        return config

    def paper_parameters(self, classes: tuple[str, ...]) -> int:
        """How many parameters the system has at the paper's own sizes; nothing is allocated for it."""
        with torch.device("meta"):
            network = self.build(self.configure(**{"classes": classes, **self.paper_settings}))
        return sum(p.numel() for p in network.parameters())


AnySystem = System[Finding, SystemConfig, Network, Targets]
_SYSTEMS: dict[str, AnySystem] = {}


def register(system: System[_Finding, _Config, _Network, _Targets]) -> None:
    """Add a system; called once by the module that defines it."""
    if system.name in _SYSTEMS:
        raise ValueError(f"system {system.name!r} is registered twice")
    _SYSTEMS[system.name] = system


def systems() -> dict[str, AnySystem]:
    """All systems by name: ours, then those of other packages."""
    for module in _MODULES:
        import_module(f"spotting_core.models.{module}")
    others = {s.name: s for s in extensions(SYSTEMS, System) if s.name not in _SYSTEMS}
    return {**_SYSTEMS, **others}


def system(name: str) -> AnySystem:
    """One system by name.

    Errors:
        BadInputError: no such system.
    """
    known = systems()
    if name not in known:
        raise BadInputError(f"there is no system called {name!r}", fix=f"Known systems: {', '.join(sorted(known))}")
    return known[name]
