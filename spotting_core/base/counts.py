"""Numbers of things, as people write them."""

from __future__ import annotations


def count_of(number: int, noun: str, plural: str | None = None) -> str:
    """``1 spot``, ``3 spots``, ``12,400 matches``; the plural is named where it takes more than an s or es."""
    regular = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural or regular}"
