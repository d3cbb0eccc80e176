"""How well cameras place the lines that people have marked: the figures of SoccerNet's calibration challenge.

In a picture of 960 by 540 pixels a camera *predicts* a line where one of its points, every 0.9 m (of circles 0.2 m),
lies in the picture. Such a line is right if all marked points of its class lie less than 5 pixels from it; else it is a
false positive, and so is one that is only predicted. One that is only marked is missed. *JaC@5* is right over all, for
each picture the better of the prediction and the one turned by half a turn, averaged over the pictures with a camera.
Posts and crossbars count, for they are marked; lenses are followed.

*Completeness* is the share of the pictures with more than four marked lines that have a camera, as the challenge's text
says; its code divides by all pictures, so that is told too. The score is the product.

As in the challenge's code (SoccerNet package 0.2.0, MIT), a mark of 1 lies at pixel 959 or 539. Unlike there, cameras
may be told for pictures of any size of that shape, a circle is closed and does not run along the picture's edge where
it has left it, what a lens's model would fold back into the picture is not seen, and markings that nobody could name
are no lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.domain.goals import goal_lines
from spotting_core.domain.pitch import Pitch
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.pitch_calibration import HEIGHT, JAC, LEAST_LINES, REACH, WIDTH
from spotting_core.evaluation.report import Evaluation
from spotting_core.formats.challenge_cameras import ChallengeCamera, camera_files, read_camera
from spotting_core.formats.line_labels import CLASSES, TURNED, LineLabels, label_files, read_lines

ENOUGH, ALL = f"pictures with more than {LEAST_LINES - 1} lines", "all pictures"
"""Of which pictures completeness is told."""
_ARCS = 0.2  # metres between two points of a circle
_SIZE = np.array([WIDTH, HEIGHT])
_LAST = _SIZE - 1  # pixels, at which marks of 1 lie

Segments = np.ndarray
"""Pieces of a line in pixels, float (N, 2, 2): start and end."""


@dataclass(frozen=True)
class JudgedLines:
    """Classes of a picture's lines by what became of them."""

    right: frozenset[str]
    wrong: frozenset[str]
    missed: frozenset[str]

    @property
    def jac(self) -> float:
        """Right over all; 0 where there is none."""
        total = len(self.right) + len(self.wrong) + len(self.missed)
        return len(self.right) / total if total else 0.0


@dataclass(frozen=True)
class ChallengePicture:
    """What is marked in a picture, and its camera where there is one."""

    lines: LineLabels
    camera: ChallengeCamera | None

    @property
    def marked(self) -> dict[str, np.ndarray]:
        """Points of the lines that have some and a name, in pixels (N, 2)."""
        return {name: points * _LAST for name, points in self.lines.items() if name in TURNED and len(points)}

    @property
    def shows_enough(self) -> bool:
        """Whether a camera is asked of it."""
        return len(self.marked) >= LEAST_LINES


def evaluate_folders(
    labels: Path, predictions: Path, record: Record, *, metric: str | None = None, split: Sequence[str] | None = None
) -> Evaluation:
    """Cameras of a folder against line labels of another, matched by the numbers in their names.

    Errors:
        BadInputError: no cameras, none of a labelled picture, a file that cannot be read, another metric than JaC, or a
            split.
    """
    if metric not in (None, JAC):
        raise BadInputError(f"line labels have no {metric}", where=labels, fix="Choose --metric jac, or leave it out")
    if split is not None:
        raise BadInputError("line labels have no games", where=labels, fix="Leave --split out")
    return evaluate_pictures(_read(labels, predictions, record))


def _read(labels: Path, predictions: Path, record: Record) -> list[ChallengePicture]:
    true = label_files(labels)
    cameras = camera_files(predictions) if predictions.is_dir() else {}
    if not cameras:
        fix = "Beside line labels (00001.json) they are called camera_00001.json"
        raise BadInputError("no cameras lie here", where=predictions, fix=fix)
    pictures = []
    for number, path in true.items():
        camera = read_camera(cameras[number]) if number in cameras else None
        pictures.append(ChallengePicture(read_lines(path), camera))
        if camera is not None:
            record.counted.append(path.stem)
        else:
            record.skip(
                path.stem, "its file has a homography and no camera" if number in cameras else "it has no camera"
            )
    for number, path in cameras.items():
        if number not in true:
            record.skip(path.stem, "it has no labels")
    if not record.counted:
        what = f"no picture has both line labels and a camera ({len(true)} with labels, {len(cameras)} with cameras)"
        raise BadInputError(what, where=predictions, fix="Files are matched by number: 00001.json, camera_00001.json")
    return pictures


