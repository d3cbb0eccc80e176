"""Where on the pitch a picture looks: its lines, and a guess of the place of every part of it.

A design of our own for the task of Cioppa et al., "Camera Calibration and Player Localization in SoccerNet-v2 and
Investigation of their Representations for Action Spotting" (CVSports 2021), whose student network learns homographies
from a commercial teacher. Here too a small network learns from another's calibrations, but it is asked for what can be
seen, and a fit makes the homography of that (``calibration.fit``):

* **lines**: at every fourth pixel how near a line of the pitch is: one that runs along the pitch, across it, or an arc;
* **places**: at every eighth pixel how many metres it is from the goal lines, the halfway line, the touch lines and the
  long axis, each with its expected error. A pitch's areas have one size and its sides have not, so a place is told from
  whatever line is near, and pitches of any size can be fitted;
* **pitch**: whether the picture shows so much of the pitch that it can be placed at all.

A pitch looks alike from its two sides. The camera is taken to be on the side where most are: it looks towards the far
touch line, or from behind a goal from right to left (``seen_from_main_side``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import timm
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.base.validation import NotNegative, NotNegativeNumber, Positive, PositiveNumber
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.pitch import AREA, CIRCLE, GOAL_AREA, PENALTY_SPOT, Pitch
from spotting_core.models.environment import BACKBONES
from spotting_core.models.inputs import Inputs, PictureSize
from spotting_core.models.network import Network
from spotting_core.models.registry import System, SystemConfig, register
from spotting_core.models.targets import Targets
from spotting_core.models.window import Output, Window
from spotting_core.models.window_plan import MIDDLE, REPEATED, WindowPlan

LINE_STRIDE, PLACE_STRIDE, _DEEPEST = 4, 8, 16
KINDS = ("along", "across", "arc")
"""Kinds of lines, in the order of the channels."""
ANCHORS = ("left goal line", "halfway line", "right goal line", "far touch line", "long axis", "near touch line")
"""What the places are told from, in metres along the pitch (the first three) and across it."""
UNIT = 10.0
"""Metres of one unit of what the network says of places."""
_BEYOND = 6.0  # metres beside the pitch that are still learned
_LEAST_SCALE, _GREATEST_SCALE = -5.0, 2.0  # of the logarithm of an expected error, in units
_LEAST_LINES, _LEAST_PITCH = 3, 0.2  # lines, and share of the picture's parts, that have to be on the pitch
_TURN_FROM = np.deg2rad(55.0)


@dataclass(frozen=True)
class PitchLinesConfig(SystemConfig):
    """Shape and loss of the model.

    Arguments:
        width, height: of the pictures, which are squashed to that.
        trunk: timm name of the backbone, one of ``BACKBONES``; channels: of the pyramid; layers, heads: of the
            transformer over the parts of the picture.
        line_spread: pixels, standard deviation of what a line looks like in the targets.
        line_weight: how much more a place on a line counts.
        place_share, pitch_share: of these losses in the whole.
        error_weights: by which the error of a fit to what the network sees is expected (``calibration.confidence``),
            learned after it.
    """

    window: int = 8
    width: Positive = 384
    height: Positive = 224
    trunk: str = "regnety_002"
    channels: Positive = 64
    layers: NotNegative = 2
    heads: Positive = 4
    line_spread: PositiveNumber = 3.0
    line_weight: NotNegativeNumber = 12.0
    place_share: NotNegativeNumber = 0.5
    pitch_share: NotNegativeNumber = 0.2
    error_weights: tuple[float, ...] = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.trunk not in BACKBONES:
            raise ValueError(f"trunk must be one of {', '.join(BACKBONES)}, not {self.trunk[:40]!r}")

    def divisions(self) -> Sequence[tuple[str, int, str, int]]:
        return (
            ("heads", self.heads, "2 * channels", 2 * self.channels),
            ("the deepest stride", _DEEPEST, "width", self.width),
            ("the deepest stride", _DEEPEST, "height", self.height),
        )


@dataclass(frozen=True)
class PitchOutput(Output):
    """What is seen of the pitch; ``logits`` (B, T, 1) says whether it can be placed.

    Arguments:
        lines: (B, T, 3, h, w), logits of ``KINDS`` at every ``LINE_STRIDE``-th pixel.
        places: (B, T, 6, h', w'), units from each of ``ANCHORS`` at every ``PLACE_STRIDE``-th pixel; to the right of it
            and towards the main camera is positive.
        errors: (B, T, 6, h', w'), logarithm of their expected errors, in units.
    """

    lines: Tensor | None = None
    places: Tensor | None = None
    errors: Tensor | None = None


@dataclass(frozen=True)
class PitchTargets(Targets):
    """What is true of the pictures of a window.

    Arguments:
        to_pitch: float (…, T, 3, 3), from shares of the picture to metres, the third number positive in front of the
            camera; whatever where there is none.
        size: float (…, T, 2), length and width of the pitch in metres.
        lined: float (…, T), 1 where the picture shows a pitch whose lines are known.
        placed: float (…, T), 1 where it can be placed; asked: float (…, T), 1 where that is known.
    """

    blends: ClassVar[bool] = False

    to_pitch: Tensor
    size: Tensor
    lined: Tensor
    placed: Tensor
    asked: Tensor


class PitchLines(Network):
    """The model. ``forward`` takes a ``Window`` with pictures, each of which is looked at by itself."""

    def __init__(self, config: PitchLinesConfig) -> None:
        super().__init__()
        self.config = config
        trunk: Any = timm.create_model(config.trunk, features_only=True, pretrained=False, out_indices=(1, 2, 3))
        fine, middle, coarse = trunk.feature_info.channels()
        width, wide = config.channels, 2 * config.channels
        self.trunk = trunk
        self.to_tokens = nn.Conv2d(coarse, wide, 1)
        tokens = (config.height // _DEEPEST) * (config.width // _DEEPEST)
        self.position = nn.Parameter(torch.randn(tokens, wide) * 0.02)
        layer = nn.TransformerEncoderLayer(wide, config.heads, 2 * wide, 0.0, batch_first=True, norm_first=True)
        self.scene = nn.TransformerEncoder(layer, config.layers, nn.LayerNorm(wide), enable_nested_tensor=False)
        self.to_pitch = nn.Linear(wide, 1)
        self.from_tokens, self.from_middle = nn.Conv2d(wide, wide, 1), nn.Conv2d(middle, wide, 1)
        self.near = _separable(wide, wide)
        self.to_place = nn.Sequential(_separable(wide, wide), nn.Conv2d(wide, 2 * len(ANCHORS), 1))
        self.narrow, self.from_fine = nn.Conv2d(wide, width, 1), nn.Conv2d(fine, width, 1)
        self.finer = nn.Sequential(
            nn.Conv2d(width, width // 2, 3, padding=1, bias=False),
            nn.BatchNorm2d(width // 2),
            nn.ReLU(inplace=True),
            nn.Conv2d(width // 2, len(KINDS), 3, padding=1),
        )
        last = self.finer[-1]
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        nn.init.constant_(last.bias, -3.0)

    def forward(self, window: Window) -> PitchOutput:
        if window.pictures is None:
            raise ValueError("this model reads pictures; the window has none")
        b, t = window.pictures.shape[:2]
        flat = window.pictures.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        logit, lines, places = self._look(flat)
        shaped = places.view(b, t, *places.shape[1:]).float()
        return PitchOutput(
            logits=logit.view(b, t, 1).float(),
            lines=lines.view(b, t, *lines.shape[1:]).float(),
            places=shaped[:, :, : len(ANCHORS)],
            errors=shaped[:, :, len(ANCHORS) :].clamp(_LEAST_SCALE, _GREATEST_SCALE),
        )

    def _look(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        fine, middle, coarse = self.trunk(pictures)
        top = self.to_tokens(coarse)
        n, c, h, w = top.shape
        tokens = self.scene(top.flatten(2).transpose(1, 2) + self.position)
        logit = self.to_pitch(tokens.mean(1))
        top = tokens.transpose(1, 2).reshape(n, c, h, w)
        near = self.near(_enlarged(self.from_tokens(top), middle) + self.from_middle(middle))
        lines = self.finer(F.relu(_enlarged(self.narrow(near), fine) + self.from_fine(fine)))
        return logit, lines, self.to_place(near)


def _enlarged(maps: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(maps, size=like.shape[-2:], mode="nearest")


def _separable(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, before, 3, padding=1, groups=before, bias=False),
        nn.Conv2d(before, after, 1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )


# --- targets ------------------------------------------------------------------------------------------


def seen_from_main_side(seen: Homography) -> Homography:
    """The homography or the one turned by half a turn, whichever has the camera on the side where most are.

    Towards the far touch line is forward; what is turned further than 55 degrees to the left of that, or 125 to the
    right, is taken from the other side. So a camera behind a goal looks from right to left.
    """
    for low in (0.5, 0.7, 0.9):
        ground = seen.to_pitch(np.array([[0.5, low], [0.5, low + 0.05]]))
        if np.isfinite(ground).all():
            across, towards = ground[0] - ground[1]
            angle = np.arctan2(-across, -towards)  # of the view from forward, to the left positive
            ahead = -np.pi + _TURN_FROM <= -angle <= _TURN_FROM
            return seen if ahead else seen.turned()
    return seen


def pitch_targets(
    calibrations: Sequence[Calibration],
    times: np.ndarray,
    config: PitchLinesConfig,
    valid: np.ndarray | None = None,
    *,
    pitch: Pitch | None = None,
) -> PitchTargets:
    """Targets of the samples of one window.

    Arguments:
        calibrations: true ones of the half; times: int64 (T,) microseconds; a sample has the one of its own time.
    """
    by_time = {c.time: c for c in calibrations}
    own = [by_time.get(int(time)) for time in times]
    inside = np.ones(len(times), bool) if valid is None else valid
    return stacked_targets(
        [picture_targets(c if good else None, pitch or Pitch()) for c, good in zip(own, inside, strict=True)]
    )


def picture_targets(calibration: Calibration | None, pitch: Pitch) -> PitchTargets:
    """Targets of one picture, without the axis of samples; None where nothing is known of it."""
    seen = calibration.homography if calibration is not None else None
    to_pitch, lined, placed = np.eye(3), 0.0, 0.0
    if seen is not None:
        seen = seen_from_main_side(seen)
        to_pitch = np.linalg.inv(seen.matrix) * seen.facing
        to_pitch /= np.abs(to_pitch).max()
        parts = (np.stack(np.meshgrid(np.arange(8), np.arange(8)), -1).reshape(-1, 2) + 0.5) / 8
        share = float(pitch.contains(seen.to_pitch(parts)).mean())
        lined = float(share > 0)
        placed = float(share >= _LEAST_PITCH and _lines_shown(seen, pitch) >= _LEAST_LINES)
    return PitchTargets(
        torch.from_numpy(to_pitch.astype(np.float32)),
        torch.tensor([pitch.length, pitch.width]),
        *(torch.tensor(v) for v in (lined, placed, float(calibration is not None))),
    )


def stacked_targets(targets: Sequence[PitchTargets]) -> PitchTargets:
    """Several targets side by side along a new first axis."""
    names = ("to_pitch", "size", "lined", "placed", "asked")
    return PitchTargets(**{name: torch.stack([getattr(one, name) for one in targets]) for name in names})


def _lines_shown(seen: Homography, pitch: Pitch) -> int:
    return sum(int(seen.shown(points).sum()) > 1 for points in pitch.lines.values())


@dataclass(frozen=True)
class Ground:
    """Where the cells of a grid over pictures lie on the ground.

    Arguments:
        x, y: (N, h, w), metres; depth: (N, h, w), positive in front of the camera.
        along_x, along_y: (N, 2, h, w), by how much x and y grow with a pixel to the right, and down.
    """

    x: Tensor
    y: Tensor
    depth: Tensor
    along_x: Tensor
    along_y: Tensor


def ground_of_cells(to_pitch: Tensor, width: int, height: int, stride: int) -> Ground:
    """The ground at the middles of the cells of pictures. to_pitch: (N, 3, 3), see ``PitchTargets``."""
    to_pitch = to_pitch.double()
    u = (torch.arange(width // stride, device=to_pitch.device).double() + 0.5) * stride / width
    v = (torch.arange(height // stride, device=to_pitch.device).double() + 0.5) * stride / height
    at = torch.stack([u.expand(len(v), -1), v[:, None].expand(-1, len(u)), torch.ones(len(v), len(u)).double()])
    mapped = torch.einsum("nij,jhw->nihw", to_pitch, at.to(to_pitch.device))
    depth = mapped[:, 2]
    safe = torch.where(depth.abs() < 1e-9, torch.full_like(depth, 1e-9), depth)
    x, y = mapped[:, 0] / safe, mapped[:, 1] / safe
    grown = []
    for row, value in ((0, x), (1, y)):
        change = [
            (to_pitch[:, row, k, None, None] - value * to_pitch[:, 2, k, None, None]) / safe / side
            for k, side in ((0, width), (1, height))
        ]
        grown.append(torch.stack(change, 1))
    return Ground(x.float(), y.float(), depth.float(), grown[0].float(), grown[1].float())


def line_maps(targets: PitchTargets, config: PitchLinesConfig) -> Tensor:
    """What the lines look like: (N, 3, h, w), 1 on a line and less beside it, 0 behind the camera.

    targets: of N pictures. Distances are those on the ground by the pixels that a metre has there.
    """
    ground = ground_of_cells(targets.to_pitch, config.width, config.height, LINE_STRIDE)
    front = (ground.depth > 0).float()
    maps = [torch.zeros_like(ground.x) for _ in KINDS]
    metre_x = ground.along_x.square().sum(1).sqrt().clamp_min(1e-6)  # metres a pixel
    metre_y = ground.along_y.square().sum(1).sqrt().clamp_min(1e-6)

    def raise_to(kind: str, off: Tensor) -> None:
        k = KINDS.index(kind)
        maps[k] = torch.maximum(maps[k], torch.exp(-0.5 * (off / config.line_spread).square()))

    half_length, half_width = (targets.size[:, k, None, None] / 2 for k in (0, 1))
    for kind, at, low, high in _straight_lines(half_length, half_width):
        along = kind == "along"
        own, other = (ground.y, ground.x) if along else (ground.x, ground.y)
        metre, beside = (metre_y, metre_x) if along else (metre_x, metre_y)
        beyond = torch.maximum(low - other, other - high).clamp_min(0) / beside
        raise_to(kind, torch.hypot((own - at) / metre, beyond))
    for side in (-1.0, 0.0, 1.0):
        raise_to("arc", _off_circle(ground, side * (half_length - PENALTY_SPOT), side * half_length if side else None))
    return torch.stack(maps, 1) * (front * targets.lined[:, None, None])[:, None]


def _straight_lines(length: Tensor, width: Tensor) -> Iterator[tuple[str, Tensor, Tensor, Tensor]]:
    """The straight lines of pitches by half their length and width: kind, where it is, from where to where it runs."""
    for side in (-1.0, 1.0):
        yield "along", side * width, -length, length
        yield "across", side * length, -width, width
        for depth, wide in (AREA, GOAL_AREA):
            half = torch.full_like(width, wide / 2)
            yield "across", side * (length - depth), -half, half
            ends = side * length, side * (length - depth)
            for edge in (-half, half):
                yield "along", edge, torch.minimum(*ends), torch.maximum(*ends)
    yield "across", torch.zeros_like(length), -width, width


def _off_circle(ground: Ground, middle: float | Tensor, goal_line: Tensor | None) -> Tensor:
    """Pixels from a circle around a point of the long axis; of that before a goal only what is outside of its area."""
    dx = ground.x - middle
    r = torch.hypot(dx, ground.y).clamp_min(1e-3)
    grown = (dx / r)[:, None] * ground.along_x + (ground.y / r)[:, None] * ground.along_y
    off = (r - CIRCLE).abs() / grown.square().sum(1).sqrt().clamp_min(1e-6)
    return off if goal_line is None else off + 1e3 * ((ground.x - goal_line).abs() < AREA[0])


def places_of(ground: Ground, size: Tensor) -> Tensor:
    """Units from each of ``ANCHORS``: (N, 6, h, w). size: (N, 2), metres."""
    half_length, half_width = (size[:, k, None, None] / 2 for k in (0, 1))
    along = [ground.x + half_length, ground.x, ground.x - half_length]
    across = [ground.y + half_width, ground.y, ground.y - half_width]
    return torch.stack([*along, *across], 1) / UNIT


# --- loss ---------------------------------------------------------------------------------------------


def pitch_losses(config: PitchLinesConfig, output: PitchOutput, targets: PitchTargets) -> dict[str, Tensor]:
    """The three losses, each a mean: see the module. targets: (B, T)."""
    assert output.lines is not None
    assert output.places is not None
    assert output.errors is not None
    flat = targets.map(lambda value: value.flatten(0, 1))
    lines, places, errors = (v.flatten(0, 1) for v in (output.lines, output.places, output.errors))
    heat = line_maps(flat, config)
    each = F.binary_cross_entropy_with_logits(lines, heat, reduction="none") * (1 + config.line_weight * heat)
    known = flat.asked.clamp_min(1e-6)
    line_loss = (each.mean((1, 2, 3)) * known).sum() / known.sum()
    ground = ground_of_cells(flat.to_pitch, config.width, config.height, PLACE_STRIDE)
    on_pitch = (ground.depth > 0) & (flat.lined[:, None, None] > 0)
    for place, side in ((ground.x, 0), (ground.y, 1)):
        on_pitch &= place.abs() < flat.size[:, side, None, None] / 2 + _BEYOND
    off = (places - places_of(ground, flat.size).where(on_pitch[:, None], places.detach())).abs()
    likely = (off * (-errors).exp() + errors) * on_pitch[:, None]
    place_loss = likely.sum() / (on_pitch.sum().clamp_min(1) * len(ANCHORS))
    sure = F.binary_cross_entropy_with_logits(output.logits.flatten(), flat.placed, reduction="none")
    return {
        "lines": line_loss,
        "places": config.place_share * place_loss,
        "pitch": config.pitch_share * (sure * known).sum() / known.sum(),
    }


def pitch_loss(model: PitchLines, output: Output, targets: PitchTargets) -> Tensor:
    """The sum of ``pitch_losses``."""
    assert isinstance(output, PitchOutput)
    return torch.stack(list(pitch_losses(model.config, output, targets).values())).sum()


def _pictures(config: PitchLinesConfig) -> Inputs:
    return Inputs(pictures=PictureSize(config.width, config.height))


def _one_after_the_other(config: PitchLinesConfig) -> WindowPlan:
    return WindowPlan(config.window, config.window, 0, 0, MIDDLE, REPEATED, False)


PITCH_LINES_SYSTEM = System(
    name="pitch-lines",
    paper="own design, for the task of Cioppa et al., CVSports 2021",
    config=PitchLinesConfig,
    build=PitchLines,
    loss=pitch_loss,
    targets=pitch_targets,
    inputs=_pictures,
    plan=_one_after_the_other,
    task="calibration",
    bfloat16=True,
)
register(PITCH_LINES_SYSTEM)
