"""Drawn pictures of pitches of every size, for training the calibration: lines on grass under sampled cameras.

Rendered matches have one pitch of one size, under few cameras. What is drawn here is poorer in all but what calibration
needs: the right lines where they belong, on grass of many colours, mown, worn and shaded, with people on it, boards and
stands around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import cv2
import numpy as np

from spotting_core.domain.camera import Camera
from spotting_core.domain.homography import Homography
from spotting_core.domain.pitch import Pitch

LENGTHS, WIDTHS = (100.0, 110.0), (64.0, 75.0)
"""Metres between which the sides of pitches are drawn from: what the Laws allow in international matches, and less."""
_FINER = 2  # times as finely lines are drawn
_BEHIND_GOAL = 0.15  # share of cameras
_GOAL = (7.32, 2.44)  # metres
_NEAR, _FAR = 0.5, 300.0  # metres of depth from which something is drawn; of ground that is far away
_LARGEST = 8000  # pixels beside the picture to which shapes are drawn


@dataclass(frozen=True)
class DrawnPicture:
    """A picture uint8 (H, W, 3) RGB, the homography by which it sees the pitch, and that."""

    image: np.ndarray
    seen: Homography
    pitch: Pitch


def draw_picture(size: tuple[int, int], rng: Random) -> DrawnPicture:
    """A random picture. size: width and height in pixels."""
    pitch = Pitch(rng.uniform(*LENGTHS), rng.uniform(*WIDTHS))
    camera = sample_camera(pitch, size[0] / size[1], rng)
    canvas = _Canvas(camera, pitch, size, rng)
    image = canvas.grass()
    image = canvas.lines(image)
    image = canvas.surroundings(image)
    canvas.goals(image)
    canvas.people(image)
    return DrawnPicture(canvas.finish(image), camera.homography, pitch)


def sample_camera(pitch: Pitch, aspect: float, rng: Random) -> Camera:
    """A camera beside the pitch, or behind a goal, that looks at some of its ground."""
    if rng.random() < _BEHIND_GOAL:
        side = rng.choice((-1, 1))
        position = (side * (pitch.length / 2 + rng.uniform(5, 30)), rng.uniform(-25, 25), -rng.uniform(2.5, 16))
        aim = (side * rng.uniform(10, pitch.length / 2), rng.uniform(-20, 20))
    else:
        position = (rng.choice((0, 0, 0, -36, 36)) + rng.gauss(0, 7), pitch.width / 2 + rng.uniform(10, 70), 0.0)
        height = rng.uniform(0.15, 0.5) * (position[1] - rng.uniform(0, 20))
        position = (position[0], position[1], -max(5.0, height))
        aim = (rng.uniform(-1, 1) * pitch.length / 2, rng.uniform(-0.45, 0.4) * pitch.width)
    view = np.array([*aim, 0.0]) - position
    away = float(np.linalg.norm(view))
    covered = float(np.exp(rng.uniform(np.log(22), np.log(80))))  # metres across the picture at what it aims at
    pan = float(np.arctan2(view[0], -view[1]))
    tilt = float(np.arccos(view[2] / away))
    return Camera(position, pan, tilt, np.deg2rad(rng.gauss(0, 0.8)), max(0.6, away / covered), aspect)


def _ground(seen: Homography, width: int, height: int) -> np.ndarray:
    """Where every pixel's middle lies on the ground in metres, far away above the horizon: float32 (H, W, 2)."""
    inverse = (np.linalg.inv(seen.matrix) * seen.facing).astype(np.float32)
    u = (np.arange(width, dtype=np.float32) + 0.5) / width
    v = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height
    x, y, depth = (row[0] * u + row[1] * v + row[2] for row in inverse)
    ahead = depth > 1e-9
    depth = np.where(ahead, depth, 1)
    return np.stack([np.where(ahead, one / depth, _FAR).clip(-_FAR, _FAR) for one in (x, y)], -1)


def _line_edges(pitch: Pitch, broad: float) -> np.ndarray:
    """The corners of the pieces of all lines, ``broad`` metres to either side: (4 N, 3)."""
    quads = []
    for points in pitch.lines.values():
        along = np.gradient(points, axis=0)
        beside = np.stack([-along[:, 1], along[:, 0]], -1)
        beside *= broad / np.linalg.norm(beside, axis=1, keepdims=True).clip(1e-9)
        left, right = points - beside, points + beside
        quads.append(np.stack([left[:-1], left[1:], right[1:], right[:-1]], 1).reshape(-1, 2))
    corners = np.concatenate(quads)
    return np.column_stack([corners, np.zeros(len(corners))])


