"""Training of the calibration network (``models.pitch_lines``): pictures of rendered matches, varied, and drawn ones.

The teacher is whoever made the calibrations beside the training matches: a renderer's are exact, published ones count
where they are sure. All pictures are of two samples a second; those of other cameras than the usual one are drawn more
often, and a share is of pitches of other sizes (``drawn_pitches``). Every picture is zoomed, moved, turned a little,
mirrored (a mirrored pitch is a pitch), bent as a lens bends it, shaded, and in other colours.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.validation import Share
from spotting_core.calibration.confidence import NUMBERS, fit_numbers, learned_weights
from spotting_core.calibration.fit import Sighting
from spotting_core.calibration.smoothing import smoothed
from spotting_core.computing.number_format import in_bfloat16
from spotting_core.domain.camera import Camera
from spotting_core.domain.classes import load_classes
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.pitch import Pitch
from spotting_core.evaluation.pitch_calibration import distance
from spotting_core.formats.field_calibration import RATE, calibration_file, pitch_of, read_beside, where_sure
from spotting_core.inference.calibration_run import sightings_of
from spotting_core.media.decode import resize_image
from spotting_core.media.frame_store import FrameStore, store_frames
from spotting_core.media.pixels import clip_pixels
from spotting_core.media.source import open_match
from spotting_core.models.judge import Judge
from spotting_core.models.network import Network
from spotting_core.models.pitch_lines import (
    PITCH_LINES_SYSTEM,
    PitchLines,
    PitchLinesConfig,
    PitchOutput,
    PitchTargets,
    picture_targets,
    pitch_losses,
    stacked_targets,
)
from spotting_core.models.window import Samples, Window
from spotting_core.tasks.calibration import CALIBRATION
from spotting_core.training.drawn_pitches import draw_picture
from spotting_core.training.entity_crops import relit
from spotting_core.training.start import start_from_stage, start_from_trunk
from spotting_core.training.trainer import Trainer, TrainingConfig

log = logging.getLogger(__name__)

PITCH_LINES = PITCH_LINES_SYSTEM.name
_WRONG = 30.0  # metres
_LEAST_FITS = 50  # from which it is learned how far fits are off
_USUAL = "Main camera center"
_ZOOM, _MOST_TURNED, _MOST_BENT = (0.85, 1.7), np.deg2rad(3.0), 0.012


@dataclass(frozen=True)
class CalibrationTrainingConfig(TrainingConfig):
    """Everything that decides the outcome of a run.

    Arguments:
        model: settings of the network.
        drawn_share: of the pictures that are drawn; other_share: that are of other cameras than the usual one.
        trunk_from: name or folder of the entity model whose trunk the network starts from, or empty.
        start_from: model folder of an earlier run, or empty.
        validation: splits on which it is learned by what the error of a fit can be told.
    """

    model: dict[str, Any] = field(default_factory=dict)
    batch: int = 16
    drawn_share: Share = 0.2
    other_share: Share = 0.2
    trunk_from: str = ""
    start_from: str = ""
    validation: tuple[str, ...] = ("val",)


@dataclass(frozen=True)
class CalibratedHalf:
    """The pictures of a half at their own size, what is known of each, and the pitch."""

    pictures: FrameStore
    calibrations: Sequence[Calibration]
    pitch: Pitch


@dataclass(frozen=True)
class CalibratedPicture:
    """A picture uint8 (H, W, 3) RGB and what is known of it; ``calibration`` None where nothing is."""

    image: np.ndarray
    calibration: Calibration | None
    pitch: Pitch


class CalibrationTrainer(Trainer["PictureBatch", CalibrationTrainingConfig, Network]):
    """One run.

    Errors:
        BadInputError: a configuration or matches that cannot be used.
    """

    def __init__(
        self, config: CalibrationTrainingConfig, root: Path, run: Path, data: DataDirectory, device: str
    ) -> None:
        self.system = PITCH_LINES_SYSTEM
        self.table = load_classes(CALIBRATION.class_table)
        settings = {"classes": self.table.names, "rate": config.rate, **config.model}
        self.model_config = self.system.configure(**settings)
        if abs(config.rate - RATE) > 1e-6:
            raise BadInputError(f"calibrations are {RATE:g} a second, not {config.rate:g}", fix=f"Set rate = {RATE}")
        torch.manual_seed(config.seed)
        network = PitchLines(self.model_config)
        with torch.no_grad():
            if config.trunk_from:
                start_from_trunk(network.trunk, config.trunk_from)
            if config.start_from:
                start_from_stage(network, config.start_from)
        super().__init__(network, config, run, device)
        self.validation = calibrated_halves([root / split for split in config.validation], data)
        self.halves = calibrated_halves([root / split for split in config.data], data)
        self._usual, self._others = _by_camera(self.halves)

    def make_batch(self, step: int) -> PictureBatch:
        rng = Random(f"{self.config.seed}/{step}")
        pictures = [self._draw(Random(rng.getrandbits(64))) for _ in range(self.config.batch)]
        targets = [picture_targets(p.calibration, p.pitch) for p in pictures]
        return PictureBatch(np.stack([p.image for p in pictures]), stacked_targets(targets))

    def _draw(self, rng: Random) -> CalibratedPicture:
        size, lot = (self.model_config.width, self.model_config.height), rng.random()
        if lot < self.config.drawn_share:
            drawn = draw_picture(size, rng)
            picture = CalibratedPicture(drawn.image, Calibration(1, 0, drawn.seen), drawn.pitch)
            return replace(picture, image=relit(picture.image, rng))
        rare = lot < self.config.drawn_share + self.config.other_share and self._others
        half, sample = rng.choice(self._others if rare else self._usual or self._others)
        own = self.halves[half]
        picture = CalibratedPicture(own.pictures[sample], own.calibrations[sample], own.pitch)
        return varied_picture(picture, size, rng)

    def losses(self, batch: PictureBatch) -> dict[str, Tensor]:
        pictures = clip_pixels(batch.images[:, None], device=self.device)
        with in_bfloat16(self.device):
            output = self.model(Window(pictures=pictures))
        assert isinstance(output, PitchOutput)
        return pitch_losses(self.model_config, output, batch.targets.map(lambda v: v[:, None].to(self.device)))

    @property
    def trained(self) -> Network:
        """The network with the moving average of its weights."""
        return self.averaged

    def with_error_weights(self) -> PitchLinesConfig:
        """The network's configuration with what the validation splits say of the errors of fits."""
        network = self.trained.eval()
        judge = Judge(self.system, self.model_config, network)
        pairs = [errors_of_fits(judge, half) for half in self.validation]
        numbers, errors = (np.concatenate(values) for values in zip(*pairs, strict=True))
        if len(errors) < _LEAST_FITS:
            log.warning("too few pictures could be placed to learn how far calibrations are off: %d", len(errors))
            return self.model_config
        weights = learned_weights(numbers, errors)
        return replace(self.model_config, error_weights=tuple(round(float(w), 5) for w in weights))


