"""A probe: one window of a model, asked again and again with parts of it changed.

The window is computed once and its activations are kept. A change of some frames is then computed exactly as
far as the time shift carries it (``Environment.changed_map``), the entities of the frames that changed are
fused again, and everything that looks over the whole window is computed anew. Nothing is approximated; what
is held fixed is said by whoever changes something.

To take a place out of the picture is to blur it until nothing can be told apart and to take out the entities
whose middle lies in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from explain.given import Given
from explain.window_probe import WindowProbe
from spotting_core.media.pixels import normalised
from spotting_core.models.load import LoadedModel
from spotting_core.models.window import EntitySet, Output, Window
from spotting_core.precision import half_precision

BLUR = 1 / 8  # of the picture's height: the spread that leaves no player, line or letter
GRID = (8, 14)  # cells of presence masks and of maps: rows, columns
_BATCH = 8  # variants at once: more leave the processor's cache


def blurred(picture: np.ndarray) -> np.ndarray:
    """The picture with nothing left but its broad colours: uint8 (H, W, 3)."""
    return cv2.GaussianBlur(picture, (0, 0), picture.shape[0] * BLUR)


class Probe(WindowProbe):
    """A model on a window.

    Arguments:
        precise: compute in single precision, which gradients need, instead of the half precision of an analysis.
    """

    taken_out = "the sample blurred, its entities taken out"

    def __init__(self, model: LoadedModel, given: Given, *, precise: bool = False) -> None:
        super().__init__(model, given)
        self.precise = precise
        entities = given.entities
        self.entities = entities.map(lambda v: v.to(model.device)) if entities is not None else None
        self.environment: Any = getattr(self.network, "environment", None)
        self._known: list[Tensor] = []
        with torch.no_grad(), self.precision():
            self.output: Output = self._whole()

    @cached_property
    def frames(self) -> Tensor:
        """The window's pictures, normalised: (W, 3, H, W)."""
        return self._normalised(self.given.pictures)

    @cached_property
    def blurred(self) -> Tensor:
        """The same pictures blurred."""
        return self._normalised(np.stack([blurred(p) for p in self.given.pictures]))

    @property
    def feature_map(self) -> Tensor:
        """The environment's last feature map of the window: (W, D, h, w)."""
        return self._known[-1]

    def again(self) -> Output:
        """The window computed once more, for whoever listens to the layers behind the environment."""
        maps = self._known[-1][None] if self._known else None
        with self.precision():
            output: Output = self.network(Window(frames=self.frames[None], maps=maps, entities=self.entities))
        return output

    # --- changes ------------------------------------------------------------------------------------------

    def logits(self, frames: Tensor | None = None, first: int = 0, share: Tensor | None = None) -> Tensor:
        """What the model says of a changed window: (B, W, C).

        Arguments:
            frames: (B, n, 3, H, W), what the samples from ``first`` on show instead; None for no change.
            share: (B, W, N), the entities' shares instead of theirs (0 takes one out); None for no change.
        """
        variants = len(frames) if frames is not None else len(share) if share is not None else 1
        with self.precision():
            if self.environment is None:
                return torch.cat([self._changed_whole(frames, first, share, b) for b in range(variants)])
            return self._changed_part(frames, first, share, variants)

    @torch.no_grad()
    def keep(self, presence: Tensor, first: int) -> Tensor:
        """What the model says where only parts of some frames are left: (B, W, C).

        Arguments:
            presence: (B, n, h, w), 1 where a place of samples ``first`` to ``first + n`` stays, 0 where it goes.
        """
        found = [self._keep(part, first) for part in presence.split(_BATCH)]
        return torch.cat(found)

    @torch.no_grad()
    def without_entities(self, gone: Tensor) -> Tensor:
        """What the model says without some entities, the picture unchanged: (B, W, C). gone: bool (B, W, N)."""
        assert self.entities is not None
        parts = [self.logits(share=self.entities.share * ~part) for part in gone.split(_BATCH)]
        return torch.cat(parts)

    def mixed(self, presence: Tensor, first: int) -> Tensor:
        """Frames of which some places are blurred: (B, n, 3, H, W)."""
        stop = first + presence.shape[1]
        sharp, soft = self.frames[first:stop], self.blurred[first:stop]
        size = (int(sharp.shape[2]), int(sharp.shape[3]))
        mask = F.interpolate(presence.to(sharp.dtype), size=size, mode="nearest").unsqueeze(2)
        return soft + (sharp - soft) * mask

    def share_of(self, presence: Tensor, first: int) -> Tensor | None:
        """Shares of the entities (B, W, N): those whose middle lies where ``presence`` is below a half are out."""
        if self.entities is None:
            return None
        stop, (rows, columns) = first + presence.shape[1], presence.shape[2:]
        share = self.entities.share.repeat(len(presence), 1, 1)
        box = self.entities.box[0, first:stop]
        column = ((box[..., 0] + box[..., 2]) / 2 * columns).long().clamp(0, columns - 1)
        row = ((box[..., 1] + box[..., 3]) / 2 * rows).long().clamp(0, rows - 1)
        there = presence.flatten(2).gather(2, (row * columns + column).expand(len(presence), -1, -1))
        share[:, first:stop] *= there >= 0.5
        return share

    # --- inside -------------------------------------------------------------------------------------------

    def _keep(self, presence: Tensor, first: int) -> Tensor:
        presence = presence.to(self.model.device)
        return self.logits(self.mixed(presence, first), first, self.share_of(presence, first))

    def _whole(self) -> Output:
        if self.environment is None:
            output: Output = self.network(Window(frames=self.frames[None], entities=self.entities))
            return output
        self._known = self.environment.activations(self.frames)
        window = Window(maps=self._known[-1][None], entities=self.entities)
        output = self.network(window)
        assert output.pooled is not None
        self._fused = self.network.fuse(output.pooled, self.entities)[0]
        return output

    def _changed_whole(self, frames: Tensor | None, first: int, share: Tensor | None, variant: int) -> Tensor:
        """Without knowing how a network works, all of it is computed again."""
        pictures = self.frames
        if frames is not None:
            pictures = pictures.clone()
            pictures[first : first + frames.shape[1]] = frames[variant]
        entities = self.entities
        if entities is not None and share is not None:
            entities = entities.with_share(share[variant : variant + 1])
        output: Output = self.network(Window(frames=pictures[None], entities=entities))
        return output.logits

    def _changed_part(self, frames: Tensor | None, first: int, share: Tensor | None, variants: int) -> Tensor:
        assert self.output.pooled is not None
        pooled = self.output.pooled.expand(variants, -1, -1)
        low = high = self.given.anchor
        if frames is not None:
            part, low = self.environment.changed_map(self._known, frames, first)
            high = low + part.shape[1]
            pooled = torch.cat([pooled[:, :low], part.float().mean((3, 4)), pooled[:, high:]], dim=1)
        return self.judge(pooled, share, low, high)

    def judge(self, pooled: Tensor, share: Tensor | None, low: int, high: int) -> Tensor:
        """Logits (B, W, C) where environment features differ from ``low`` to ``high`` and entities anywhere."""
        if share is not None and self.entities is not None:
            differs = torch.nonzero((share != self.entities.share).any(2).any(0)).flatten()
            if share.requires_grad:
                low, high = 0, pooled.shape[1]
            elif len(differs):
                low = min(low, int(differs[0])) if high > low else int(differs[0])
                high = max(high, int(differs[-1]) + 1)
        fused = self._fused.expand(len(pooled), -1, -1)
        if high > low:
            again = self.network.fuse(pooled[:, low:high], self._entities(share, len(pooled), low, high))[0]
            fused = torch.cat([fused[:, :low], again.to(fused.dtype), fused[:, high:]], dim=1)
        output: Output = self.network.judge(fused, pooled)
        return output.logits

    def _entities(self, share: Tensor | None, variants: int, low: int, high: int) -> EntitySet | None:
        if self.entities is None:
            return None
        part = self.entities.map(lambda v: v[:, low:high].expand(variants, *v[:, low:high].shape[1:]))
        return part if share is None else part.with_share(share[:, low:high])

    def _normalised(self, pictures: np.ndarray) -> Tensor:
        read = self.model.card.input
        return normalised(pictures, read["mean"], read["std"], self.model.device)

    def precision(self) -> torch.autocast:
        """The precision in which this probe computes."""
        return half_precision(self.model.device, wanted=not self.precise)


@contextmanager
def gradients(probe: Probe) -> Iterator[None]:
    """Ready to compute gradients with respect to inputs: recurrent layers need cuDNN off outside of training."""
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False), probe.precision():
        yield
