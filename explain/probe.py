"""A probe: one window of a model, asked again and again with parts of it changed.

The window is computed once and, of a model with an environment, its activations are kept. A change of some frames is
then computed exactly as far as the time shift carries it (``Environment.changed_map``), the entities of the frames
that changed are fused again, and everything that looks over the whole window is computed anew. Nothing is
approximated; what is held fixed is said by whoever changes something.

To take a place out of the picture is to blur it until nothing can be told apart and to take out the entities
whose middle lies in it. What takes the place of a sample's features is the mean over the half (of thumbnails, over
the window): a sample that says nothing of its own.

A system that places whole actions (CALF) says something of single samples alone. Another place a little beside it is
the same action, so its score is the greatest near the anchor; else every change of the place would seem decisive.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from explain.attribution import Attribution, Cause
from explain.explained_people import ExplainedPeople, people_of
from explain.explained_window import ExplainedWindow
from spotting_core.base.errors import BadInputError
from spotting_core.media.pixels import normalised
from spotting_core.models.attention_flow import AttentionFlow
from spotting_core.models.judge import blank_outside
from spotting_core.models.load import LoadedModel
from spotting_core.models.network import AttentiveNetwork, EnvironmentNetwork
from spotting_core.models.window import EntitySet, Output, Window
from spotting_core.models.window_plan import BLANK
from spotting_core.samples.half import Inside

ShareDone = Callable[[float], bool]
"""``report(share_done)``; False asks to stop early."""

PEOPLE_SPAN = 8
"""Samples to either side of the anchor from which people are taken away."""
BLUR = 1 / 8  # of the picture's height: the spread that leaves no player, line or letter
GRID = (8, 14)  # cells of presence masks and of maps: rows, columns
PLACED = 2.5
"""Seconds up to which an action that is placed elsewhere is the same one: half the loose metric's narrowest window."""

_BATCH = 8  # variants of pictures at once: more leave the processor's cache
_FEATURE_BATCH = 16


def blurred(picture: np.ndarray) -> np.ndarray:
    """The picture with nothing left but its broad colours: uint8 (H, W, 3)."""
    return cv2.GaussianBlur(picture, (0, 0), picture.shape[0] * BLUR)


@dataclass(frozen=True)
class ChangedPictures:
    """What an environment makes of changed pictures: ``pooled`` (B, rows, D), other than known from row ``low`` to
    ``high`` (exclusive)."""

    pooled: Tensor
    low: int
    high: int


