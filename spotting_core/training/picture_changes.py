"""Changes that make pictures look like another broadcast's, in five groups, each of which can be left out.

What a rendering fixes is drawn at random instead, so that a model cannot rest on it (domain randomisation; Tobin et
al., "Domain Randomization for Transferring Deep Neural Networks from Simulation to the Real World", IROS 2017):

* ``colour``: the grass, the hues of all else but what may be a card, a cast, and the statistics of another clip's
  colours (after Zhou et al., "Domain Generalization with MixStyle", ICLR 2021, on colours instead of features);
* ``quality``: blur, noise, compression, interlacing, a smaller picture enlarged;
* ``framing``: another scale and place, bars, a picture in a picture (``framed``, for boxes change with it);
* ``graphics``: plates with text over the picture, and mowing stripes;
* ``moments``: frozen, lost and repeated frames (``unsteady_order``, for entities go with their pictures).

One clip has one look: parameters are drawn once and hold for all its samples. Pictures are uint8 (T, H, W, 3) RGB.
"""

from __future__ import annotations

import random
from collections.abc import Collection

import cv2
import numpy as np
import torch
from torch import Tensor

COLOUR, QUALITY, FRAMING, GRAPHICS, MOMENTS = "colour", "quality", "framing", "graphics", "moments"
GROUPS = (COLOUR, QUALITY, FRAMING, GRAPHICS, MOMENTS)
SHARE = 0.5
"""Of the clips that a group changes."""
_GRASS = (28, 95)  # hues, of 180
_CARD_HUES = ((0, 9), (18, 36), (171, 180))  # reds and yellows
_CARD_SATURATION = 110
_LETTERS = "ABCDEFGHIKLMNOPRSTUVW0123456789:-"
_DRAWN = 0.6  # share of the ways of a group that are drawn at once


def check_groups(groups: Collection[str]) -> None:
    """Refuse a group that is none.

    Errors:
        ValueError: see above.
    """
    for group in groups:
        if group not in GROUPS:
            raise ValueError(f"changes must be among {', '.join(GROUPS)}, not {group!r}")


def changed(pictures: np.ndarray, groups: Collection[str], rng: random.Random) -> np.ndarray:
    """Pictures after the groups that leave everything where it is, each in ``SHARE`` of the calls."""
    for group, change in ((COLOUR, recoloured), (GRAPHICS, overlaid), (QUALITY, degraded)):
        if group in groups and rng.random() < SHARE:
            pictures = change(pictures, rng)
    return pictures


# --- colour -------------------------------------------------------------------------------------------


def recoloured(pictures: np.ndarray, rng: random.Random) -> np.ndarray:
    """Other grass, other hues of all else, another cast.

    Strong reds and yellows keep their hue, for by that a card is told; other things may become red or yellow.
    """
    hsv = cv2.cvtColor(pictures.reshape(-1, pictures.shape[2], 3), cv2.COLOR_RGB2HSV)
    hue, saturation = hsv[..., 0], hsv[..., 1]
    grass = (hue >= _GRASS[0]) & (hue < _GRASS[1]) & (saturation > 40)
    own = grass | _like_cards(hue, saturation)
    turned, grass_turned = rng.randrange(180), rng.randint(-22, 22)
    table = np.arange(256)
    if rng.random() < _DRAWN:
        hsv[..., 0] = np.where(own, hue, ((table + turned) % 180).astype(np.uint8)[hue])
    if rng.random() < _DRAWN:
        hsv[..., 0] = np.where(grass, ((table + grass_turned) % 180).astype(np.uint8)[hue], hsv[..., 0])
        for channel, strength in ((1, rng.uniform(0.45, 1.4)), (2, rng.uniform(0.6, 1.5))):
            scaled = (table * strength).clip(0, 255).astype(np.uint8)
            hsv[..., channel] = np.where(grass, scaled[hsv[..., channel]], hsv[..., channel])
    rgb = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
    if rng.random() < _DRAWN:
        for channel in range(3):
            cast = (table * rng.uniform(0.8, 1.2) + rng.uniform(-14, 14)).clip(0, 255).astype(np.uint8)
            rgb[..., channel] = cast[rgb[..., channel]]
    return rgb.reshape(pictures.shape)


def _like_cards(hue: np.ndarray, saturation: np.ndarray) -> np.ndarray:
    inside = np.zeros(256, bool)
    for low, high in _CARD_HUES:
        inside[low:high] = True
    like: np.ndarray = inside[hue] & (saturation > _CARD_SATURATION)
    return like


