"""``Watched.json`` beside the labels of a match: the stretches of which they say everything.

    {"halves": {"1": [[0, 15000], [60000, 75000]]}}

Milliseconds of the half, as in ``Labels-v2.json``. What lies in no stretch counts neither way: nobody knows what
happens there. A match without this file is labelled as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_json, write_json
from spotting_core.base.validation import InvalidContentError, validated
from spotting_core.domain.stretches import Stretch, joined

FILE_NAME = "Watched.json"
_Halves = dict[str, list[tuple[int, int]]]


def read_watched(folder: Path) -> list[Stretch] | None:
    """The stretches of a match that somebody has watched, in order; None where all of it is labelled.

    Errors:
        BadInputError: the file cannot be read, or a stretch in it cannot be.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    content = read_json(path, "file of watched stretches")
    try:
        halves = validated(_Halves, content.get("halves") if isinstance(content, dict) else None)
    except InvalidContentError as error:
        raise _unreadable(path) from error
    stretches = []
    for half, pairs in halves.items():
        if not (half.isascii() and half.isdecimal() and int(half) > 0):
            raise _unreadable(path)
        for start, end in pairs:
            if not 0 <= start < end:
                raise BadInputError(f"no stretch goes from {start} to {end} ms", where=path, fix="Export it again")
            stretches.append(Stretch(int(half), start * 1000, end * 1000))
    return joined(stretches)


def write_watched(folder: Path, stretches: Iterable[Stretch]) -> None:
    """Write the stretches of a match that somebody has watched."""
    halves: _Halves = {}
    for one in joined(stretches):
        start, end = round(one.start / 1000), round(one.end / 1000)
        if end > start:
            halves.setdefault(str(one.half), []).append((start, end))
    write_json(folder / FILE_NAME, {"halves": halves})


def _unreadable(path: Path) -> BadInputError:
    what = "this does not say which stretches of which half somebody has watched"
    return BadInputError(what, where=path, fix='Write {"halves": {"1": [[start, end], …]}}, in milliseconds')
