"""Keys that stand twice in one object of JSON: every reader keeps the last one, and says nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from spotting_core.base.texts import utf8_json

_NAMED = 3  # places that are named
_LONGEST = 40  # characters of a key that are shown


class KeyedObject(dict[str, Any]):
    """An object that is read key by key. ``repeated`` is the first key that stood in it before; None for none."""

    repeated: str | None = None

    def __setitem__(self, key: str, value: Any) -> None:
        if self.repeated is None and key in self:
            self.repeated = key
        super().__setitem__(key, value)


def repeats_of(read: Mapping[str, Any], name: str, rows: str) -> Iterator[str]:
    """The keys that stand twice in an object that a stream of JSON has read, in the objects under its keys, and in its
    entries, with their places.

    Arguments:
        name: of the object, for people; rows: the key of its entries.
    """
    inner = [((name, key), value) for key, value in read.items() if key != rows]
    entries = [((name, rows, number), row) for number, row in enumerate(read.get(rows, []), start=1)]
    for path, value in (((name,), read), *inner, *entries):
        if isinstance(value, KeyedObject) and value.repeated is not None:
            yield place_of(value.repeated, path)


def repeated_keys_clause(where: object, repeats: list[str]) -> str:
    """What is to be said of a file in which keys stand twice.

    Arguments:
        repeats: each key with its place, as ``place_of`` words it.
    """
    more = f" and {len(repeats) - _NAMED} more" if len(repeats) > _NAMED else ""
    listed = ", ".join(repeats[:_NAMED])
    return f"in {where} a key stands twice in one object, and the last one counts: {listed}{more}"


def place_of(key: str, path: tuple[str | int, ...]) -> str:
    """A key and where its object lies, by keys and the numbers of entries from the outermost object inwards."""
    steps = [f"entry {step}" if isinstance(step, int) else _shown(step) for step in path]
    return f"{_shown(key)} in {', '.join(steps) or 'the outermost object'}"


def _shown(key: str) -> str:
    return repr(key if len(key) <= _LONGEST else f"{key[:_LONGEST]}…")


def repeated_keys(content: bytes, where: object) -> str | None:
    """A clause about the keys that stand twice in one object of JSON which has been read; None where none does."""
    try:
        text = utf8_json(content, where).decode()
        if not _any_repeats(text):
            return None
        repeats: dict[int, str] = {}
        root = json.loads(text, object_pairs_hook=lambda pairs: _kept(pairs, repeats))
    except (ValueError, RecursionError):  # numbers that only the reader of its own format takes
        return None
    return repeated_keys_clause(where, list(_places(root, repeats)))


def _any_repeats(text: str) -> bool:
    """Whether a key stands twice in any object; nothing of what is read is kept."""
    found = False

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal found
        found = found or len(dict(pairs)) < len(pairs)

    json.loads(text, object_pairs_hook=look)
    return found


def _kept(pairs: list[tuple[str, Any]], repeats: dict[int, str]) -> KeyedObject:
    """An object; the first key that stands in it twice is put down by the object's identity."""
    made = KeyedObject()
    for key, value in pairs:
        made[key] = value
    if made.repeated is not None:
        repeats[id(made)] = made.repeated
    return made


def _places(root: Any, repeats: Mapping[int, str]) -> Iterator[str]:
    """The places of the objects that are still there: one that stood under a key that stands twice may not be."""
    left: list[tuple[Any, tuple[str | int, ...]]] = [(root, ())]
    while left:
        value, path = left.pop()
        if isinstance(value, dict):
            if id(value) in repeats:
                yield place_of(repeats[id(value)], path)
            left += [(inner, (*path, key)) for key, inner in reversed(value.items())]
        elif isinstance(value, list):
            left += [(inner, (*path, number)) for number, inner in reversed([*enumerate(value, start=1)])]
