"""Training of the systems that read frames: the joint stage of ``entity-attention``, and ``e2e-spot``.

The environment may start from the trunk of the entity model (``trunk_from``): both are RegNetY-002, and a
trunk that has learned to tell players from grass needs less time to learn what they do. Everything is
trained jointly from there; entities are found in the pixels of the training videos by the entity model,
which stays as it is.

A run may start from an earlier stage (``start_from``), and a stage may leave the environment as it is
(``environment_stays``): then every frame is looked at once, before the first step, and a step costs a tenth.

In a share of the clips the environment is dark (``dark_share``). The environment alone tells most classes on
the matches it was trained on, so a model that always sees it never learns to read the entities.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from spotting_core.classes import load_classes
from spotting_core.data_directory import DataDirectory
from spotting_core.entities.finder import EntityFinder
from spotting_core.entities.stored import stored_entities
from spotting_core.errors import BadInputError
from spotting_core.evaluation.games import Game
from spotting_core.formats.labels_v2 import FILE_NAME as LABELS_FILE
from spotting_core.formats.labels_v2 import read_labels
from spotting_core.inference.suppression import Spotting, spots_of_half
from spotting_core.inference.windows import ScoreAverage, window_spans
from spotting_core.media.frame_store import store_frames
from spotting_core.media.pixels import normalised
from spotting_core.media.source import open_match
from spotting_core.models.card import WEIGHTS_FILE
from spotting_core.models.registry import predict, system
from spotting_core.models.targets import AnchorTargets, stack_targets
from spotting_core.models.window import EntitySet, Output, Window, stack_entities
from spotting_core.precision import half_precision
from spotting_core.spots import Spot
from spotting_core.training.clips import ClipSource, TrainingHalf, vary
from spotting_core.training.measure import LEAST, labelled_games
from spotting_core.training.mixup import mix_entities, mix_frames, mix_targets
from spotting_core.training.trainer import TrainingConfig
from spotting_core.training.validated import ValidatedTrainer


@dataclass(frozen=True)
class SpottingTrainingConfig(TrainingConfig):
    """Everything that decides the outcome of a run.

    Arguments:
        system: name in the registry; model: its settings.
        classes: name of the class table.
        clip: samples per training clip.
        mixup: parameter of the Beta distribution of λ; 0 for none; mixup_share: of the batches.
        validation: splits that choose the weights; validate_every: steps; patience: validations without
            an improvement after which the run ends.
        trunk_from: name or folder of the entity model whose trunk the environment starts from, or empty.
        start_from: model folder of an earlier stage, whose weights are taken where name and shape agree, or empty.
        environment_stays: the environment is used as it is and only the rest learns, for a stage in between.
        dark_share: of the clips in which the environment's features are zero and the entities must do.
        rarity: power of a class's frequency with which its clips are drawn; action_share: of the clips that are laid
            around an action.
        stages_stay: how many of the trunk's first stages are used as they are; 1 is the stem. Edges and colours look
            alike to every model, and on a processor these stages take half of a step.
        entity_model, prompts: what finds the entities.
    """

    system: str = "entity-attention"
    model: dict[str, Any] = field(default_factory=dict)
    classes: str = "soccernet-v2"
    clip: int = 64
    mixup: float = 0.3
    mixup_share: float = 0.5
    validation: tuple[str, ...] = ("val",)
    validate_every: int = 250
    patience: int = 6
    trunk_from: str = ""
    start_from: str = ""
    environment_stays: bool = False
    stages_stay: int = 0
    dark_share: float = 0.0
    rarity: float = 0.5
    action_share: float = 0.6
    entity_model: str = "entities"
    prompts: str = "football"


@dataclass(frozen=True)
class ClipBatch:
    """Clips of one step: frames still as bytes (B, T, H, W, 3), or their features (B, T, D).

    Arguments:
        partner, share: of mixup, or None; dark: bool (B,), clips without environment features.
    """

    images: Tensor | None
    features: Tensor | None
    dark: Tensor
    entities: EntitySet | None
    targets: AnchorTargets
    partner: Tensor | None
    share: Tensor | None


@dataclass(frozen=True)
class LabelledMatch:
    """A match's halves with its true spots."""

    name: str
    halves: Sequence[TrainingHalf]
    truth: Sequence[Spot]


