"""Finding entities: pictures in, named regions and a picture embedding out.

A ball is a few pixels, so pictures are looked at near their own resolution: up to ``_ONE_PASS_WIDTH`` in one
pass at the width the model was trained at; larger ones once as a whole, for what is large, and again in
overlapping tiles, for what is small. Models without a pyramid always work in tiles of their input size.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from spotting_core.computing.number_format import in_bfloat16
from spotting_core.entities.detectors import DetectorFinder, is_detector
from spotting_core.entities.prompts import DEFAULT_PROMPTS, PromptSet, load_prompts
from spotting_core.entities.proposals import keep_best, regions_of_map, regions_of_pyramid
from spotting_core.entities.region import Regions, joined
from spotting_core.entities.tiles import Tile, grid_tiles, look_at, whole_tile
from spotting_core.entities.vision_language import BUNDLED, VisionLanguageModel, entity_model_folder
from spotting_core.media.fingerprint import joint_hash

_WIDTH = 640  # pixels, the scale the pyramid was trained at
_ONE_PASS_WIDTH = 960
_BATCH = 4  # pictures at once: larger batches leave the processor's cache


def tiles_of(width: int, height: int, *, work_width: int = _WIDTH) -> list[Tile]:
    """How a picture of a size is looked at; the first tile is always the whole picture."""
    whole_height = max(32, round(height * work_width / width / 8) * 8)
    whole = whole_tile(width, height).resized(work_width, whole_height)
    return [whole] if width <= _ONE_PASS_WIDTH else [whole, *grid_tiles(width, height, work_width, whole_height)]


class Finder(Protocol):
    """What finds entities in pictures.

    Arguments:
        prompts: the entities that are looked for; sha256: of the weights; embed_dim: E, numbers of an embedding.
    """

    prompts: PromptSet
    sha256: str
    embed_dim: int

    def fingerprint(self) -> str:
        """Changes whenever other regions could be found."""

    def find(self, images: np.ndarray) -> tuple[list[Regions], np.ndarray]:
        """Regions of each picture (boxes in its pixels), and picture embeddings float32 (B, E).

        Arguments:
            images: uint8 (B, H, W, 3) RGB.
        """


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
    """

    def __init__(self, model: VisionLanguageModel, prompts: PromptSet) -> None:
        self.model, self.prompts, self.sha256 = model, prompts, model.sha256
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

    def fingerprint(self) -> str:
        """Changes whenever other regions could be found."""
        return joint_hash([self.sha256, self.prompts.fingerprint()])

    def find(self, images: np.ndarray) -> tuple[list[Regions], np.ndarray]:
        """Regions of each picture (boxes in its pixels), and picture embeddings float32 (B, E).

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


def square_tiles(width: int, height: int, size: int = 224) -> list[Tile]:
    """For a model with a square input: the whole picture, then squares at the picture's own resolution."""
    tiles = [whole_tile(width, height), *grid_tiles(width, height, size, overlap=size // 4)]
    return [tile.resized(size, size) for tile in tiles]
