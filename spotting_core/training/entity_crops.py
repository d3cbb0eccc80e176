"""Training crops for the entity model: where to look, how large, and with what variation.

Cards and referees are rare and decide much, so frames that show them are drawn more often, and the crop is
laid around them. A card's colour is the whole difference between two classes: true cards are also
recoloured from one to the other, and drawn cards are held up over people, lit and blurred like the picture.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from spotting_core.entities.captions import picture_facts, region_facts
from spotting_core.entities.truth import TrueFrame, TrueMatch
from spotting_core.media.frame_store import FrameStore
from spotting_core.training.picture_changes import COLOUR, GRAPHICS, QUALITY, SHARE, degraded, overlaid, recoloured

_CARD_COLOURS = {"yellow card": ((214, 168, 64), (250, 205, 60)), "red card": ((176, 40, 30), (225, 35, 45))}
_CARD_SIZE = (0.11 / 1.8, 0.15 / 1.8)  # of a person's height
_LEAST_VISIBLE = 0.3  # share of a box inside the crop for it to count
_RARE_KINDS = {"yellow_card", "red_card"}


@dataclass(frozen=True)
class Crop:
    """A picture and what is true of it.

    Arguments:
        image: uint8 (H, W, 3) RGB.
        names: entity per box; boxes: float32 (N, 4) in crop pixels.
        facts: of each box; picture: facts of the whole crop.
    """

    image: np.ndarray
    names: list[str]
    boxes: np.ndarray
    facts: list[frozenset[str]]
    picture: frozenset[str]


@dataclass
class CropSource:
    """Samples of rendered matches with their truth, from which crops are drawn.

    Arguments:
        matches, stores: of each half; a match has its truth by the video's frames, of which a store has some.
        width: of the full picture, in pixels, at the scale the model works at.
        size: (width, height) of a crop.
        smallest: least zoom of the full picture; where a crop is larger than what is left of it, it has black bars.
        changes: groups of ``picture_changes`` that crops go through.
    """

    matches: Sequence[TrueMatch]
    stores: Sequence[FrameStore]
    width: int = 640
    size: tuple[int, int] = (384, 224)
    smallest: float = 0.75
    card_share: float = 0.25
    referee_share: float = 0.15
    changes: Collection[str] = ()
    _cards: list[tuple[int, int]] = field(init=False)
    _referees: list[tuple[int, int]] = field(init=False)
    _samples: np.ndarray = field(init=False)
    _frames: list[np.ndarray] = field(init=False)

    def __post_init__(self) -> None:
        self._samples = np.cumsum([len(s) for s in self.stores])
        self._frames = [
            np.rint(store.times * (match.meta["fps"] / 1e6)).astype(int).clip(0, match.frames - 1)
            for match, store in zip(self.matches, self.stores, strict=True)
        ]
        self._cards = self._places(_RARE_KINDS, 2.0)
        self._referees = self._places({"referee"}, 20.0)

    def _places(self, kinds: set[str], min_height: float) -> list[tuple[int, int]]:
        return [
            (m, int(sample))
            for m, (match, frames) in enumerate(zip(self.matches, self._frames, strict=True))
            for sample in np.flatnonzero(np.isin(frames, match.frames_with(kinds, min_height * match.size[1] / 224)))
        ]

    def draw(self, rng: random.Random) -> Crop:
        """One random crop; never of a frame under a wipe, which hides what its truth lists."""
        while True:
            match, sample, focus = self._sample(rng)
            if not self.truth(match, sample).wipe:
                return self._crop(match, sample, focus, rng)

    def truth(self, match: int, sample: int) -> TrueFrame:
        """What is true of a sample of a match."""
        return self.matches[match][int(self._frames[match][sample])]

    def _sample(self, rng: random.Random) -> tuple[int, int, set[str]]:
        """Match, sample, and the entities to aim at."""
        lot = rng.random()
        if lot < self.card_share and self._cards:
            return *rng.choice(self._cards), {"yellow card", "red card"}
        if lot < self.card_share + self.referee_share and self._referees:
            return *rng.choice(self._referees), {"referee"}
        flat = rng.randrange(int(self._samples[-1]))
        match = int(np.searchsorted(self._samples, flat, side="right"))
        return match, flat - (int(self._samples[match - 1]) if match else 0), set()

    def _crop(self, index: int, sample: int, focus: set[str], rng: random.Random) -> Crop:
        match, truth = self.matches[index], self.truth(index, sample)
        image = self.stores[index][sample]
        scale = self._scale(image.shape[1], rng)
        w, h = self.size[0] / scale, self.size[1] / scale  # of the crop, in source pixels
        left, top = _corner(
            image.shape[1] - w, image.shape[0] - h, _aim(truth.names, truth.boxes, focus, rng), (w, h), rng
        )
        picture = cv2.warpAffine(
            image,
            np.array([[scale, 0, -left * scale], [0, scale, -top * scale]], np.float32),
            self.size,
            flags=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA,
            borderMode=cv2.BORDER_CONSTANT,  # a reflection would show people whom no truth names
        )
        boxes = (truth.boxes - np.array([left, top, left, top], np.float32)) * np.float32(scale)
        kept = [i for i in range(len(boxes)) if _visible_share(boxes[i], self.size) > _LEAST_VISIBLE]
        crop = Crop(
            picture,
            [truth.names[i] for i in kept],
            boxes[kept].reshape(-1, 4),
            [region_facts(match, truth, i) for i in kept],
            picture_facts(match, truth, kept),
        )
        return _changed(_vary(crop, rng), self.changes, rng)

    def _scale(self, source_width: int, rng: random.Random) -> float:
        """Zoom of the source so that the full picture is ``width`` wide, times a variation."""
        full = self.width / source_width
        if full > 1 and source_width >= self.size[0] and rng.random() < 0.3:  # also at the small video's own resolution
            full = 1.0
        return full * float(np.exp(rng.uniform(np.log(self.smallest), np.log(1.35))))


def _aim(names: list[str], boxes: np.ndarray, focus: set[str], rng: random.Random) -> np.ndarray | None:
    """Centre of one box of the focus, in source pixels."""
    wanted = [i for i, name in enumerate(names) if name in focus]
    if not wanted:
        return None
    box = boxes[rng.choice(wanted)]
    centre: np.ndarray = (box[:2] + box[2:]) / 2
    return centre


def _corner(
    room_x: float, room_y: float, aim: np.ndarray | None, size: tuple[float, float], rng: random.Random
) -> tuple[float, float]:
    """Top left corner of the crop: anywhere, or so that the aim lies inside."""
    spots = (rng.random() * room_x, rng.random() * room_y)
    if aim is None:
        return spots
    inside = (aim[0] - size[0] * rng.uniform(0.15, 0.85), aim[1] - size[1] * rng.uniform(0.15, 0.85))
    return tuple(min(max(v, min(0.0, room)), max(0.0, room)) for v, room in zip(inside, (room_x, room_y), strict=True))


def _visible_share(box: np.ndarray, size: tuple[int, int]) -> float:
    w = min(box[2], size[0]) - max(box[0], 0)
    h = min(box[3], size[1]) - max(box[1], 0)
    area = (box[2] - box[0]) * (box[3] - box[1])
    return float(w * h / area) if w > 0 and h > 0 and area > 0 else 0.0


def _vary(crop: Crop, rng: random.Random) -> Crop:
    image = crop.image.copy()
    crop = _recolour_cards(crop, image, rng)
    if rng.random() < 0.25:
        crop = _hold_up_card(crop, image, rng)
    boxes = crop.boxes
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
        boxes = boxes.copy()
        boxes[:, [0, 2]] = image.shape[1] - boxes[:, [2, 0]]
    return Crop(relit(image, rng), crop.names, boxes, crop.facts, crop.picture)


_COLOUR_FACTS = ("shirt:", "second:", "pattern:", "team:")


def _changed(crop: Crop, changes: Collection[str], rng: random.Random) -> Crop:
    """A crop after the groups that leave its boxes alone; of other colours nothing is stated of the kits."""
    facts, picture, image = crop.facts, crop.picture, crop.image[None]
    if COLOUR in changes and rng.random() < SHARE:
        image = recoloured(image, rng)
        facts, picture = [_without_colours(f) for f in facts], _without_colours(picture)
    if GRAPHICS in changes and rng.random() < SHARE:
        image = overlaid(image, rng)
    if QUALITY in changes and rng.random() < SHARE:
        image = degraded(image, rng)
    return Crop(image[0], crop.names, crop.boxes, facts, picture)


def _without_colours(facts: frozenset[str]) -> frozenset[str]:
    return frozenset(fact for fact in facts if not fact.startswith(_COLOUR_FACTS))


def relit(image: np.ndarray, rng: random.Random) -> np.ndarray:
    """Brightness, contrast, saturation, tint, blur and noise, each a little."""
    work: np.ndarray = image.astype(np.float32)
    grey = work.mean(axis=2, keepdims=True)
    work = grey + (work - grey) * rng.uniform(0.7, 1.35)
    work = (work - 110) * rng.uniform(0.75, 1.3) + 110 * rng.uniform(0.75, 1.25)
    work *= np.array([rng.uniform(0.93, 1.07) for _ in range(3)], np.float32)
    if rng.random() < 0.2:
        work = cv2.GaussianBlur(work, (0, 0), rng.uniform(0.3, 0.9))
    if rng.random() < 0.3:
        noise = np.random.default_rng(rng.getrandbits(32)).normal(0, rng.uniform(1, 5), work.shape)
        work += noise.astype(np.float32)
    lit: np.ndarray = work.clip(0, 255).astype(np.uint8)
    return lit


def _recolour_cards(crop: Crop, image: np.ndarray, rng: random.Random) -> Crop:
    """Turn yellow cards red and red ones yellow in half of the crops that show one."""
    if not any("card" in n for n in crop.names) or rng.random() < 0.5:
        return crop
    names, facts, shown = list(crop.names), list(crop.facts), set(crop.picture)
    for i, name in enumerate(crop.names):
        if "card" not in name:
            continue
        other = "red card" if name == "yellow card" else "yellow card"
        if _recolour(image, crop.boxes[i], name):
            names[i], facts[i] = other, frozenset({f"entity:{other}"})
            shown = (shown - {f"shows:{name}"}) | {f"shows:{other}"}
    return Crop(image, names, crop.boxes, facts, frozenset(shown))


def _recolour(image: np.ndarray, box: np.ndarray, name: str) -> bool:
    """Shift the hue of a card's own pixels in place; False if too few of them look like it."""
    x1, y1 = np.floor(box[:2]).astype(int).clip(0)
    x2, y2 = np.ceil(box[2:]).astype(int)
    patch = image[y1:y2, x1:x2]
    if patch.size == 0:
        return False
    hsv = cv2.cvtColor(patch, cv2.COLOR_RGB2HSV).astype(np.int16)
    hue = hsv[..., 0]
    own = (hue > 12) & (hue < 32) if name == "yellow card" else (hue < 8) | (hue > 172)
    own &= hsv[..., 1] > 80
    if own.mean() < 0.25:
        return False
    hsv[..., 0][own] = 0 if name == "yellow card" else 22
    hsv[..., 1][own] = np.minimum(hsv[..., 1][own] + (50 if name == "yellow card" else 0), 255)
    patch[:] = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)
    return True


