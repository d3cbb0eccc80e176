"""How a picture is looked at: once as a whole, for what is large, and again in overlapping tiles, for what is small."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spotting_core.entities.region import Regions
from spotting_core.media.decode import resize_image

_OVERLAP = 64


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

    def resized(self, width: int, height: int) -> Tile:
        """The same part, looked at in another size."""
        return Tile(self.left, self.top, self.right, self.bottom, width, height)

    def placed(self, regions: Regions) -> Regions:
        """Regions with boxes from tile pixels to picture pixels."""
        scale = np.array(self.scale * 2, np.float32)
        corner = np.array([self.left, self.top] * 2, np.float32)
        return Regions(regions.entity, regions.score, regions.boxes * scale + corner, regions.embedding)


def whole_tile(width: int, height: int) -> Tile:
    """A whole picture at its own size."""
    return Tile(0, 0, width, height, width, height)


def grid_tiles(width: int, height: int, tile_width: int, tile_height: int = 0, overlap: int = _OVERLAP) -> list[Tile]:
    """Overlapping tiles at a picture's own resolution that cover it.

    Arguments:
        tile_height: as its width where it is 0; overlap: at least, pixels.
    """

    def starts(length: int, size: int) -> list[int]:
        count = max(1, -(-(length - overlap) // (size - overlap)))
        return [round(i * max(0, length - size) / max(1, count - 1)) for i in range(count)]

    w, h = min(tile_width, width), min(tile_height or tile_width, height)
    return [Tile(x, y, x + w, y + h, w, h) for y in starts(height, h) for x in starts(width, w)]


def look_at(image: np.ndarray, tile: Tile) -> np.ndarray:
    """A tile of a picture in the size it is looked at: uint8 (H, W, 3) to (height, width, 3)."""
    return resize_image(image[tile.top : tile.bottom, tile.left : tile.right], tile.width, tile.height)
