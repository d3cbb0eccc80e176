"""Files of one match each, as one file, a tree of folders or a zip of that tree.

    <root>/<league>/<season>/<game>/Labels-v2.json        the game is the path of the folder below the root

A folder that itself holds the file is one match. The members of a zip are read one by one and never
unpacked to disk.
"""

from __future__ import annotations

import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO

from spotting_core.base.archives import GZIP_SIGN, Archive, inflated, is_clutter, is_zip, open_zip
from spotting_core.base.errors import BadInputError, cannot_write
from spotting_core.base.files import move_all, replacing

LARGEST_MEMBER = 28 << 20
"""Bytes that one match's file may have, which is held in memory as a whole: scores of every class at every half second
of a match take 27 MB as SoccerNet's predictions."""
_LONGEST_NAME = 100  # characters of a copy's name
LARGEST_COPY = 1 << 30
"""Bytes that a file of many matches may have that is read out of a folder or zip of them."""
_BLOCK = 1 << 20
LARGEST_TEXT = 4 << 20
"""Bytes of a list or project of an editor, whose readers take more: some ten thousand marks."""


@dataclass(frozen=True)
class Member:
    """The file of one match.

    Arguments:
        game: path of its folder below the root, with the file's name where several lie there; or empty for a single
            file.
        where: for messages; read: its content; open: the same as a stream; name: of the file.
        path: of a file that lies in no zip.
    """

    game: str
    where: str
    read: Callable[[], bytes]
    open: Callable[[], IO[bytes]]
    name: str = ""
    path: Path | None = None

    @contextmanager
    def as_file(self) -> Iterator[Path]:
        """A file with its content, for as long as the context lasts: for readers that go through it more than once.

        Errors:
            BadInputError: it is packed and larger than ``LARGEST_COPY``, or cannot be written.
        """
        if self.path is not None:
            yield self.path
            return
        with TemporaryDirectory(prefix="touchline-") as folder:
            copy, left = Path(folder) / self.name[-_LONGEST_NAME:], LARGEST_COPY  # with its ending
            try:
                with self.open() as stream, copy.open("wb") as out:
                    while block := stream.read(_BLOCK):
                        left -= len(block)
                        if left < 0:
                            what = f"this is too large: more than {LARGEST_COPY >> 20} MB come out of it"
                            raise BadInputError(
                                what, where=self.where, fix="Unpack it, and give the files by themselves"
                            )
                        out.write(block)
            except OSError as error:
                raise cannot_write(error, folder) from error
            yield copy

    def head(self, size: int) -> bytes:
        """The first bytes of it, or of what is in it where it is a gzip."""
        with self.open() as stream:
            first = stream.read(size)
        try:
            return zlib.decompressobj(wbits=31).decompress(first, size) if first.startswith(GZIP_SIGN) else first
        except zlib.error:  # told where all of it is read
            return b""


def members(path: Path, file_name: str | tuple[str, ...], largest: int = LARGEST_MEMBER) -> Iterator[Member]:
    """The matches' files, in the order of their paths.

    Arguments:
        path: a file (of any name), a folder that holds ``file_name``, a tree or a zip of such folders.
        file_name: name or pattern, or some of which any fits; largest: bytes that a file may have.

    Errors:
        BadInputError: nothing there, or none of that name; a damaged zip.
    """
    if is_zip(path):
        yield from _zipped(path, file_name, largest)
    elif path.is_file():
        yield Member("", str(path), _file_reader(path, largest), partial(_opened, path), path.name, path)
    elif path.is_dir():
        files = sorted(p for p in path.rglob("*") if fits_packed(p.name, file_name) and p.is_file())
        if not files:
            raise _missing_file(path, file_name)
        names = [file.relative_to(path).as_posix() for file in files]
        for file, game in zip(files, _games(names), strict=True):
            yield Member(game, str(file), _file_reader(file, largest), partial(_opened, file), file.name, file)
    else:
        raise BadInputError("there is no such file or folder", where=path, fix="Check the path")


def _zipped(path: Path, file_name: str | tuple[str, ...], largest: int) -> Iterator[Member]:
    with open_zip(path) as archive:
        names = [n for n in archive.names if fits_packed(PurePosixPath(n).name, file_name) and not is_clutter(n)]
        if not names:
            raise _missing_file(path, file_name)
        names.sort()
        for name, game in zip(names, _games(names), strict=True):
            opened = partial(archive.stream, name)
            yield Member(game, f"{path}, {name}", _reader(archive, name, largest), opened, PurePosixPath(name).name)


def _games(names: Sequence[str]) -> list[str]:
    """What the matches of some files are called: by their folders, and by the files where several lie in one."""
    files = [PurePosixPath(name) for name in names]
    beside = Counter(file.parent for file in files)
    own = [file.parent if beside[file.parent] == 1 else file.parent / file.stem for file in files]
    return ["" if game == PurePosixPath(".") else game.as_posix() for game in own]


