"""Where something stands in JSON, for people; and the numbers that are none, which Python writes and others refuse."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from spotting_core.base.archives import unpacked
from spotting_core.base.errors import BadInputError
from spotting_core.base.nesting import LARGEST_PIECE, check_json
from spotting_core.base.texts import utf8_json

Steps = tuple[str | int, ...]
"""Keys, and numbers of entries from 1, from the outermost object or list inwards."""

_LONGEST = 40  # characters of a key that are shown
_CONSTANT = re.compile(r'(?<![\w"])-?(?:NaN|Infinity)(?![\w"])')
_WRITTEN = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def key_text(key: str) -> str:
    """A key as it is shown."""
    return repr(key if len(key) <= _LONGEST else f"{key[:_LONGEST]}…")


def place_text(steps: Steps) -> str:
    """A place in words; empty for the outermost object or list."""
    return ", ".join(f"entry {step}" if isinstance(step, int) else key_text(step) for step in steps)


def places(root: Any, is_meant: Callable[[Any], bool]) -> Iterator[tuple[Any, Steps]]:
    """The values that are meant, each with its place, in the file's order."""
    left: list[tuple[Any, Steps]] = [(root, ())]
    while left:
        value, steps = left.pop()
        if is_meant(value):
            yield value, steps
        if isinstance(value, dict):
            left += [(inner, (*steps, key)) for key, inner in reversed(value.items())]
        elif isinstance(value, list):
            left += [(inner, (*steps, number)) for number, inner in reversed([*enumerate(value, start=1)])]


def no_number(content: bytes, where: object) -> BadInputError | None:
    """What is said of the first number of JSON that is none, NaN or infinite; None where there is no such, or where
    this is no JSON for another reason."""
    try:
        content = utf8_json(content, where)
        check_json(content, where)
        first = next(places(json.loads(content), _is_none), None)
    except (ValueError, RecursionError, BadInputError):
        return None
    if first is None:
        return None
    number, steps = first
    return _refusal(_WRITTEN[str(number)], ", ".join(filter(None, (str(where), place_text(steps)))))


def _is_none(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _refusal(number: str, where: object) -> BadInputError:
    return BadInputError(
        f"a value is not a number ({number})", where=where, fix="Give a number there, or leave its entry out"
    )


def no_json(error: Exception, path: Path) -> BadInputError:
    """What is said of a file whose JSON a stream could not read to its end.

    Arguments:
        error: of ijson, or of its text.
    """
    constant = _CONSTANT.search(str(error))
    if constant is None:
        return BadInputError(f"this file is not JSON ({str(error).splitlines()[0]})", where=path)
    with unpacked(path) as stream:
        content = stream.read(LARGEST_PIECE + 1)
    placed = no_number(content, path) if len(content) <= LARGEST_PIECE else None
    return placed or _refusal(constant[0], path)
