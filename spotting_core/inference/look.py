"""How far the look of a match is from what a model was trained on, by the model's own statistics.

Every batch normalisation of a network keeps mean and variance of what it saw in training. Of some pictures of a match
the same are computed, and compared channel by channel by the symmetric divergence of two normal distributions,

    (s² + (m - m₀)²) / 2 s₀²  +  (s₀² + (m - m₀)²) / 2 s²  -  1

whose median over the channels of a layer, averaged over the layers, is the match's *unlikeness*: 0 where nothing
differs. It needs no labels and no pictures of the training. What it is for matches like those of the training stands
on the model's card (``training.look``, written by training and by ``make bench-look``); four times as much is no
football at all.

It says that pictures differ, not how much worse spots are: kits and boards of another rendering differ little and cost
much.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from spotting_core.media.decode import read_frame, resize_image
from spotting_core.media.frame_store import FrameStore
from spotting_core.media.ingest import Media
from spotting_core.media.pixels import normalised
from spotting_core.models.card import ADAPTED, Card
from spotting_core.models.environment import ShiftedTrunk
from spotting_core.models.inputs import PictureSize
from spotting_core.models.load import LoadedModel, trained_network
from spotting_core.models.network import EnvironmentNetwork
from spotting_core.preflight.finding import WARNING, Finding
from spotting_core.samples.stream import MAX_HEIGHT

LOOK = "look"
"""In ``training`` of a card: ``like``, the unlikeness that 95 in 100 matches of its own look stay below."""
LIKE, OTHER, UNLIKE = "like its training", "another look", "nothing like its training"
_OWN = 95  # percentile of the unlikeness of matches of its own look
_FAR = 4.0  # times the unlikeness of its own look
_PICTURES = 24  # of a half
_EPS = 1e-5
_MOST = 1e12  # that a card may say


def _number(value: object) -> float | None:
    """What a card says, if it can be an unlikeness."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST:
        return None
    return float(value)


@dataclass(frozen=True)
class Look:
    """What a model's statistics say of a match.

    Arguments:
        unlikeness: see the module; like: that of the model's own look, or None where its card does not say.
    """

    unlikeness: float
    like: float | None = None

    @classmethod
    def of(cls, unlikeness: float, card: Card) -> Look:
        """The same with what the model's card says of its own look."""
        known = card.training.get(LOOK, {})
        like = known.get("like") if isinstance(known, Mapping) else None
        return cls(unlikeness, _number(like))

    @classmethod
    def before_adapting(cls, card: Card) -> Look | None:
        """What the statistics that an adapted model comes from said of the match it is adapted to; None for another."""
        adapted = card.training.get(ADAPTED)
        known = adapted.get(LOOK) if isinstance(adapted, Mapping) else None
        if not isinstance(known, Mapping) or (unlikeness := _number(known.get("unlikeness"))) is None:
            return None
        return cls(unlikeness, _number(known.get("like")))

    @property
    def word(self) -> str | None:
        """``LIKE``, ``OTHER`` or ``UNLIKE``; None where nobody measured what its own look is."""
        if self.like is None:
            return None
        if self.unlikeness <= self.like:
            return LIKE
        return OTHER if self.unlikeness <= _FAR * self.like else UNLIKE

    @property
    def text(self) -> str:
        """For people, in few words."""
        if self.like is None:
            return f"unlikeness {self.unlikeness:.2f} (what is usual for it nobody has measured)"
        return f"{self.word} (unlikeness {self.unlikeness:.2f}, matches of its training up to {self.like:.2f})"

    def finding(self, model: str) -> Finding | None:
        """What the doctor warns of, or None."""
        if self.word == OTHER:
            fix = (
                "If it is football, adapt the model to it (touchline analyze --adapt), train on such matches, or "
                "expect more misses"
            )
            return Finding(LOOK, WARNING, f"this looks otherwise than what {model} was trained on", self.text, fix)
        if self.word == UNLIKE:
            fix = "Its spots mean nothing here: look whether this is the video that you mean"
            return Finding(LOOK, WARNING, f"this looks like nothing that {model} was trained on", self.text, fix)
        return None

    def sentence(self, model: str) -> str | None:
        """What whoever reads the spots must know, or None."""
        if self.word == OTHER:
            advice = "expect more misses, or adapt it to this match, if it is football"
            return f"This looks otherwise than what {model} was trained on ({self._numbers}): {advice}."
        if self.word == UNLIKE:
            return (
                f"This looks like nothing that {model} was trained on ({self._numbers}): its spots mean nothing here."
            )
        return None

    def sentence_of_adapted(self, parent: str) -> str | None:
        """The same where the model was adapted to the match since, of the model that it comes from."""
        if self.word in (OTHER, UNLIKE):
            what = f"Before it was adapted, this looked otherwise than what {parent} was trained on ({self._numbers})"
            return f"{what}: expect more misses, and nothing at all if it is no football."
        return None

    @property
    def _numbers(self) -> str:
        return f"unlikeness {self.unlikeness:.2f}, its own matches up to {self.like or 0:.2f}"