def _opened(path: Path) -> IO[bytes]:
    return path.open("rb")


def _file_reader(path: Path, largest: int) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            size = path.stat().st_size
            if size > largest:
                what = f"this file is larger than {largest >> 20} MB, which no match's labels are"
                raise BadInputError(what, where=path, fix="Give a file for each match")
            return inflated(path.read_bytes(), largest, path)
        except OSError as error:
            raise BadInputError(
                f"this file cannot be read ({error.strerror})", where=path, fix="Copy it again"
            ) from error

    return read


def _reader(archive: Archive, name: str, largest: int) -> Callable[[], bytes]:
    return lambda: archive.read_unpacked(name, largest, f"{archive.path}, {name}")


def _missing_file(path: Path, file_name: str | tuple[str, ...]) -> BadInputError:
    name = file_name if isinstance(file_name, str) else file_name[0]
    if name == "*":
        return BadInputError("nothing lies here", where=path, fix="Give a file, or a folder or zip that holds some")
    return BadInputError(f"no {name} lies here", where=path, fix="Give the file, its folder, or a tree or zip")


def fits(name: str, pattern: str | tuple[str, ...]) -> bool:
    """Whether a file is called as a pattern, or one of some, says, in capitals or not: cameras and old programs write
    ``SPOTS.CSV``."""
    patterns = (pattern,) if isinstance(pattern, str) else pattern
    return any(fnmatchcase(name.lower(), one.lower()) for one in patterns)


def fits_packed(name: str, pattern: str | tuple[str, ...]) -> bool:
    """Whether a file is called as ``fits`` asks, by itself or as a gzip of it."""
    return fits(name, pattern) or fits(without_gz(name), pattern)


def without_gz(name: str) -> str:
    """What the file in a gzip of this name is called; any other name as it is."""
    return name[:-3] if name.lower().endswith(".gz") else name


def names_inside(path: Path) -> list[str]:
    """Names of the files in a folder tree or zip, without their folders, each once."""
    if path.is_dir():
        return sorted({p.name for p in path.rglob("*") if p.is_file()})
    with open_zip(path) as archive:
        return sorted({PurePosixPath(n).name for n in archive.names if not is_clutter(n)})


def write_members(target: Path, file_name: str, files: Iterable[tuple[str, bytes]]) -> int:
    """Write matches' files; returns how many.

    Arguments:
        target: a ``.zip``, a file name with another ending (one match only), or a folder.
        files: game and content, one by one.

    Errors:
        BadInputError: several matches for one file, a match twice, or a game that is no path below a root.
    """
    written: set[str] = set()
    count = 0
    with _store(target, file_name) as store:
        for game, content in files:
            if game in written and game:
                raise BadInputError("this match occurs twice", where=game, fix="Order the source by match")
            written.add(game)
            store(_safe(game), content)
            count += 1
    return count


def _safe(game: str) -> str:
    path = PurePosixPath(game.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "\x00" in game or ":" in game.split("/")[0][1:2]:
        raise BadInputError("the name of this match is no path below a folder", where=repr(game))
    return "" if path == PurePosixPath(".") else path.as_posix()


@contextmanager
def _store(target: Path, file_name: str) -> Iterator[Callable[[str, bytes], None]]:
    if target.suffix.lower() == ".zip":
        with replacing(target) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            yield lambda game, content: archive.writestr(f"{game}/{file_name}".lstrip("/"), content)
    elif target.suffix and not target.is_dir():
        written: set[Path] = set()

        def one(game: str, content: bytes) -> None:
            if target in written:
                raise BadInputError(
                    "the source holds several matches and this is one file",
                    where=target,
                    fix="Give a folder or a .zip as the target",
                )
            written.add(target)
            _put(target, content)

        yield one
    else:
        with _whole_tree(target, file_name) as keep:
            yield keep


@contextmanager
def _whole_tree(target: Path, file_name: str) -> Iterator[Callable[[str, bytes], None]]:
    """Move files into a folder once all of them are there: what is refused halfway leaves no half of a season behind,
    and what cannot be moved leaves the season that was there.

    Errors:
        BadInputError: the folder or a file cannot be written.
    """
    new, games = not target.exists(), dict[str, None]()
    try:
        try:
            target.mkdir(parents=True, exist_ok=True)
            # Inside the folder, which may be a file system of its own: to move a file is to rename it then.
            parts = TemporaryDirectory(prefix=".touchline-", suffix=".part", dir=target, ignore_cleanup_errors=True)
        except OSError as error:
            raise cannot_write(error, target) from error
        with parts as folder:

            def keep(game: str, content: bytes) -> None:
                _put(Path(folder) / game / file_name, content)
                games[game] = None

            yield keep
            move_all((Path(folder) / game / file_name, target / game / file_name) for game in games)
    finally:
        if new:
            with suppress(OSError):  # files lie in it, or it could not be made
                target.rmdir()


def _put(path: Path, content: bytes) -> None:
    with replacing(path) as part:
        part.write_bytes(content)
