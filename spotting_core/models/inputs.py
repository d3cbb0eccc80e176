"""What a system reads of a match."""

from __future__ import annotations

from dataclasses import dataclass

from spotting_core.media.pixels import IMAGENET_MEAN, IMAGENET_STD


@dataclass(frozen=True)
class PictureSize:
    """Width and height in pixels of the pictures that a system reads."""

    width: int
    height: int


@dataclass(frozen=True)
class Inputs:
    """What is read of every sample.

    Arguments:
        pictures: their size, or None for a system that looks at none.
        entities: the most entities of a sample that are read; 0 for none.
        features: numbers of a sample's feature sets side by side; 0 for none.
        windows: how many windows are judged together; 2 for a replay and what it may show.
        mean, std: by which the pixels of pictures are normalised.
        bytes_too: whether the network takes pictures as bytes as well, of which it makes shares of 255 a few at once,
            where neither a mean nor a deviation changes these: of large pictures a window would fill the memory.
    """

    pictures: PictureSize | None = None
    entities: int = 0
    features: int = 0
    windows: int = 1
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    bytes_too: bool = False

    @property
    def normalisation(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and deviation by which pixels are normalised."""
        return self.mean, self.std

    @property
    def words(self) -> tuple[str, ...]:
        """What is read, in words: of pictures, entities and features those that are."""
        read = {"pictures": self.pictures, "entities": self.entities, "features": self.features}
        return tuple(name for name, what in read.items() if what)
