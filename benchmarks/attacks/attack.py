"""An attack: what is tried, in an empty folder, and how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Outcome(Enum):
    """How an attack ended: refused in a sentence or by a status; let in and without effect; or it succeeded."""

    REFUSED = "refused"
    HARMLESS = "harmless"
    FELL = "fell"


@dataclass(frozen=True)
class Attack:
    """One attack.

    Arguments:
        name: what is tried, in a few words; group: what it is aimed at.
        run: tries it in an empty folder, and says how it ended; what it raises counts as fallen.
    """

    name: str
    group: str
    run: Callable[[Path], Outcome]