@dataclass(frozen=True)
class PictureBatch:
    """Pictures uint8 (B, H, W, 3) of one step, and their targets (B)."""

    images: np.ndarray
    targets: PitchTargets


def calibrated_halves(splits: Sequence[Path], data: DataDirectory) -> list[CalibratedHalf]:
    """The halves with videos and calibrations below some folders, in order of their names.

    Errors:
        BadInputError: there is none, or a calibration that cannot be read.
    """
    halves = []
    for split in splits:
        for folder in CALIBRATION.labelled_games(split):
            for half in open_match(folder).halves:
                if calibration_file(folder, half.half) is None:
                    continue
                pictures = store_frames(half.path, data, rate=RATE, sizes=[None])[0]
                by_time = {c.time: where_sure(c) for c in read_beside(folder, half.half)}
                unknown = Calibration(half.half, 0, None, 0.0)
                own = [by_time.get(round(k / RATE * 1e6), unknown) for k in range(len(pictures))]
                halves.append(CalibratedHalf(pictures, own, pitch_of(folder)))
    if not halves:
        raise BadInputError("no match with video and calibrations lies here", where=splits[0] if splits else None)
    return halves


def errors_of_fits(judge: Judge, half: CalibratedHalf) -> tuple[np.ndarray, np.ndarray]:
    """What is known of the fit of every sample that could be placed, and by how many metres it is off.

    Returns numbers (N, 8), see ``calibration.confidence``, and errors (N,); what shows no pitch is off by ``_WRONG``.
    """
    config: PitchLinesConfig = judge.config  # type: ignore[assignment]
    size, count = (config.width, config.height), len(half.pictures)
    sightings: list[Sighting | None] = []
    for at in range(0, count, config.window):
        images = [half.pictures[min(at + k, count - 1)] for k in range(config.window)]
        valid = np.arange(at, at + config.window) < count
        window = Samples(at, valid, np.stack([resize_image(image, *size) for image in images]))
        aspect = images[0].shape[1] / images[0].shape[0]
        sightings += sightings_of(judge, [window], half.pitch, aspect)
    placed = smoothed(sightings, half.pitch, aspect, size, RATE)
    numbers, errors = [], []
    for sighting, camera, true in zip(sightings, placed, half.calibrations, strict=True):
        if sighting is not None and camera is not None:
            seen = Camera.of_parameters(camera.parameters, aspect).homography
            numbers.append(fit_numbers(sighting, camera))
            errors.append(_error(true.homography, seen, half.pitch))
    return np.array(numbers).reshape(-1, len(NUMBERS)), np.array(errors)


