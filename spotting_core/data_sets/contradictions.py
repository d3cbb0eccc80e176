"""Where reviewers contradict each other: what one holds to be true at a moment, another holds not to be there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from spotting_core.reviewing.spots import SAME_SPOT


@dataclass(frozen=True, order=True)
class Claim:
    """What somebody says of a class at a moment (microseconds of a half): that it is there, or that it is not."""

    half: int
    time: int
    label: str
    author: str
    there: bool

    def same_moment(self, other: Claim) -> bool:
        """Whether both are of one class and near enough to be of one action."""
        return (self.half, self.label) == (other.half, other.label) and abs(self.time - other.time) <= SAME_SPOT


@dataclass(frozen=True)
class Contradiction:
    """What one author says is there and another says is not."""

    there: Claim
    not_there: Claim

    def sentence(self, clock: Callable[[int, int], str]) -> str:
        """For people; clock: half and time (microseconds) as a time for them."""
        when = clock(self.there.half, self.there.time)
        return f"{self.there.label} at {when}: {self.there.author} holds it to be true, {self.not_there.author} not"


def contradictions(claims: Iterable[Claim]) -> list[Contradiction]:
    """The contradictions among claims, one for each moment, in order; nobody contradicts himself."""
    known = sorted(claims)
    denied = [claim for claim in known if not claim.there]
    contradicted: list[Contradiction] = []
    for claim in known:
        if not claim.there or any(c.there.same_moment(claim) for c in contradicted):
            continue
        other = _denial(claim, denied)
        if other is not None:
            contradicted.append(Contradiction(claim, other))
    return contradicted


def _denial(claim: Claim, denied: Sequence[Claim]) -> Claim | None:
    return next((other for other in denied if other.author != claim.author and other.same_moment(claim)), None)
