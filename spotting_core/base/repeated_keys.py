"""Keys that stand twice in one object of JSON: every reader keeps the last one, and says nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from spotting_core.base.json_places import Steps, key_text, place_text, places
from spotting_core.base.texts import utf8_json

_NAMED = 3  # places that are named


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
    steps: Steps = (name, rows)
    inner = [((name, key), value) for key, value in read.items() if key != rows]
    entries = [((*steps, number), row) for number, row in enumerate(read.get(rows, []), start=1)]
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


def place_of(key: str, steps: Steps) -> str:
    """A key, and where its object lies."""
    return f"{key_text(key)} in {place_text(steps) or 'the outermost object'}"


def repeated_keys(content: bytes, where: object) -> str | None:
    """A clause about the keys that stand twice in one object of JSON which has been read; None where none does."""
    try:
        text = utf8_json(content, where).decode()
        if not _any_repeats(text):
            return None
        repeats: dict[int, KeyedObject] = {}
        root = json.loads(text, object_pairs_hook=lambda pairs: _kept(pairs, repeats))
    except (ValueError, RecursionError):  # numbers that only the reader of its own format takes
        return None
    # An object that stood under a key that stands twice may not be there any more.
    kept = places(root, lambda value: id(value) in repeats)
    return repeated_keys_clause(where, [place_of(str(value.repeated), steps) for value, steps in kept])


def _any_repeats(text: str) -> bool:
    """Whether a key stands twice in any object; nothing of what is read is kept."""
    repeats = False

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal repeats
        repeats = repeats or len(dict(pairs)) < len(pairs)

    json.loads(text, object_pairs_hook=look)
    return repeats


def _kept(pairs: list[tuple[str, Any]], repeats: dict[int, KeyedObject]) -> KeyedObject:
    """An object; one in which a key stands twice is put down by its identity."""
    made = KeyedObject()
    for key, value in pairs:
        made[key] = value
    if made.repeated is not None:
        repeats[id(made)] = made
    return made