def mix_styles(pictures: Tensor, rng: random.Random) -> Tensor:
    """Clips with means and deviations of their colours moved towards those of other clips of the batch, half of them.

    Arguments:
        pictures: uint8 (B, T, H, W, 3).
    """
    order = list(range(len(pictures)))
    rng.shuffle(order)
    mean, deviation = zip(*(_statistics(clip) for clip in pictures), strict=True)
    mixed = []
    for clip, own, other in zip(pictures, range(len(order)), order, strict=True):
        if rng.random() >= SHARE:
            mixed.append(clip)
            continue
        share = rng.random()
        to_mean, to_deviation = (share * s[own] + (1 - share) * s[other] for s in (mean, deviation))
        gain = to_deviation / deviation[own]
        table = (torch.arange(256.0)[:, None] - mean[own]) * gain + to_mean
        levels = table.round().clamp(0, 255).to(torch.uint8)
        mixed.append(torch.stack([levels[:, c][clip[..., c].int()] for c in range(3)], dim=-1))
    return torch.stack(mixed)


def _statistics(clip: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each colour over some pixels of a clip (T, H, W, 3)."""
    pixels = clip[::4, ::4, ::4].reshape(-1, 3).float()
    return pixels.mean(0), pixels.std(0).clamp_min(1.0)


# --- quality ------------------------------------------------------------------------------------------


def degraded(pictures: np.ndarray, rng: random.Random) -> np.ndarray:
    """Pictures of a worse source: one or two of blur, noise, compression, interlacing, and a smaller size."""
    ways = rng.sample((_blurred, _noisy, _compressed, _interlaced, _enlarged), 1 + (rng.random() < _DRAWN))
    for way in ways:
        pictures = way(pictures, rng)
    return pictures


def _blurred(pictures: np.ndarray, rng: random.Random) -> np.ndarray:
    spread = rng.uniform(0.4, 1.1) * pictures.shape[2] / 224
    return np.stack([cv2.GaussianBlur(picture, (0, 0), spread) for picture in pictures])


def _noisy(pictures: np.ndarray, rng: random.Random) -> np.ndarray:
    generator = np.random.default_rng(rng.getrandbits(32))
    noise = generator.normal(0, rng.uniform(2, 10), pictures.shape[1:]).astype(np.int16)
    moved = (np.roll(noise, tuple(generator.integers(0, 99, 2)), (0, 1)) for _ in pictures)
    return np.stack([(p + n).clip(0, 255).astype(np.uint8) for p, n in zip(pictures, moved, strict=True)])


def _compressed(pictures: np.ndarray, rng: random.Random) -> np.ndarray:
    quality = [int(cv2.IMWRITE_JPEG_QUALITY), rng.randint(12, 50)]
    again = []
    for picture in pictures:
        decoded = cv2.imdecode(cv2.imencode(".jpg", picture, quality)[1], cv2.IMREAD_COLOR)
        assert decoded is not None, "what was encoded here can be decoded"
        again.append(decoded)
    return np.stack(again)


def _interlaced(pictures: np.ndarray, rng: random.Random) -> np.ndarray:
    """Every other line some pixels beside its place, as a camera's turn leaves them."""
    combed = pictures.copy()
    combed[:, 1::2] = np.roll(pictures[:, 1::2], rng.choice((-3, -2, -1, 1, 2, 3)), axis=2)
    return combed


def _enlarged(pictures: np.ndarray, rng: random.Random) -> np.ndarray:
    height, width = pictures.shape[1:3]
    share = rng.uniform(0.4, 0.8)
    small = (max(8, int(width * share)), max(8, int(height * share)))
    return np.stack([cv2.resize(cv2.resize(p, small, interpolation=cv2.INTER_AREA), (width, height)) for p in pictures])


# --- framing ------------------------------------------------------------------------------------------


def framed(pictures: np.ndarray, rng: random.Random) -> tuple[np.ndarray, tuple[float, float, float, float]]:
    """Pictures shown smaller or larger and elsewhere; what is left over is dark, or a blurred picture.

    Returns them and (sx, sy, ox, oy): what lay at (x, y), in shares of the picture, lies at (sx x + ox, sy y + oy).
    """
    height, width = pictures.shape[1:3]
    if rng.random() < 0.5:  # larger
        sx = sy = rng.uniform(1.1, 1.7)
    elif rng.random() < 0.5:  # bars above and below or beside it
        sx, sy = rng.choice(((1.0, rng.uniform(0.7, 0.95)), (rng.uniform(0.7, 0.95), 1.0)))
    else:  # a picture in a picture
        sx = sy = rng.uniform(0.6, 0.9)
    ox, oy = rng.uniform(0, 1 - sx) if sx <= 1 else rng.uniform(1 - sx, 0), (1 - sy) * rng.random()
    matrix = np.array([[sx, 0, ox * width], [0, sy, oy * height]], np.float32)
    behind = np.full((height, width, 3), rng.choice((0, 0, 16, 128)), np.uint8)
    if rng.random() < 0.3:
        behind = cv2.GaussianBlur(pictures[0], (0, 0), height / 12)
    shown = [
        cv2.warpAffine(p, matrix, (width, height), behind.copy(), borderMode=cv2.BORDER_TRANSPARENT) for p in pictures
    ]
    return np.stack(shown), (sx, sy, ox, oy)


# --- graphics -----------------------------------------------------------------------------------------


def overlaid(pictures: np.ndarray, rng: random.Random) -> np.ndarray:
    """Plates with text that stay where they are, and stripes across the grass."""
    pictures = pictures.copy()
    if rng.random() < _DRAWN:
        pictures = _mown(pictures, rng)
    for _ in range(rng.randint(0, 3)):
        _lay_plate(pictures, rng)
    return pictures


def _mown(pictures: np.ndarray, rng: random.Random) -> np.ndarray:
    height, width = pictures.shape[1:3]
    y, x = np.mgrid[:height, :width].astype(np.float32) / height
    angle, number = rng.uniform(0, np.pi), rng.uniform(4, 14)
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * number * np.pi + rng.uniform(0, 6))
    gain = 1 + rng.uniform(0.05, 0.22) * np.sign(wave)[..., None]
    mown = []
    for picture in pictures:
        red, green, blue = (picture[..., c].astype(np.int16) for c in range(3))
        grass = ((green > red + 6) & (green > blue + 6))[..., None]
        mown.append(np.where(grass, (picture * gain).clip(0, 255), picture).astype(np.uint8))
    return np.stack(mown)