def _error(true: Homography | None, seen: Homography, pitch: Pitch) -> float:
    if true is None:
        return _WRONG
    return min(_WRONG, *(distance(true, one, pitch) for one in (seen, seen.turned())))


def _by_camera(halves: Sequence[CalibratedHalf]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Half and sample of the pictures of the usual camera, or of one without a name, and of all others."""
    places = [(h, s, c.label) for h, half in enumerate(halves) for s, c in enumerate(half.calibrations)]
    usual = [(h, s) for h, s, label in places if label in ("", _USUAL)]
    return usual, [(h, s) for h, s, label in places if label not in ("", _USUAL)]


# --- variation ----------------------------------------------------------------------------------------


def varied_picture(picture: CalibratedPicture, size: tuple[int, int], rng: Random) -> CalibratedPicture:
    """The same as another broadcast might have shown it, at a size (width, height)."""
    image = picture.image
    if rng.random() < 0.3:
        image = _other_grass(image, rng)
    seen = picture.calibration.homography if picture.calibration is not None else None
    if rng.random() < 0.3:
        image = _shaded(image, seen, rng)
    if rng.random() < 0.3:
        image = _covered(image, rng)
    framing = _framing(rng)
    image = _framed(image, framing, rng.uniform(-1, 1) * _MOST_BENT if rng.random() < 0.4 else 0.0, size)
    mirrored = rng.random() < 0.5
    if mirrored:
        image = np.ascontiguousarray(image[:, ::-1])
    if seen is not None:
        seen = Homography(framing @ seen.matrix)
        if mirrored:
            seen = Homography(np.array([[-1, 0, 1], [0, 1, 0], [0, 0, 1.0]]) @ seen.matrix @ np.diag([-1, 1, 1.0]))
    calibration = replace(picture.calibration, homography=seen) if picture.calibration is not None else None
    return CalibratedPicture(relit(image, rng), calibration, picture.pitch)


def _framing(rng: Random) -> np.ndarray:
    """A map (3, 3) of shares of the picture: zoom, shift, turn, and a little of another shape."""
    if rng.random() < 0.25:
        return np.eye(3)
    zoom = float(np.exp(rng.uniform(*np.log(_ZOOM))))
    room = max(0.0, 1 - 1 / zoom) / 2 + 0.03
    centre = np.array([0.5 + rng.uniform(-room, room), 0.5 + rng.uniform(-room, room)])
    angle = rng.gauss(0, 0.4) * _MOST_TURNED
    c, s, shape = np.cos(angle), np.sin(angle), 16 / 9
    turn = np.array([[c, -s / shape], [s * shape, c]]) @ np.diag([zoom, zoom * np.exp(rng.gauss(0, 0.02))])
    return np.block([[turn, (np.array([0.5, 0.5]) - turn @ centre)[:, None]], [np.zeros((1, 2)), np.ones((1, 1))]])


def _framed(image: np.ndarray, framing: np.ndarray, bent: float, size: tuple[int, int]) -> np.ndarray:
    """The picture under a map of its shares, at a size; then bent as by a lens, by so much of its width at the ends."""
    width, height = size
    u = np.tile((np.arange(width, dtype=np.float32) + 0.5) / width, (height, 1))
    v = np.tile((np.arange(height, dtype=np.float32)[:, None] + 0.5) / height, (1, width))
    if bent:
        away = 1 + bent * 4 * ((u - 0.5) ** 2 + ((v - 0.5) * height / width) ** 2)
        u, v = 0.5 + (u - 0.5) * away, 0.5 + (v - 0.5) * away
    back = np.linalg.inv(framing).astype(np.float32)
    x = (back[0, 0] * u + back[0, 1] * v + back[0, 2]) * image.shape[1] - 0.5
    y = (back[1, 0] * u + back[1, 1] * v + back[1, 2]) * image.shape[0] - 0.5
    beside = [float(c) for c in image[::8, ::8].mean((0, 1))]
    return cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=beside)


def _other_grass(image: np.ndarray, rng: Random) -> np.ndarray:
    """Other shades for what is green."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    green = (hsv[..., 0] > 25) & (hsv[..., 0] < 90) & (hsv[..., 1] > 40)
    changed = hsv.astype(np.int16)
    changed[..., 0] += rng.randint(-14, 14)
    changed[..., 1] = changed[..., 1] * rng.uniform(0.5, 1.3)
    changed[..., 2] = changed[..., 2] * rng.uniform(0.7, 1.3)
    hsv[green] = np.stack([changed[..., 0].clip(0, 179), *(changed[..., k].clip(0, 255) for k in (1, 2))], -1)[green]
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def _shaded(image: np.ndarray, seen: Homography | None, rng: Random) -> np.ndarray:
    """A stand's shadow: one side of a straight line on the ground, or of the picture where that is not known."""
    height, width = image.shape[:2]
    if seen is not None:
        corners = np.array([[-40.0, 0], [40, 0]]) + np.array([[0, rng.uniform(-30, 30)], [0, rng.uniform(-30, 30)]])
        ends = seen.to_picture(corners)
    else:
        ends = np.array([[0, rng.random()], [1, rng.random()]])
    if not np.isfinite(ends).all() or np.abs(ends).max() > 20 or abs(ends[1, 0] - ends[0, 0]) < 1e-3:
        return image
    slope = (ends[1, 1] - ends[0, 1]) / (ends[1, 0] - ends[0, 0])
    at = ends[0, 1] + slope * ((np.arange(width) + 0.5) / width - ends[0, 0])
    dark = (np.arange(height)[:, None] + 0.5) / height > at
    if rng.random() < 0.5:
        dark = ~dark
    shade = cv2.GaussianBlur(dark.astype(np.float32), (0, 0), 1.0)[..., None] * rng.uniform(0.2, 0.6)
    return np.asarray(image * (1 - shade), np.uint8)


def _covered(image: np.ndarray, rng: Random) -> np.ndarray:
    """A graphic or a board somewhere: a rectangle of one colour with a line of another."""
    height, width = image.shape[:2]
    w, h = int(width * rng.uniform(0.08, 0.45)), int(height * rng.uniform(0.04, 0.16))
    x, y = rng.randrange(width - w), rng.randrange(height - h)
    image = image.copy()
    image[y : y + h, x : x + w] = [rng.randrange(256) for _ in range(3)]
    image[y + h // 3 : y + 2 * h // 3, x + w // 8 : x + w - w // 8] = [rng.randrange(256) for _ in range(3)]
    return image
