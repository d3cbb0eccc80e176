"""Zip and gzip of others: what comes out is counted while it is inflated, whatever the headers say.

Only what is stored or deflated is read: of the other methods a block of a few kilobytes may become any number.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO, cast

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import check_regular
from spotting_core.base.texts import encoding_of_blocks, marked_encoding, no_text, not_in

MOST_ENTRIES = 100_000
"""Entries that a zip may have: a season's folders are some thousands."""
LARGEST_ALL = 4 << 30
"""Bytes that may come out of one zip in all."""

GZIP_SIGN = b"\x1f\x8b"
"""What a gzip begins with."""

_BLOCK = 1 << 20
_LOOKED_AT = 4096  # bytes in which the encoding of a text is told by its first characters
_DIRECTORY = 64 << 20  # bytes at the end of a file in which the directory of a zip that is read lies
_ENTRY_SIGN = b"PK\x01\x02"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGED = (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError,
            zlib.error, OverflowError, KeyError)  # fmt: skip
_PACKED = (".zip", ".rar", ".7z", ".tar", ".tgz", ".tar.gz")
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

    def only_file(self) -> str:
        """Name of the one file that is in it, beside what a Macintosh puts there.

        Errors:
            BadInputError: there are several, or none.
        """
        files = [name for name in self.names if not is_clutter(name)]
        if len(files) != 1:
            listed = ", ".join(files[:4]) + (", …" if len(files) > 4 else "")
            what = f"this zip holds {len(files)} files ({listed}), expected one" if files else "this zip holds no file"
            raise BadInputError(what, where=self.path, fix="Unpack it, and name the file")
        return files[0]

    def stream(self, name: str) -> IO[bytes]:
        """One file as a stream, which is inflated as it is read.

        Errors:
            BadInputError: there is none, or it is packed by a method that is not read; from reading, see ``read``.
        """
        info = self._info(name)
        return cast(IO[bytes], _Counted(self._archive.open(info), f"{self.path}/{name}"))

    def read(self, name: str, largest: int) -> bytes:
        """One file; largest: bytes that it may have.

        Errors:
            BadInputError: there is none, it cannot be read, or it is larger, whatever its header says.
        """
        where, info = f"{self.path}/{name}", self._info(name)
        if info.file_size > largest:
            raise _too_large(where, largest)
        try:
            with self._archive.open(info) as stream:
                content = read_counted(stream, min(largest, self._left), where)
        except _DAMAGED as error:
            raise BadInputError(f"this file of the zip cannot be read ({error})", where=where, fix=_COPY) from error
        self._left -= len(content)
        return content

    def read_unpacked(self, name: str, largest: int, where: object) -> bytes:
        """One file, of what is in it where it is a gzip, which counts among what comes out of the zip too.

        Arguments:
            largest: bytes that the file may have, and what is in it; where: for messages on the gzip.

        Errors:
            BadInputError: see ``read`` and ``inflate``.
        """
        content = self.read(name, largest)
        if not content.startswith(GZIP_SIGN):
            return content
        inside = inflate(content, min(largest, self._left), where)
        self._left -= len(inside)
        return inside

    def _info(self, name: str) -> zipfile.ZipInfo:
        where, info = f"{self.path}/{name}", self._infos.get(name)
        if info is None:
            raise BadInputError("there is no such file in this zip", where=where, fix=_COPY)
        if info.compress_type not in _METHODS:
            raise BadInputError("this file of the zip is packed by a method that is not read", where=where, fix=_COPY)
        return info


class _Counted(io.BufferedIOBase):
    """A stream of what is inflated, refused where more than ``LARGEST_ALL`` comes out of it or it is damaged."""

    def __init__(self, stream: IO[bytes], where: object) -> None:
        self._stream, self._where, self._total = stream, where, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(_BLOCK), b""))
        try:
            block = self._stream.read(size)
        except _DAMAGED as error:
            raise BadInputError(f"this file cannot be unpacked ({error})", where=self._where, fix=_COPY) from error
        self._total += len(block)
        if self._total > LARGEST_ALL:
            raise _too_large(self._where, LARGEST_ALL)
        return block

    def read1(self, size: int = -1, /) -> bytes:
        return self.read(_BLOCK if size < 0 else size)


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


