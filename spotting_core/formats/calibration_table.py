"""The calibrations of a half as a model found them, as a table: one row for every sample that it could place.

    sample, time               the latter in microseconds
    homography                 nine numbers, from metres to shares of the picture
    error, confidence          expected error in metres, and the confidence made of it
    x, y, z, pan, tilt, roll, focal    the camera: metres (z down), radians, widths of the picture

The pitch's length and width in metres, and the width of the picture by its height, lie in the table's description.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import replacing
from spotting_core.base.tables import read_table as read_table_of
from spotting_core.domain.camera import Camera
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.pitch import Pitch

FILE_NAME = "calibrations.parquet"
_CAMERA = ("x", "y", "z", "pan", "tilt", "roll", "focal")
_SCHEMA = pa.schema([
    ("sample", pa.int32()),
    ("time", pa.int64()),
    ("homography", pa.list_(pa.float64(), 9)),
    ("error", pa.float32()),
    ("confidence", pa.float32()),
    *((name, pa.float64()) for name in _CAMERA),
])  # fmt: skip


@dataclass(frozen=True)
class CalibratedSample:
    """One row: ``error`` in metres, ``confidence`` 0 to 1; see the module."""

    sample: int
    time: int
    camera: Camera
    error: float
    confidence: float


def write_table(folder: Path, samples: Sequence[CalibratedSample], pitch: Pitch, aspect: float) -> None:
    """Write the calibrations of a half, in order; aspect: width of the picture by its height."""
    rows = [
        {
            "sample": s.sample,
            "time": s.time,
            "homography": s.camera.homography.matrix.ravel().tolist(),
            "error": s.error,
            "confidence": s.confidence,
            **dict(zip(_CAMERA, (*s.camera.position, *s.camera.parameters[3:6], s.camera.focal), strict=True)),
        }
        for s in samples
    ]
    schema = _SCHEMA.with_metadata({"length": f"{pitch.length:g}", "width": f"{pitch.width:g}", "aspect": repr(aspect)})
    with replacing(folder / FILE_NAME) as part:
        pq.write_table(pa.Table.from_pylist(rows, schema), part)


def read_table(folder: Path, half: int, times: np.ndarray) -> list[Calibration]:
    """A calibration for every sample of a half, in order; without a homography where there is no row.

    Arguments:
        times: int64 (T,), of the samples, microseconds.

    Errors:
        BadInputError: no such table, a damaged one, or one of another half.
    """
    path = folder / FILE_NAME
    try:
        table = read_table_of(path, _SCHEMA.names, what="table of calibrations", fix="Analyse the match again")
        rows = table.cast(_SCHEMA.with_metadata(table.schema.metadata)).to_pylist()
        about = table.schema.metadata or {}
        pitch = Pitch(float(about[b"length"]), float(about[b"width"]))
        aspect = float(about[b"aspect"])
        by_sample = {row["sample"]: row for row in rows}
        if by_sample and not 0 <= min(by_sample) <= max(by_sample) < len(times):
            raise ValueError(f"a row is of sample {max(by_sample)}, the half has {len(times)}")
        return [_calibration(half, int(time), by_sample.get(k), pitch, aspect) for k, time in enumerate(times)]
    except (OSError, KeyError, ValueError, TypeError, pa.ArrowException) as error:
        raise BadInputError(
            f"this table of calibrations cannot be read ({error})", where=path, fix="Analyse the match again"
        ) from error


def read_pitch(folder: Path) -> Pitch:
    """The pitch that the calibrations of a half are of.

    Errors:
        BadInputError: no such table, or a damaged one.
    """
    path = folder / FILE_NAME
    try:
        about = pq.read_schema(path).metadata or {}
        return Pitch(float(about[b"length"]), float(about[b"width"]))
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        raise BadInputError(
            f"this table of calibrations cannot be read ({error})", where=path, fix="Analyse the match again"
        ) from error


def _calibration(half: int, time: int, row: dict[str, Any] | None, pitch: Pitch, aspect: float) -> Calibration:
    if row is None:
        return Calibration(half, time, None, 0.0, pitch=pitch)
    seen = Homography(np.array(row["homography"], float).reshape(3, 3))
    x, y, z, pan, tilt, roll, focal = (float(row[name]) for name in _CAMERA)
    camera = Camera((x, y, z), pan, tilt, roll, focal, aspect)
    error, confidence = float(row["error"]), float(row["confidence"])
    return Calibration(half, time, seen, confidence, error=error, pitch=pitch, camera=camera)
