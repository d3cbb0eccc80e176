"""Camera changes made between two shots: cross fades, wipes and logos, each with its exact middle.

``progress`` runs from 0 to 1; at a half both pictures weigh the same: of a fade by their shares, of a wipe by the share
of the screen that each has, of a logo that covers everything by the time that is left.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from benchmarks.made_shots import HEIGHT, WIDTH

_Random = np.random.Generator
Change = Callable[[np.ndarray, np.ndarray, float], np.ndarray]
"""(old, new, progress) to a picture, all uint8 (90, 160, 3)."""


def fade(rng: _Random) -> Change:
    """A cross fade, or one through a colour."""
    if rng.random() < 0.8:
        return lambda old, new, progress: _blend(old, new, progress)
    through = np.full((HEIGHT, WIDTH, 3), rng.choice([0, 0, 255]), np.uint8)

    def change(old: np.ndarray, new: np.ndarray, progress: float) -> np.ndarray:
        if progress < 0.5:
            return _blend(old, through, 2 * progress)
        return _blend(through, new, 2 * progress - 1)

    return change


def wipe(rng: _Random) -> Change:
    """A wipe of any kind: an edge, an iris, a picture that pushes the other out, or a graphic that runs across."""
    kind = rng.choice(["graphic", "edge", "push", "logo"], p=[0.5, 0.25, 0.1, 0.15])
    if kind == "push":
        return _push(rng)
    if kind == "logo":
        return _logo(rng)
    field, eased = _field(rng), rng.random() < 0.4
    width = float(rng.choice([rng.uniform(0.02, 0.3), 0.0])) if kind == "edge" else float(rng.uniform(0.6, 1.3))
    graphic = _Graphic(rng)

    def change(old: np.ndarray, new: np.ndarray, progress: float) -> np.ndarray:
        reached = (_eased(progress) if eased else progress) * (1 + width) - field
        picture = np.where((reached < width / 2)[..., None], old, new)
        covered = (reached >= 0) & (reached < width)
        picture[covered] = graphic.picture(reached / max(width, 1e-6), progress)[covered]
        return picture

    return change


def _blend(old: np.ndarray, new: np.ndarray, share: float) -> np.ndarray:
    mixed: np.ndarray = cv2.addWeighted(old, 1 - share, new, share, 0)
    return mixed


def _eased(progress: float) -> float:
    return progress * progress * (3 - 2 * progress)


def _field(rng: _Random) -> np.ndarray:
    """When each pixel's turn comes, in shares of the screen: float (90, 160), evenly spread over 0 to 1."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    x, y = (x - WIDTH / 2) / WIDTH * 16 / 9, (y - HEIGHT / 2) / HEIGHT
    if rng.random() < 0.12:
        way = np.hypot(x, y) * rng.choice([-1, 1])
    else:
        angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.5 else rng.choice([0, np.pi]) + rng.uniform(-0.7, 0.7)
        way = np.cos(angle) * x + np.sin(angle) * y
    order = np.empty(way.size)
    order[np.argsort(way, axis=None, kind="stable")] = np.arange(way.size)
    return order.reshape(way.shape) / way.size


class _Graphic:
    """Bands of colours, and perhaps a badge that runs along with them."""

    def __init__(self, rng: _Random) -> None:
        self._bands = rng.integers(0, 256, (int(rng.integers(1, 5)), 3)).astype(np.uint8)
        self._badge = rng.uniform(0.1, 0.4) if rng.random() < 0.6 else 0.0
        self._ink = [tuple(int(v) for v in rng.integers(0, 256, 3)) for _ in range(2)]
        self._way = rng.normal(0, 1, 2)
        self._texture = rng.uniform(0, 25) * rng.standard_normal((HEIGHT, WIDTH, 1))

    def picture(self, place: np.ndarray, progress: float) -> np.ndarray:
        """The graphic where each pixel is at a place between its ends: (90, 160) to (90, 160, 3)."""
        band = np.clip((place * len(self._bands)).astype(int), 0, len(self._bands) - 1)
        painted = np.clip(self._bands[band] + self._texture, 0, 255).astype(np.uint8)
        if self._badge:
            x, y = np.array([WIDTH, HEIGHT]) * (0.5 + (progress - 0.5) * self._way)
            _draw_badge(painted, (round(x), round(y)), self._badge * HEIGHT, self._ink)
        return painted


def _draw_badge(picture: np.ndarray, centre: tuple[int, int], radius: float, ink: list[tuple[int, ...]]) -> None:
    cv2.circle(picture, centre, max(1, round(radius)), ink[0], -1)
    cv2.putText(picture, "TV", (centre[0] - 8, centre[1] + 5), cv2.FONT_HERSHEY_SIMPLEX, radius / 40, ink[1], 1)


def _push(rng: _Random) -> Change:
    """The new picture pushes the old one out."""
    axis, backwards = int(rng.integers(0, 2)), rng.random() < 0.5

    def change(old: np.ndarray, new: np.ndarray, progress: float) -> np.ndarray:
        first, second, share = (new, old, 1 - progress) if backwards else (old, new, progress)
        size = old.shape[axis]
        start = min(size, round(size * share))
        both = np.concatenate([first, second], axis)
        return both[start : start + size] if axis == 0 else both[:, start : start + size]

    return change


def _logo(rng: _Random) -> Change:
    """A badge grows until it covers everything, and shrinks or clears away over the new picture."""
    ink = [tuple(int(v) for v in rng.integers(0, 256, 3)) for _ in range(2)]
    clears = rng.random() < 0.5
    centre = round(WIDTH * rng.uniform(0.4, 0.6)), round(HEIGHT * rng.uniform(0.4, 0.6))

    def change(old: np.ndarray, new: np.ndarray, progress: float) -> np.ndarray:
        beneath, share = (old, progress) if progress < 0.5 else (new, 1 - progress)
        grown = 1.0 if clears and progress > 0.5 else 2.4 * share
        covered = beneath.copy()
        _draw_badge(covered, centre, 1.1 * WIDTH * min(grown, 1.0), ink)
        return _blend(beneath, covered, min(1.0, 2.4 * share)) if clears and progress > 0.5 else covered

    return change
