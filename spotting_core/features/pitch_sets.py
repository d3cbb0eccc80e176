"""Feature sets of where the camera looks and who is there: made of calibrations and players, not of pictures.

* ``camera``: nineteen numbers of where the camera looks (``camera_numbers``);
* ``top-view``, ``top-view-physics``: the pitch from above as a picture, 32 x 64 x 3 (``top_view``);
* ``top-view-NAME``: numbers of a frozen image network over the coloured top view, of ``efficientnet-lite0``, or of a
  timm backbone with a file of its weights (``top_view_network``);
* ``players``: the nodes of the graph of players, 25 of 8 numbers (``player_graph``).

Calibrations are those beside the match: the exact ones of a rendered match, else published files. People are published
boxes, else the true ones of a rendered match; where there are none, a top view is the field with what the
camera sees of it. All have two samples a second, as the published files do.

    pitch/<hash>.npy    in the data directory: a set of a half, by the content of the files it is made of
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spotting_core.base.arrays import FLOATS, check_numbers, open_array
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import locked, write_array
from spotting_core.domain.homography import Calibration
from spotting_core.domain.people import Placed
from spotting_core.domain.pitch import Pitch
from spotting_core.entities import placed_truth
from spotting_core.features import top_view_network
from spotting_core.features.extractor import ExtractorSpec
from spotting_core.features.top_view_network import NETWORK
from spotting_core.formats import field_calibration, player_boxes
from spotting_core.media.fingerprint import file_hash, joint_hash
from spotting_core.representations import camera_numbers, player_graph, top_view

PITCH = "pitch"
"""Kind of what makes them."""
CAMERA, TOP_VIEW, PHYSICS, PLAYERS = "camera", "top-view", "top-view-physics", "players"
RATE = field_calibration.RATE
_VERSION = "2"  # of what the numbers mean; another one is another set


@dataclass(frozen=True)
class PitchHalf:
    """What is known of a half's pitch.

    Arguments:
        calibrations: one a sample; people: of each sample.
    """

    calibrations: list[Calibration]
    people: list[list[Placed]]
    pitch: Pitch


@dataclass(frozen=True)
class _Kind:
    """A set: its width, whether players belong to it, and how it is made."""

    width: int
    people: bool
    make: Callable[[PitchHalf], np.ndarray]


def _coloured(half: PitchHalf) -> np.ndarray:
    return top_view.coloured(half.calibrations, half.people, half.pitch)


def _physics(half: PitchHalf) -> np.ndarray:
    return top_view.physics(half.calibrations, half.people, half.pitch)


def _rows(pictures: np.ndarray) -> np.ndarray:
    return pictures.reshape(len(pictures), -1)


_KINDS = {
    CAMERA: _Kind(camera_numbers.NUMBERS, False, lambda h: camera_numbers.camera_numbers(h.calibrations, h.pitch)),
    TOP_VIEW: _Kind(top_view.NUMBERS, True, lambda h: _rows(_coloured(h))),
    PHYSICS: _Kind(top_view.NUMBERS, True, lambda h: _rows(_physics(h))),
    PLAYERS: _Kind(player_graph.NUMBERS, True, lambda h: player_graph.nodes(h.calibrations, h.people)),
}
PITCH_SETS = tuple(_KINDS)


def takes_from_pitch(spec: ExtractorSpec | None) -> bool:
    """Whether a set is made of calibrations."""
    return spec is not None and spec.kind in (PITCH, NETWORK)


def pitch_width(name: str) -> int:
    """How many numbers a sample of a set has."""
    return _KINDS[name].width


def pitch_spec(name: str) -> ExtractorSpec:
    """What makes a set."""
    return ExtractorSpec(PITCH, name, "", (0, 0), (), (), joint_hash([PITCH, name, _VERSION]))


def pitch_key(spec: ExtractorSpec, folder: Path, half: int) -> str:
    """Hash of all that decides a set of a half.

    Errors:
        BadInputError: nothing beside the match says where the camera looks.
    """
    own = [p for p in _sources(folder, half) if p.is_file()]
    return joint_hash([spec.fingerprint, str(half), *map(file_hash, own)])


def _sources(folder: Path, half: int) -> list[Path]:
    return [
        field_calibration.required_file(folder, half),
        folder / field_calibration.META,
        player_boxes.boxes_file(folder, half),
        folder / placed_truth.FILE,
    ]


def kept(spec: ExtractorSpec, folder: Path, half: int, data: DataDirectory, make: Callable[[], np.ndarray]) -> Path:
    """The file of a set of a half, made where it is not there: float16 (T, D)."""
    path = data.root / PITCH / f"{pitch_key(spec, folder, half)}.npy"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path.with_suffix(".lock")):
            if not path.is_file():  # another process may have been at it
                write_array(path, make().astype(np.float16))
    return path


def pitch_values(
    spec: ExtractorSpec, folder: Path, half: int, data: DataDirectory, *, where: str = "", device: str = "cpu"
) -> np.ndarray:
    """A set of a half, memory-mapped: float16 (T, D), two samples a second.

    Arguments:
        folder: of the match, where its calibrations lie.
        where: names the model in errors; device: of an image network.

    Errors:
        BadInputError: nothing beside the match says where the camera looks, a file that is not what it should be, or a
            set that is made otherwise here.
    """
    path = kept(spec, folder, half, data, lambda: _made(spec, folder, half, where, device))
    check_numbers(path, what="kept feature set", fix="Delete it; it is made again")
    return open_array(path, FLOATS, (None, None), what="kept feature set", fix="Delete it; it is made again")


def made_of_people(spec: ExtractorSpec | None) -> bool:
    """Whether a set says who stands where."""
    return spec is not None and takes_from_pitch(spec) and (spec.kind == NETWORK or _KINDS[spec.model].people)


def _made(spec: ExtractorSpec, folder: Path, half: int, where: str, device: str) -> np.ndarray:
    return pitch_numbers(spec, read_half(folder, half, people=made_of_people(spec)), where=where, device=device)


def pitch_numbers(spec: ExtractorSpec, half: PitchHalf, *, where: str = "", device: str = "cpu") -> np.ndarray:
    """A set of what is known of some samples: float32 (T, D).

    Arguments:
        where: names the model in errors; device: of an image network.

    Errors:
        BadInputError: a set that is made otherwise here.
    """
    if spec.kind == NETWORK:
        return top_view_network.numbers(_coloured(half), spec, where, device)
    if spec != pitch_spec(spec.model):
        raise BadInputError(
            f"this model reads {spec.model} as another version made it", fix="Train it again, or give files of the set"
        )
    return _KINDS[spec.model].make(half)


def read_half(folder: Path, half: int, *, people: bool = True) -> PitchHalf:
    """What is known beside a match of where its camera looks, and who is there.

    Arguments:
        people: whether players are read.

    Errors:
        BadInputError: nothing says where the camera looks, or a file that is not what it should be.
    """
    calibrations = field_calibration.read_beside(folder, half)
    placed = _people(folder, half, calibrations) if people else None
    return PitchHalf(calibrations, placed or [[] for _ in calibrations], field_calibration.pitch_of(folder))


def _people(folder: Path, half: int, calibrations: list[Calibration]) -> list[list[Placed]] | None:
    boxes = player_boxes.boxes_file(folder, half)
    if boxes.is_file():
        return player_boxes.read_placed(boxes, calibrations)
    return placed_truth.people_at_samples(folder, half, len(calibrations), RATE)
