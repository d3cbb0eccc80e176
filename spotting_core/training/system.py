"""Training of every system: one run, whatever it reads and whichever stage of its training it is.

Clips are read from disk when their batch is made (``clips``); the loop, its checkpoints and its log are those of every
run (``trainer``). What the papers do differently is said by the configuration: how clips are drawn, mixup,
sharpness-aware minimisation, noise.

The environment of a system that looks at pictures may start from the trunk of the entity model (``trunk_from``): both
are RegNetY-002, and a trunk that has learned to tell players from grass needs less time to learn what they do.
Entities are found in the pixels of the training videos by the entity model, which stays as it is. A run may start from
an earlier one (``start_from``), and may leave the environment as it is (``environment_stays``): then every frame is
looked at once, before the first step, and a step costs a tenth.

In a share of the clips the environment is dark (``dark_share``). The environment alone tells most classes on
the matches it was trained on, so a model that always sees it never learns to read the entities.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from spotting_core.base.errors import BadInputError
from spotting_core.computing.number_format import in_bfloat16
from spotting_core.computing.processes import Processes
from spotting_core.domain.cameras import Grounding
from spotting_core.domain.classes import ClassTable
from spotting_core.domain.findings import Finding
from spotting_core.features.half import FeatureHalf, FeaturePart
from spotting_core.inference.grounding import ReplayShot, ground_half
from spotting_core.inference.score import score_half
from spotting_core.media.pixels import clip_pixels
from spotting_core.models.environment import ShiftedTrunk
from spotting_core.models.grounding import GroundingConfig
from spotting_core.models.judge import Judge, blank_outside, valid_samples
from spotting_core.models.network import EnvironmentNetwork, Network, StagedNetwork
from spotting_core.models.targets import Targets, stack_targets
from spotting_core.models.window import EntitySet, Output, Samples, Window, stack_entities
from spotting_core.models.window_plan import BLANK
from spotting_core.samples.labelled import LabelledHalf, LabelledMatch
from spotting_core.tasks.task import AnyLayerTask, HalfScores, Judged, SampleTask
from spotting_core.training.best import BestWeights
from spotting_core.training.clips import TrainingClips
from spotting_core.training.mixup import mix_entities, mix_samples, mix_targets
from spotting_core.training.pairs import TrainingPairs
from spotting_core.training.picture_changes import COLOUR, mix_styles
from spotting_core.training.start import start_from_stage, start_from_trunk
from spotting_core.training.system_config import LOSS, SystemTrainingConfig
from spotting_core.training.trainer import Trainer
from spotting_core.training.training_set import TrainingSet

_FLOAT = 4  # bytes
_VALIDATION_BATCHES = 8  # of a stage without labels
_LOOKED_AT = 100  # frames at once, of an environment that stays


@dataclass(frozen=True)
class Batch:
    """Clips of one step; of what the system does not read there is None.

    Arguments:
        pictures: uint8 (B, T, H, W, 3), still as bytes; features: float32 (B, T, D).
        dark: bool (B,), clips without environment features.
        partner, share: of mixup, or None.
        second: features float32 (B, T', D) of the second window, and which of its samples are real.
        view: uint8 (B, T, H, W, 3), pictures of the second view of the clips, of a stage that compares two.
        inside: bool (B, T), samples of the half, where pictures beyond it are blank.
    """

    pictures: Tensor | None
    features: Tensor | None
    entities: EntitySet | None
    targets: Targets
    dark: Tensor
    partner: Tensor | None
    share: Tensor | None
    second: tuple[Tensor, Tensor] | None = None
    inside: Tensor | None = None
    view: Tensor | None = None


class SystemTrainer(Trainer[Batch, SystemTrainingConfig, Network]):
    """One run.

    Arguments:
        begin_with: weights of a network of the same shape to go on from, in place of the drawn ones.

    Errors:
        BadInputError: a configuration or samples that cannot be used.
    """

    def __init__(
        self,
        config: SystemTrainingConfig,
        training_set: TrainingSet,
        run: Path,
        device: str,
        begin_with: Mapping[str, Tensor] | None = None,
        processes: Processes | None = None,
    ) -> None:
        self.set = training_set
        self.system, self.task, self.table = training_set.system, training_set.task, training_set.table
        self.stage, self.model_config, self.clip = training_set.stage, training_set.model_config, training_set.clip
        self.inputs, self.plan = training_set.inputs, training_set.plan
        torch.manual_seed(config.seed)
        network = (self.stage.build or self.system.build)(self.model_config)
        self.resting = self._begin(network, config)
        if begin_with is not None:
            network.load_state_dict(begin_with)
        if isinstance(network, StagedNetwork):
            network.begin()
        if config.recompute:
            _recomputing(network, self.system.name)
        self.best = BestWeights(run)
        super().__init__(network, config, run, device, processes)
        self._keep_to_budget()
        self.reader = training_set.reader
        self.matches, self.validation = training_set.matches, training_set.validation
        training_set.check_queue(sum(len(half) for match in self.matches for half in match.halves))
        training_set.check_taught()
        self.clips = self._clips_of(self.matches, looked_at_once=config.environment_stays)

    def _clips_of(
        self, matches: Sequence[LabelledMatch], *, looked_at_once: bool = False
    ) -> TrainingClips | TrainingPairs:
        config = self.config
        halves = [half for match in matches for half in match.halves]
        if isinstance(self.model_config, GroundingConfig):
            return TrainingPairs(halves, self.stage, self.model_config, config.seed)
        if looked_at_once:
            seen = (half.samples.pictures is None for half in halves)  # in an analysis
            halves = [
                h if known else looked_at(self.environment, h, self.device)
                for h, known in zip(halves, seen, strict=True)
            ]
        return TrainingClips(
            halves,
            self.stage,
            self.model_config,
            self.plan,
            self.clip,
            config.seed,
            config.sampling,
            config.action_share,
            config.rarity,
            config.changes,
        )

    @property
    def environment(self) -> ShiftedTrunk:
        """The part of the network that looks at pictures.

        Errors:
            BadInputError: it has none.
        """
        return self._environment(self.model)

    def _environment(self, network: Network) -> ShiftedTrunk:
        inner = self._inner(network)
        if not isinstance(inner, EnvironmentNetwork):
            raise BadInputError(
                f"{self.system.name} has no environment that could start from another or stay",
                fix="Leave out trunk_from, environment_stays, stages_stay and dark_share",
            )
        return inner.environment

    def _inner(self, network: Network) -> Network:
        """The system's network, in what a stage trains."""
        return cast(Network, network.network) if self.stage.build else network

    def _begin(self, network: Network, config: SystemTrainingConfig) -> list[nn.Module]:
        """Take over weights from earlier runs; returns the parts that stay as they are."""
        if config.trunk_from:
            start_from_trunk(self._environment(network).trunk, config.trunk_from)
        inner = self._inner(network)
        if config.start_from and not self.set.begun:
            start_from_stage(inner, config.start_from, whole=bool(self.system.earlier_stages))
        resting: list[nn.Module] = list(self.stage.rests(inner)) if self.stage.rests else []
        if config.environment_stays:
            resting += [self._environment(network)]
        elif config.stages_stay:
            resting += list(self._environment(network).trunk.children())[: config.stages_stay]
        for part in resting:
            part.requires_grad_(False)
        return resting

    def _keep_to_budget(self) -> None:
        """Make so few batches at once that they stay within the memory that the run may have.

        A batch in the making takes its clips beside itself, and its noise; one waits, and one is in use, which mixup
        makes twice more.

        Errors:
            BadInputError: there is not room for one of each.
        """
        size = self.inputs.pictures
        pixels = 0 if size is None or self.config.environment_stays else 3 * size.width * size.height
        samples = self.clip * (2 if self.stage.views else self.inputs.windows)
        batch = self.config.batch * samples * (pixels + self.inputs.features * _FLOAT)
        making, beside = 3 if self.config.noise else 2, 4 if self.config.mixup else 2
        if batch:
            self.makers = min(self.makers, ((self.config.memory << 20) // batch - beside) // making)
        if self.makers < 1:
            raise BadInputError(
                f"batches of {self.config.batch} clips need {-(-batch * (beside + making) >> 20)} MiB, "
                f"they may take {self.config.memory}",
                fix="Raise memory, or make batch smaller",
            )
        self.batches_ahead = self.makers + 1

    # --- a step -----------------------------------------------------------------------------------------

    def make_batch(self, number: int) -> Batch:
        return self._batch(self.clips, number)

    def _batch(self, source: TrainingClips | TrainingPairs, number: int) -> Batch:
        clips = [source.draw(number * self.config.batch + k) for k in range(self.config.batch)]
        samples = [c.samples for c in clips]
        features = _stacked(s.features for s in samples)
        rng = random.Random(f"{self.config.seed}/mix/{number}")
        if self.config.noise and features is not None:
            generator = torch.Generator().manual_seed(rng.getrandbits(32))
            spread = self.config.noise * features.std()
            features.add_(torch.randn(features.shape, generator=generator).mul_(spread))  # in place: it is counted
        partner = share = None
        if self.config.mixup and rng.random() < self.config.mixup_share:
            order = list(range(len(clips)))
            rng.shuffle(order)
            partner = torch.tensor(order)
            share = torch.tensor([rng.betavariate(self.config.mixup, self.config.mixup) for _ in clips])
        entities = [s.entities for s in samples if s.entities is not None]
        pictures = _stacked(s.pictures for s in samples)
        if pictures is not None and COLOUR in self.config.changes:
            pictures = mix_styles(pictures, rng)
        return Batch(
            pictures=pictures,
            features=features,
            entities=stack_entities(entities) if entities else None,
            targets=stack_targets([c.targets for c in clips]),
            dark=torch.tensor([rng.random() < self.config.dark_share for _ in clips]),
            partner=partner,
            share=share,
            second=_second(samples),
            inside=valid_samples(samples) if self.plan.outside == BLANK else None,
            view=_stacked(s.second.pictures for s in samples if s.second is not None),
        )

    def origins(self, number: int) -> list[str]:
        """Matches and parts that the clips of a batch are of."""
        named = [f"{m.name} {self.table.parts.title(h.samples.half)}" for m in self.matches for h in m.halves]
        clips = range(number * self.config.batch, (number + 1) * self.config.batch)
        return list(dict.fromkeys(named[half] for clip in clips for half in self.clips.origins(clip)))

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        return self._losses(batch, self.model, self.learner)

    def _losses(self, batch: Batch, network: Network, learner: nn.Module) -> dict[str, Tensor]:
        """Losses of a network; learner: the same as its gradients are computed."""
        for part in self.resting:
            part.eval()  # its batch statistics stay as well
        entities = batch.entities.map(lambda v: v.to(self.device)) if batch.entities else None
        targets = batch.targets.map(lambda v: v.to(self.device))
        features = batch.features.to(self.device) if batch.features is not None else None
        pictures, view = self._pixels(batch.pictures), self._pixels(batch.view)
        if pictures is not None and batch.inside is not None:
            pictures = blank_outside(pictures, batch.inside.to(self.device))
        if batch.partner is not None and batch.share is not None:
            partner, share = batch.partner.to(self.device), batch.share.to(self.device)
            features = mix_samples(features, partner, share) if features is not None else None
            pictures = mix_samples(pictures, partner, share) if pictures is not None else None
            entities = mix_entities(entities, partner, share) if entities else None
            targets = mix_targets(targets, partner, share, displacement=self.config.mixup_displacement)
        with in_bfloat16(self.device, wanted=self.system.bfloat16):
            second = Window(view) if view is not None else None
            if batch.second is not None:
                read, valid = (v.to(self.device) for v in batch.second)
                second = Window(features=read, valid=valid)
            output = self._output(Window(pictures, None, features, entities, second), batch.dark, learner)
        return {"spotting": self.stage.loss(network, output, targets)}

    def _pixels(self, pictures: Tensor | None) -> Tensor | None:
        return None if pictures is None else clip_pixels(pictures, *self.inputs.normalisation, self.device)

    def _output(self, window: Window, dark: Tensor, learner: nn.Module) -> Output:
        """What the network says of a batch, in some clips of which the environment says nothing."""
        if not self.config.dark_share:
            return cast(Output, learner(window))
        light = (~dark).to(self.device, torch.float32)
        if window.pictures is None:
            assert window.features is not None
            return cast(Output, learner(replace(window, features=window.features * light.view(-1, 1, 1))))
        maps = self.environment.feature_map(window.pictures)
        shown = maps * light.view(-1, 1, 1, 1, 1).to(maps.dtype)
        return cast(Output, learner(replace(window, pictures=None, maps=shown)))

    # --- validation -------------------------------------------------------------------------------------

    @property
    def ended(self) -> bool:
        return super().ended or self.best.since >= self.config.patience

    def after_update(self) -> None:
        if isinstance(self.model, StagedNetwork):
            self.model.advance((self.step + 1) / self.config.steps)

    def after_step(self) -> None:
        if self.step % self.config.validate_every and self.step != self.config.steps:
            return
        if not self.stage.labelled or self.config.choose_by == LOSS:
            loss = self._validation_loss()
            self.run.log(step=self.step, seconds=round(self.seconds, 1), validation_loss=round(loss, 4))
            self.best.offer(-loss, self.averaged.state_dict())
            return
        figure = self.config.choose_by or self.task.chosen_by[0]
        value = self.task.figure(self.judged(), self.table.names, figure)
        self.run.log(step=self.step, seconds=round(self.seconds, 1), **{f"validation_{figure}": round(value, 4)})
        self.best.offer(value, self.averaged.state_dict())

    @torch.no_grad()
    def _validation_loss(self) -> float:
        """Mean loss of the averaged weights over the same clips of the validation splits every time."""
        source, network = self._clips_of(self.validation), self.averaged
        batches = (self._batch(source, k) for k in range(_VALIDATION_BATCHES))
        losses = [sum(self._losses(batch, network, network).values()) for batch in batches]
        return float(sum(losses)) / len(losses)

    def extra_state(self) -> dict[str, Any]:
        return self.best.state()

    def restore_extra(self, state: dict[str, Any]) -> None:
        self.best.restore(state)

    @property
    def trained(self) -> Network:
        """The system's network with the weights that validated best."""
        self.model.load_state_dict(self.best.weights())
        return self._inner(self.model)

    def judged(self) -> list[Judged[Finding]]:
        """What the averaged weights find in the matches of the validation splits."""
        judge = Judge(self.system, self.model_config, self.averaged)
        return judge_matches(judge, self.validation, self.table, self.task)


def _recomputing(network: Network, name: str) -> None:
    """Have a network compute activations twice.

    Errors:
        BadInputError: it cannot.
    """
    try:
        network.recompute()
    except NotImplementedError as error:
        raise BadInputError(f"{name} cannot compute its activations twice", fix="Set recompute = false") from error


def _second(samples: Sequence[Samples]) -> tuple[Tensor, Tensor] | None:
    """Features of the second windows, and which of their samples are real; None of clips of one window."""
    others = [s.second for s in samples if s.second is not None]
    features = _stacked(s.features for s in others)
    return (features, valid_samples(others)) if features is not None else None


def _stacked(arrays: Iterable[np.ndarray | None]) -> Tensor | None:
    there = [torch.from_numpy(a) for a in arrays if a is not None]
    return torch.stack(there) if there else None


@torch.inference_mode()
def looked_at(environment: ShiftedTrunk, half: LabelledHalf, device: torch.device) -> LabelledHalf:
    """A half whose pictures were looked at once: environment features, as filmed and mirrored, take their place."""
    environment.eval()
    store = half.samples.pictures
    assert store is not None, "an environment looks at pictures"
    parts: list[np.ndarray] = []
    for start in range(0, len(half), _LOOKED_AT):
        pictures = np.stack([store[i] for i in range(start, min(len(half), start + _LOOKED_AT))])
        both = torch.from_numpy(np.stack([pictures, pictures[:, :, ::-1]]))
        with in_bfloat16(device):
            maps = environment.feature_map(clip_pixels(both, device=device))
        parts.append(maps.float().mean((3, 4)).half().cpu().numpy())
    known = np.concatenate(parts, axis=1)  # (2, T, D)
    samples, rate = half.samples, half.samples.rate
    filmed, mirrored = (FeatureHalf(samples.half, (FeaturePart(values, rate),), rate) for values in known)
    return replace(half, samples=replace(samples, pictures=None, features=filmed, mirrored=mirrored))


def judge_matches(
    judge: Judge, matches: Sequence[LabelledMatch], table: ClassTable, task: AnyLayerTask
) -> list[Judged[Finding]]:
    """What a network finds in labelled matches, beside what is true of them.

    Of replays those are judged that the labels know. What lies in stretches that nobody watched counts neither way.
    """
    table = table.with_suppression(judge.config.suppression, judge.config.suppression_method)
    judged = []
    for match in matches:
        truth: list[Finding] = []
        findings: list[Finding] = []
        for half in match.halves:
            made = _findings(judge, half, table, task) if isinstance(task, SampleTask) else _groundings(judge, half)
            findings += [finding for finding in made if half.is_watched(task.moment(finding))]
            truth += [finding for finding, _ in half.known]
        judged.append(Judged(match.name, truth, findings))
    return judged


def _findings(judge: Judge, half: LabelledHalf, table: ClassTable, task: SampleTask[Finding]) -> list[Finding]:
    samples, scores = half.samples, score_half(judge, half.samples)
    half_scores = HalfScores(
        samples.half, samples.times, half.end, scores.confidence, scores.displacement, scores.replay
    )
    return task.findings(half_scores, table, least=task.least_evaluated, source=judge.system.name)


def _groundings(judge: Judge, half: LabelledHalf) -> list[Finding]:
    replays = [ReplayShot(g.half, g.start, g.end) for g in half.truth if isinstance(g, Grounding)]
    with judge.evaluating():
        return list(ground_half(judge, half.samples, replays))