def is_clutter(name: str) -> bool:
    """Whether a file of a zip is what a Macintosh or Windows puts beside the others."""
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1] in (".DS_Store", "Thumbs.db", "desktop.ini")


def check_none_packed(names: Iterable[str], where: object) -> None:
    """Refuse a folder or zip of which nothing is read, where packed files lie in it: those are not opened.

    Arguments:
        names: of the files in it.

    Errors:
        BadInputError: see above; names them.
    """
    packed = sorted(name for name in names if name.lower().endswith(_PACKED) and not is_clutter(name))
    if packed:
        listed = ", ".join(packed[:4]) + (", …" if len(packed) > 4 else "")
        raise BadInputError(
            f"packed files lie here ({listed}), and what is packed twice is not opened",
            where=where,
            fix="Unpack them, and give what was in them, or one zip of it",
        )


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


def inflated(content: bytes, largest: int, where: object) -> bytes:
    """A file's content, of what is in it where it is a gzip.

    Errors:
        BadInputError: see ``inflate``.
    """
    return inflate(content, largest, where) if content.startswith(GZIP_SIGN) else content


def is_gzip(path: Path) -> bool:
    """Whether a file begins as a gzip does."""
    with path.open("rb") as handle:
        return handle.read(len(GZIP_SIGN)) == GZIP_SIGN


@contextmanager
def _only_stream(archive: Archive) -> Iterator[IO[bytes]]:
    """The one file of a zip as a stream, of what is in it where it is a gzip."""
    name = archive.only_file()
    with archive.stream(name) as first:
        packed = first.read(len(GZIP_SIGN)) == GZIP_SIGN
    with archive.stream(name) as stream:
        if not packed:
            yield stream
            return
        with gzip.open(stream) as inside:
            yield cast(IO[bytes], _Counted(cast(IO[bytes], inside), f"{archive.path}/{name}"))


@contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """A file as a stream, of what is in it where it is a gzip, or a zip of one file, be that a gzip or not.

    Errors:
        BadInputError: it cannot be read or unpacked, or a zip holds several files.
    """
    check_regular(path)
    try:
        if is_zip(path):
            with open_zip(path) as archive, _only_stream(archive) as stream:
                yield stream
            return
        with gzip.open(path) if is_gzip(path) else path.open("rb") as stream:
            yield cast(IO[bytes], _Counted(cast(IO[bytes], stream), path))
    except FileNotFoundError as error:
        raise BadInputError("this file does not exist", where=path, fix="Check the path") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadInputError(f"this file cannot be unpacked ({error})", where=path, fix="Copy it again") from error
    except OSError as error:
        raise BadInputError(f"this file cannot be read ({error})", where=path, fix="Copy it again") from error


@contextmanager
def unpacked_text(path: Path, encoding: str | None = None) -> Iterator[tuple[TextIO, str]]:
    """A file as a stream of text with its line ends as they are, and the name of its encoding; zipped or not.

    Arguments:
        encoding: the one that somebody named; else it is recognised.

    Errors:
        BadInputError: it cannot be read, or is no text.
    """
    try:
        used = encoding or _encoding_of(path)
    except UnicodeDecodeError as error:
        raise no_text(path, "file") from error
    with unpacked(path) as stream, io.TextIOWrapper(stream, used, newline="") as text:
        try:
            yield text, used
        except UnicodeError as error:  # also of UTF-16 without its mark, and of idna
            raise (not_in(encoding, path) if encoding else no_text(path, "file")) from error


def _encoding_of(path: Path) -> str:
    with unpacked(path) as stream:
        marked = marked_encoding(stream.read(_LOOKED_AT))
    return marked or encoding_of_blocks(lambda: _blocks(path))


def _blocks(path: Path) -> Iterator[bytes]:
    with unpacked(path) as stream:
        while block := stream.read(_BLOCK):
            yield block


def _too_large(where: object, largest: int) -> BadInputError:
    """What is said of a file that is, or becomes, larger than it may be."""
    size = f"{largest >> 20} MB" if largest >> 20 else f"{largest} bytes"
    return BadInputError(f"this is too large: more than {size} come out of it", where=where, fix=_COPY)


def _too_many(path: Path) -> BadInputError:
    return BadInputError(f"this zip has more than {MOST_ENTRIES} entries", where=path, fix="Unpack it")