def _drawable(shapes: np.ndarray) -> np.ndarray:
    """Which shapes (N, corners, 2) in pixels are in front of the camera and near the picture: bool (N,)."""
    return np.asarray((np.abs(np.nan_to_num(shapes, nan=np.inf)) < _LARGEST).all((1, 2)))


class _Canvas:
    """One picture in the making."""

    def __init__(self, camera: Camera, pitch: Pitch, size: tuple[int, int], rng: Random) -> None:
        self.camera, self.pitch, self.size, self.rng = camera, pitch, size, rng
        self.numbers = np.random.default_rng(rng.getrandbits(32))
        width, height = size
        self.ground = _ground(camera.homography, width, height)
        self.margin = rng.uniform(2.5, 7.0)

    def projected(self, points: np.ndarray, finer: int = 1) -> np.ndarray:
        """Points (N, 3) in metres, z up, in pixels (N, 2); NaN where they are behind the camera or too near."""
        world = points * np.array([1, 1, -1]) - self.camera.position
        right, down, ahead = self.camera.rotation @ world.T
        with np.errstate(divide="ignore", invalid="ignore"):
            at = np.stack([right, down], -1) * self.camera.focal / np.where(ahead > _NEAR, ahead, np.nan)[:, None]
        width, height = self.size
        return np.asarray((at * width + np.array([width, height]) / 2) * finer)

    def clouds(self, cells: int) -> np.ndarray:
        """Smooth noise (H, W, 1) of about unit spread."""
        small = self.numbers.normal(size=(max(2, cells // 2), cells)).astype(np.float32)
        return cv2.resize(small, self.size, interpolation=cv2.INTER_CUBIC)[..., None]

    def grass(self) -> np.ndarray:
        """The ground: one green, mown, worn and shaded; float32 (H, W, 3)."""
        rng = self.rng
        hsv = np.array([[[rng.randint(28, 62), rng.randint(60, 190), rng.randint(70, 170)]]], np.uint8)
        image = np.asarray(np.tile(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), (*self.size[::-1], 1)), np.float32)
        image *= 1 + rng.uniform(0.0, 0.12) * self._mown()[..., None]
        image *= 1 + rng.uniform(0.0, 0.06) * self.clouds(rng.randint(3, 40))
        image *= 1 + rng.uniform(0.0, 0.06) * self.numbers.normal(size=(*self.size[::-1], 1)).astype(np.float32)
        if rng.random() < 0.3:
            angle, at = rng.uniform(0, 2 * np.pi), rng.uniform(-30, 30)
            dark = np.cos(angle) * self.ground[..., 0] + np.sin(angle) * self.ground[..., 1] > at
            image *= 1 - rng.uniform(0.2, 0.55) * dark[..., None]
        return image

    def _mown(self) -> np.ndarray:
        """-1 and 1 by turns, in stripes or squares; less where they are too narrow to be seen: (H, W)."""
        kind, wide = self.rng.choice(("none", "x", "y", "both")), self.rng.uniform(4, 9)
        if kind == "none":
            return np.zeros(self.size[::-1], np.float32)
        waves = [np.sin(np.float32(np.pi / wide) * self.ground[..., k]) for k in range(2) if kind in ("xy"[k], "both")]
        wave = waves[0] if len(waves) == 1 else waves[0] * waves[1]
        metres = np.abs(np.diff(self.ground[..., 0], axis=1, append=0)) + np.abs(
            np.diff(self.ground[..., 1], axis=1, append=0)
        )
        return np.asarray((4 * wave).clip(-1, 1) * (1 - 2 * metres / wide).clip(0, 1), np.float32)

    def lines(self, image: np.ndarray) -> np.ndarray:
        """The lines of the pitch, painted on the ground."""
        width, height = self.size
        mask = np.zeros((height * _FINER, width * _FINER), np.uint8)
        broad = self.rng.uniform(0.09, 0.15) / 2
        edges = self.projected(_line_edges(self.pitch, broad), _FINER).reshape(-1, 4, 2)
        for quad in edges[_drawable(edges)]:
            cv2.fillConvexPoly(mask, np.round(quad * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
        paint = cv2.resize(mask, self.size, interpolation=cv2.INTER_AREA).astype(np.float32)[..., None] / 255
        worn = np.clip(self.rng.uniform(0.75, 1.15) + self.rng.uniform(0, 0.2) * self.clouds(30), 0.2, 1)
        white = self.rng.uniform(180, 255) * np.clip(image.mean() / 90, 0.6, 1)
        return np.asarray(image * (1 - paint * worn) + white * paint * worn)

    def surroundings(self, image: np.ndarray) -> np.ndarray:
        """Stands behind the grass, and boards in front of them."""
        rng, (half_length, half_width) = self.rng, (self.pitch.length / 2, self.pitch.width / 2)
        x, y = half_length + self.margin, half_width + self.margin
        outside = ~(np.abs(self.ground) <= np.array([x, y])).all(-1)
        cells = rng.randint(20, 150)
        crowd = self.numbers.uniform(30, 220, (cells // 2, cells, 3)).astype(np.float32)
        enlarged = cv2.resize(crowd, self.size, interpolation=rng.choice((cv2.INTER_NEAREST, cv2.INTER_LINEAR)))
        tint = np.array([rng.uniform(40, 210) for _ in range(3)])
        share = rng.uniform(0.3, 0.9)
        image = np.where(outside[..., None], enlarged * (1 - share) + tint * share, image)
        for ends in (((-x, -y), (x, -y)), ((-x, -y), (-x, y)), ((x, -y), (x, y))):
            self._boards(image, np.array(ends))
        return np.ascontiguousarray(image, np.float32)

    def _boards(self, image: np.ndarray, ends: np.ndarray) -> None:
        rng, tall, count = self.rng, self.rng.uniform(0.7, 1.3), self.rng.randint(4, 16)
        places = ends[0] + np.linspace(0, 1, count + 1)[:, None] * (ends[1] - ends[0])
        low = self.projected(np.column_stack([places, np.zeros(count + 1)]))
        high = self.projected(np.column_stack([places, np.full(count + 1, tall)]))
        quads = np.stack([low[:-1], low[1:], high[1:], high[:-1]], 1)
        for quad in quads[_drawable(quads)]:
            colour = [rng.uniform(0, 255) for _ in range(3)]
            cv2.fillConvexPoly(image, np.round(quad * 16).astype(np.int32), colour, cv2.LINE_AA, 4)

    def goals(self, image: np.ndarray) -> None:
        """Posts and bars."""
        wide, tall = _GOAL[0] / 2, _GOAL[1]
        for side in (-1, 1):
            x = side * self.pitch.length / 2
            frame = self.projected(np.array([[x, -wide, 0], [x, -wide, tall], [x, wide, tall], [x, wide, 0]]))
            if _drawable(frame[None])[0]:
                thick = max(1, round(0.12 / tall * float(np.linalg.norm(frame[1] - frame[0]))))
                cv2.polylines(
                    image, [np.round(frame * 16).astype(np.int32)], False, (235, 235, 235), thick, cv2.LINE_AA, 4
                )

    def people(self, image: np.ndarray) -> None:
        """Some people on the pitch, each an ellipse in three colours with a shadow."""
        kits = [[self.rng.uniform(0, 255) for _ in range(3)] for _ in range(4)]
        inside = np.argwhere(self.pitch.contains(self.ground))
        if not len(inside):
            return
        for _ in range(self.rng.randint(0, 22)):
            row, column = inside[self.rng.randrange(len(inside))]
            x, y = self.ground[row, column]
            body = self.projected(np.array([[x, y, 0], [x, y, self.rng.uniform(1.6, 1.95)]]))
            if not _drawable(body[None])[0]:
                continue
            foot, head = body
            tall = float(np.linalg.norm(foot - head))
            shirt, shorts = self.rng.choice(kits), self.rng.choice(kits)
            self._ellipse(image, foot, (0.3 * tall, 0.08 * tall), [30, 60, 30])
            self._ellipse(image, foot * 0.75 + head * 0.25, (0.11 * tall, 0.25 * tall), shorts)
            self._ellipse(image, foot * 0.35 + head * 0.65, (0.16 * tall, 0.23 * tall), shirt)
            self._ellipse(image, head * 0.93 + foot * 0.07, (0.06 * tall, 0.08 * tall), [170, 130, 100])

    @staticmethod
    def _ellipse(image: np.ndarray, centre: np.ndarray, axes: tuple[float, float], colour: list[float]) -> None:
        at, half = (tuple(round(16 * v) for v in values) for values in (centre, axes))
        cv2.ellipse(image, at, half, 0, 0, 360, colour, -1, cv2.LINE_AA, 4)

    def finish(self, image: np.ndarray) -> np.ndarray:
        """As bytes, sometimes a little out of focus."""
        if self.rng.random() < 0.5:
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), self.rng.uniform(0.3, 0.8)))
        return np.asarray(image.clip(0, 255), np.uint8)