def evaluate_pictures(pictures: Sequence[ChallengePicture]) -> Evaluation:
    """JaC over all and by class, both forms of completeness, and their products; one picture at least has a camera."""
    judged = [judged_lines(p.marked, p.camera) for p in pictures if p.camera is not None]
    mean = float(np.mean([one.jac for one in judged]))
    asked = {ENOUGH: [p for p in pictures if p.shows_enough], ALL: pictures}
    others: dict[str, float] = {}
    for whose, own in asked.items():
        if own:
            share = float(np.mean([p.camera is not None for p in own]))
            others |= {f"Completeness, {whose}": share, f"JaC by completeness, {whose}": mean * share}
    per_class, truths = _by_class(judged, [p.marked for p in pictures if p.camera is not None])
    headline = f"JaC@{REACH:.0f}"
    return Evaluation("calibration", JAC, False, headline, {"all": mean}, per_class, truths, others)


def _by_class(
    judged: Sequence[JudgedLines], marked: Sequence[Mapping[str, np.ndarray]]
) -> tuple[dict[str, dict[str, float | None]], dict[str, float]]:
    """JaC of each class that occurs, over all pictures, and in how many it is marked."""
    right = Counter(name for one in judged for name in one.right)
    total = Counter(name for one in judged for name in (*one.right, *one.wrong, *one.missed))
    truths = Counter(name for lines in marked for name in lines)
    own = [name for name in CLASSES if total[name]]
    return {n: {"all": right[n] / total[n]} for n in own}, {n: float(truths[n]) for n in own}


def judged_lines(marked: Mapping[str, np.ndarray], camera: ChallengeCamera) -> JudgedLines:
    """What became of a picture's lines; of the camera, or where that is better, of the one turned by half a turn.

    Arguments:
        marked: points of each class in pixels (N, 2).
    """
    own = predicted_lines(camera)
    ways = own, {TURNED[name]: pieces for name, pieces in own.items()}
    return max((_judged(marked, way) for way in ways), key=lambda one: one.jac)


def _judged(marked: Mapping[str, np.ndarray], predicted: Mapping[str, Segments]) -> JudgedLines:
    shared = marked.keys() & predicted.keys()
    right = frozenset(name for name in shared if _distances(marked[name], predicted[name]).max() < REACH)
    return JudgedLines(right, frozenset(predicted.keys() - right), frozenset(marked.keys() - predicted.keys()))


def predicted_lines(camera: ChallengeCamera) -> dict[str, Segments]:
    """What a picture of 960 by 540 pixels shows of the lines of a pitch of 105 by 68 m, by class."""
    pitch = Pitch()
    ground = pitch.lines_with_arcs(_ARCS).items()
    flat = {name: np.column_stack([points, np.zeros(len(points))]) for name, points in ground}
    lines = {}
    for name, points in (flat | goal_lines(pitch)).items():
        at = camera.to_picture(points) * _SIZE
        if np.all((at >= 0) & (at < _SIZE), axis=-1).any():
            lines[name] = _clipped(np.stack([at[:-1], at[1:]], 1))
    return lines


def _clipped(pieces: Segments) -> Segments:
    """What of straight pieces lies in the picture (Liang and Barsky, 1984).

    Pieces with an end that is not seen go: they are less than a step from the camera's plane, far beside every picture.
    """
    pieces = pieces[np.isfinite(pieces).all((1, 2))]
    start, along = pieces[:, 0], pieces[:, 1] - pieces[:, 0]
    outwards = np.concatenate([-along, along], 1)  # towards each of the four edges
    room = np.concatenate([start, _SIZE - start], 1)
    crossing = np.divide(room, outwards, out=np.zeros_like(room), where=outwards != 0)
    enter = np.where(outwards < 0, crossing, 0.0).max(1)
    leave = np.where(outwards > 0, crossing, 1.0).min(1)
    shown = (np.maximum(enter, 0) <= np.minimum(leave, 1)) & ~((outwards == 0) & (room < 0)).any(1)
    shares = np.clip(np.stack([enter, leave], 1), 0, 1)[shown]
    return np.asarray(start[shown, None] + shares[..., None] * along[shown, None])


def _distances(points: np.ndarray, pieces: Segments) -> np.ndarray:
    """Pixels from each point (N, 2) to the nearest piece: (N,)."""
    start, along = pieces[:, 0], pieces[:, 1] - pieces[:, 0]
    length = np.maximum((along**2).sum(-1), 1e-12)
    share = np.clip(((points[:, None] - start) * along).sum(-1) / length, 0, 1)
    return np.asarray(np.linalg.norm(points[:, None] - (start + share[..., None] * along), axis=-1).min(1))
