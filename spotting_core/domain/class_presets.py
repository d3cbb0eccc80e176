"""Classes that people ask for together, such as all cards: a table beside the class table says which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from spotting_core.base.assets import asset
from spotting_core.domain.classes import ClassTable, rows_beside

_KIND = "presets"
Presets = Mapping[str, tuple[str, ...]]
"""Title to the names of its classes."""


def presets_of(classes: ClassTable) -> Presets:
    """The presets of a class table: ``assets/classes/<table>.presets.csv``, with columns preset and class.

    A table without such a file, or one that joins several, has those of every bundled table of whose presets it has
    classes. Of each it has the classes that it knows, and of those that are the same then the first.

    Errors:
        BadInputError: a file is damaged.
    """
    own = _rows(classes.name)
    for table in () if own else _tables():
        own |= {title: own.get(title, ()) + names for title, names in _rows(table).items()}
    there = known(own, classes.names)
    first: dict[frozenset[str], str] = {}
    for title, labels in there.items():
        first.setdefault(frozenset(labels), title)
    return {title: there[title] for title in first.values()}


def known(presets: Presets, names: Iterable[str]) -> Presets:
    """Presets with those of their classes that are among some names; those that are left with none are left out."""
    there = dict.fromkeys(names)
    kept = {title: tuple(dict.fromkeys(n for n in labels if n in there)) for title, labels in presets.items()}
    return {title: labels for title, labels in kept.items() if labels}


def _rows(table: str) -> dict[str, tuple[str, ...]]:
    presets: dict[str, tuple[str, ...]] = {}
    for row in rows_beside(table, _KIND, ("preset", "class")):
        presets[row["preset"]] = (*presets.get(row["preset"], ()), row["class"])
    return presets


def _tables() -> list[str]:
    return sorted(path.name.removesuffix(f".{_KIND}.csv") for path in asset("classes").glob(f"*.{_KIND}.csv"))
