"""Boxes of people, sample by sample, as published with SoccerNet-v2.

<half>_player_boundingbox_maskrcnn.json   two samples a second, each with boxes [x1, y1, x2, y2] in pixels of ``size``
                                          and the mean colour [red, green, blue] inside each
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_json
from spotting_core.base.validation import InvalidContentError, validated
from spotting_core.domain.homography import Calibration
from spotting_core.domain.people import Placed, Role
from spotting_core.formats.field_calibration import MOST_PIXELS

_Box = Annotated[list[float], msgspec.Meta(min_length=4, max_length=4)]
_Colour = Annotated[list[float], msgspec.Meta(min_length=3, max_length=3)]
_Size = Annotated[list[int], msgspec.Meta(min_length=3)]
_BYTE = 255


class _Sample(msgspec.Struct):
    bboxes: list[_Box] = []
    colors: list[_Colour] = []


class _File(msgspec.Struct):
    size: _Size
    predictions: list[_Sample]


def boxes_file(folder: Path, half: int) -> Path:
    """Where the boxes of a half lie."""
    return folder / f"{half}_player_boundingbox_maskrcnn.json"


def read_placed(path: Path, calibrations: Sequence[Calibration]) -> list[list[Placed]]:
    """The people of each sample of a half, placed on the pitch by their feet; who stands nowhere on it is left out.

    The file tells neither roles nor teams nor who is who: all are ``UNSURE``, and tracks are numbers within a sample.

    Errors:
        BadInputError: not such a file, or one of another number of samples than there are calibrations.
    """
    try:
        content = validated(_File, read_json(path, "file of player boxes"))
    except InvalidContentError as error:
        fix = "It has size, and predictions, each with bboxes and colors"
        raise BadInputError(f"this is no file of player boxes ({error})", where=path, fix=fix) from error
    height, width = content.size[1:3]
    if not (0 < height <= MOST_PIXELS and 0 < width <= MOST_PIXELS) or any(
        len(s.bboxes) != len(s.colors) for s in content.predictions
    ):
        raise BadInputError("the pictures have no size, or a box has no colour", where=path, fix="Copy it again")
    if len(content.predictions) != len(calibrations):
        what = f"the boxes have {len(content.predictions)} samples, the calibrations {len(calibrations)}"
        raise BadInputError(what, where=path, fix="Check that both are of the same match")
    pixels = np.array([width, height, width, height], float)
    return [_placed(s, c, pixels) for s, c in zip(content.predictions, calibrations, strict=True)]


def _placed(sample: _Sample, calibration: Calibration, pixels: np.ndarray) -> list[Placed]:
    if calibration.homography is None or not sample.bboxes:
        return []
    boxes = np.array(sample.bboxes) / pixels
    feet = calibration.homography.to_pitch(np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], 1))
    return [
        Placed(
            half=calibration.half,
            time=calibration.time,
            track=number,
            role=Role.UNSURE,
            team="",
            team_confidence=0.0,
            x=float(x),
            y=float(y),
            error=float("nan"),
            confidence=1.0,
            box=(float(box[0]), float(box[1]), float(box[2]), float(box[3])),
            colour=_bytes(colour),
        )
        for number, (box, (x, y), colour) in enumerate(zip(boxes, feet, sample.colors, strict=True))
        if np.isfinite((x, y)).all()
    ]


def _bytes(colour: Sequence[float]) -> tuple[int, int, int]:
    red, green, blue = (int(min(max(value, 0), _BYTE)) for value in colour)
    return red, green, blue