@dataclass
class LookSamples:
    """Pictures of a half that its look is told by, as windows show them.

    Arguments:
        total: samples of the half.
    """

    total: int
    _shown: dict[int, np.ndarray] = field(default_factory=dict)

    def add(self, start: int, pictures: np.ndarray) -> None:
        """Take from a window's pictures (T, H, W, 3), which begin with sample ``start``, those that are wanted."""
        step = max(1, self.total // _PICTURES)
        first = max(0, start)
        for sample in range(-(-first // step) * step, min(self.total, start + len(pictures)), step):
            if sample not in self._shown:
                self._shown[sample] = pictures[sample - start].copy()

    @property
    def pictures(self) -> list[np.ndarray]:
        return list(self._shown.values())


def pictures_of(media: Sequence[Media], size: PictureSize) -> list[np.ndarray]:
    """Pictures of some halves at even distances, of the size that a model reads.

    Errors:
        BadInputError: nothing of a half can be decoded.
    """
    pictures = []
    for one in media:
        for number in _spread(len(one.table)):
            image = read_frame(one.path, one.table, number, MAX_HEIGHT)
            pictures.append(resize_image(image, size.width, size.height))
    return pictures


def stored_pictures(halves: Sequence[FrameStore]) -> list[np.ndarray]:
    """The same of halves whose pictures are stored at the size that a model reads."""
    return [half[number] for half in halves for number in _spread(len(half))]


def _spread(total: int) -> list[int]:
    return [int(number) for number in np.linspace(0, total - 1, _PICTURES)]


def own_look(unlikeness: Sequence[float], matches: str) -> dict[str, Any]:
    """What stands on a card under ``LOOK``.

    Arguments:
        unlikeness: of matches of the model's own look; matches: what they are, for people.
    """
    return {"like": round(float(np.percentile(unlikeness, _OWN)), 3), "matches": matches}


def look_of_match(model: LoadedModel, media: Sequence[Media]) -> Look | None:
    """How far a match looks from what a model was trained on, before it is analysed; None as in ``look_of``.

    Errors:
        BadInputError: see ``pictures_of``.
    """
    size = model.inputs.pictures
    return look_of(model, pictures_of(media, size)) if size is not None else None


def look_of(model: LoadedModel, pictures: list[np.ndarray]) -> Look | None:
    """What a model's statistics say of some pictures, uint8 (H, W, 3) RGB of the size that it reads; None for a model
    that looks at none, or has no statistics."""
    network = trained_network(model) if pictures and isinstance(model.network, EnvironmentNetwork) else None
    if not isinstance(network, EnvironmentNetwork):
        return None
    trunk = network.environment
    layers = {name: part for name, part in trunk.named_modules() if isinstance(part, nn.BatchNorm2d)}
    if not layers:
        return None
    mean, std = model.judge.normalisation
    measured = _statistics(trunk, layers, normalised(np.stack(pictures), mean, std))
    values = [float(_divergence(measured[name], layer).median()) for name, layer in layers.items()]
    return Look.of(round(float(np.mean(values)), 4), model.card)


def _statistics(
    trunk: ShiftedTrunk, layers: Mapping[str, nn.BatchNorm2d], pictures: Tensor
) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean and variance of every channel that comes to each layer, over all pictures and places."""
    measured: dict[str, tuple[Tensor, Tensor]] = {}

    def listening(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def listen(_: nn.Module, given: tuple[Tensor, ...]) -> None:
            values = given[0].float()
            measured[name] = (values.mean((0, 2, 3)), values.var((0, 2, 3), correction=0))

        return listen

    hooks = [layer.register_forward_pre_hook(listening(name)) for name, layer in layers.items()]
    try:
        with torch.inference_mode():
            trunk.feature_map(pictures[None])
    finally:
        for hook in hooks:
            hook.remove()
    return measured


def _divergence(measured: tuple[Tensor, Tensor], layer: nn.BatchNorm2d) -> Tensor:
    """Of every channel, from what the layer learned."""
    assert layer.running_mean is not None
    assert layer.running_var is not None
    mean, variance = measured[0], measured[1] + _EPS
    known = layer.running_var + _EPS
    apart = (mean - layer.running_mean).square()
    return ((variance + apart) / known + (known + apart) / variance) / 2 - 1
