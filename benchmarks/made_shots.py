"""Shots made for camera changes to lie between: a still that a camera moves over, or footage; and what disturbs them.

Matches of two frames a second give many pictures and no motion; so a still is filmed anew, by a camera that turns,
zooms and shakes, past players that run. What disturbs a shot is what a camera change is mistaken for: a flash, a
graphic that comes and goes, frames that stand or are lost, somebody who walks past the lens.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

WIDTH, HEIGHT = 160, 90
_Random = np.random.Generator


def moving_still(picture: np.ndarray, count: int, rng: _Random) -> np.ndarray:
    """A still filmed by a camera that turns and zooms: uint8 (H, W, 3) to (count, 90, 160, 3)."""
    height, width = picture.shape[:2]
    span = rng.uniform(0.45, 0.95) * np.exp(
        _wandering(count, rng.choice([0.0, 0.001, 0.006], p=[0.5, 0.35, 0.15]), rng)
    )
    pace = rng.choice([0.0, 0.0008, 0.003, 0.008, 0.02], p=[0.2, 0.3, 0.3, 0.15, 0.05])
    shake = rng.normal(0, 1, (2, count)) * rng.choice([0.0, 0.0005, 0.003], p=[0.5, 0.35, 0.15])
    x, y = (rng.uniform(0.3, 0.7) + _wandering(count, pace * slow, rng) for slow in (1.0, 0.4))
    centre = np.clip(np.stack([x, y]) + shake, 0.0, 1.0)
    lens = width * rng.uniform(0.8, 3.0)
    runners = [_Runner(rng) for _ in range(rng.integers(0, 9))]
    frames = []
    for k in range(count):
        scale = WIDTH / (width * float(np.clip(span[k], 0.3, 1.0)))
        matrix = _view((width, height), centre[:, k], lens, scale)
        frame = cv2.warpPerspective(picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT_101)
        for runner in runners:
            runner.draw(frame, matrix, k, (width, height), scale)
        frames.append(frame)
    return np.stack(frames)


def _wandering(count: int, pace: float, rng: _Random) -> np.ndarray:
    """A way whose speed changes every second or so, of this pace a frame: float (count,)."""
    knots = np.arange(0, count + 50, 25)
    return np.cumsum(np.interp(np.arange(count), knots, rng.normal(0, pace, len(knots))))


def _view(size: tuple[int, int], centre: np.ndarray, lens: float, scale: float) -> np.ndarray:
    """How a camera that turns towards a place of a picture (shares of it) shows it: float (3, 3), pixels to pixels."""
    (width, height), (x, y) = size, centre
    inwards = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, lens]]) / lens
    yaw, pitch = np.arctan((x - 0.5) * width / lens), np.arctan((y - 0.5) * height / lens)
    aside = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    upwards = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    outwards = np.array([[scale * lens, 0, WIDTH / 2], [0, scale * lens, HEIGHT / 2], [0, 0, 1]])
    shown: np.ndarray = outwards @ upwards @ aside @ inwards
    return shown


class _Runner:
    """A player of two colours who runs over the ground."""

    def __init__(self, rng: _Random) -> None:
        self._at, self._speed = rng.uniform(0, 1, 2), rng.normal(0, 0.003, 2)
        self._size = float(rng.choice([0.02, 0.05, 0.15], p=[0.5, 0.3, 0.2])) * rng.uniform(0.7, 1.5)
        self._colours = [tuple(int(v) for v in rng.integers(0, 256, 3)) for _ in range(2)]
        self._stride = rng.uniform(0.3, 0.9)

    def draw(self, frame: np.ndarray, matrix: np.ndarray, number: int, size: tuple[int, int], scale: float) -> None:
        x, y, depth = matrix @ [*(self._at + number * self._speed) * size, 1.0]
        if depth < 0.2:  # beside or behind the camera
            return
        x, y = np.clip([x / depth, y / depth], -1000, 1000)
        tall = self._size * size[0] * scale
        lean = 0.2 * tall * np.sin(number * self._stride)
        for part, colour in enumerate(self._colours):
            top = (round(x + part * lean), round(y + (part - 1) * tall))
            cv2.ellipse(frame, top, (max(1, round(tall / 4)), max(1, round(tall / 2))), 0, 0, 360, colour, -1)


def footage(clip: np.ndarray, count: int, rng: _Random) -> np.ndarray:
    """Consecutive frames of a clip (F, 90, 160, 3), which has as many, from anywhere in it."""
    first = int(rng.integers(0, len(clip) - count + 1))
    return clip[first : first + count].copy()


# --- what a change is mistaken for -----------------------------------------------------------------------


def disturbed(frames: np.ndarray, rng: _Random) -> np.ndarray:
    """The same shot, in most cases disturbed in one way or two."""
    for _ in range(int(rng.choice([0, 1, 2], p=[0.4, 0.4, 0.2]))):
        if len(frames) > 12:
            disturb = _WAYS[int(rng.integers(len(_WAYS)))]
            frames = disturb(frames, rng)
    return frames


def _flash(frames: np.ndarray, rng: _Random) -> np.ndarray:
    """One to three frames brightened, as by a photographer's lamp."""
    first, length = int(rng.integers(1, len(frames) - 4)), int(rng.integers(1, 4))
    part = frames[first : first + length].astype(np.float32)
    frames[first : first + length] = np.clip(part * rng.uniform(1.2, 2.5) + rng.uniform(0, 60), 0, 255)
    return frames


