"""Training of the systems that read features: poolings, CALF, dense anchors, temporal detection.

Clips are streamed from memory-mapped files (``feature_clips``); the loop, its checkpoints and its log are those of
every other run. What the papers do differently is said by the configuration: how clips are drawn, mixup on the
features, sharpness-aware minimisation, noise.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from spotting_core.classes import ClassTable, load_classes
from spotting_core.data_directory import DataDirectory
from spotting_core.errors import BadInputError
from spotting_core.evaluation.games import Game
from spotting_core.features.extractor import has_own_weights
from spotting_core.features.files import set_of_files
from spotting_core.features.half import FeatureReader
from spotting_core.features.reduction import Reduction, fit_reduction, reduction_file
from spotting_core.features.sets import SOCCERNET, FeatureSet, feature_set
from spotting_core.inference.sliding import score_features
from spotting_core.inference.suppression import Spotting, spots_of_half
from spotting_core.models.registry import FEATURES, FeatureConfig, system
from spotting_core.models.targets import AnchorTargets, Targets, stack_targets
from spotting_core.models.window import Window
from spotting_core.spots import Spot
from spotting_core.training.checkpoint import RunFolder
from spotting_core.training.feature_clips import ACTIONS, GRID, FeatureClips, LabelledFeatures, labelled_features
from spotting_core.training.measure import LEAST, labelled_games
from spotting_core.training.mixup import mix_frames, mix_targets
from spotting_core.training.trainer import TrainingConfig
from spotting_core.training.validated import ValidatedTrainer

_FLOAT = 4  # bytes


@dataclass(frozen=True)
class FeatureTrainingConfig(TrainingConfig):
    """Everything that decides the outcome of a run.

    Arguments:
        system: name in the registry; model: its settings.
        classes: name of the class table.
        features: names of the sets, in the order in which the model reads them: SoccerNet's, those made here, a model
            folder, a timm backbone, or what the files ``1_NAME.npy`` beside the training matches are named.
        weights: of the timm backbones among them, by name: their files.
        reduction: principal components that each set is reduced to, fitted on the training data; 0 for none.
        sampling, action_share, rarity: see ``FeatureClips``.
        mixup: parameter of the Beta distribution of λ, 0 for none; mixup_share: of the batches. A mixed batch
            teaches the confidence alone.
        noise: spread of what is added to the features, as a share of theirs.
        validation: splits that choose the weights; validate_every: steps; patience: validations without
            an improvement after which the run ends; choose_by: ``tight`` or ``loose``.
        memory: MiB that batches may take, made ahead and in the making.
        matches: at most so many of each training split, the first ones; 0 for all.
    """

    system: str = "netvlad++"
    model: dict[str, Any] = field(default_factory=dict)
    classes: str = "soccernet-v2"
    features: tuple[str, ...] = ("environment",)
    weights: dict[str, str] = field(default_factory=dict)
    reduction: int = 0
    sampling: str = ACTIONS
    action_share: float = 0.6
    rarity: float = 0.5
    mixup: float = 0.0
    mixup_share: float = 0.5
    noise: float = 0.0
    validation: tuple[str, ...] = ("val",)
    validate_every: int = 100
    patience: int = 10
    choose_by: str = "tight"
    memory: int = 512
    matches: int = 0

    def __post_init__(self) -> None:
        if self.sampling not in (GRID, ACTIONS):
            raise ValueError(f"sampling must be {GRID} or {ACTIONS}, not {self.sampling!r}")
        if self.choose_by not in ("tight", "loose"):
            raise ValueError(f"choose_by must be tight or loose, not {self.choose_by!r}")
        if not isinstance(self.weights, dict) or not all(isinstance(v, str) for v in self.weights.values()):
            raise ValueError(f"weights must be files by the names of backbones, not {self.weights!r}")
        for name in self.weights:
            if name not in self.features:
                raise ValueError(f"weights are given of {name!r}, which is not among the features")


@dataclass(frozen=True)
class FeatureBatch:
    """Clips of one step: float32 (B, T, D); partner and share of mixup, or None."""

    features: Tensor
    targets: Targets
    partner: Tensor | None
    share: Tensor | None


class FeatureTrainer(ValidatedTrainer[FeatureBatch]):
    """One run of a system that reads features."""

    def __init__(self, config: FeatureTrainingConfig, root: Path, run: Path, data: DataDirectory, device: str) -> None:
        self.table = load_classes(config.classes)
        self.system = system(config.system)
        if self.system.reads != FEATURES:
            raise BadInputError(f"{config.system} does not read features")
        for split in (*config.data, *config.validation):  # a mistyped folder is told before anything takes time
            labelled_games(root / split)
        self.reader = _reader(config, root, run, data, device)
        given = {"classes": self.table.names, "rate": config.rate, **config.model}
        widths = tuple(s.dim for s in self.reader.sets)
        self.model_config: FeatureConfig = self.system.configure(**given).with_sets(widths)
        torch.manual_seed(config.seed)
        nothing = self.system.targets((), np.zeros(self.model_config.window, np.int64), self.model_config, None)
        if config.mixup and not nothing.blends:
            raise BadInputError(f"what {config.system} learns from two clips cannot be blended", fix="Set mixup = 0.0")
        self.chosen_by = config.choose_by
        super().__init__(self.system.build(self.model_config), config, run, device)
        self._keep_to_budget()
        self.matches = labelled_features([root / s for s in config.data], self.reader, data, most=config.matches)
        self.validation = labelled_features([root / s for s in config.validation], self.reader, data)
        self.clips = FeatureClips(
            [half for match in self.matches for half in match.halves],
            self.system,
            self.model_config,
            config.seed,
            config.sampling,
            config.action_share,
            config.rarity,
        )

    def _keep_to_budget(self) -> None:
        """Make so few batches at once that they stay within the memory that the run may have.

        A batch in the making takes its clips beside itself, and its noise; one waits, and one is in use, which mixup
        makes twice more.

        Errors:
            BadInputError: there is not room for one of each.
        """
        batch = self.config.batch * self.model_config.window * self.model_config.dim * _FLOAT
        making, beside = 3 if self.config.noise else 2, 4 if self.config.mixup else 2
        self.makers = min(self.makers, ((self.config.memory << 20) // batch - beside) // making)
        if self.makers < 1:
            raise BadInputError(
                f"batches of {self.config.batch} clips need {-(-batch * (beside + making) >> 20)} MiB, "
                f"they may take {self.config.memory}",
                fix="Raise memory, or make batch smaller",
            )
        self.batches_ahead = self.makers + 1

    def make_batch(self, step: int) -> FeatureBatch:
        clips = [self.clips.draw(step * self.config.batch + k) for k in range(self.config.batch)]
        features = torch.stack([c.features for c in clips])
        rng = random.Random(f"{self.config.seed}/mix/{step}")
        if self.config.noise:
            generator = torch.Generator().manual_seed(rng.getrandbits(32))
            spread = self.config.noise * features.std()
            features.add_(torch.randn(features.shape, generator=generator).mul_(spread))  # in place: it is counted
        partner = share = None
        if self.config.mixup and rng.random() < self.config.mixup_share:
            order = list(range(len(clips)))
            rng.shuffle(order)
            partner = torch.tensor(order)
            share = torch.tensor([rng.betavariate(self.config.mixup, self.config.mixup) for _ in clips])
        return FeatureBatch(features, stack_targets([c.targets for c in clips]), partner, share)

    def losses(self, batch: FeatureBatch) -> dict[str, Tensor]:
        features = batch.features.to(self.device)
        targets = batch.targets.map(lambda v: v.to(self.device))
        if batch.partner is not None and batch.share is not None:
            partner, share = batch.partner.to(self.device), batch.share.to(self.device)
            features, targets = mix_frames(features, partner, share), mixed_targets(targets, partner, share)
        output = self.model(Window(features=features))
        return {"spotting": self.system.loss(self.model, output, targets)}

    def spotted(self) -> list[Game]:
        return spot_features(self.average.model, self.model_config, self.validation, self.table, self.device)


def mixed_targets(targets: Targets, partner: Tensor, share: Tensor) -> Targets:
    """Blended targets; the displacement of mixed clips counts for nothing, for only the confidence learns from them."""
    if isinstance(targets, AnchorTargets):
        mixed = mix_targets(targets, partner, share)
        return replace(mixed, near=torch.zeros_like(mixed.near))
    return targets.map(lambda v: torch.lerp(v[partner], v, share.view(-1, *[1] * (v.ndim - 1))))


def _reader(config: FeatureTrainingConfig, root: Path, run: Path, data: DataDirectory, device: str) -> FeatureReader:
    """What reads the features; reductions are fitted on the training data once, and kept with the run.

    Before a run's first checkpoint they are fitted anew: what lies there may be of other settings.
    """
    sets = [_set_of(name, config, root) for name in config.features]
    if not config.reduction:
        return FeatureReader(sets, config.rate, device=device)
    reductions: dict[str, Reduction] = {}
    begun = RunFolder(run).load(config.fingerprint()) is not None
    for kind in sets:
        path = run / reduction_file(kind.name)
        if begun and not path.is_file():
            raise BadInputError(
                "this run has a checkpoint, but not the reduction it was trained with",
                where=path,
                fix="Copy it beside the checkpoint, or delete the run to start again",
            )
        if not begun:
            plain = FeatureReader([kind], kind.rate, device=device)
            matches = labelled_features([root / s for s in config.data], plain, data, most=config.matches)
            raw = (half.features.parts[0].values for match in matches for half in match.halves)
            fit_reduction(raw, config.reduction).save(path)
        reductions[kind.name] = Reduction.load(path)
    reduced: list[FeatureSet] = [replace(s, dim=reductions[s.name].dim) for s in sets]
    return FeatureReader(reduced, config.rate, reductions, device)


def _set_of(name: str, config: FeatureTrainingConfig, root: Path) -> FeatureSet:
    weights = config.weights.get(name, "")
    if name not in SOCCERNET and not weights and not has_own_weights(name):
        filed = set_of_files([root / split for split in config.data], name, config.rate)
        if filed is not None:
            return filed
    return feature_set(name, config.rate, weights)


def spot_features(
    network: torch.nn.Module,
    config: FeatureConfig,
    matches: Sequence[LabelledFeatures],
    table: ClassTable,
    device: torch.device,
) -> list[Game]:
    """Spots of labelled matches by a model, for evaluation."""
    table = table.with_suppression(config.suppression) if config.suppression else table
    games = []
    for match in matches:
        predicted: list[Spot] = []
        for half in match.halves:
            scores = score_features(network, config, half.features, device)
            predicted += spots_of_half(
                half.features.half,
                half.features.times,
                scores.confidence,
                scores.displacement,
                table,
                Spotting(threshold=LEAST),
                source=type(config).__name__,
                end=half.end,
            )
        games.append(Game(match.name, match.truth, predicted))
    return games
