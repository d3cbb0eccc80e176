"""Files that appear whole or not at all, and locks for what several processes write.

Every derived file is written beside its final place under a name ending in ``.part`` and moved there
when complete, so that a reader never sees half of one and a kill leaves the old state. Both the file and its folder
are on the disk before the move is told to be done, so that a failing machine leaves the old file or the new one too.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from spotting_core.base.errors import BadInputError, cannot_write
from spotting_core.base.nesting import check_json, too_deep
from spotting_core.base.texts import utf8_json

_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")  # of JSON: one of two that belong together
_LONGEST_STEM = 200  # characters of a name that its temporary name keeps: file systems allow 255 bytes


@dataclass(frozen=True)
class FileState:
    """What tells a file from any that lies or lay at its place: it has changed if any of these has.

    Arguments:
        path: links followed; changed: of its content, nanoseconds.
    """

    path: Path
    size: int
    changed: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> FileState:
        """The state of a file now.

        Errors:
            OSError: there is none.
        """
        status = path.stat()
        return cls(path.resolve(), status.st_size, status.st_mtime_ns, status.st_ino)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path that takes the place of ``path`` when the block ends without an error.

    Errors:
        BadInputError: it cannot be written: no room, no permission, or something else stands there; a link's target is
            written, the link stays.
    """
    try:
        path = path.resolve() if path.is_symlink() else path
    except OSError as error:
        raise cannot_write(error, path) from error
    check_regular(path)
    part = _hidden_beside(path, "part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        _settle(part)
        part.replace(path)
        _settle(path.parent)
    except OSError as error:
        raise cannot_write(error, path) from error
    finally:
        with suppress(OSError):  # it was not made, for its folder or its name cannot be
            part.unlink(missing_ok=True)


@contextmanager
def whole_folder(place: Path) -> Iterator[Path]:
    """A folder beside a place, which takes it at the end, or goes."""
    place.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        yield folder
        folder.chmod(0o755)
        folder.replace(place)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def move_all(moves: Iterable[tuple[Path, Path]]) -> None:
    """Move files to their places, over what lies there: all of them, or none where one cannot be moved.

    What lay there stays beside its place, under a name ending in ``.before``, until the last is moved: a kill amid that
    loses nothing.

    Arguments:
        moves: each file, and its place; a link's target is written, the link stays.

    Errors:
        BadInputError: one cannot be moved: no permission, or something else stands there; what was there is there
            again.
    """
    before: list[Path] = []
    with ExitStack() as back:
        for file, link in moves:
            try:
                place = link.resolve() if link.is_symlink() else link
                _make_folder(place.parent, back)
                before += _put_aside(place, back)
                _move(file, place)
                _settle(place.parent)
            except OSError as error:
                raise cannot_write(error, link) from error
        back.pop_all()
    for old in before:
        with suppress(OSError):  # the new ones are there
            old.unlink()


def _make_folder(folder: Path, back: ExitStack) -> None:
    """Make a folder and those above it; ``back`` removes the ones that are new."""
    for one in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        one.mkdir()
        back.callback(_remove_empty, one)


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):  # somebody put something there
        folder.rmdir()


def _put_aside(place: Path, back: ExitStack) -> list[Path]:
    """Give the file of a place, if there is one, another name, which is returned; ``back`` puts it there again, or
    removes the one that took the place."""
    check_regular(place)
    if place.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(place))
    if not place.exists():
        back.callback(place.unlink, missing_ok=True)
        return []
    old = _hidden_beside(place, "before")
    place.replace(old)
    back.callback(old.replace, place)
    return [old]


def _move(file: Path, place: Path) -> None:
    """Move a file, also to a folder that is linked to from another file system."""
    try:
        file.replace(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with replacing(place) as part:
            shutil.copyfile(file, part)


def _hidden_beside(path: Path, ending: str) -> Path:
    """A name that no file has, in the folder of a file."""
    return path.with_name(f".{path.name[:_LONGEST_STEM]}.{uuid.uuid4().hex[:8]}.{ending}")


def _settle(path: Path) -> None:
    """Have a file, or the names in a folder, written to the disk itself."""
    if path.is_dir() and os.name == "nt":
        return  # a folder cannot be opened there
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock against other processes and threads: a file that is there as long as somebody holds it.

    It is removed before it is let go; whoever waits for it then takes a new one. What a killed process left is taken
    over.

    Errors:
        BadInputError: it cannot be written.
        Timeout: another one holds it, and ``wait`` is False.
    """
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        raise
    except OSError as error:
        raise cannot_write(error, path.parent) from error
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        lock.release()


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented UTF-8 JSON, atomically."""
    with replacing(path) as part:
        part.write_bytes(json_bytes(value))


def json_bytes(value: Any) -> bytes:
    """``value`` as indented UTF-8 JSON."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def read_json(path: Path, what: str = "file") -> Any:
    """Read JSON.

    Errors:
        BadInputError: the file is missing, cannot be read, is not JSON (names line and column), or nested too deeply.
    """
    return parse_json(read_content(path, what), path, what)


def read_content(path: Path, what: str = "file", largest: int | None = None) -> bytes:
    """The bytes of a file; of one that is larger than ``largest`` so many and one more.

    Errors:
        BadInputError: the file is missing or cannot be read.
    """
    try:
        check_regular(path, what)
        if largest is not None:
            with path.open("rb") as file:
                return file.read(largest + 1)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BadInputError(f"this {what} does not exist", where=path, fix="Check the path") from error
    except OSError as error:
        raise BadInputError(f"this {what} cannot be read ({error.strerror})", where=path) from error


def check_regular(path: Path, what: str = "file") -> None:
    """Refuse a pipe or a device, of which nobody knows whether it ever ends.

    Errors:
        BadInputError: it is one.
    """
    try:
        irregular = path.exists() and not (path.is_file() or path.is_dir())
    except OSError:  # a name that is too long: whoever opens it says so
        return
    if irregular:
        raise BadInputError(f"this {what} is a pipe or a device", where=path, fix="Copy what it gives into a file")


def parse_json(content: bytes, where: object, what: str = "file") -> Any:
    """JSON of a file's content, UTF-8 or UTF-16, with or without a byte order mark.

    Errors:
        BadInputError: not JSON (names line and column), nested too deeply, or with texts that no file can hold.
    """
    content = utf8_json(content, where, what)
    check_json(content, where, what)
    try:
        value = json.loads(content.decode())
        if _HALF_CHARACTER.search(content):
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except UnicodeDecodeError as error:
        raise BadInputError(f"this {what} is not UTF-8 text", where=where) from error
    except UnicodeEncodeError as error:
        raise BadInputError(f"this {what} holds half of a character that takes two", where=where) from error
    except RecursionError as error:
        raise too_deep(where, what) from error
    except json.JSONDecodeError as error:
        raise BadInputError(
            f"this {what} is not JSON ({error.msg} at line {error.lineno}, column {error.colno})", where=where
        ) from error
    except ValueError as error:  # a number of thousands of digits
        raise BadInputError(f"this {what} holds a number that is none", where=where) from error


def write_array(path: Path, array: np.ndarray) -> None:
    """Write one ``.npy`` array, atomically."""
    with replacing(path) as part, part.open("wb") as handle:
        np.save(handle, array, allow_pickle=False)
