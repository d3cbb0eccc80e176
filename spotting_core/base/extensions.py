"""What other packages add: systems, tasks, formats and explanations, by entry points of theirs.

    [project.entry-points."touchline.systems"]
    my-system = "my_package:SYSTEM"

An entry point names one object, or a list of them, of the kind that its group has. A package that cannot be used is
told in the log and left out: what Touchline brings goes on working.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

log = logging.getLogger(__name__)

SYSTEMS, TASKS, FORMATS, EXPLANATIONS = (
    f"touchline.{name}" for name in ("systems", "tasks", "formats", "explanations")
)
_Kind = TypeVar("_Kind")


def extensions(group: str, kind: type[_Kind]) -> tuple[_Kind, ...]:
    """What installed packages add to a group, in the order of the names of their entry points."""
    return tuple(_of_kind(group, kind))


@cache
def _loaded(group: str) -> tuple[tuple[EntryPoint, Any], ...]:
    """What the entry points of a group name; each is loaded once in a process."""
    loaded = []
    for point in sorted(entry_points(group=group), key=lambda p: p.name):
        try:
            loaded.append((point, point.load()))
        except Exception as error:  # whatever another's package raises when it is imported
            log.warning("%s of %s cannot be loaded: %s: %s", point.value, group, type(error).__name__, error)
    return tuple(loaded)


def _of_kind(group: str, kind: type[_Kind]) -> Iterator[_Kind]:
    for point, named in _loaded(group):
        for one in named if isinstance(named, list | tuple) else (named,):
            if isinstance(one, kind):
                yield one
            else:
                log.warning("%s of %s is no %s and is left out", point.value, group, kind.__name__)
