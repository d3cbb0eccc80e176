"""Files that a browser brings into a folder of a root, piece by piece: a video is never held in memory.

What has come of a file lies beside its place under a name that ends in ``.part``; the file appears when it is whole.
Nothing that is there is written over, and no file is taken of a kind that the app does not read.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.library.roots import is_below
from spotting_core.base.errors import BadInputError, cannot_write, printable
from spotting_core.formats import registry
from spotting_core.media.source import VIDEO_SUFFIXES

LARGEST_PIECE = 8 << 20
"""Bytes of a request."""
LARGEST_FILE = 64 << 30
"""Bytes of a file."""
LARGEST_LABELS = 256 << 20
"""Bytes of a file that is no video."""
_SPARE = 1 << 30  # bytes of the disk that stay free
_LONGEST = 120  # characters of the name of a folder or file
_FORBIDDEN = frozenset('/\\:*?"<>|')


def taken_suffixes() -> list[str]:
    """Ends of the names of files that are taken: videos and labels."""
    labels = {f".{f.suffix.rsplit('.', 1)[-1]}" for f in registry.label_formats() if f.suffix}
    return sorted(VIDEO_SUFFIXES | labels | {".json"})


class _Piece:
    """Writes a piece of a file, and no more of it than it may have."""

    def __init__(self, file: int, left: int) -> None:
        self._file, self._left = file, left

    def write(self, chunk: bytes) -> None:
        """Write what has come.

        Errors:
            BadInputError: it is more than was said, or the disk is full.
        """
        self._left -= len(chunk)
        if self._left < 0:
            raise BadInputError("more has come of this file than was said", fix="Choose it again")
        try:
            os.write(self._file, chunk)
        except OSError as error:
            raise cannot_write(error, Path("the library folder")) from error


@dataclass(frozen=True)
class Arriving:
    """A file on its way into a library folder.

    Arguments:
        path: where it will stand; size: bytes that it will have.
    """

    path: Path
    size: int

    @classmethod
    def of(cls, root: Path, folder: str, name: str, size: int) -> Arriving:
        """A file of a name in a new or known folder right below a root.

        Errors:
            BadInputError: a name that no folder or file can have, a kind of file that is not read, too large a one, too
                little room, or a file of this name is there.
        """
        place = root / checked_name(folder, "folder")
        path = place / checked_name(name, "file")
        if path.suffix.lower() not in taken_suffixes():
            kinds = ", ".join(taken_suffixes())
            raise BadInputError("files of this kind are not read", where=name, fix=f"Kinds: {kinds}")
        most = LARGEST_FILE if path.suffix.lower() in VIDEO_SUFFIXES else LARGEST_LABELS
        if not 0 < size <= most:
            raise BadInputError(f"a file has 1 to {most >> 20} MB here", where=name, fix="Put it there by other means")
        if not is_below(path, (root,)):
            raise BadInputError("this folder leads out of the library folders", where=folder, fix="Choose another name")
        if path.exists():
            raise BadInputError("a file of this name is there already", where=f"{folder}/{name}", fix="Rename yours")
        arriving = cls(path, size)
        if shutil.disk_usage(root).free < size - arriving.there + _SPARE:
            raise BadInputError("there is too little room for this file on the disk", where=name, fix="Make room")
        return arriving

    @property
    def _part(self) -> Path:
        return self.path.with_name(f".{self.path.name}.part")

    @property
    def there(self) -> int:
        """Bytes that have come."""
        place = self.path if self.is_whole else self._part
        return place.stat().st_size if place.is_file() else 0

    @property
    def is_whole(self) -> bool:
        """Whether the file stands where it belongs."""
        return self.path.is_file()

    @contextmanager
    def writing(self, at: int) -> Iterator[_Piece]:
        """Write a piece that begins at a byte; with the last one the file takes its place.

        Errors:
            BadInputError: it does not go on where the file ends so far, or cannot be written.
        """
        if at != self.there:
            raise BadInputError("this piece does not go on where the file ends so far", where=self.path.name)
        try:
            self.path.parent.mkdir(exist_ok=True)
            file = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            raise cannot_write(error, self.path) from error
        try:
            yield _Piece(file, min(LARGEST_PIECE, self.size - at))
        finally:
            os.close(file)
        if self.there == self.size:
            self._part.replace(self.path)


def checked_name(name: str, what: str) -> str:
    """The name of a folder or file that a browser gives.

    Errors:
        BadInputError: no system can have it, or it leads elsewhere.
    """
    text = name.strip()
    if not 0 < len(text) <= _LONGEST or text.startswith(".") or text != printable(text) or _FORBIDDEN & set(text):
        raise BadInputError(f"no {what} can be called so", where=printable(name)[:_LONGEST], fix="Give a plain name")
    return text
