"""Names of classes as people write them, and as a class table does.

What surrounds a name (spaces, tabs) means nothing and is never a reason to leave a label out. Letter case may mean
something, so a name that differs in it is not taken for another, but suggested.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from spotting_core.base.errors import BadInputError

_NAMED = 4  # unknown names that a sentence gives
_INVISIBLE = "\u200b\u200e\u200f\u2060\ufeff"  # spaces of no width, and marks of direction


def plain_name(label: str) -> str:
    """A name without what surrounds it."""
    return label.strip().strip(_INVISIBLE).strip() or label


def nearest_name(label: str, names: Iterable[str]) -> str | None:
    """The name that differs in letter case alone, or None."""
    return next((name for name in names if name.casefold() == label.casefold()), None)


def unknown_names(counts: Mapping[str, int], names: Iterable[str], what: str) -> list[str]:
    """Clauses about labels that are left out because a class table has no such class.

    Arguments:
        counts: labels by name; what: what they are of, as in ``label``.
    """
    known = tuple(names)
    return [
        f"{count} {unknown_name(label, known, what if count == 1 else f'{what}s')}"
        for label, count in sorted(Counter(counts).items())
    ]


def unknown_name(label: str, names: Iterable[str], what: str) -> str:
    """What is said of a label of no class of a table, with the name that it may have meant."""
    near = nearest_name(label, names)
    return f"{what} of the unknown class {label!r}" + (f" (did you mean {near!r}?)" if near else "")


def check_some_known(counts: Mapping[str, int], names: Collection[str], what: str, where: object) -> None:
    """Refuse labels of which none is of a class that counts: whatever came of them would be a figure of nothing.

    Arguments:
        counts: labels by name; what: what they are of, as in ``label`` or ``prediction``.

    Errors:
        BadInputError: there are some, and none is of a class of ``names``.
    """
    if counts and not any(label in names for label in counts):
        total = sum(counts.values())
        raise BadInputError(
            f"not one of {total} {what}s is of a known class; they say {', '.join(map(repr, sorted(counts)[:_NAMED]))}",
            where=where,
            fix="Check the class names, or name the class table that they are of",
        )
