"""Calibrations of the camera, sample by sample.

<half>_field_calib_ccbv.json   published with SoccerNet-v2 (Cioppa et al., CVSports 2021): two samples a second, each
                               with a homography (from metres to pixels of ``size``) and a confidence
calibration.parquet            the exact ones of a rendered match, frame by frame
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_json, write_json
from spotting_core.base.validation import InvalidContentError, validated
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.pitch import Pitch

PUBLISHED = re.compile(r"^(?P<half>\d+)_field_calib_\w+\.json$")
"""Names of the published files."""
RENDERED = "calibration.parquet"
RATE = 2.0
"""Samples a second of the published files."""
USED_FROM = 0.75
"""Confidence from which the published calibrations are used."""

_Nine = Annotated[list[float], msgspec.Meta(min_length=9, max_length=9)]
_Size = Annotated[list[int], msgspec.Meta(min_length=3)]


class _Entry(msgspec.Struct):
    homography: _Nine
    confidence: float


class _File(msgspec.Struct):
    size: _Size
    predictions: list[list[_Entry]]
    UrlLocal: str = ""


def published_files(folder: Path) -> dict[int, Path]:
    """The published files of a match folder by half."""
    named = ((PUBLISHED.match(p.name), p) for p in sorted(folder.iterdir()) if p.is_file())
    return {int(name["half"]): path for name, path in named if name}


def read_published(path: Path, half: int) -> list[Calibration]:
    """The calibrations of a half, a sample after the other; those that are no homography are none.

    Errors:
        BadInputError: not such a file, or a picture without size.
    """
    try:
        content = validated(_File, read_json(path, "calibration file"))
    except InvalidContentError as error:
        raise BadInputError(f"this is no calibration file ({error})", where=path) from error
    height, width = content.size[1:3]
    if height <= 0 or width <= 0:
        raise BadInputError(
            f"the pictures are {width} by {height} pixels", where=path, fix="Size: samples, height, width"
        )
    return [_of_entry(half, sample, entries, width, height) for sample, entries in enumerate(content.predictions)]


def _of_entry(half: int, sample: int, entries: Sequence[_Entry], width: int, height: int) -> Calibration:
    time = round(sample / RATE * 1e6)
    if not entries:
        return Calibration(half, time, None, 0.0)
    matrix, confidence = np.array(entries[0].homography).reshape(3, 3), entries[0].confidence
    try:
        return Calibration(half, time, Homography.of_pixels(matrix, width, height), confidence)
    except BadInputError:
        return Calibration(half, time, None, confidence)


def write_published(path: Path, calibrations: Sequence[Calibration], width: int, height: int, game: str = "") -> None:
    """Write the calibrations of a half at ``RATE``, in pixels of a size; a sample without one is an empty list."""
    write_json(path, {
        "UrlLocal": game,
        "size": [len(calibrations), height, width, 3],
        "predictions": [_entries(c, width, height) for c in calibrations],
    })  # fmt: skip


def _entries(calibration: Calibration, width: int, height: int) -> list[dict[str, Any]]:
    if calibration.homography is None:
        return []
    matrix = calibration.homography.pixels(width, height).ravel().tolist()
    return [{"homography": matrix, "confidence": 1.0 if calibration.confidence is None else calibration.confidence}]


def read_rendered(folder: Path, rate: float = RATE) -> list[Calibration]:
    """The exact calibrations of a rendered match, ``rate`` a second; none while a wipe covers the picture.

    Errors:
        BadInputError: the file or its ``meta.json`` is missing or of another form.
    """
    path = folder / RENDERED
    width, height = (int(v) for v in _meta(folder)["out_res"])
    try:
        columns = parquet.read_table(path, columns=["half", "time_s", "H", "camera", "wipe"]).to_pydict()
    except (OSError, pa.ArrowException, KeyError) as error:
        raise BadInputError(f"these calibrations cannot be read ({error})", where=path) from error
    times, halves = np.array(columns["time_s"]), np.array(columns["half"])
    calibrations = []
    for half in np.unique(halves).tolist():
        rows = np.flatnonzero(halves == half)
        for sample in range(int(np.floor(times[rows[-1]] * rate)) + 1):
            row = int(rows[np.abs(times[rows] - sample / rate).argmin()])
            matrix = np.array(columns["H"][row]).reshape(3, 3)
            homography = None if columns["wipe"][row] else Homography.of_pixels(matrix, width, height)
            calibrations.append(Calibration(half, round(sample / rate * 1e6), homography, None, columns["camera"][row]))
    return calibrations


def pitch_of(folder: Path) -> Pitch:
    """The pitch that a match folder's ``meta.json`` tells, else one of the usual size.

    Errors:
        BadInputError: see ``Pitch``.
    """
    if not (folder / "meta.json").is_file():
        return Pitch()
    size = _meta(folder).get("pitch")
    return Pitch(*(float(v) for v in size)) if isinstance(size, list) and len(size) == 2 else Pitch()


def _meta(folder: Path) -> Mapping[str, Any]:
    content = read_json(folder / "meta.json", "match description")
    if not isinstance(content, dict):
        raise BadInputError("this match description is not an object", where=folder / "meta.json")
    return content