def _exposure(frames: np.ndarray, rng: _Random) -> np.ndarray:
    """The light changes over half a second or so."""
    first, length = int(rng.integers(0, len(frames))), rng.uniform(6, 40)
    share = np.clip((np.arange(len(frames)) - first) / length, 0, 1)
    gain = 1 + share * rng.uniform(-0.35, 0.5)
    return np.stack([cv2.convertScaleAbs(frame, alpha=float(g)) for frame, g in zip(frames, gain, strict=True)])


def _held(frames: np.ndarray, rng: _Random) -> np.ndarray:
    """Frames that stand: one in so many doubled, or a picture that freezes."""
    if rng.random() < 0.5:
        every = int(rng.integers(2, 8))
        at = np.arange(len(frames))
        return frames[at - (at % every == every - 1)]
    first, length = int(rng.integers(0, len(frames) - 8)), int(rng.integers(2, 8))
    frames[first : first + length] = frames[first]
    return frames


def _graphic(frames: np.ndarray, rng: _Random) -> np.ndarray:
    """A score bug or a caption that pops up or slides in, and goes again."""
    tall, wide = int(rng.integers(6, 30)), int(rng.integers(20, 130))
    y, x = int(rng.integers(0, HEIGHT - tall)), int(rng.integers(0, WIDTH - wide))
    picture = np.full((tall, wide, 3), rng.integers(0, 256, 3), np.uint8)
    cv2.rectangle(picture, (2, 2), (wide // 2, tall - 3), [int(v) for v in rng.integers(0, 256, 3)], -1)
    cv2.putText(picture, "1 - 0", (wide // 4, tall * 2 // 3), cv2.FONT_HERSHEY_PLAIN, 0.6, (255, 255, 255), 1)
    first, coming = int(rng.integers(0, len(frames) - 8)), int(rng.integers(1, 12))
    last = int(rng.integers(first + 4, len(frames) + 30))
    clear = rng.uniform(0.6, 1.0)
    for k in range(first, min(last, len(frames))):
        shown = min(1.0, (k - first + 1) / coming, (last - k) / coming)
        part = frames[k, y : y + tall, x : x + max(1, round(wide * shown))]
        part[:] = (1 - clear) * part + clear * picture[:, : part.shape[1]]
    return frames


def _passer_by(frames: np.ndarray, rng: _Random) -> np.ndarray:
    """Somebody dark and large walks past the lens."""
    length, first = int(rng.integers(8, 40)), int(rng.integers(0, max(1, len(frames) - 10)))
    wide, colour = rng.uniform(0.1, 0.6) * WIDTH, [int(v) for v in rng.integers(0, 140, 3)]
    mirrored = rng.random() < 0.5
    for k in range(first, min(first + length, len(frames))):
        share = (k - first + 0.5) / length
        x = -wide + (WIDTH + 2 * wide) * (1 - share if mirrored else share)
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.ellipse(mask, (round(x), round(HEIGHT * 0.65)), (round(wide / 2), round(HEIGHT * 0.6)), 0, 0, 360, 255, -1)
        soft = cv2.GaussianBlur(mask, (0, 0), 3)[..., None] / 255
        frames[k] = frames[k] * (1 - soft) + soft * np.array(colour)
    return frames


def _whipped(frames: np.ndarray, rng: _Random) -> np.ndarray:
    """The camera is torn aside and stops: the picture runs by, smeared."""
    length = int(rng.integers(5, 16))
    first = int(rng.integers(0, max(1, len(frames) - length)))
    speed = rng.uniform(4, 20) * rng.choice([-1, 1])
    way = 0.0
    for k in range(first, len(frames)):
        inside = (k - first) / length
        step = speed * np.sin(np.pi * inside) if inside < 1 else 0.0
        way += step
        smeared = cv2.blur(frames[k], (max(1, round(abs(step))), 1))
        matrix = np.array([[1, 0, way % (2 * WIDTH)], [0, 1, 0]], np.float64)
        frames[k] = cv2.warpAffine(smeared, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
    return frames


_WAYS = (_flash, _exposure, _held, _graphic, _graphic, _passer_by, _whipped)


def recoloured(frames: np.ndarray, look: Sequence[float]) -> np.ndarray:
    """The same frames in another light: gain, lift and saturation."""
    gain, lift, saturation = look
    mixed = np.full((3, 3), (1 - saturation) / 3) + np.eye(3) * saturation
    matrix = np.hstack([gain * mixed, np.full((3, 1), lift)])
    tall: np.ndarray = cv2.transform(frames.reshape(-1, WIDTH, 3), matrix)
    return tall.reshape(frames.shape)
