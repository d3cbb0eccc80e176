"""Feature files in SoccerNet's layout, ``<game folder>/<half>_<set>.npy``, memory-mapped and checked.

A file of another width or rate would be read without a murmur and every spot would be wrong, so the width is
compared with the model's, and the number of rows with the length of the half.
"""

from __future__ import annotations

from collections.abc import Iterable
from glob import escape
from pathlib import Path

import numpy as np

from spotting_core.base.arrays import FLAGS, NUMBERS, check_numbers, open_array
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import write_array
from spotting_core.base.files_below import files_below
from spotting_core.features.sets import FeatureSet

_SLACK_ROWS, _SLACK_SHARE = 4, 0.005  # what a file may have more or less than the half is long


def feature_file(folder: Path, half: int, name: str) -> Path:
    """Where the features of a half lie."""
    return folder / f"{half}_{name}.npy"


def filed_parts(folder: Path, name: str) -> set[int]:
    """Parts of a match whose features lie in a folder."""
    files = folder.glob(f"[1-9]*_{escape(name)}.npy")
    return {number for path in files if (number := _part_of(path, name)) is not None}


def _part_of(path: Path, name: str) -> int | None:
    """The part that a feature file of a set is of; None where it is of another set whose name ends alike."""
    number = path.name.removesuffix(f"_{name}.npy")
    return int(number) if number.isdecimal() else None


def set_of_files(folders: Iterable[Path], name: str, rate: float) -> FeatureSet | None:
    """A set that nothing here makes, as wide as its first file below some folders; None if there is none."""
    if "/" in name:
        return None
    files = (path for folder in folders for path in files_below(folder, f"[1-9]*_{escape(name)}.npy"))
    first = next((path for path in files if _part_of(path, name) is not None), None)
    if first is None:
        return None
    dim = _mapped(first).shape[1]
    return FeatureSet(name, dim, dim, rate)


def open_features(path: Path, kind: FeatureSet, *, seconds: float | None = None) -> np.ndarray:
    """Memory-map a feature file: float (T, D).

    Arguments:
        seconds: length of the half, where it is known.

    Errors:
        BadInputError: not an array of numbers of this shape, of another width or rate, or with a number that is none.
    """
    values = _mapped(path)
    if values.shape[1] != kind.raw_dim:
        raise BadInputError(
            f"these features have {values.shape[1]} numbers a sample, {kind.name} has {kind.raw_dim}",
            where=path,
            fix="Give the features that the model was trained with",
        )
    if seconds is not None:
        check_rate(len(values), kind.rate, seconds, path)
    check_numbers(path, what="feature file", fix="Make these features again")
    return values


def _mapped(path: Path) -> np.ndarray:
    values = open_array(path, NUMBERS + FLAGS + "cSUmMV", what="feature file")
    if values.ndim != 2 or not np.issubdtype(values.dtype, np.floating) or not len(values):
        raise BadInputError(
            f"this file holds {values.dtype} of the shape {values.shape}, not features of samples",
            where=path,
            fix="Save floating-point numbers with a row for each sample: (samples, numbers)",
        )
    return values


def check_rate(rows: int, rate: float, seconds: float, path: Path) -> None:
    """Refuse rows that are too many or too few for the length of a half.

    Errors:
        BadInputError: see above.
    """
    expected = seconds * rate
    if abs(rows - expected) > max(_SLACK_ROWS, _SLACK_SHARE * expected):
        raise BadInputError(
            f"{rows} samples of {seconds:.0f} s are {rows / seconds:.3g} a second, the model reads {rate:g}",
            where=path,
            fix="Give features of the model's rate, of this video",
        )


def write_features(folder: Path, half: int, name: str, values: np.ndarray) -> Path:
    """Write the features of a half in SoccerNet's layout, float32."""
    path = feature_file(folder, half, name)
    write_array(path, np.asarray(values, np.float32))
    return path
