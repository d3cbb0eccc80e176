"""Contextual rescoring: what is proposed in a picture is judged again by what the pictures up to it have shown.

A referee is whoever wears neither team's shirt. Thirteen pixels of him do not say so, but everybody who was proposed in
the last half minute does: people who look alike are of one kind, so names are carried from each to those that look like
him. A ball is alone in its picture, near where it was half a second ago, and not where a line's end looks like one.

Papers: Felzenszwalb et al., "Object Detection with Discriminatively Trained Part-Based Models" (2010), section 8.3, for
judging a proposal again by all others; Zhu and Ghahramani, "Learning from Labeled and Unlabeled Data with Label
Propagation" (2002), for carrying names along likeness. Differences: names are carried between consecutive pictures,
from the past alone, so that a picture's entities do not hang on how many are looked at together; a small network, not a
kernel machine, judges by that and by the place; people are judged three times, each time by the judgement before.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import replacing
from spotting_core.computing.finite_weights import check_weights
from spotting_core.entities.prompts import PromptSet

RESCORING_FILE = "rescoring.safetensors"
"""In the folder of the model whose proposals are judged."""
MEMORY = 64
"""Pictures that a picture is compared with, itself the last: 32 s at two a second."""
_LIKENESS = (8.0, 16.0, 40.0)
"""How fast likeness falls with the distance of two embeddings (1 - cosine): kits, patterns, and one person again."""
_FAINT = 0.5  # likenesses that count as nobody's, so that one chance likeness names nobody
_EARLIER = (1, 2)  # pictures before, in which a thing is looked for near its place
_NEAR = (0.015, 0.08)  # shares of the picture's width that a thing moves from one to the next: at rest, and in play
_LOWEST, _RARE = 1e-4, 2e-3  # probabilities
_FLAT, _FAR = 1e-3, 30.0  # least height, as a share of the picture's width; most heights away from somebody
_NOBODY = -9.0  # logit of who is not there
_WIDTH = 48  # of a judge's hidden layer
ROUNDS = 3
"""How often people are judged."""
TOGETHER = 16
"""Most pictures that are looked at together, where work that goes on has to end as if it had never stopped."""
REMEMBERED = ROUNDS * (MEMORY + TOGETHER)
"""Pictures before one that decide what is in it, for each round looks at what the one before said of those; and with
those that were judged together with them, so that sums are of the same numbers in the same order."""


@dataclass(frozen=True)
class Proposals:
    """What is proposed in consecutive pictures.

    Arguments:
        picture: int64 (N,), running number, in rising order; entity: int64 (N,), as proposed.
        logit: float32 (N, K), of every name; place: float32 (N, 4), centre, width and height as shares of the picture's
            width; embedding: float32 (N, E), unit length.
    """

    picture: Tensor
    entity: Tensor
    logit: Tensor
    place: Tensor
    embedding: Tensor

    def __len__(self) -> int:
        return len(self.picture)

    def take(self, rows: Tensor) -> Proposals:
        """Those of a mask or of indices."""
        return Proposals(*(getattr(self, one.name)[rows] for one in fields(self)))

    def joined_with(self, later: Proposals) -> Proposals:
        """These, and after them those of later pictures."""
        return Proposals(*(torch.cat([getattr(self, f.name), getattr(later, f.name)]) for f in fields(self)))


@dataclass(frozen=True)
class Likeness:
    """How much proposals are like others.

    Arguments:
        bands: float32 (N, M) each, 1 where two are the same, by how fast it falls; 0 where they are not compared.
        counts: float32 (N, M), 1 where they are.
    """

    bands: tuple[Tensor, ...]
    counts: Tensor


def likeness(newest: Proposals, known: Proposals) -> Likeness:
    """How much each of ``newest`` is like each of ``known``, the last of which they are: of its own picture or of those
    remembered before it, itself left out."""
    before = newest.picture[:, None] - known.picture[None]
    itself = torch.arange(len(known) - len(newest), len(known))[:, None] == torch.arange(len(known))[None]
    counts = ((before >= 0) & (before < MEMORY) & ~itself).float()
    distance = 1 - newest.embedding @ known.embedding.T
    return Likeness(tuple((-falls * distance).exp() * counts for falls in _LIKENESS), counts)


def likeness_features(alike: Likeness, probability: Tensor) -> Tensor:
    """What those that look alike are named, (N, bands * (P + 1)): for every band the logit of each name among them, and
    the logarithm of their share of all.

    Arguments:
        probability: (M, P), of the names of those that were compared with.
    """
    weight = probability.amax(1)
    names = torch.cat([probability, torch.ones(len(probability), 1)], 1) * weight[:, None]
    everyone = (alike.counts @ weight)[:, None]
    parts = []
    for band in alike.bands:
        total = band @ names
        share = total[:, :-1] / (total[:, -1:] + _FAINT)
        parts += [share.clamp(_RARE, 1 - _RARE).logit(), (total[:, -1:] / (everyone + _FAINT) + _LOWEST).log()]
    return torch.cat(parts, 1)


def person_features(people: Proposals, alike: Likeness, held: Tensor) -> Tensor:
    """What people are judged by, (N, F).

    Arguments:
        alike: to people of these pictures and of those before; held: what all of those are held to be, (M, P), the last
            of them being ``people``.
    """
    logit = logit_of(held[len(held) - len(people) :])
    size = people.place[:, 3:].clamp_min(_FLAT).log()
    together = people.picture[:, None] == people.picture[None]
    number = together.float().sum(1, keepdim=True)
    placed = torch.cat([people.place[:, :2], size], 1)
    apart = placed - together.float() @ placed / number
    return torch.cat(
        [
            logit,
            likeness_features(alike, held),
            placed,
            apart,
            number.log(),
            logit - _best_other(logit, together),
        ],
        1,
    )


def thing_features(things: Proposals, known: Proposals, people: Proposals, held: Tensor, name: int) -> Tensor:
    """What a thing of a name is judged by, (N, F).

    Arguments:
        known: things of the name in these pictures and in those before.
        people: in these pictures; held: (M, P), what they are held to be.
    """
    logit, sure = things.logit[:, [name]], known.logit[:, name].sigmoid()
    together = things.picture[:, None] == things.picture[None]
    distance = torch.cdist(things.place[:, :2], known.place[:, :2])
    near = []
    for earlier in _EARLIER:
        shown = things.picture[:, None] - known.picture[None] == earlier
        near += [((-distance / scale).exp() * shown * sure).amax(1, keepdim=True) for scale in _NEAR]
    parts = [
        logit,
        likeness_features(likeness(things, known), sure[:, None]),
        *near,
        _beside_people(things, people, held),
        logit - _best_other(logit, together),
        together.float().sum(1, keepdim=True),
        things.place[:, :2],
        things.place[:, 2:].clamp_min(_FLAT).log(),
    ]
    return torch.cat(parts, 1)


def _beside_people(things: Proposals, people: Proposals, held: Tensor) -> Tensor:
    """Where things are beside the people of their picture, (N, 4 + 2 P): how far from the nearest in his heights, how
    far below his middle, how large beside people, how many there are; what the nearest is held to be; who is near."""
    there = things.picture[:, None] == people.picture[None]
    number = there.float().sum(1)
    alone = (number == 0)[:, None]
    if not len(people):
        return torch.zeros(len(things), 4 + 2 * held.shape[1])
    height = people.place[:, 3].clamp_min(_FLAT)
    across = things.place[:, None, :2] - people.place[None, :, :2]
    distance = (across.norm(dim=2) / height).masked_fill(~there, torch.inf)
    least, nearest = distance.min(1)
    below = across[torch.arange(len(things)), nearest, 1] / height[nearest]
    usual = there.float() @ height.log() / number.clamp_min(1)
    near = (held[None] * (0.5 - distance).clamp_max(0).exp()[:, :, None]).amax(1)
    placed = torch.stack(
        [
            (least.clamp_max(_FAR) + 0.1).log(),
            below.clamp(-3, 3),
            things.place[:, 3].clamp_min(_FLAT).log() - usual,
            number.clamp_min(1).log(),
        ],
        1,
    )
    return torch.cat([placed, held[nearest], near], 1).masked_fill(alone, 0.0)


def _best_other(logit: Tensor, together: Tensor) -> Tensor:
    """Of every name the greatest logit of another proposal of the same picture, (N, P)."""
    others = together & ~torch.eye(len(logit), dtype=torch.bool)
    columns = [torch.where(others, logit[None, :, p], _NOBODY).amax(1) for p in range(logit.shape[1])]
    return torch.stack(columns, 1).clamp_min(_NOBODY)


class Judge(nn.Module):
    """Features (N, F), the first P of which are logits, to logits (N, P): what a small hidden layer makes of the
    features, scaled as they were in training, is added to those. It begins as one that adds nothing."""

    def __init__(self, features: int, names: int, width: int) -> None:
        super().__init__()
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))
        self.names = names
        last = nn.Linear(width, names)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.layers = nn.Sequential(nn.Linear(features, width), nn.GELU(), last)

    def forward(self, features: Tensor) -> Tensor:
        """Logits of features."""
        added: Tensor = self.layers((features - self.mean) / self.scale)
        return features[:, : self.names] + added


class Rescoring(nn.Module):
    """The judges of people, one after the other, and one of every other name.

    Arguments:
        prompts: whose entities are judged; of another set, or in other words, they say nothing.
    """

    def __init__(self, prompts: PromptSet) -> None:
        super().__init__()
        self.words = prompts.words()
        self.people = [k for k, entity in enumerate(prompts.entities) if entity.person]
        self.things = [k for k, entity in enumerate(prompts.entities) if not entity.person]
        bands, names = len(_LIKENESS), len(self.people)
        of_person = names + bands * (names + 1) + 3 + 3 + 1 + names
        of_thing = 1 + bands * 2 + len(_EARLIER) * len(_NEAR) + 4 + 2 * names + 1 + 1 + 4
        self.person_judges = nn.ModuleList(Judge(of_person, names, _WIDTH) for _ in range(ROUNDS))
        self.thing_judges = nn.ModuleList(Judge(of_thing, 1, _WIDTH) for _ in self.things)

    def write(self, folder: Path) -> None:
        """Put the judges beside the model whose proposals they judge."""
        state = {name: value.contiguous() for name, value in self.state_dict().items()}
        with replacing(folder / RESCORING_FILE) as part:
            save_file(state, part, {"words": self.words})
            part.chmod(0o644)


def load_rescoring(folder: Path, prompts: PromptSet) -> Rescoring | None:
    """The judges in a model's folder; None where there are none, or for other words than those of these prompts.

    Errors:
        BadInputError: a file that is damaged or holds something else.
    """
    path = folder / RESCORING_FILE
    if not path.is_file():
        return None
    rescoring = Rescoring(prompts)
    try:
        with safe_open(path, "pt") as stored:
            if (stored.metadata() or {}).get("words") != rescoring.words:
                return None
            rescoring.load_state_dict({name: stored.get_tensor(name) for name in stored.keys()})  # noqa: SIM118
    except (SafetensorError, RuntimeError, OSError) as error:
        reason = str(error).splitlines()[-1].strip()[:200]
        what = f"the judges of what this model proposes cannot be read ({reason})"
        raise BadInputError(what, where=path, fix="Copy the model folder again") from error
    check_weights(rescoring.state_dict(), path, "Copy the model folder again")
    return rescoring.eval()


class Memory:
    """What was proposed in the last pictures, by which what is proposed in the next ones is judged.

    Arguments:
        rescoring: the judges.
    """

    def __init__(self, rescoring: Rescoring) -> None:
        self._judges = rescoring
        self._people: Proposals | None = None
        self._held: list[Tensor] = []  # what the people are held to be before each of their judges
        self._things: dict[int, Proposals] = {}

    @torch.inference_mode()
    def judge(self, proposals: Proposals) -> Tensor:
        """Logits of every name, (N, K), of what is proposed in the next pictures."""
        judges, logit = self._judges, proposals.logit.clone()
        if not len(proposals):
            return logit
        rows = torch.isin(proposals.entity, torch.tensor(judges.people)).nonzero()[:, 0]
        people, held = proposals.take(rows), self._judge_people(proposals.take(rows))
        logit[rows[:, None], torch.tensor(judges.people)[None]] = logit_of(held)
        for name, judge in zip(judges.things, judges.thing_judges, strict=True):
            rows = (proposals.entity == name).nonzero()[:, 0]
            things = proposals.take(rows)
            known = things if name not in self._things else self._things[name].joined_with(things)
            self._things[name] = known.take(_remembered(known, proposals))
            if len(things):
                logit[rows, name] = judge(thing_features(things, known, people, held, name))[:, 0]
        return logit

    def _judge_people(self, people: Proposals) -> Tensor:
        """What people are held to be, (N, P), by the last of their judges."""
        known = people if self._people is None else self._people.joined_with(people)
        kept = _remembered(known, people) if len(people) else torch.ones(len(known), dtype=torch.bool)
        held = people.logit[:, self._judges.people].sigmoid()
        alike = likeness(people, known)
        for number, judge in enumerate(self._judges.person_judges):
            before = held if self._people is None else torch.cat([self._held[number], held])
            later = torch.empty_like(held)
            if len(people):
                later = judge(person_features(people, alike, before)).sigmoid()
            self._held[number : number + 1] = [before[kept]]
            held = later
        self._people = known.take(kept)
        return held


def logit_of(probability: Tensor) -> Tensor:
    """Logits, of what is all but sure as of what is nearly so."""
    return probability.clamp(_LOWEST, 1 - _LOWEST).logit()


def _remembered(known: Proposals, newest: Proposals) -> Tensor:
    """Which proposals the pictures after the newest ones are compared with."""
    return known.picture > newest.picture[-1] - MEMORY