class SpottingTrainer(ValidatedTrainer[ClipBatch]):
    """One run of a system that reads frames."""

    def __init__(self, config: SpottingTrainingConfig, root: Path, run: Path, data: DataDirectory, device: str) -> None:
        self.table = load_classes(config.classes)
        self.system = system(config.system)
        for split in (*config.data, *config.validation):  # a mistyped folder is told before anything takes time
            labelled_games(root / split)
        self.model_config = self.system.configure(**{"classes": self.table.names, "rate": config.rate, **config.model})
        torch.manual_seed(config.seed)
        model: Any = self.system.build(self.model_config)
        if config.trunk_from:
            start_from_trunk(model, config.trunk_from)
        if config.start_from:
            start_from_stage(model, config.start_from)
        self.resting = list(model.environment.trunk.children())[: config.stages_stay]
        if config.environment_stays:
            self.resting = [model.environment]
        for part in self.resting:
            part.requires_grad_(False)
        super().__init__(model, config, run, device)
        self.matches = self._matches(config.data, root, data)
        self.validation = self._matches(config.validation, root, data)
        radii = (self.model_config.confidence_radius, self.model_config.displacement_radius)
        halves = [half for match in self.matches for half in match.halves]
        if config.environment_stays:
            halves = [replace(h, features=known_features(self.model.environment, h, self.device)) for h in halves]
        self.source = ClipSource(halves, self.table.names, config.clip, radii, config.rarity, config.action_share)

    def _matches(self, splits: Sequence[str], root: Path, data: DataDirectory) -> list[LabelledMatch]:
        finder = None
        if self.model_config.entities:
            finder = EntityFinder.load(self.config.entity_model, prompts=self.config.prompts, device=self.device.type)
        return labelled_matches(
            [root / s for s in splits],
            data,
            rate=self.config.rate,
            size=(self.model_config.width, self.model_config.height),
            finder=finder,
            most=self.model_config.entities,
        )

    def make_batch(self, step: int) -> ClipBatch:
        rng = random.Random(f"{self.config.seed}/{step}")
        clips = [vary(self.source.draw(rng), rng) for _ in range(self.config.batch)]
        partner = share = None
        if self.config.mixup and rng.random() < self.config.mixup_share:
            order = list(range(len(clips)))
            rng.shuffle(order)
            partner = torch.tensor(order)
            share = torch.tensor([rng.betavariate(self.config.mixup, self.config.mixup) for _ in clips])
            share = torch.maximum(share, 1 - share)
        entities = [c.entities for c in clips if c.entities is not None]
        images = [c.images for c in clips if c.images is not None]
        features = [c.features for c in clips if c.features is not None]
        return ClipBatch(
            torch.stack(images) if images else None,
            torch.cat(features) if features else None,
            torch.tensor([rng.random() < self.config.dark_share for _ in clips]),
            stack_entities(entities) if entities else None,
            stack_targets([c.targets for c in clips]),
            partner,
            share,
        )

    def losses(self, batch: ClipBatch) -> dict[str, Tensor]:
        for part in self.resting:
            part.eval()  # its batch statistics stay as well
        entities = batch.entities.map(lambda v: v.to(self.device)) if batch.entities else None
        targets = batch.targets.map(lambda v: v.to(self.device))
        seen = self._seen(batch)
        if batch.partner is not None and batch.share is not None:
            partner, share = batch.partner.to(self.device), batch.share.to(self.device)
            seen = mix_frames(seen, partner, share)
            entities = mix_entities(entities, partner, share) if entities else None
            targets = mix_targets(targets, partner, share)
        with half_precision(self.device):
            output = self._output(seen, batch, entities)
        return {"spotting": self.system.loss(self.model, output, targets)}

    def _seen(self, batch: ClipBatch) -> Tensor:
        """Pixels (B, T, 3, H, W) of the batch, or its features (B, T, D)."""
        if batch.images is not None:
            return clip_pixels(batch.images, self.device)
        assert batch.features is not None
        return batch.features.to(self.device)

    def _output(self, seen: Tensor, batch: ClipBatch, entities: EntitySet | None) -> Output:
        light = (~batch.dark).to(self.device, torch.float32)
        if batch.images is None:
            return self.model.from_pooled(seen * light.view(-1, 1, 1), Window(entities=entities))
        maps = self.model.environment.feature_map(seen)
        return self.model(Window(maps=maps * light.view(-1, 1, 1, 1, 1).to(maps.dtype), entities=entities))

    def spotted(self) -> list[Game]:
        return spot_matches(self.average.model, self.model_config, self.validation, self.table, self.device)


def clip_pixels(images: Tensor, device: torch.device) -> Tensor:
    """uint8 (B, T, H, W, 3) to normalised (B, T, 3, H, W)."""
    flat = normalised(images.flatten(0, 1), device=device)
    return flat.view(*images.shape[:2], *flat.shape[1:])


@torch.inference_mode()
def known_features(environment: Any, half: TrainingHalf, device: torch.device, *, window: int = 100) -> np.ndarray:
    """Environment features of a half's frames as filmed and mirrored, window by window: float16 (2, T, D)."""
    environment.eval()
    parts: list[np.ndarray] = []
    for start in range(0, len(half), window):
        frames = np.stack([half.frames[i] for i in range(start, min(len(half), start + window))])
        both = torch.from_numpy(np.stack([frames, frames[:, :, ::-1]]))
        with half_precision(device):
            maps = environment.feature_map(clip_pixels(both, device))
        parts.append(maps.float().mean((3, 4)).half().cpu().numpy())
    return np.concatenate(parts, axis=1)


