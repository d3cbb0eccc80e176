"""Finding entities: pictures in, named regions and a picture embedding out.

A ball is a few pixels, so pictures are looked at near their own resolution: up to ``_ONE_PASS_WIDTH`` in one
pass at the width the model was trained at; larger ones once as a whole, for what is large, and again in
overlapping tiles, for what is small. Models without a pyramid always work in tiles of their input size.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from spotting_core.computing.number_format import in_bfloat16
from spotting_core.entities.prompts import PromptSet, load_prompts
from spotting_core.entities.proposals import keep_best, regions_of_map, regions_of_pyramid
from spotting_core.entities.region import Regions, joined
from spotting_core.entities.vision_language import BUNDLED, VisionLanguageModel
from spotting_core.media.decode import resize_image
from spotting_core.media.fingerprint import joint_hash

_WIDTH = 640  # pixels, the scale the pyramid was trained at
_ONE_PASS_WIDTH = 960
_TILE_OVERLAP = 64
_BATCH = 4  # pictures at once: larger batches leave the processor's cache


@dataclass(frozen=True)
class Tile:
    """A part of a picture and the size it is looked at: all in pixels of the picture but ``width, height``."""

    left: int
    top: int
    right: int
    bottom: int
    width: int
    height: int

    @property
    def scale(self) -> tuple[float, float]:
        """Picture pixels per tile pixel."""
        return (self.right - self.left) / self.width, (self.bottom - self.top) / self.height


def tiles_of(width: int, height: int, *, work_width: int = _WIDTH) -> list[Tile]:
    """How a picture of a size is looked at; the first tile is always the whole picture."""
    whole_height = max(32, round(height * work_width / width / 8) * 8)
    whole = Tile(0, 0, width, height, work_width, whole_height)
    if width <= _ONE_PASS_WIDTH:
        return [whole]
    return [whole, *_grid(width, height, (work_width, whole_height), _TILE_OVERLAP)]


def _grid(width: int, height: int, tile: tuple[int, int], overlap: int) -> list[Tile]:
    """Overlapping tiles at the picture's own resolution that cover it."""

    def starts(length: int, size: int) -> list[int]:
        count = max(1, -(-(length - overlap) // (size - overlap)))
        return [round(i * max(0, length - size) / max(1, count - 1)) for i in range(count)]

    w, h = min(tile[0], width), min(tile[1], height)
    return [Tile(x, y, x + w, y + h, w, h) for y in starts(height, h) for x in starts(width, w)]


class EntityFinder:
    """A vision-language model with a prompt set, ready to look at pictures.

    Arguments:
        model: any ``VisionLanguageModel``.
        prompts: the entities to look for.
    """

    def __init__(self, model: VisionLanguageModel, prompts: PromptSet) -> None:
        self.model, self.prompts = model, prompts
        self.texts = model.encode_groups([e.prompts for e in prompts.entities])  # (K, E)
        self.embed_dim = int(self.texts.shape[1])

    @classmethod
    def load(
        cls,
        model: str | Path = BUNDLED,
        pretrained: str | None = None,
        prompts: str | Path = "football",
        device: str = "cpu",
    ) -> EntityFinder:
        return cls(VisionLanguageModel.load(model, pretrained, device), load_prompts(prompts))

    def fingerprint(self) -> str:
        """Changes whenever other regions could be found."""
        return joint_hash([self.model.sha256, self.prompts.fingerprint()])

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
        tiles = tiles_of(width, height) if self.model.pyramid else square_tiles(width, height)
        parts: list[list[Regions]] = [[] for _ in images]
        embedding: np.ndarray | None = None
        for tile in tiles:
            cut = images[:, tile.top : tile.bottom, tile.left : tile.right]
            view = np.stack([resize_image(image, tile.width, tile.height) for image in cut])
            regions, pictures = self._look(view)
            embedding = pictures if embedding is None else embedding
            for part, region in zip(parts, regions, strict=True):
                part.append(_placed(region, tile))
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
    whole = Tile(0, 0, width, height, size, size)
    return [whole, *(_resized(t, size) for t in _grid(width, height, (size, size), size // 4))]


def _resized(tile: Tile, size: int) -> Tile:
    return Tile(tile.left, tile.top, tile.right, tile.bottom, size, size)


def _placed(regions: Regions, tile: Tile) -> Regions:
    """Boxes from tile pixels to picture pixels."""
    scale = np.array(tile.scale * 2, np.float32)
    corner = np.array([tile.left, tile.top] * 2, np.float32)
    return Regions(regions.entity, regions.score, regions.boxes * scale + corner, regions.embedding)
