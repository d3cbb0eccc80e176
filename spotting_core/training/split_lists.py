"""Splits that are lists of matches: a text file with one match folder a line, below the folder of the splits.

A folder of matches that is to be learned from in part, as ``looks`` of the rendered matches is, would have to be copied
otherwise. A list lies beside the splits as ``<name>.txt``, or among those that ship (``assets/training/splits``); a
folder of the same name goes before it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from spotting_core.base.assets import asset
from spotting_core.base.errors import BadInputError, cannot_write
from spotting_core.base.files import read_content
from spotting_core.base.texts import decoded_text
from spotting_core.media.fingerprint import joint_hash

_KEPT_OF_HASH = 12
_WHAT, _COMMENT = "list of matches", "#"


def with_split_lists(root: Path, names: Iterable[str], place: Path) -> Path:
    """Where splits lie of which some may be lists: ``root`` where none is, else a folder of its name below ``place``,
    which links to them all.

    Arguments:
        place: where that folder is made, under a name that says what is in it: of several that do this at once,
            whether threads or processes, of one machine or of several, each finds it whole.

    Errors:
        BadInputError: a list that cannot be read, is empty, or names a match that is not there; or links that cannot
            be made.
    """
    names = list(dict.fromkeys(names))
    lists = {name: path for name in names if (path := _list_of(root, name)) is not None}
    if not lists:
        return root
    matches = {name: _matches(root, path) for name, path in lists.items()}
    content = [str(root), *(f"{name}: {', '.join(matches.get(name, ()))}" for name in names)]
    folder = place / joint_hash(content)[:_KEPT_OF_HASH] / root.name
    if folder.is_dir():
        return folder
    part = place / f".{uuid4().hex}"
    try:
        for name in names:
            if name in matches:
                _link_matches(root, matches[name], part / root.name / name)
            elif (root / name).is_dir():
                (part / root.name).mkdir(parents=True, exist_ok=True)
                (part / root.name / name).symlink_to((root / name).resolve(), target_is_directory=True)
        part.replace(folder.parent)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        if not folder.is_dir():  # else another was first
            raise cannot_write(error, folder) from error
    return folder


def _list_of(root: Path, name: str) -> Path | None:
    if (root / name).is_dir() or not name:
        return None
    places = (root / f"{name}.txt", asset("training", "splits", f"{name}.txt"))
    return next((path for path in places if path.is_file()), None)


def _matches(root: Path, path: Path) -> list[str]:
    """Folders of matches that a list names, as it names them.

    Errors:
        BadInputError: see ``with_split_lists``.
    """
    lines = (line.strip() for line in decoded_text(read_content(path, _WHAT), path, _WHAT).splitlines())
    matches = list(dict.fromkeys(line for line in lines if line and not line.startswith(_COMMENT)))
    if not matches:
        raise BadInputError("this list names no match", where=path, fix="Write the folder of one match on each line")
    for match in matches:
        if Path(match).is_absolute() or ".." in Path(match).parts or not (root / match).is_dir():
            raise BadInputError(
                f"this list names {match!r}, which is no folder below {root}",
                where=path,
                fix="Correct the list, or give the folder that holds its matches with --data",
            )
    return matches


def _link_matches(root: Path, matches: Iterable[str], split: Path) -> None:
    """A folder for every match, whose files are links: what looks through a split does not go into linked folders."""
    for match in matches:
        place = split / match
        place.mkdir(parents=True)
        for path in sorted((root / match).iterdir()):
            (place / path.name).symlink_to(path.resolve())