def _lay_plate(pictures: np.ndarray, rng: random.Random) -> None:
    """A plate with text or a disc at an edge of every picture, in place."""
    height, width = pictures.shape[1:3]
    plate_width, plate_height = int(width * rng.uniform(0.06, 0.4)), max(5, int(height * rng.uniform(0.04, 0.1)))
    left = rng.randrange(0, width - plate_width)
    top = int(rng.choice((rng.uniform(0.01, 0.12), rng.uniform(0.85, 0.98))) * height)
    top = min(top, height - plate_height)
    plate = np.full((plate_height, plate_width, 3), [rng.randrange(256) for _ in range(3)], np.uint8)
    ink = tuple(rng.randrange(256) for _ in range(3))
    if rng.random() < 0.3:
        cv2.circle(plate, (plate_width // 2, plate_height // 2), plate_height // 2, ink, -1, cv2.LINE_AA)
    text = "".join(rng.choice(_LETTERS) for _ in range(max(1, 2 * plate_width // plate_height)))
    place = (2, int(plate_height * 0.8))
    cv2.putText(plate, text, place, cv2.FONT_HERSHEY_SIMPLEX, plate_height / 32, ink, 1, cv2.LINE_AA)
    share = rng.uniform(0.6, 1.0)
    under = pictures[:, top : top + plate_height, left : left + plate_width]
    under[:] = (under * (1 - share) + plate * share).astype(np.uint8)


# --- moments ------------------------------------------------------------------------------------------


def unsteady_order(length: int, rng: random.Random) -> tuple[np.ndarray, int | None]:
    """Of a clip in which a stretch is frozen, frames are repeated, or one is lost to black: which frame is shown at
    each sample, int64 (T,), and the sample that is lost, or None.
    """
    order = np.arange(length)
    if rng.random() < _DRAWN:
        start, frozen = rng.randrange(length), rng.randint(2, 5)
        order[start : start + frozen] = start
    for at in range(1, length):
        if rng.random() < 0.03:
            order[at] = order[at - 1]
    return order, rng.randrange(length) if rng.random() < 0.3 else None