def start_from_trunk(model: Any, entity_model: str) -> int:
    """Copy the entity model's trunk into the environment; returns how many tensors were copied.

    Errors:
        BadInputError: the two trunks share nothing.
    """
    from spotting_core.entities.vision_language import model_folder

    folder = model_folder(entity_model)
    if folder is None:
        raise BadInputError("there is no entity model of this name", where=entity_model, fix="Train it first")
    prefix = "visual.trunk.trunk."
    theirs = {
        k.removeprefix(prefix): v for k, v in load_file(folder / "model.safetensors").items() if k.startswith(prefix)
    }
    own = model.environment.trunk.state_dict()
    copied = 0
    for name, value in own.items():
        source = theirs.get(name.replace(".conv1.conv.", ".conv1."))
        if source is not None and source.shape == value.shape:
            value.copy_(source)
            copied += 1
    if copied < len(theirs) // 2:
        raise BadInputError("the trunk of this entity model does not fit the environment", where=entity_model)
    return copied


def start_from_stage(model: torch.nn.Module, folder: str) -> int:
    """Take an earlier stage's weights where name and shape agree; returns how many tensors were copied.

    Errors:
        BadInputError: there is no such model, or less than half of its weights have a place here.
    """
    path = Path(folder) / WEIGHTS_FILE
    if not path.is_file():
        raise BadInputError("there is no model of the earlier stage here", where=path, fix="Run that stage first")
    own, theirs = model.state_dict(), load_file(path)
    shared = [name for name, value in theirs.items() if name in own and own[name].shape == value.shape]
    if len(shared) < len(theirs) // 2:
        raise BadInputError("the model of the earlier stage is of another kind", where=path)
    for name in shared:
        own[name].copy_(theirs[name])
    return len(shared)


def labelled_matches(
    folders: Sequence[Path],
    data: DataDirectory,
    *,
    rate: float,
    size: tuple[int, int],
    finder: EntityFinder | None,
    most: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[LabelledMatch]:
    """All labelled matches below some folders, their frames and entities stored for training.

    Errors:
        BadInputError: a folder without labelled matches, or a broken label file.
    """
    found = [game for folder in folders for game in labelled_games(folder)]
    matches = []
    for done, game in enumerate(found):
        if progress:
            progress(done, len(found))
        truth = read_labels(game / LABELS_FILE)
        halves = []
        for source in open_match(game).halves:
            frames = store_frames(source.path, data, rate=rate, sizes=[size])[0]
            spots = [s for s in truth if s.half == source.half]
            if finder is None:
                halves.append(TrainingHalf(source.half, frames, spots))
            else:
                table, picture = stored_entities(source.path, data, finder, rate=rate, most=most)
                halves.append(TrainingHalf(source.half, frames, spots, table, picture))
        matches.append(LabelledMatch(game.name, halves, truth))
    return matches


def spot_matches(
    model: torch.nn.Module, config: Any, matches: Sequence[LabelledMatch], table: Any, device: torch.device
) -> list[Game]:
    """Spots of stored matches by a model, for evaluation."""
    games = []
    spotting = Spotting(threshold=LEAST)
    for match in matches:
        predicted: list[Spot] = []
        for half in match.halves:
            confidence, displacement = score_half(model, config, half, device)
            predicted += spots_of_half(
                half.half,
                half.frames.times,
                confidence,
                displacement,
                table,
                spotting,
                source=config.__class__.__name__,
            )
        games.append(Game(match.name, match.truth, predicted))
    return games


@torch.inference_mode()
def score_half(
    model: torch.nn.Module, config: Any, half: TrainingHalf, device: torch.device
) -> tuple[np.ndarray, np.ndarray | None]:
    """Averaged confidence (T, C) and displacement of a stored half."""
    average = ScoreAverage(len(half))
    training = model.training
    model.eval()
    for span in window_spans(len(half), config.window):
        images = torch.from_numpy(np.stack([half.frames[i] for i in range(span.start, span.stop)]))[None]
        entities = (
            EntitySet.of_table(half.entities, span.start, span.stop, half.size) if half.entities is not None else None
        )
        with half_precision(device):
            window = Window(
                frames=clip_pixels(images, device),
                entities=entities.map(lambda v: v.to(device)) if entities else None,
            )
            scores = predict(model, window)[0]
        average.add(span, scores, ("confidence", "displacement"))
    model.train(training)
    confidence = average.mean("confidence")
    assert confidence is not None
    return confidence, average.mean("displacement")
