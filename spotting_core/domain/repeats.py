"""Spots that stand in a file twice, as files have that were put together of others: each of them counts.

Nothing is left out for it, as two may be meant; but whoever counts them says so.
"""

from __future__ import annotations

from collections.abc import Collection

from spotting_core.base.counts import count_of
from spotting_core.domain.spots import Spot


def repeat_count(things: Collection[object]) -> int:
    """How many of some things, which can be hashed, have stood before."""
    return len(things) - len(set(things))


def spot_repeats(spots: Collection[Spot]) -> int:
    """How many spots have the part, moment, class and team of one before."""
    return repeat_count([(spot.half, spot.time, spot.label, spot.team) for spot in spots])


def repeats_clause(count: int, what: str, *, of_teams: bool = True) -> str:
    """A clause on things that stand twice, which names what of them was compared.

    Arguments:
        what: they are, as in ``label``; of_teams: whether their teams were compared too.
    """
    alike = "class, team and moment" if of_teams else "class and moment"
    stand, counts = ("stands", "it counts") if count == 1 else ("stand", "each counts")
    return f"{count_of(count, what)} {stand} there twice, of the same {alike}; {counts} once more"