def _hold_up_card(crop: Crop, image: np.ndarray, rng: random.Random) -> Crop:
    """Draw a card over the head of one person who is tall enough to be seen holding it."""
    people = [i for i, f in enumerate(crop.facts) if "entity:person" in f and crop.boxes[i][3] - crop.boxes[i][1] > 30]
    if not people:
        return crop
    x1, y1, x2, y2 = crop.boxes[rng.choice(people)]
    tall = (y2 - y1) * rng.uniform(0.9, 1.3)
    size = (_CARD_SIZE[0] * tall * rng.uniform(0.25, 1.0), _CARD_SIZE[1] * tall)
    centre = (rng.uniform(x1, x2), y1 + tall * rng.uniform(-0.16, 0.22))
    name = rng.choice(["yellow card", "red card"])
    corners = cv2.boxPoints((centre, size, rng.uniform(-25, 25)))
    low, high = corners.min(0), corners.max(0)
    if (low < 1).any() or high[0] >= image.shape[1] - 1 or high[1] >= image.shape[0] - 1:
        return crop
    dark, bright = _CARD_COLOURS[name]
    share = rng.random()
    colour = [int(a + (b - a) * share) for a, b in zip(dark, bright, strict=True)]
    layer, alpha = np.empty_like(image), np.zeros(image.shape[:2], np.float32)
    layer[:] = colour
    cv2.fillConvexPoly(alpha, np.round(corners * 16).astype(np.int32), 1.0, cv2.LINE_AA, 4)
    alpha = cv2.GaussianBlur(alpha, (0, 0), rng.uniform(0.4, 0.8))[..., None] * rng.uniform(0.85, 1.0)
    image[:] = (image * (1 - alpha) + layer * alpha).astype(np.uint8)
    box = np.concatenate([low, high]).astype(np.float32)
    facts = frozenset({f"entity:{name}"})
    shown = crop.picture | {f"shows:{name}"}
    return Crop(image, [*crop.names, name], np.vstack([crop.boxes, box]), [*crop.facts, facts], shown)
