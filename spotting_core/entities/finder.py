"""Finding entities: pictures in, named regions and a picture embedding out.

A ball is a few pixels, so pictures are looked at near their own resolution: up to ``_ONE_PASS_WIDTH`` in one
pass at the width the model was trained at; larger ones once as a whole, for what is large, and again in
overlapping tiles, for what is small. Models without a pyramid always work in tiles of their input size.

A model that was taught to judge its proposals by all others (``rescoring``) proposes more than it finds, and looks at
pictures one after the other: what it finds in one hangs on those before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from spotting_core.computing.number_format import in_bfloat16
from spotting_core.entities.detectors import DetectorFinder, is_detector
from spotting_core.entities.prompts import DEFAULT_PROMPTS, PromptSet, load_prompts
from spotting_core.entities.proposals import judged, keep_best, regions_of_map, regions_of_pyramid
from spotting_core.entities.region import Regions, joined
from spotting_core.entities.rescoring import (
    REMEMBERED,
    RESCORING_FILE,
    Memory,
    Proposals,
    Rescoring,
    load_rescoring,
)
from spotting_core.entities.tiles import Tile, grid_tiles, look_at, whole_tile
from spotting_core.entities.vision_language import BUNDLED, VisionLanguageModel, entity_model_folder
from spotting_core.media.fingerprint import file_hash, joint_hash

_WIDTH = 640  # pixels, the scale the pyramid was trained at
_ONE_PASS_WIDTH = 960
_BATCH = 4  # pictures at once: larger batches leave the processor's cache


def tiles_of(width: int, height: int, *, work_width: int = _WIDTH) -> list[Tile]:
    """How a picture of a size is looked at; the first tile is always the whole picture."""
    whole_height = max(32, round(height * work_width / width / 8) * 8)
    whole = whole_tile(width, height).resized(work_width, whole_height)
    return [whole] if width <= _ONE_PASS_WIDTH else [whole, *grid_tiles(width, height, work_width, whole_height)]


class Following(Protocol):
    """What finds entities in the pictures of a video, one after the other."""

    def find(self, images: np.ndarray) -> tuple[list[Regions], np.ndarray]:
        """Regions of each of the next pictures (boxes in its pixels), and picture embeddings float32 (B, E).

        Arguments:
            images: uint8 (B, H, W, 3) RGB.
        """


class Finder(Protocol):
    """What finds entities in pictures.

    Arguments:
        prompts: the entities that are looked for; sha256: of the weights and of what judges what they propose.
        vision_model: SHA-256 of the weights that embed pictures; embed_dim: E, numbers of an embedding.
        remembered: pictures before one that decide what is found in it; 0 where each stands by itself.
    """

    prompts: PromptSet
    sha256: str
    vision_model: str
    embed_dim: int

    @property
    def remembered(self) -> int: ...

    def fingerprint(self) -> str:
        """Changes whenever other regions could be found."""

    def following(self) -> Following:
        """For the pictures of one video, in order."""


def load_finder(
    model: str | Path = BUNDLED,
    prompts: str | Path = DEFAULT_PROMPTS,
    device: str = "cpu",
    *,
    fetch: bool = True,
) -> Finder:
    """A vision-language model or a detector by its name, with the prompts of a file.

    Arguments:
        fetch: whether a detector may be fetched from the hub; one that a card names has to be here already.

    Errors:
        BadInputError: see ``VisionLanguageModel.load``, ``DetectorFinder.load`` and ``load_prompts``.
    """
    if is_detector(model) and entity_model_folder(model) is None:
        return DetectorFinder.load(model, load_prompts(prompts), device, fetch=fetch)
    return EntityFinder.load(model, prompts, device)


def language_model_of(described: Mapping[str, Any] | None) -> str | None:
    """The vision-language model that found a model's entities, which compares pictures with texts; None where there are
    none, or they come from a detector or from files.

    Arguments:
        described: the entities of its card.
    """
    name = "" if described is None or described.get("files") else str(described.get("model", ""))
    by_detector = bool(name) and is_detector(name) and entity_model_folder(name) is None
    return None if by_detector else name or None


class EntityFinder:
    """A vision-language model with a prompt set, ready to look at pictures.

    Arguments:
        model: any ``VisionLanguageModel``.
        prompts: the entities to look for.
        rescored: whether what is proposed is judged by all else that is, where the model was taught that for these
            words; else all that is above the thresholds is found.
    """

    def __init__(self, model: VisionLanguageModel, prompts: PromptSet, *, rescored: bool = True) -> None:
        self.model, self.prompts = model, prompts
        self.sha256 = self.vision_model = model.sha256
        folder = entity_model_folder(model.name) if rescored and model.pyramid is not None else None
        self.rescoring = load_rescoring(folder, prompts) if folder is not None else None
        if folder is not None and self.rescoring is not None:
            self.sha256 = joint_hash([model.sha256, file_hash(folder / RESCORING_FILE)])
        self.texts = model.encode_groups([e.prompts for e in prompts.entities])  # (K, E)
        self.embed_dim = int(self.texts.shape[1])

    @classmethod
    def load(
        cls,
        model: str | Path = BUNDLED,
        prompts: str | Path = "football",
        device: str = "cpu",
    ) -> EntityFinder:
        return cls(VisionLanguageModel.load(model, device), load_prompts(prompts))

    @property
    def remembered(self) -> int:
        return REMEMBERED if self.rescoring is not None else 0

    def fingerprint(self) -> str:
        """Changes whenever other regions could be found."""
        return joint_hash([self.sha256, self.prompts.fingerprint()])

    def proposing(self) -> EntityFinder:
        """What finds all that is judged afterwards."""
        return EntityFinder(self.model, self.prompts.proposing(), rescored=False)

    def doubting(self) -> EntityFinder:
        """The same down to a quarter of the thresholds: what average precision is measured of."""
        return EntityFinder(self.model, self.prompts.doubtful(), rescored=self.rescoring is not None)

    def following(self) -> Following:
        """For the pictures of one video, in order."""
        return self if self.rescoring is None else RescoredFinder(self, self.rescoring)

    def proposals(self, regions: Sequence[Regions], first: int, width: int) -> Proposals:
        """Regions of consecutive pictures as they are judged, the first of them being number ``first``.

        Arguments:
            width: of the pictures that boxes refer to.
        """
        assert self.model.pyramid is not None
        boxes, embedding = (np.concatenate([getattr(r, name) for r in regions]) for name in ("boxes", "embedding"))
        stored = torch.from_numpy(embedding.astype(np.float16)).float()  # as they are kept: judged alike from a file
        logit = self.model.pyramid.region_logit(stored.to(self.texts.device), self.texts).cpu()
        place = np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], axis=1) / width
        return Proposals(
            torch.arange(first, first + len(regions)).repeat_interleave(torch.tensor([len(r) for r in regions])),
            torch.from_numpy(np.concatenate([r.entity for r in regions]).astype(np.int64)),
            logit,
            torch.from_numpy(place.astype(np.float32)),
            stored,
        )

    def find(self, images: np.ndarray) -> tuple[list[Regions], np.ndarray]:
        """What pictures show, each by itself: above the thresholds, and judged by nothing else (``following`` does).

        Arguments:
            images: uint8 (B, H, W, 3) RGB.
        """
        all_regions: list[Regions] = []
        embeddings = []
        for start in range(0, len(images), _BATCH):
            regions, embedding = self._find_few(images[start : start + _BATCH])
            all_regions += regions
            embeddings.append(embedding)
        return all_regions, np.concatenate(embeddings)

    def _find_few(self, images: np.ndarray) -> tuple[list[Regions], np.ndarray]:
        height, width = images.shape[1:3]
        tiles = tiles_of(width, height) if self.model.pyramid else square_tiles(width, height, self.model.input_size)
        parts: list[list[Regions]] = [[] for _ in images]
        embedding: np.ndarray | None = None
        for tile in tiles:
            regions, pictures = self._look(np.stack([look_at(image, tile) for image in images]))
            embedding = pictures if embedding is None else embedding
            for part, region in zip(parts, regions, strict=True):
                part.append(tile.placed(region))
        assert embedding is not None
        one = len(tiles) == 1
        return [p[0] if one else keep_best(joined(p), self.prompts) for p in parts], embedding

    @torch.inference_mode()
    def _look(self, images: np.ndarray) -> tuple[list[Regions], np.ndarray]:
        pixels = self.model.normalise(images)
        pyramid = self.model.pyramid
        with in_bfloat16(self.model.device):
            if pyramid is not None:
                dense, pooled = pyramid.dense(pixels)
                pictures = F.normalize(self.model.model.visual.head(pooled).float(), dim=1)
                return regions_of_pyramid(pyramid, dense, self.texts, self.prompts), pictures.cpu().numpy()
        patches, pictures = self.model.patches(pixels)
        return self._regions_of_patches(patches, images.shape[2], images.shape[1]), pictures.cpu().numpy()

    def _regions_of_patches(self, patches: Tensor, width: int, height: int) -> list[Regions]:
        """patches: (B, E, h, w), unit length."""
        scale = float(self.model.model.logit_scale.exp())
        logits = torch.einsum("behw,ke->bkhw", patches, self.texts).mul(scale).cpu().numpy()
        cell = (width / patches.shape[3], height / patches.shape[2])
        vectors = patches.permute(0, 2, 3, 1).cpu().numpy()
        return [
            regions_of_map(logit, vector, self.prompts, cell=cell)
            for logit, vector in zip(logits, vectors, strict=True)
        ]


class RescoredFinder:
    """Pictures of a video, in order, with what is proposed in them judged by what the last ones showed.

    Arguments:
        finder: whose thresholds hold; rescoring: the judges.
    """

    def __init__(self, finder: EntityFinder, rescoring: Rescoring) -> None:
        self._finder, self._proposing = finder, finder.proposing()
        self._memory, self._next = Memory(rescoring), 0

    def find(self, images: np.ndarray) -> tuple[list[Regions], np.ndarray]:
        """See ``Following``."""
        regions, embedding = self._proposing.find(images)
        return self.rescored(regions, images.shape[2]), embedding

    def rescored(self, regions: Sequence[Regions], width: int) -> list[Regions]:
        """What is found of what is proposed in the next pictures.

        Arguments:
            width: of the pictures that boxes refer to.
        """
        proposals = self._finder.proposals(regions, self._next, width)
        self._next += len(regions)
        probability = self._memory.judge(proposals).sigmoid().numpy()
        ends = np.cumsum([len(r) for r in regions])
        rows = [slice(end - len(r), end) for r, end in zip(regions, ends, strict=True)]
        return [judged(r, probability[row], self._finder.prompts) for r, row in zip(regions, rows, strict=True)]


def square_tiles(width: int, height: int, size: int = 224) -> list[Tile]:
    """For a model with a square input: the whole picture, then squares at the picture's own resolution."""
    tiles = [whole_tile(width, height), *grid_tiles(width, height, size, overlap=size // 4)]
    return [tile.resized(size, size) for tile in tiles]
