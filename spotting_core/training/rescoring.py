"""Training of the judges of what an entity model proposes (``entities.rescoring``), on rendered matches.

The entity model stays as it is. What it proposes in the training matches is stored, and compared with the truth; then
the judges learn one after the other, for each reads what the one before says: people in two rounds, then every other
name. A batch is drawn of all proposals that a judge judges.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.optim.lr_scheduler import LambdaLR

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.entities.finder import EntityFinder
from spotting_core.entities.measure import by_distance, visible_boxes
from spotting_core.entities.prompts import PromptSet, load_prompts
from spotting_core.entities.region import Regions
from spotting_core.entities.rescoring import (
    MEMORY,
    ROUNDS,
    Judge,
    Proposals,
    Rescoring,
    likeness,
    person_features,
    thing_features,
)
from spotting_core.entities.stored import stored_proposals
from spotting_core.entities.truth import TrueFrame, TrueMatch, games_with_boxes
from spotting_core.entities.vision_language import VisionLanguageModel, entity_model_folder
from spotting_core.media.source import open_match
from spotting_core.media.times import read_time_table
from spotting_core.training.checkpoint import learning_rate_share
from spotting_core.training.trainer import Trainer, TrainingConfig

log = logging.getLogger(__name__)

_PICTURES = 16  # whose proposals are judged together
_FLAT = 1e-3  # least spread of a feature


@dataclass(frozen=True)
class RescoringConfig(TrainingConfig):
    """Everything that decides the outcome of a run. The steps are shared equally among the rounds of people and all
    other names, each with a warm-up of its own.

    Arguments:
        model: folder or name of the entity model whose proposals are judged.
    """

    model: str = "entities"
    prompts: str = "football"


@dataclass(frozen=True)
class JudgedHalf:
    """What is proposed in a half, and what it is.

    Arguments:
        true: bool (N, K), of every name whether it is that; counts: bool (N, K), False where neither answer is right.
    """

    proposals: Proposals
    true: Tensor
    counts: Tensor


@dataclass(frozen=True)
class Lessons:
    """What one judge learns: features (N, F), and the truth of its names with what of it counts, (N, P)."""

    features: Tensor
    true: Tensor
    counts: Tensor


class RescoringTrainer(Trainer[list[Tensor], RescoringConfig, Rescoring]):
    """One run of the judges."""

    def __init__(self, config: RescoringConfig, root: Path, run: Path, data: DataDirectory, device: str) -> None:
        self.folder = entity_model_folder(config.model)
        if self.folder is None:
            raise BadInputError("there is no entity model here", where=config.model, fix="Train it first")
        model = VisionLanguageModel.load(self.folder, device)
        if model.pyramid is None:
            raise BadInputError("only what the bundled kind of model proposes can be judged", where=self.folder)
        self.finder = EntityFinder(model, load_prompts(config.prompts), rescored=False)
        _check_kinds(self.finder.prompts)
        torch.manual_seed(config.seed)
        super().__init__(Rescoring(self.finder.prompts), config, run, "cpu")
        self._halves = list(_halves(self.finder, [root / split for split in config.data], data, config.rate))
        self._lessons: tuple[int, list[Lessons]] | None = None

    def extra_state(self) -> dict[str, Any]:
        return {"entity_model": self.finder.sha256}

    def restore_extra(self, state: dict[str, Any]) -> None:
        """Errors: BadInputError: judges that have begun with another model's proposals."""
        begun = str(state.get("entity_model", "(not named)"))
        if begun != self.finder.sha256:
            raise BadInputError(
                f"this run has begun with the proposals of the entity model {begun[:12]}, here is "
                f"{self.finder.sha256[:12]}",
                where=self.folder,
                fix="Train in a new folder, or put back the model that it has begun with",
            )

    def _stage(self, step: int) -> int:
        """Which judges learn at a step: people's, in the order of their rounds, then all others together."""
        return min(step // self._steps_each, ROUNDS)

    @property
    def _steps_each(self) -> int:
        return max(1, self.config.steps // (ROUNDS + 1))

    def _rates(self) -> LambdaLR:
        """The learning rate of every step: it rises and falls for each stage anew."""

        def share(step: int) -> float:
            own = step - self._stage(step) * self._steps_each
            return learning_rate_share(own, warm_up=self.config.warm_up, total=self._steps_each)

        for group in self.optimiser.param_groups:
            group["initial_lr"] = self.config.learning_rate
        return LambdaLR(self.optimiser, share, last_epoch=self.step - 1)

    def _judges(self, model: Rescoring, stage: int) -> list[Judge]:
        judges = [model.person_judges[stage]] if stage < ROUNDS else list(model.thing_judges)
        return [judge for judge in judges if isinstance(judge, Judge)]

    def make_batch(self, number: int) -> list[Tensor]:
        """Random numbers by which each judge draws from its lessons, whose length is known when it is their turn."""
        draw = torch.Generator().manual_seed(self.config.seed * 1_000_003 + number)
        return [torch.rand(self.config.batch, generator=draw) for _ in range(max(1, len(self.model.things)))]

    def losses(self, batch: list[Tensor]) -> dict[str, Tensor]:
        stage = self._stage(self.step)
        if self._lessons is None or self._lessons[0] != stage:
            self._lessons = (stage, self._prepared(stage))
        total = torch.zeros(())
        for judge, lessons, draw in zip(self._judges(self.model, stage), self._lessons[1], batch, strict=False):
            rows = (draw * len(lessons.features)).long()
            wrong = F.binary_cross_entropy_with_logits(
                judge(lessons.features[rows]), lessons.true[rows].float(), reduction="none"
            )
            total = total + (wrong * lessons.counts[rows]).mean()
        return {"people" if stage < ROUNDS else "things": total}

    def _prepared(self, stage: int) -> list[Lessons]:
        """The lessons of the judges of a stage, whose scales are set by them where the stage begins."""
        if self._begins(stage) and stage:  # what those before have learned is settled, for others build on it
            for judge, average in zip(
                self._judges(self.model, stage - 1), self._judges(self.averaged, stage - 1), strict=True
            ):
                judge.load_state_dict(average.state_dict())
        held = [half.proposals.logit[:, self.model.people].sigmoid() for half in self._halves]
        with torch.no_grad():
            for earlier in range(min(stage, ROUNDS)):
                [judge] = self._judges(self.model, earlier)
                for half, probability in zip(self._halves, held, strict=True):
                    if len(rows := self._people(half)):
                        probability[rows] = judge(_person_features(half, rows, probability)).sigmoid()
        if stage < ROUNDS:
            lessons = [self._person_lessons(held)]
        else:
            lessons = [self._thing_lessons(name, held) for name in self.model.things]
        if self._begins(stage):
            for judge, own in zip(self._judges(self.model, stage), lessons, strict=True):
                judge.mean.copy_(own.features.mean(0))
                judge.scale.copy_(own.features.std(0, correction=0).clamp_min(_FLAT))
            for judge, average in zip(self._judges(self.model, stage), self._judges(self.averaged, stage), strict=True):
                average.load_state_dict(judge.state_dict())
        return lessons

    def _begins(self, stage: int) -> bool:
        return self.step == 0 or self._stage(self.step - 1) != stage

    def _people(self, half: JudgedHalf) -> Tensor:
        return torch.isin(half.proposals.entity, torch.tensor(self.model.people)).nonzero()[:, 0]

    def _person_lessons(self, held: list[Tensor]) -> Lessons:
        parts, names = [], self.model.people
        for half, probability in zip(self._halves, held, strict=True):
            rows = self._people(half)
            if len(rows):
                features = _person_features(half, rows, probability)
                parts.append((features, half.true[rows][:, names], half.counts[rows][:, names]))
        return self._joined(parts, "people")

    def _thing_lessons(self, name: int, held: list[Tensor]) -> Lessons:
        parts = []
        for half, probability in zip(self._halves, held, strict=True):
            rows, people = (half.proposals.entity == name).nonzero()[:, 0], self._people(half)
            if len(rows):
                features = _thing_features(half, rows, people, probability, name)
                parts.append((features, half.true[rows][:, [name]], half.counts[rows][:, [name]]))
        return self._joined(parts, f"the entity {self.finder.prompts.names[name]!r}")

    def _joined(self, parts: list[tuple[Tensor, Tensor, Tensor]], what: str) -> Lessons:
        if not parts:
            reason = f"{what} cannot be learned: nothing of the kind is proposed in the training matches"
            raise BadInputError(reason, where=self.folder, fix="Train the entity model on more matches first")
        return Lessons(*(torch.cat(one) for one in zip(*parts, strict=True)))

    def write(self, folder: Path) -> None:
        """The judges in the folder of their model, or in a copy of it."""
        assert self.folder is not None
        if folder.resolve() != self.folder.resolve():
            shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        self.averaged.write(folder)


def _check_kinds(prompts: PromptSet) -> None:
    """Errors: BadInputError: prompts without a person, beside whom things are judged, or without anything else."""
    people = [entity.person for entity in prompts.entities]
    if all(people) or not any(people):
        raise BadInputError(
            f"these prompts name {'nothing but people' if all(people) else 'nobody'}, and both decide a judgement",
            where=prompts.name,
            fix="Name people and things, and mark who is a person",
        )


def _person_features(half: JudgedHalf, rows: Tensor, held: Tensor) -> Tensor:
    """Of all people of a half, who stand in some rows."""
    people, own = half.proposals.take(rows), held[rows]
    return torch.cat(
        [
            person_features(people.take(newest), likeness(people.take(newest), people.take(known)), own[known])
            for newest, known in _stretches(people)
        ]
    )


def _thing_features(half: JudgedHalf, rows: Tensor, people: Tensor, held: Tensor, name: int) -> Tensor:
    """Of all things of a name in a half, which stand in some rows."""
    things, persons, own = half.proposals.take(rows), half.proposals.take(people), held[people]
    parts = []
    for newest, known in _stretches(things):
        pictures = things.picture[newest[[0, -1]]] + torch.tensor([0, 1])
        begin, end = torch.searchsorted(persons.picture, pictures).tolist()
        beside = torch.arange(begin, end)
        parts.append(thing_features(things.take(newest), things.take(known), persons.take(beside), own[beside], name))
    return torch.cat(parts)


def _stretches(proposals: Proposals) -> Iterator[tuple[Tensor, Tensor]]:
    """Rows of the proposals of a few pictures, and of those that they are compared with."""
    for first in range(0, int(proposals.picture[-1]) + 1, _PICTURES):
        ends = torch.tensor([first - MEMORY + 1, first, first + _PICTURES])
        begin, low, high = torch.searchsorted(proposals.picture, ends).tolist()
        if high > low:
            yield torch.arange(low, high), torch.arange(begin, high)


def _halves(finder: EntityFinder, splits: list[Path], data: DataDirectory, rate: float) -> Iterator[JudgedHalf]:
    """What is proposed in the matches of some splits; what is under a wipe is left out.

    Errors:
        BadInputError: a split has no match with true boxes.
    """
    for split in splits:
        for game in games_with_boxes(split):
            for half in open_match(game).halves:
                table, size = stored_proposals(half.path, data, finder, rate=rate)
                frames = read_time_table(half.path).samples(rate)
                truth = TrueMatch(game, half.half)
                shown = [truth[int(frame)] for frame in frames]
                regions = [
                    Regions.none(finder.embed_dim) if true.wipe else table.regions(sample)
                    for sample, true in enumerate(shown)
                ]
                answers = [
                    true_names(r, true, truth.size, finder.prompts) for r, true in zip(regions, shown, strict=True)
                ]
                yield JudgedHalf(
                    finder.proposals(regions, 0, size[0]),
                    torch.from_numpy(np.concatenate([true for true, _ in answers])),
                    torch.from_numpy(np.concatenate([counts for _, counts in answers])),
                )


def true_names(
    regions: Regions, true: TrueFrame, size: tuple[int, int], prompts: PromptSet
) -> tuple[np.ndarray, np.ndarray]:
    """What the regions of a picture truly are, bool (N, K), and which of that counts: what is too small to be seen is
    neither right nor wrong.

    Each true box is one region's, by distance, that of the most probable; people are people whatever they are named.
    """
    names = np.array([prompts.names.index(name) if name in prompts.names else -1 for name in true.names], np.int64)
    answers, counts = (np.full((len(regions), len(prompts)), value) for value in (False, True))
    boxes = true.boxes.clip(0, [*size, *size])
    visible = visible_boxes(boxes)
    people = [k for k, entity in enumerate(prompts.entities) if entity.person]
    for group in [people, *([k] for k in range(len(prompts)) if k not in people)]:
        rows, there = (np.flatnonzero(np.isin(one, group)) for one in (regions.entity, names))
        if not len(rows) or not len(there):
            continue
        nearness, enough = by_distance(regions.boxes[rows], boxes[there])
        for number, row in enumerate(rows):
            free = np.flatnonzero(enough[number])
            if len(free):
                nearest = free[int(nearness[number, free].argmax())]
                enough[:, nearest] = False
                kind = names[there[nearest]]
                answers[row, kind], counts[row, kind] = visible[there[nearest]], visible[there[nearest]]
    return answers, counts
