"""The folders below which matches may lie, looked at anew whenever a match is used.

What was below a root when it was added may lead elsewhere by now: a folder may have become a link, a label file beside
the videos may be one, or the app may have been started with other roots.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from app.settings import DEMO, settings
from spotting_core.base.errors import BadInputError
from spotting_core.media.source import MatchSource, open_match


def source_of(path: Path, roots: Sequence[Path] | None = None) -> MatchSource:
    """The match at a path that is known, if it and all that lies in its folder are still below a root.

    Arguments:
        roots: those of the running app where not given; the demo match is always allowed.

    Errors:
        BadInputError: it is not, or see ``open_match``.
    """
    allowed = (*(settings().roots if roots is None else roots), DEMO.resolve())
    if not is_below(path, allowed):
        raise BadInputError(
            "this match is below no library folder any more", where=path, fix=names_of_roots(allowed[:-1])
        )
    if path.is_dir():
        _check_links(path, allowed)
    return open_match(path)


def is_below(path: Path, folders: Sequence[Path]) -> bool:
    """Whether a path, links followed, is one of some folders or lies below one; there need be nothing there."""
    try:
        place = path.resolve()
    except (OSError, RuntimeError):  # a link to itself
        return False
    return any(place.is_relative_to(folder) for folder in folders)


def names_of_roots(roots: Sequence[Path]) -> str:
    """Which roots there are, in words; without any, how one is named."""
    none = "none, start the app with --root FOLDER or set TOUCHLINE_ROOTS"
    return f"Library folders: {', '.join(map(str, roots)) or none}"


def _check_links(folder: Path, allowed: Sequence[Path]) -> None:
    try:
        links = [Path(entry.path) for entry in os.scandir(folder) if entry.is_symlink()]
    except OSError as error:
        raise BadInputError(f"this folder cannot be read ({error.strerror})", where=folder) from error
    for link in links:
        if not is_below(link, allowed):
            raise BadInputError(
                "this is a link that leads out of the library folders", where=link, fix="Put the file itself here"
            )