class Probe:
    """A model on a window.

    Rows are those of the window, samples those of ``given``: row ``given.before`` is sample 0.

    Arguments:
        precise: compute in single precision, which gradients need, instead of the precision of an analysis.

    ``between`` is called before each question; what it raises ends them.
    """

    def __init__(self, model: LoadedModel, window: ExplainedWindow, *, precise: bool = False) -> None:
        self.model, self.window, self.network = model, window, model.network
        self.between: Callable[[], None] = lambda: None
        self.precise, self._judge = precise, model.judge
        self._parts = model.network if isinstance(model.network, EnvironmentNetwork) else None
        self._inside = Inside(-window.before, window.before + len(window.times) + window.after, len(window.times))
        self.entities = self._filled_entities(window.entities) if window.entities is not None else None
        self.features = self._on_device(window.features)  # (rows, D)
        self.mean = self._on_device(window.mean)  # (D,)
        self._replay = self._judge.second_window([window.second]) if window.second is not None else None
        self._known: list[Tensor] = []
        with torch.no_grad(), self.number_format():
            self.output: Output = self._whole()

    # --- what is read -------------------------------------------------------------------------------------

    @property
    def taken_out(self) -> str:
        """In words, what takes the place of a sample."""
        parts = []
        if self.model.inputs.pictures is not None:
            parts.append("the sample blurred, its entities taken out")
        if self.features is not None:
            parts.append(f"the sample's features as the mean of the {self.mean_of}")
        return ", ".join(parts)

    @property
    def mean_of(self) -> str:
        """In a word, what the mean of the features is of."""
        return "window" if self.window.mean_of_window else self.model.classes.parts.name

    @property
    def row(self) -> int:
        """Row of the output that speaks of the anchor."""
        return self.window.row

    @property
    def inside(self) -> slice:
        """Rows of the window that are samples of the half."""
        return slice(self.window.before, self.window.before + len(self.window.times))

    @cached_property
    def pictures(self) -> Tensor:
        """The window's pictures, normalised: (rows, 3, H, W)."""
        return self._normalised(self.window.pictures)

    @cached_property
    def blurred(self) -> Tensor:
        """The same pictures blurred."""
        return self._normalised(np.stack([blurred(p) for p in self.window.pictures]))

    @property
    def feature_map(self) -> Tensor:
        """The environment's last feature map of the window: (rows, D, h, w)."""
        return self._known[-1]

    @property
    def looked_at(self) -> tuple[float, float]:
        """Share of the picture's height and width, in its middle, that the environment looks at."""
        height, width = self.pictures.shape[2:]
        crop = self._parts.environment.crop if self._parts is not None else 0
        return (crop / height, crop / width) if crop else (1.0, 1.0)

    def again(self) -> Output:
        """The window computed once more, for whoever listens to the layers behind the environment."""
        maps = self._known[-1][None] if self._known else None
        with self.number_format():
            return self.network(Window(self._pictures_of_all(), maps, self._features_of_all(), self.entities))

    def attention(self) -> AttentionFlow:
        """Where the model's attention goes in this window.

        Errors:
            TypeError: of a model that does not tell; ``Method.supports`` says which do.
        """
        if not isinstance(self.network, AttentiveNetwork):
            raise TypeError(f"{type(self.network).__name__} does not tell where its attention goes")
        with self.number_format():
            return self.network.attention(Window(self._pictures_of_all(), features=self._features_of_all()))

    # --- what is said -------------------------------------------------------------------------------------

    def score(self, label: str) -> float:
        """Confidence of a class at the anchor."""
        return float(self.at_anchor(self.output.logits, label)[0])

    def at_anchor(self, logits: Tensor, label: str) -> Tensor:
        """Confidence of a class at the anchor: (B, rows, C) logits to (B,)."""
        column = self._column(label)
        if self.output.detections is None:
            return logits[:, self.row, column].float().sigmoid()
        beside = round(PLACED * self.model.config.rate)
        return logits[:, max(0, self.row - beside) : self.row + beside + 1, column].float().amax(1).sigmoid()

    def _column(self, label: str) -> int:
        """Where a class stands; what judges a replay says of moments alone, whatever happens there."""
        return 0 if self.window.second is not None else self.model.classes.index(label)

    def curve(self, logits: Tensor, label: str) -> np.ndarray:
        """Confidence of a class in every sample: (1, rows, C) logits to float32 (W,).

        A model that judges a window as a whole says it of the anchor alone: (1,).
        """
        confidence: np.ndarray = logits[0, :, self._column(label)].float().sigmoid().cpu().numpy()
        return confidence if len(confidence) == 1 else confidence[self.inside]

    def attribution(
        self,
        method: str,
        label: str,
        kind: str,
        values: np.ndarray,
        *,
        baseline: str,
        score_baseline: float,
        scale: tuple[float, float],
        began: float,
        held_fixed: str = "",
        entities: tuple[str, ...] | None = None,
        alone: Cause | None = None,
        joint: tuple[Cause, ...] = (),
    ) -> Attribution:
        """The answer of a method for a class at this window's anchor; ``began`` by ``time.perf_counter``.

        Arguments:
            entities: names by index, those of the window's table where not given; alone, joint: see ``Attribution``.

        Errors:
            BadInputError: values that are no finite numbers, as where a model has no slope.
        """
        window = self.window
        if values.dtype.names is None and not np.isfinite(values).all():  # of entities an effect may be unknown
            raise BadInputError(
                f"{method} gives no finite numbers of {self.model.card.name} here", fix="Explain it by another method"
            )
        return Attribution(
            method=method,
            model=self.model.card.name,
            half=window.half,
            label=label,
            anchor=int(window.times[window.anchor]),
            baseline=baseline,
            held_fixed=held_fixed or ("the replay" if window.second is not None else ""),
            kind=kind,
            values=values,
            times=window.times,
            score=self.score(label),
            score_baseline=score_baseline,
            scale=scale,
            seconds=time.perf_counter() - began,
            entities=(window.table.names if window.table else ()) if entities is None else entities,
            alone=alone,
            joint=joint,
        )

    # --- changes ------------------------------------------------------------------------------------------

    def logits(
        self,
        pictures: Tensor | None = None,
        first: int = 0,
        share: Tensor | None = None,
        features: Tensor | None = None,
    ) -> Tensor:
        """What the model says of a changed window: (B, rows, C).

        Arguments:
            pictures: (B, n, 3, H, W), what the samples from ``first`` on show instead; None for no change.
            share: (B, rows, N), the entities' shares instead of theirs (0 takes one out); None for no change.
            features: (B, rows, D), what is read instead; None for no change.
        """
        self.between()
        variants = next((len(part) for part in (pictures, share, features) if part is not None), 1)
        with self.number_format():
            if self._parts is None:
                return self._changed_whole(pictures, first, share, features, variants)
            return self._changed_part(pictures, first, share, variants)

    @torch.no_grad()
    def keep(self, presence: Tensor, first: int) -> Tensor:
        """What the model says where only parts of some samples are left: (B, rows, C).

        Arguments:
            presence: (B, n, h, w), 1 where a place of samples ``first`` to ``first + n`` stays, 0 where it goes; of
                features, which have no places, the mean counts.
        """
        batch = _BATCH if self.model.inputs.pictures is not None else _FEATURE_BATCH
        return torch.cat([self._keep(part.to(self.model.device), first) for part in torch.split(presence, batch)])

    def without_samples(self, samples: list[int]) -> Tensor:
        """What the model says without some samples: (1, rows, C)."""
        first, stop = min(samples), max(samples) + 1
        presence = torch.ones(1, stop - first, 1, 1)
        presence[:, [i - first for i in samples]] = 0
        return self.keep(presence, first)

    @cached_property
    def people(self) -> ExplainedPeople:
        """Who is seen near the anchor.

        Errors:
            BadInputError: see ``people_of``.
        """
        return people_of(self.window, self.model, PEOPLE_SPAN)

    @torch.no_grad()
    def without_people(self, gone: Sequence[Collection[int]]) -> Tensor:
        """What the model says without some people near the anchor: (B, rows, C). gone: their numbers, by variant."""
        assert self.features is not None
        features = self.features.repeat(len(gone), 1, 1)
        start = self.window.before + self.people.first
        for variant, some in zip(features, gone, strict=True):
            changed = torch.from_numpy(self.people.difference(some)).to(features.device)
            variant[start : start + len(changed)] += changed
        return torch.cat([self.logits(features=part) for part in torch.split(features, _FEATURE_BATCH)])

    @torch.no_grad()
    def without_entities(self, gone: Tensor) -> Tensor:
        """What the model says without some entities, the picture unchanged: (B, rows, C). gone: bool (B, rows, N)."""
        assert self.entities is not None
        parts = [self.logits(share=self.entities.share * ~part) for part in torch.split(gone, _BATCH)]
        return torch.cat(parts)

    def mixed(self, presence: Tensor, first: int) -> Tensor:
        """Frames of which some places are blurred: (B, n, 3, H, W)."""
        start = self.window.before + first
        stop = start + presence.shape[1]
        sharp, soft = self.pictures[start:stop], self.blurred[start:stop]
        size = (int(sharp.shape[2]), int(sharp.shape[3]))
        mask = F.interpolate(presence.to(sharp.dtype), size=size, mode="nearest").unsqueeze(2)
        return soft + (sharp - soft) * mask

    def share_of(self, presence: Tensor, first: int) -> Tensor | None:
        """Shares of the entities (B, rows, N): those whose middle lies where ``presence`` is below a half are out."""
        if self.entities is None:
            return None
        start, stop = self.window.before + first, self.window.before + first + presence.shape[1]
        cells = self._cells(start, stop, *presence.shape[2:])
        there = presence.flatten(2).gather(2, cells.expand(len(presence), -1, -1))
        share = self.entities.share.repeat(len(presence), 1, 1)
        share[:, start:stop] *= there >= 0.5
        return share

    def cells(self, first: int, stop: int) -> np.ndarray:
        """In which cell of ``GRID``, row by row, the middle of every entity of some samples lies: int64 (n, N)."""
        cells: np.ndarray = self._cells(self.window.before + first, self.window.before + stop, *GRID).cpu().numpy()
        return cells

    def read_cells(self, first: int, stop: int) -> np.ndarray:
        """Which cells of ``GRID`` the model reads of some samples: where it looks, and where an entity's middle lies:
        bool (rows, columns)."""
        rows, columns = (_in_middle(cells, share) for cells, share in zip(GRID, self.looked_at, strict=True))
        read: np.ndarray = rows[:, None] & columns
        if self.entities is not None:
            there = self.entities.share[0, self.window.before + first : self.window.before + stop] > 0
            read.flat[self.cells(first, stop)[there.cpu().numpy()]] = True
        return read

    def _cells(self, start: int, stop: int, rows: int, columns: int) -> Tensor:
        assert self.entities is not None
        box = self.entities.box[0, start:stop]
        column = ((box[..., 0] + box[..., 2]) / 2 * columns).long().clamp(0, columns - 1)
        row = ((box[..., 1] + box[..., 3]) / 2 * rows).long().clamp(0, rows - 1)
        return row * columns + column

    def judge(self, changed: ChangedPictures, share: Tensor | None) -> Tensor:
        """Logits (B, rows, C) where environment features differ in some rows and entities anywhere."""
        assert self._parts is not None
        return self._parts.judge(self._fused_again(changed, share), changed.pooled).logits

    def judge_each(self, changed: ChangedPictures, share: Tensor, samples: Tensor, stays: Tensor) -> Tensor:
        """Logits (B, rows, C) of variants of one window that differ from it by the entities of one sample each.

        Arguments:
            changed, share: of the window, (1, rows, D) and (1, rows, N).
            samples: int64 (B,), of each variant; stays: (B, N), 1 for an entity of it that stays, else 0.
        """
        self.between()
        assert self._parts is not None
        assert self.entities is not None
        rows = samples + self.window.before
        own = self.entities.map(lambda v: v[0, rows, None])  # (B, 1, N, …)
        entities = own.with_share(own.share * stays[:, None].to(own.share.device))
        with self.number_format():
            fused = self._fused_again(changed, share).repeat(len(rows), 1, 1)
            again = self._parts.fuse(changed.pooled[0, rows, None], entities)[0]
            fused[torch.arange(len(rows)), rows] = again[:, 0].to(fused.dtype)
            return self._parts.judge(fused, changed.pooled.expand(len(rows), -1, -1)).logits

    def with_pictures(self, pictures: Tensor, first: int) -> ChangedPictures:
        """What the environment makes of pictures (B, n, 3, H, W) that the samples from ``first`` on show instead."""
        assert self._parts is not None
        assert self.output.pooled is not None
        part, low = self._parts.environment.changed_map(self._known, pictures, self.window.before + first)
        high = low + part.shape[1]
        pooled = self.output.pooled.expand(len(part), -1, -1)
        pooled = torch.cat([pooled[:, :low], part.float().mean((3, 4)), pooled[:, high:]], dim=1)
        return ChangedPictures(pooled, low, high)

    def share_where(self, stays: Tensor, first: int) -> Tensor:
        """Shares of the entities (1, rows, N) where of the samples from ``first`` on those of ``stays`` (n, N) stay."""
        assert self.entities is not None
        start = self.window.before + first
        share = self.entities.share.clone()
        share[0, start : start + len(stays)] *= stays.to(share.device)
        return share

    # --- inside -------------------------------------------------------------------------------------------

    def _keep(self, presence: Tensor, first: int) -> Tensor:
        pictures = share = features = None
        if self.model.inputs.pictures is not None:
            pictures, share = self.mixed(presence, first), self.share_of(presence, first)
        if self.features is not None:
            features = self._without_features(presence, first)
        return self.logits(pictures, first, share, features)

    def _without_features(self, presence: Tensor, first: int) -> Tensor:
        """Features of which some samples say nothing of their own: (B, rows, D)."""
        assert self.features is not None
        assert self.mean is not None
        stays = presence.flatten(2).mean(2)
        start = self.window.before + first
        stop = start + stays.shape[1]
        features = self.features.repeat(len(stays), 1, 1)
        features[:, start:stop] = self.mean + (features[:, start:stop] - self.mean) * stays[..., None]
        return features

    def _whole(self) -> Output:
        if self._parts is None:
            features = self._features_of_all()
            return self.network(Window(self._pictures_of_all(), None, features, self.entities, self._second(1)))
        self._known = self._parts.environment.activations(self.pictures)
        output = self.network(Window(maps=self._known[-1][None], entities=self.entities))
        assert output.pooled is not None
        self._fused = self._parts.fuse(output.pooled, self.entities)[0]
        return output

    def _pictures_of_all(self) -> Tensor | None:
        return self.pictures[None] if self.model.inputs.pictures is not None else None

    def _second(self, variants: int) -> Window | None:
        """What each variant of the window is judged together with."""
        replay = self._replay
        if replay is None:
            return None
        assert replay.features is not None
        assert replay.valid is not None
        return Window(features=replay.features.expand(variants, -1, -1), valid=replay.valid.expand(variants, -1))

    def _features_of_all(self) -> Tensor | None:
        return self.features[None] if self.features is not None else None

    def _changed_whole(
        self, pictures: Tensor | None, first: int, share: Tensor | None, features: Tensor | None, variants: int
    ) -> Tensor:
        """Without knowing how a network works, all of it is computed again: pictures one variant at a time."""
        if self.model.inputs.pictures is None:
            read = features if features is not None else self._features_of_all()
            return self.network(Window(features=read, second=self._second(variants))).logits
        logits = []
        for variant in range(variants):
            one = slice(variant, variant + 1)
            window_pictures = self.pictures
            if pictures is not None:
                start = self.window.before + first
                window_pictures = window_pictures.clone()
                window_pictures[start : start + pictures.shape[1]] = pictures[variant]
            entities = self.entities
            if entities is not None and share is not None:
                entities = entities.with_share(share[one])
            read = features[one] if features is not None else self._features_of_all()
            logits.append(self.network(Window(window_pictures[None], None, read, entities)).logits)
        return torch.cat(logits)

    def _changed_part(self, pictures: Tensor | None, first: int, share: Tensor | None, variants: int) -> Tensor:
        assert self.output.pooled is not None
        changed = ChangedPictures(self.output.pooled.expand(variants, -1, -1), self.row, self.row)
        return self.judge(changed if pictures is None else self.with_pictures(pictures, first), share)

    def _fused_again(self, changed: ChangedPictures, share: Tensor | None) -> Tensor:
        """Environment and entities of every frame, (B, rows, d), fused anew where either differs."""
        low, high = changed.low, changed.high
        if share is not None and self.entities is not None:
            differs = torch.nonzero((share != self.entities.share).any(2).any(0)).flatten()
            if share.requires_grad:
                low, high = 0, changed.pooled.shape[1]
            elif len(differs):
                low = min(low, int(differs[0])) if high > low else int(differs[0])
                high = max(high, int(differs[-1]) + 1)
        assert self._parts is not None
        fused = self._fused.expand(len(changed.pooled), -1, -1)
        if high > low:
            own = self._entities(share, len(fused), low, high)
            again = self._parts.fuse(changed.pooled[:, low:high], own)[0]
            fused = torch.cat([fused[:, :low], again.to(fused.dtype), fused[:, high:]], dim=1)
        return fused

    def _entities(self, share: Tensor | None, variants: int, low: int, high: int) -> EntitySet | None:
        if self.entities is None:
            return None
        part = self.entities.map(lambda v: v[:, low:high].expand(variants, *v[:, low:high].shape[1:]))
        return part if share is None else part.with_share(share[:, low:high])

    def _filled_entities(self, entities: EntitySet) -> EntitySet:
        return entities.map(lambda v: self._inside.filled_in_time(v).to(self.model.device))

    def _on_device(self, values: np.ndarray | None) -> Tensor | None:
        return None if values is None else torch.from_numpy(values.astype(np.float32)).to(self.model.device)

    def _normalised(self, pictures: np.ndarray) -> Tensor:
        outside = self._judge.plan.outside
        shown = normalised(self._inside.filled(pictures, outside), *self._judge.normalisation, self.model.device)
        valid = torch.from_numpy(self._inside.valid).to(self.model.device)
        return blank_outside(shown, valid) if outside == BLANK else shown

    def number_format(self) -> torch.autocast:
        """The precision in which this probe computes."""
        return self._judge.number_format(precise=self.precise)


def _in_middle(cells: int, share: float) -> np.ndarray:
    """Which of a line of cells lie, at least in part, in the share of it in its middle: bool (cells,)."""
    left, right = np.arange(cells), np.arange(1, cells + 1)
    within: np.ndarray = (left < cells * (1 + share) / 2) & (right > cells * (1 - share) / 2)
    return within


@contextmanager
def gradients(probe: Probe) -> Iterator[None]:
    """Ready to compute gradients with respect to inputs: recurrent layers need cuDNN off outside of training."""
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False), probe.number_format():
        yield
