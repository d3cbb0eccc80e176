"""Whether the values of a config dataclass are of the kinds it declares; a file can put anything there."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

_KINDS: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,)}
_POSITIVE = ("rate", "window", "width", "height", "steps", "batch", "patience")


def wrong_setting(config: Any) -> str | None:
    """What is wrong with the first setting that cannot be used, in words; None if all can."""
    for field in fields(config):
        value, kinds = getattr(config, field.name), _KINDS.get(str(field.type))
        if kinds is not None and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
            return f"{field.name} must be of type {field.type}, not {value!r}"
        if field.name in _POSITIVE and isinstance(value, int | float) and value <= 0:
            return f"{field.name} must be more than 0, not {value!r}"
    return None
