"""Which classes a model was learned from few labels of: little is learned of them, and their figures say little."""

from __future__ import annotations

from collections.abc import Mapping

FEW = 10
"""Labels of a class below which there are few."""
_NAMED = 8


def few_labels(counts: Mapping[str, int]) -> str:
    """Which classes are learned from few labels or none, as a sentence; empty where there is none."""
    none = [name for name, count in counts.items() if not count]
    few = [f"{name} ({count})" for name, count in counts.items() if 0 < count < FEW]
    clauses = []
    if few:
        clauses.append(f"learned from fewer than {FEW} labels: {_listed(few)}")
    if none:
        clauses.append(f"not learned, for there is no label: {_listed(none)}")
    sentence = "; ".join(clauses)
    return sentence[:1].upper() + sentence[1:]


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
