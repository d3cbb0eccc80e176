"""The folders below the roots, as they are browsed, and the matches that lie in one: of a whole season at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.library.library import Library
from app.library.roots import is_below
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.domain.classes import ClassTable
from spotting_core.formats import labels_v2, recognition, registry
from spotting_core.formats.format import SPOTS
from spotting_core.jobs.joining import joined_folder
from spotting_core.media.joined import recordings_in
from spotting_core.media.source import VIDEO_SUFFIXES, MatchSource, is_numbered

MOST_ENTRIES = 1000
"""Folders and videos of a folder that are listed."""
MOST_MATCHES = 500
"""Matches below a folder that are found."""
_OF_HALF = re.compile(r"\d+_")
_DEEPEST = 5  # folders below the one that is searched


@dataclass(frozen=True)
class Folder:
    """What lies in a folder: folders and videos by name; ``cut`` says whether there are more than are listed."""

    path: Path
    folders: tuple[Path, ...]
    videos: tuple[Path, ...]
    cut: bool


@dataclass(frozen=True)
class FoundMatch:
    """A match below a folder.

    Arguments:
        path: of its folder or video; title: as the library would call it.
        videos: how many it has; labels: whether true spots lie beside them.
        problem: why it cannot be added, or None; match: id in the library, where it is there already.
        unread: names of files of labels beside it that are not taken from there.
        recordings: how many videos could be made of its own by joining those that are pieces of one; 0 where none are.
    """

    path: Path
    title: str
    videos: int = 0
    labels: bool = False
    problem: str | None = None
    match: str | None = None
    unread: tuple[str, ...] = ()
    recordings: int = 0


def folder_at(path: Path, roots: tuple[Path, ...]) -> Folder:
    """What lies in a folder below the roots; links out of them and hidden files are left out.

    Errors:
        BadInputError: it is no folder below a root, or cannot be read.
    """
    if not is_below(path, roots) or not path.is_dir():
        raise BadInputError("there is no such folder below a library folder", where=path, fix="Choose another one")
    try:
        names = sorted(entry.name for entry in os.scandir(path) if not entry.name.startswith("."))
    except OSError as error:
        raise BadInputError(f"this folder cannot be read ({error.strerror})", where=path) from error
    there = [path / name for name in names[:MOST_ENTRIES] if is_below(path / name, roots)]
    return Folder(
        path,
        tuple(p for p in there if p.is_dir()),
        tuple(p for p in there if p.suffix.lower() in VIDEO_SUFFIXES and p.is_file()),
        len(names) > MOST_ENTRIES,
    )


def matches_below(
    path: Path, library: Library, roots: tuple[Path, ...], classes: ClassTable, *, of_one: bool = False
) -> list[FoundMatch]:
    """The matches in a folder and below it, in the order of their paths, and what is wrong with them.

    A folder with numbered videos (``1_720p.mkv``) is one match, and so is the folder itself where it holds videos and
    no other match lies beside them; else every video is one.

    Arguments:
        of_one: whether the folder itself was made for a match.

    Errors:
        BadInputError: see ``folder_at``.
    """
    known = {match.path: match.id for match in library.matches()}
    found: list[FoundMatch] = []
    for place in _places(path, roots, int(of_one)):
        if len(found) == MOST_MATCHES:
            break
        found.append(_found(place, library, roots, classes, known.get(place.resolve())))
    return found


def unjoined(folder: Path, roots: tuple[Path, ...]) -> int:
    """How many videos would be written if the videos of a folder were joined by their names; 0 where they are there,
    nothing can be joined, or what is read or written lies below no root."""
    target = joined_folder(folder)
    if not is_below(target, roots):
        return 0
    try:
        wanted = recordings_in(folder, target)
    except TouchlineError:
        return 0
    read = (piece for pieces in wanted.values() for piece in pieces)
    if not all(is_below(video, roots) for video in (*read, *wanted)):  # links may lead anywhere
        return 0
    return sum(not video.exists() for video in wanted)


def _places(path: Path, roots: tuple[Path, ...], depth: int) -> Iterator[Path]:
    """Paths of matches."""
    here = folder_at(path, roots)
    if here.videos and (any(map(is_numbered, here.videos)) or (depth and not here.folders)):
        yield path
        return
    yield from here.videos
    for folder in here.folders if depth < _DEEPEST else ():
        try:
            yield from _places(folder, roots, depth + 1)
        except BadInputError:  # a folder that may not be read holds nothing that could be added
            continue


def _found(path: Path, library: Library, roots: tuple[Path, ...], classes: ClassTable, match: str | None) -> FoundMatch:
    try:
        source = library.open(str(path), classes)
    except TouchlineError as problem:
        return FoundMatch(path, path.name, problem=str(problem), match=match, recordings=unjoined(path, roots))
    labels = source.companion(labels_v2.FILE_NAME) is not None
    recordings = unjoined(path, roots) if source.pieces else 0
    return FoundMatch(path, source.fixture.title, len(source.halves), labels, None, match, _unread(source), recordings)


def _unread(source: MatchSource) -> tuple[str, ...]:
    """Files of labels in the folder of a match, or around a lone video, that are not taken from there."""
    beside = sorted(source.folder.iterdir())[:MOST_ENTRIES]
    if not source.path.is_dir() and sum(p.suffix.lower() in VIDEO_SUFFIXES for p in beside) > 1:
        return ()  # they may be another's
    taken = source.companion(labels_v2.FILE_NAME)
    return tuple(p.name for p in beside if p != taken and not p.name.startswith(".") and _holds_spots(p))


def _holds_spots(path: Path) -> bool:
    if path.is_symlink() or _OF_HALF.match(path.name):  # a table of the samples or the people of one half
        return False
    if not path.is_file() or path.suffix.lower().lstrip(".") not in registry.label_endings():
        return False
    try:
        return recognition.guess_source(path, registry.FORMATS).kind == SPOTS
    except TouchlineError:
        return False
