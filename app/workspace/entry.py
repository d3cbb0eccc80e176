"""What an entry of the workspace is: a lane, a panel, a list or an overlay, and what a run of the page tells it.

An entry has two modules of its own name: here the one that gives its data, and below
``components/scripts/workspace`` the one that draws it: ``lanes/curves.py`` and ``lanes/curves.js``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, ClassVar

from app.library.library import Match
from spotting_core.analyses.analysis import Analysis

LANE, PANEL, LIST, OVERLAY = KINDS = ("lane", "panel", "list", "overlay")
"""Where an entry stands: on the clock of the lanes, as a card of its own, in the rail, or over the picture."""

Events = Mapping[str, Callable[[Any], None]]


@dataclass(frozen=True)
class State:
    """What a run of the page knows besides match and analysis.

    Arguments:
        analyses: all of the match, of each task the one that is used first.
        session: what the session keeps; address: the words of the page's address.
    """

    analyses: list[Analysis]
    session: MutableMapping[Any, Any]
    address: Mapping[str, str]


class Entry(ABC):
    """One entry. ``place`` says where it stands among those of its kind: lanes from above, lists and panels from the
    first, overlays from the front. ``gives`` are the keys of its data.

    It is shown where the task of the analysis lists its name; with ``goes_with`` where the task lists that name; with
    ``every_match`` always.
    """

    kind: ClassVar[str]
    name: ClassVar[str]
    place: ClassVar[int]
    gives: ClassVar[tuple[str, ...]] = ()
    goes_with: ClassVar[str] = ""
    every_match: ClassVar[bool] = False

    @abstractmethod
    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        """What it shows, as JSON: a value for every key that it ``gives``."""

    def events(self, match: Match, analysis: Analysis, state: State) -> Events:
        """What is done when its side in the browser tells something, by the event's name."""
        return {}

    def start(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any] | None:
        """Where to open the match, as {half, seconds, label, pick}, if it knows of a good place."""
        return None
