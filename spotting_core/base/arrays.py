"""Arrays in files: what their header says is held against the size of the file and what is expected, before any use.

A ``.npy`` that was cut short, is empty, or holds another kind or shape is refused with the name of the file. Objects
are never read. Of a ``.npz``, bytes are counted while they are inflated (``base.archives``).
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

import numpy as np

from spotting_core.base.archives import open_zip
from spotting_core.base.errors import BadInputError

LARGEST_PACKED = 256 << 20
"""Bytes that one array of a ``.npz`` may have."""
FLOATS, INTEGERS, NUMBERS, FLAGS = "f", "iu", "fiu", "b"
"""Kinds of numbers, by the letters of their dtypes."""

_MOST_AXES = 8
_BLOCK = 16 << 20  # bytes that are looked at once
_GREATEST = np.float64(np.finfo(np.float32).max)  # of double precision, for half precision has no such number
Shape = Sequence[int | None]
"""Lengths of the axes; None where any will do."""


@dataclass(frozen=True)
class ArrayHeader:
    """What the header of a ``.npy`` says; ``offset``: bytes before the numbers."""

    shape: tuple[int, ...]
    dtype: np.dtype
    offset: int

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return self.offset + math.prod(self.shape) * self.dtype.itemsize


def open_array(
    path: Path, kinds: str = NUMBERS, shape: Shape | None = None, *, what: str = "array", fix: str = "Copy it again"
) -> np.ndarray:
    """Memory-map an array that is what it should be.

    Arguments:
        kinds: letters of the dtypes that will do; shape: expected; None for any.
        what: its name for people; fix: what to do where it is damaged.

    Errors:
        BadInputError: missing, empty, cut short, or of another kind or shape; names both.
    """
    check_array(path, kinds, shape, what=what, fix=fix)
    try:
        values: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # the file was changed meanwhile
        raise _unreadable(error, path, what, fix) from error
    return values


def check_array(
    path: Path, kinds: str = NUMBERS, shape: Shape | None = None, *, what: str = "array", fix: str = "Copy it again"
) -> ArrayHeader:
    """The header of an array that is what it should be; nothing is read of the numbers.

    Errors:
        BadInputError: see ``open_array``.
    """
    try:
        status = path.stat()
        header = _header_of(str(path), status.st_size, status.st_mtime_ns, status.st_ino)
    except Exception as error:  # a damaged header fails wherever its reader happens to stumble
        raise _unreadable(error, path, what, fix) from error
    if status.st_size != header.size:
        short = f"it has {status.st_size} bytes where its header says {header.size}"
        raise BadInputError(f"this {what} is damaged: {short}", where=path, fix=fix)
    _check(header.dtype, header.shape, kinds, shape, path, what, fix)
    return header


def check_numbers(path: Path, *, rising: bool = False, what: str = "array", fix: str = "Copy it again") -> None:
    """Refuse an array with a number that is none, or, of ``rising`` ones, that is below 0 or the one before it.

    The numbers are read once, and again when the file has changed.

    Errors:
        BadInputError: see above, and ``open_array``.
    """
    try:
        status = path.stat()
        problem = _problem_of(str(path), status.st_size, status.st_mtime_ns, status.st_ino, rising)
    except (OSError, ValueError) as error:
        raise _unreadable(error, path, what, fix) from error
    if problem:
        raise BadInputError(f"this {what} is damaged: {problem}", where=path, fix=fix)


@lru_cache(maxsize=16384)
def _problem_of(path: str, size: int, changed: int, inode: int, rising: bool) -> str:
    """What is wrong with the numbers of a file in a state; empty where nothing is."""
    values = np.load(path, mmap_mode="r", allow_pickle=False)
    if rising:
        return "its times do not rise" if len(values) and (values[0] < 0 or np.any(np.diff(values) < 0)) else ""
    row = first_odd_row(values)
    if row is None:
        return ""
    finite = bool(np.isfinite(values[row]).all()) if values.ndim else bool(np.isfinite(values))
    odd = "beyond single precision (3.4e38), in which models count" if finite else "that is none"
    return f"row {row} holds a number {odd}"


def first_odd_row(values: np.ndarray) -> int | None:
    """The first row of an array that holds NaN or what is infinite in single precision, from 0; None where none does.

    An array on disk is read block by block.
    """
    if values.dtype.kind not in "fc" or not values.size:
        return None
    rows = values if values.ndim else values[None]
    step = max(1, _BLOCK // max(1, rows[0].nbytes))
    for start in range(0, len(rows), step):
        fits = np.abs(rows[start : start + step]) <= _GREATEST  # which no NaN is
        odd = ~fits.reshape(min(step, len(rows) - start), -1).all(1)
        if odd.any():
            return start + int(odd.argmax())
    return None


@lru_cache(maxsize=16384)
def _header_of(path: str, size: int, changed: int, inode: int) -> ArrayHeader:
    """The header of a file in a state; read again when the file has changed."""
    with Path(path).open("rb") as handle:
        return _header(handle)


def _header(handle: IO[bytes]) -> ArrayHeader:
    version = np.lib.format.read_magic(handle)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
    if read is None:
        raise ValueError(f"version {version[0]}.{version[1]} of the form is not known")
    shape, _, dtype = read(handle)
    if dtype.hasobject:
        raise ValueError("it holds objects")
    if len(shape) > _MOST_AXES or any(length < 0 for length in shape):
        raise ValueError(f"the shape {shape} cannot be")
    return ArrayHeader(shape, dtype, handle.tell())


def _check(
    dtype: np.dtype, own: tuple[int, ...], kinds: str, shape: Shape | None, where: object, what: str, fix: str
) -> None:
    if dtype.kind not in kinds:
        raise BadInputError(f"this {what} holds {dtype}, which is another kind than it should be", where=where, fix=fix)
    wrong = shape is not None and (
        len(own) != len(shape) or any(b not in (None, a) for a, b in zip(own, shape, strict=True))
    )
    if shape is not None and wrong:
        raise BadInputError(f"this {what} has the shape {_words(own)}, expected {_words(shape)}", where=where, fix=fix)


def _words(shape: Shape) -> str:
    return "(" + ", ".join("any" if length is None else str(length) for length in shape) + ")"


def _unreadable(error: Exception, path: Path, what: str, fix: str) -> BadInputError:
    if isinstance(error, FileNotFoundError):
        return BadInputError(f"this {what} is missing", where=path, fix=fix)
    return BadInputError(f"this {what} cannot be read ({_reason(error)})", where=path, fix=fix)


def _reason(error: Exception) -> str:
    text = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return "it is empty" if isinstance(error, EOFError) or "EOF: reading magic string" in text else text


def read_packed(
    path: Path,
    expected: Mapping[str, str] | None = None,
    *,
    what: str = "file of arrays",
    fix: str = "Copy it again",
) -> dict[str, np.ndarray]:
    """The arrays of a ``.npz`` by name.

    Arguments:
        expected: names that must be there, and the letters of the dtypes that each may have (``V`` for rows of
            fields, ``U`` for text); without it all arrays, of whatever kind.

    Errors:
        BadInputError: missing, damaged, larger than it says or than ``LARGEST_PACKED``, one missing, or objects.
    """
    if not path.is_file():
        raise BadInputError(f"this {what} is missing", where=path, fix=fix)
    try:
        with open_zip(path) as archive:
            there = {name.removesuffix(".npy"): name for name in archive.names}
            for name in expected or ():
                if name not in there:
                    raise BadInputError(f"it has no {name}", where=path)
            return {
                name: _unpacked(archive.read(there[name], LARGEST_PACKED), name, (expected or {}).get(name))
                for name in (expected or there)
            }
    except BadInputError as error:
        raise BadInputError(f"this {what} cannot be read ({error.what})", where=path, fix=fix) from error


def _unpacked(content: bytes, name: str, kinds: str | None) -> np.ndarray:
    try:
        header = _header(io.BytesIO(content))
        if header.size != len(content):
            raise ValueError(f"it has {len(content)} bytes where its header says {header.size}")
        if kinds is not None and header.dtype.kind not in kinds:
            raise ValueError(f"it holds {header.dtype}")
        values: np.ndarray = np.load(io.BytesIO(content), allow_pickle=False)
    except Exception as error:  # as above
        raise BadInputError(f"{name}: {_reason(error)}") from error
    return values
