"""How long a film will be, how large, and how long it takes to make, told before it is made.

The length is exact. Size and time of encoded films follow pixels and seconds of film; what those cost is taken from
exports that were made on this machine, and before there are any, from those of the demo match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from spotting_core.clips.cutting import CARD, film_length, film_size
from spotting_core.clips.order import Order
from spotting_core.clips.selection import Clip
from spotting_core.media.ingest import Media


@dataclass(frozen=True)
class Cost:
    """What an export cost, or what exports cost on average.

    Arguments:
        film: seconds; pixels: of its pictures.
        size: bytes; seconds: that it took.
        drawn: whether something was drawn on its pictures, which takes most of the time where it is.
    """

    film: float
    pixels: int
    size: int
    seconds: float
    drawn: bool = False

    @property
    def volume(self) -> float:
        """Pixels times seconds: what size and time go by."""
        return self.film * self.pixels


DEMO = (Cost(615.5, 640 * 360, 74_000_000, 41.4), Cost(615.5, 640 * 360, 87_400_000, 242.5, drawn=True))
"""The demo match's clips in one reel, plain and drawn on, on two idle cores: ``benchmarks/clip_costs.py``."""


@dataclass(frozen=True)
class Estimate:
    """What an export will be.

    Arguments:
        film: microseconds; size: bytes, about; seconds: to make it, about.
    """

    film: int
    size: int
    seconds: float


def estimated(order: Order, media: Mapping[tuple[str, int], Media], made: Iterable[Cost] = ()) -> Estimate:
    """What an export will be; clips without a video are left out.

    Arguments:
        media: videos by the match that clips name, empty where they are of one, and half.
        made: exports that were encoded on this machine.

    Errors:
        BadInputError: a clip begins after the end of its video.
    """
    cut = [(clip, media[clip.match, clip.half]) for clip in order.clips if (clip.match, clip.half) in media]
    lengths = [film_length(clip, own.table) for clip, own in cut]
    if order.fast:
        size = sum(_copied(clip, own) for clip, own in cut)
        return Estimate(sum(lengths), round(size), size / _COPIED_A_SECOND + len(cut) * _COPY_STARTS)
    if order.reel and order.cards:
        lengths = [length + CARD for length in lengths]
    # A reel has the size of its first clip.
    sizes = [film_size(cut[0][1] if order.reel else own, order.lines) for _, own in cut]
    volume = sum(length / 1e6 * width * height for length, (width, height) in zip(lengths, sizes, strict=True))
    made, drawn = list(made), is_drawn(order)
    known = next(filter(None, ([c for c in costs if c.volume and c.drawn == drawn] for costs in (made, DEMO))))
    share = volume / sum(cost.volume for cost in known)
    return Estimate(sum(lengths), round(share * sum(c.size for c in known)), share * sum(c.seconds for c in known))


def is_drawn(order: Order) -> bool:
    """Whether every picture of an export is drawn on."""
    return bool(order.layers)


_COPIED_A_SECOND = 50e6  # bytes, of a slow disk
_COPY_STARTS = 0.2  # seconds that a copied clip takes however short it is


def _copied(clip: Clip, media: Media) -> float:
    """Bytes of a copied stretch, as if the video's were spread evenly."""
    return media.path.stat().st_size * clip.length / media.table.duration
