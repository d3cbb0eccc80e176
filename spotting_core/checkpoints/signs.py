"""By which tensors the checkpoints of a project are told from those of others, and what speaks against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from spotting_core.base.counts import count_of

_NAMED = 3  # tensors that are named of a file


@dataclass(frozen=True)
class Signs:
    """What the names of a project's tensors have in common.

    Arguments:
        names: of tensors that are all there.
        beginnings: of names; of each there is a tensor.
        others: beginnings that no tensor has.
        only: beginnings, of which every tensor has one; empty where any other may be there.
    """

    names: tuple[str, ...] = ()
    beginnings: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    def fit(self, state: Mapping[str, Tensor]) -> bool:
        """Whether a checkpoint's tensors are named so."""
        return bool(state) and not self.against(state)

    def against(self, state: Mapping[str, Tensor]) -> str:
        """What first speaks against it, as a clause that names the tensor; empty where nothing does."""
        missing = next((name for name in self.names if name not in state), None)
        if missing is not None:
            return f"{missing} is missing"
        start = next((b for b in self.beginnings if not any(name.startswith(b) for name in state)), None)
        if start is not None:
            return f"there is no {start}…"
        odd = next((name for name in state if name.startswith(self.others)), None) if self.others else None
        if self.only and odd is None:
            odd = next((name for name in state if not name.startswith(self.only)), None)
        return f"{odd} ({shape_text(state[odd].shape)}) is none of theirs" if odd is not None else ""

    def nearness(self, state: Mapping[str, Tensor]) -> float:
        """How many of the tensors that are sought are there, 0 to 1."""
        sought = [name in state for name in self.names]
        sought += [any(name.startswith(b) for name in state) for b in self.beginnings]
        if self.only:
            sought += [name.startswith(self.only) for name in state]
        return sum(sought) / len(sought) if sought else 0.0


def against_all(state: Mapping[str, Tensor], projects: Iterable[tuple[str, Signs]]) -> str:
    """A clause on tensors that are of none of some projects: which they are nearest to, what speaks against it, and
    what is there.

    Arguments:
        projects: name and signs of each.
    """
    name, signs = max(projects, key=lambda project: project[1].nearness(state))
    first = ", ".join(f"{tensor} ({shape_text(state[tensor].shape)})" for tensor in sorted(state)[:_NAMED])
    there = f"it has {count_of(len(state), 'tensor')}, {first}" if state else "it has no tensors"
    if not state or not signs.nearness(state):
        return f"{there}, none of which tells a project"
    more = ", …" if len(state) > _NAMED else ""
    return f"nearest is {name}, but {signs.against(state)}; {there}{more}"


def shape_text(shape: Sequence[int | None]) -> str:
    """A shape for people; None is an axis of any length."""
    if tuple(shape) == (None,):
        return "a row of numbers"
    return "x".join("?" if length is None else str(length) for length in shape) or "one number"
