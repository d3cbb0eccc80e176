"""Zip and gzip of others: what comes out is counted while it is inflated, whatever the headers say.

Only what is stored or deflated is read: of the other methods a block of a few kilobytes may become any number.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import check_regular

MOST_ENTRIES = 100_000
"""Entries that a zip may have: a season's folders are some thousands."""
LARGEST_ALL = 4 << 30
"""Bytes that may come out of one zip in all."""

_BLOCK = 1 << 20
_DIRECTORY = 64 << 20  # bytes at the end of a file in which the directory of a zip that is read lies
_ENTRY_SIGN = b"PK\x01\x02"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGED = (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError,
            zlib.error, OverflowError, KeyError)  # fmt: skip
_COPY = "Copy it again, or unpack it"


class Archive:
    """An open zip, whose files are read within limits.

    Arguments:
        path: of the zip, for messages.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive, self._left = archive, LARGEST_ALL
        self._infos = {info.filename: info for info in archive.infolist()}

    @property
    def names(self) -> list[str]:
        """Names of its files with their folders, in its own order."""
        return [name for name in self._infos if not name.endswith("/")]

    def read(self, name: str, largest: int) -> bytes:
        """One file; largest: bytes that it may have.

        Errors:
            BadInputError: there is none, it cannot be read, or it is larger, whatever its header says.
        """
        where = f"{self.path}/{name}"
        info = self._infos.get(name)
        if info is None:
            raise BadInputError("there is no such file in this zip", where=where, fix=_COPY)
        if info.compress_type not in _METHODS:
            raise BadInputError("this file of the zip is packed by a method that is not read", where=where, fix=_COPY)
        if info.file_size > largest:
            raise _too_large(where, largest)
        try:
            with self._archive.open(info) as stream:
                content = read_counted(stream, min(largest, self._left), where)
        except _DAMAGED as error:
            raise BadInputError(f"this file of the zip cannot be read ({error})", where=where, fix=_COPY) from error
        self._left -= len(content)
        return content


@contextmanager
def open_zip(path: Path) -> Iterator[Archive]:
    """Open a zip.

    Errors:
        BadInputError: it is damaged, or has more than ``MOST_ENTRIES`` entries.
    """
    try:
        _count_entries(path)
        archive = zipfile.ZipFile(path)
    except _DAMAGED as error:
        raise BadInputError(f"this zip is damaged ({error})", where=path, fix=_COPY) from error
    with archive:
        if len(archive.infolist()) > MOST_ENTRIES:
            raise _too_many(path)
        yield Archive(path, archive)


def _count_entries(path: Path) -> None:
    """Refuse a directory of too many entries before it is read into memory."""
    with path.open("rb") as handle:
        size = handle.seek(0, 2)
        handle.seek(max(0, size - _DIRECTORY))
        count = 0
        while block := handle.read(_BLOCK):
            count += block.count(_ENTRY_SIGN)
            if count > MOST_ENTRIES:
                raise _too_many(path)


def is_zip(path: Path) -> bool:
    """Whether a file is a zip."""
    return path.is_file() and zipfile.is_zipfile(path)


def read_counted(stream: IO[bytes], largest: int, where: object) -> bytes:
    """All of a stream.

    Errors:
        BadInputError: more than ``largest`` bytes come out.
    """
    parts, total = [], 0
    while block := stream.read(_BLOCK):
        total += len(block)
        if total > largest:
            raise _too_large(where, largest)
        parts.append(block)
    return b"".join(parts)


def inflate(content: bytes, largest: int, where: object) -> bytes:
    """What is in a gzip; largest: bytes that it may be.

    Errors:
        BadInputError: damaged, or larger.
    """
    parts, total = [], 0
    rest = content
    try:
        while rest:
            member = zlib.decompressobj(wbits=31)
            while not member.eof:
                block = member.decompress(rest, _BLOCK)
                rest = member.unconsumed_tail
                if not block and not rest and not member.eof:
                    raise EOFError("it ends early")
                total += len(block)
                if total > largest:
                    raise _too_large(where, largest)
                parts.append(block)
            rest = member.unused_data.lstrip(b"\0")
    except (zlib.error, EOFError) as error:
        raise BadInputError(f"this file cannot be unpacked ({error})", where=where, fix="Copy it again") from error
    return b"".join(parts)


def is_gzip(path: Path) -> bool:
    """Whether a file begins as a gzip does."""
    with path.open("rb") as handle:
        return handle.read(2) == b"\x1f\x8b"


@contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """A file as a stream, of what is in it where it is a gzip.

    Errors:
        BadInputError: it cannot be read or unpacked.
    """
    check_regular(path)
    try:
        with gzip.open(path) if is_gzip(path) else path.open("rb") as stream:
            yield cast(IO[bytes], stream)
    except FileNotFoundError as error:
        raise BadInputError("this file does not exist", where=path, fix="Check the path") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadInputError(f"this file cannot be unpacked ({error})", where=path, fix="Copy it again") from error
    except OSError as error:
        raise BadInputError(f"this file cannot be read ({error})", where=path, fix="Copy it again") from error


def _too_large(where: object, largest: int) -> BadInputError:
    size = f"{largest >> 20} MB" if largest >> 20 else f"{largest} bytes"
    return BadInputError(f"this is too large: more than {size} come out of it", where=where, fix=_COPY)


def _too_many(path: Path) -> BadInputError:
    return BadInputError(f"this zip has more than {MOST_ENTRIES} entries", where=path, fix="Unpack it")
