"""Files below a folder of matches, also behind links: large collections are linked into splits, not copied."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path


def files_below(folder: Path, pattern: str) -> Iterator[Path]:
    """Files whose name fits a pattern, at any depth below a folder, in order of their paths.

    Links to folders are followed; a folder that several links lead to counts once, so that no link leads in circles and
    no match counts twice.

    Arguments:
        pattern: of names, as the shell has it.
    """
    known: set[tuple[int, int]] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        folders.sort()
        try:
            state = Path(place).stat()
        except OSError:  # gone meanwhile
            continue
        if (state.st_dev, state.st_ino) in known:
            folders.clear()
            continue
        known.add((state.st_dev, state.st_ino))
        yield from (Path(place, name) for name in sorted(names) if fnmatchcase(name, pattern))
