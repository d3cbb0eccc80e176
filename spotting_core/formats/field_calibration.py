"""Calibrations of the camera, sample by sample.

<half>_field_calib_ccbv.json   published with SoccerNet-v2 (Cioppa et al., CVSports 2021): two samples a second, each
                               with a homography (from metres to pixels of ``size``) and a confidence
calibration.parquet            the exact ones of a rendered match, frame by frame

All are read as the published ones are: y towards the main camera, x to its right. A renderer's files have z upwards, so
they see the pitch in a mirror, and y is one way whichever side was filmed from; ``axes`` says how a half's are turned,
and all else that is read of its places has to follow.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_json, write_json
from spotting_core.base.validation import InvalidContentError, Positive, Share, validated
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.pitch import Pitch

PUBLISHED = re.compile(r"^(?P<half>\d+)_field_calib_\w+\.json$")
"""Names of the published files."""
RENDERED, META = "calibration.parquet", "meta.json"
RATE = 2.0
"""Samples a second of the published files."""
USED_FROM = 0.75
"""Confidence from which the published calibrations are used."""

_Nine = Annotated[list[float], msgspec.Meta(min_length=9, max_length=9)]
_Size = Annotated[list[int], msgspec.Meta(min_length=3)]


MOST_PIXELS = 1 << 16
"""Of a side of a picture."""


class _Entry(msgspec.Struct):
    homography: _Nine
    confidence: Share


class _File(msgspec.Struct):
    size: _Size
    predictions: list[list[_Entry]]
    UrlLocal: str | None = None


def published_files(folder: Path) -> dict[int, Path]:
    """The published files of a match folder by half."""
    return {half: paths[-1] for half, paths in _published_by_half(folder).items()}


def check_one_of_each(folder: Path) -> None:
    """Refuse a folder in which two published files are of one half.

    Errors:
        BadInputError: names them.
    """
    for half, paths in _published_by_half(folder).items():
        if len(paths) > 1:
            names = ", ".join(path.name for path in paths)
            what = f"{len(paths)} files hold calibrations of half {half}: {names}"
            raise BadInputError(what, where=folder, fix="Leave the one that is right")


def _published_by_half(folder: Path) -> dict[int, list[Path]]:
    files: dict[int, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        name = PUBLISHED.match(path.name)
        if name and path.is_file():
            files.setdefault(int(name["half"]), []).append(path)
    return files


@dataclass(frozen=True)
class PublishedHalf:
    """A published file: the calibrations of a half, the game that it names, and the size of its pictures in pixels."""

    calibrations: list[Calibration]
    game: str
    width: int
    height: int


def where_sure(calibration: Calibration, least: float = USED_FROM) -> Calibration:
    """The calibration, without its homography where it is less sure than ``least``; an exact one is sure."""
    sure = calibration.confidence is None or calibration.confidence >= least
    return calibration if sure else replace(calibration, homography=None)


def read_published(path: Path, half: int) -> PublishedHalf:
    """A published file, its calibrations a sample after the other; those that are no homography are none.

    Errors:
        BadInputError: not such a file, or a picture without size.
    """
    try:
        content = validated(_File, read_json(path, "calibration file"))
    except InvalidContentError as error:
        fix = "It has size and predictions, each a list of {homography, confidence from 0 to 1}"
        raise BadInputError(f"this is no calibration file ({error})", where=path, fix=fix) from error
    if content.size[0] != len(content.predictions):
        what = f"the file says {content.size[0]} samples and has {len(content.predictions)}"
        raise BadInputError(what, where=path, fix="Size: samples, height, width; one list of predictions a sample")
    height, width = content.size[1:3]
    if not (0 < height <= MOST_PIXELS and 0 < width <= MOST_PIXELS):
        raise BadInputError(
            f"the pictures are {str(width)[:20]} by {str(height)[:20]} pixels",
            where=path,
            fix="Size: samples, height, width",
        )
    own = [_of_entry(half, sample, entries, width, height) for sample, entries in enumerate(content.predictions)]
    return PublishedHalf(own, content.UrlLocal or "", width, height)


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


def rendered_size(folder: Path) -> tuple[int, int]:
    """Width and height in pixels of the pictures that the exact calibrations of a rendered match are of.

    Errors:
        BadInputError: ``meta.json`` is missing, does not say it, or is of another form.
    """
    size = _meta(folder).out_res
    if size is None:
        raise BadInputError("this match description has no out_res", where=folder / META)
    return size


def read_rendered(folder: Path, rate: float = RATE) -> list[Calibration]:
    """The exact calibrations of a rendered match, ``rate`` a second; none while a wipe covers the picture.

    Errors:
        BadInputError: the file or its ``meta.json`` is missing or of another form.
    """
    path, (width, height) = folder / RENDERED, rendered_size(folder)
    columns, pitch = _rendered_columns(path), pitch_of(folder)
    times, halves = np.array(columns["time_s"], float), np.array(columns["half"])
    found = []
    for half in np.unique(halves).tolist():
        rows, mirror = np.flatnonzero(halves == half), np.diag([*axes(folder, half), 1.0])
        for sample in range(int(np.floor(times[rows[-1]] * rate)) + 1):
            row = int(rows[np.abs(times[rows] - sample / rate).argmin()])
            seen = None if columns["wipe"][row] else _rendered_homography(columns["H"][row], width, height, path, row)
            if seen is not None:
                seen = Homography(seen.matrix @ mirror)
            found.append(Calibration(half, round(sample / rate * 1e6), seen, None, columns["camera"][row], pitch=pitch))
    return found


_COLUMNS = ("half", "time_s", "H", "camera", "wipe")


def _rendered_columns(path: Path) -> dict[str, list[Any]]:
    try:
        missing = [name for name in _COLUMNS if name not in parquet.read_schema(path).names]
        if missing:
            raise BadInputError(f"these calibrations lack the columns {', '.join(missing)}", where=path)
        columns: dict[str, list[Any]] = parquet.read_table(path, columns=list(_COLUMNS)).to_pydict()
    except (OSError, pa.ArrowException) as error:
        raise BadInputError(f"these calibrations cannot be read ({error})", where=path) from error
    for name in ("half", "time_s"):
        if any(value is None for value in columns[name]):
            raise BadInputError(f"these calibrations have rows without {name}", where=path)
    _check_moments(columns, path)
    return columns


def _check_moments(columns: dict[str, list[Any]], path: Path) -> None:
    """Refuse rows of which nobody can tell the half or the time.

    Errors:
        BadInputError: names the first such row.
    """
    again = "Copy the match folder again"
    for row, (half, time) in enumerate(zip(columns["half"], columns["time_s"], strict=True)):
        if not isinstance(half, int) or half < 1:
            raise BadInputError(f"{str(half)[:20]!r} is no half", where=f"{path}, row {row}", fix=again)
        if not isinstance(time, int | float) or not math.isfinite(time) or time < 0:
            raise BadInputError(f"{str(time)[:20]!r} is no time in the half", where=f"{path}, row {row}", fix=again)


def _rendered_homography(values: Any, width: int, height: int, path: Path, row: int) -> Homography:
    try:
        try:
            numbers = np.array(values, float)
        except (ValueError, TypeError):
            numbers = np.zeros(0)
        if numbers.shape != (9,):
            raise BadInputError("a homography has nine numbers, all finite")
        return Homography.of_pixels(numbers.reshape(3, 3), width, height)
    except BadInputError as error:
        raise BadInputError(error.what, where=f"{path}, row {row}", fix="Copy the match folder again") from error


def axes(folder: Path, half: int) -> tuple[float, float]:
    """By what x and y of a rendered half's files are multiplied, 1 or -1, so that y points towards the main camera and
    x to its right.

    Errors:
        BadInputError: the match description cannot be used.
    """
    rigs = _meta(folder).camera
    y_points_away = half <= len(rigs) and rigs[half - 1].side > 0
    return (1.0, -1.0) if y_points_away else (-1.0, 1.0)


def calibrated_parts(folder: Path) -> set[int]:
    """Parts of a match that have calibrations beside it."""
    if not folder.is_dir():
        return set()
    rendered = folder / RENDERED
    halves: set[int] = set(_rendered_columns(rendered)["half"]) if rendered.is_file() else set()
    return halves | set(published_files(folder))


def calibration_file(folder: Path, half: int) -> Path | None:
    """The file beside a match that holds the calibrations of a half, the exact ones of a renderer first; None where
    there is none."""
    if (folder / RENDERED).is_file():
        return folder / RENDERED
    return published_files(folder).get(half) if folder.is_dir() else None


def required_file(folder: Path, half: int) -> Path:
    """See ``calibration_file``.

    Errors:
        BadInputError: there is none, or several are of one half.
    """
    path = calibration_file(folder, half)
    if path is not None and path.name != RENDERED:
        check_one_of_each(folder)
    if path is None:
        what = f"nothing beside the match says where the camera looks in half {half}"
        raise BadInputError(what, where=folder, fix=f"Put {half}_field_calib_ccbv.json there")
    return path


def read_beside(folder: Path, half: int) -> list[Calibration]:
    """The calibrations of a half that lie beside its match, ``RATE`` a second.

    Errors:
        BadInputError: there are none, or a file that is not what it should be.
    """
    path = required_file(folder, half)
    if path.name != RENDERED:
        return read_published(path, half).calibrations
    found = [one for one in read_rendered(folder) if one.half == half]
    if not found:
        raise BadInputError(f"these calibrations have no half {half}", where=path)
    return found


def pitch_of(folder: Path) -> Pitch:
    """The pitch that a match folder's ``meta.json`` tells, else one of the usual size.

    Errors:
        BadInputError: see ``Pitch``.
    """
    path = folder / META
    size = _meta(folder).pitch if path.is_file() else None
    try:
        return Pitch(*size) if size else Pitch()
    except BadInputError as error:
        raise BadInputError(error.what, where=path, fix=error.fix) from error


class _Rig(msgspec.Struct):
    """The main camera of a half; side is -1 where y points towards it."""

    side: int = -1


class _Meta(msgspec.Struct):
    """What is read of ``meta.json``."""

    camera: list[_Rig] = []
    out_res: tuple[Positive, Positive] | None = None
    pitch: tuple[float, float] | None = None


def _meta(folder: Path) -> _Meta:
    path = folder / META
    try:
        return validated(_Meta, read_json(path, "match description"))
    except InvalidContentError as error:
        fix = "out_res are width and height in pixels, pitch length and width in metres"
        raise BadInputError(f"this match description cannot be used ({error})", where=path, fix=fix) from error
