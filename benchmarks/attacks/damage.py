"""Sound files made hostile: bytes changed, cut or repeated, and values replaced by what no file should hold."""

from __future__ import annotations

import json
import random
import re
from typing import Any

NUMBERS = (
    "-1",
    "1e400",
    "nan",
    "inf",
    "-inf",
    "9" * 400,
    "9" * 5000,
    "1e15",
    "0",
    "",
    "x",
    "1.5.2",
    "0x10",
    "١٢",
    "-0.0",
)
"""What may stand where a number was."""

_VALUES: tuple[Any, ...] = (
    None, True, [], {}, "", "x", "nan", "-1", -1, 0, 1.5, 10**20, 10**400, float("nan"), float("inf"), [[]], {"a": []},
    "\ud800", "a\x00b", ["x"] * 50, "9" * 5000, -(10**30), "half 7", "7 - 99:99",
)  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_PIECES = (
    b"[" * 70,
    b"{",
    b"}",
    b'"',
    b"\\",
    b"\x00",
    b"\xff\xfe",
    b"<",
    b"]]>",
    b"&a;",
    b"\n" * 20,
    b"9" * 5000,
    b",,,,",
)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """A sound file's content, made hostile in one way or a few."""
    tree = _tree(content)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if tree is not None and chance.random() < 0.6:
            tree = _replaced(tree, chance)
            content = json.dumps(tree).encode("utf-8", "surrogatepass")
        elif chance.random() < 0.4:
            content = _other_number(content, chance)
        else:
            content = _other_bytes(content, chance)
    return content


def _tree(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _replaced(tree: Any, chance: random.Random) -> Any:
    """JSON with a value at a random place replaced, removed or doubled."""
    if isinstance(tree, dict) and tree and chance.random() < 0.85:
        key = chance.choice(list(tree))
        if chance.random() < 0.15:
            return {name: value for name, value in tree.items() if name != key}
        return {**tree, key: _replaced(tree[key], chance)}
    if isinstance(tree, list) and tree and chance.random() < 0.85:
        at = chance.randrange(len(tree))
        if chance.random() < 0.1:
            return [*tree, tree[at]]
        return [*tree[:at], _replaced(tree[at], chance), *tree[at + 1 :]]
    return chance.choice(_VALUES)


def _other_number(content: bytes, chance: random.Random) -> bytes:
    places = list(_NUMBER.finditer(content))
    if not places:
        return content
    place = chance.choice(places)
    return content[: place.start()] + chance.choice(NUMBERS).encode() + content[place.end() :]


def _other_bytes(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    until = min(len(content), at + chance.choice((1, 1, 4, 40, 400)))
    kind = chance.randrange(5)
    if kind == 0:
        return content[:at]
    if kind == 1:
        return content[:at] + content[until:]
    if kind == 2:
        return content[:at] + chance.choice(_PIECES) + content[at:]
    if kind == 3:
        return content[:until] + content[at:]
    return content[:at] + bytes(b ^ (1 << chance.randrange(8)) for b in content[at:until]) + content[until:]
