"""All entries of the workspace, and which of them an analysis is shown by."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules

from app.workspace.entry import KINDS, Entry
from spotting_core.analyses.analysis import Analysis
from spotting_core.tasks.registry import layer_task

_ENTRIES: dict[str, Entry] = {}


def register(entry: Entry) -> None:
    """Add an entry; called once by the module that defines it."""
    if entry.name in _ENTRIES:
        raise ValueError(f"the entry {entry.name!r} of the workspace is registered twice")
    if entry.kind not in KINDS:
        raise ValueError(f"the entry {entry.name!r} of the workspace is of no known kind: {entry.kind!r}")
    _ENTRIES[entry.name] = entry


def entries() -> dict[str, Entry]:
    """All entries by name: those of every module of the kinds' folders; by kind and in order of their places."""
    for kind in KINDS:
        folder = import_module(f"app.workspace.{kind}s")
        for module in iter_modules(folder.__path__):
            import_module(f"{folder.__name__}.{module.name}")
    ordered = sorted(_ENTRIES.values(), key=lambda e: (KINDS.index(e.kind), e.place, e.name))
    return {entry.name: entry for entry in ordered}


def entries_of(task: str) -> list[Entry]:
    """What is shown of an analysis for a task.

    Errors:
        BadInputError: no such task, or one of which there are no analyses.
    """
    listed = layer_task(task).shown
    return [e for e in entries().values() if e.every_match or (e.goes_with or e.name) in listed]


def shown_entries(analysis: Analysis) -> list[Entry]:
    """What is shown of an analysis.

    Errors:
        BadInputError: its task is not known.
    """
    return entries_of(analysis.record.task)


def named(shown: Iterable[Entry]) -> list[dict[str, str]]:
    """Entries as the browser is told of them."""
    return [{"kind": entry.kind, "name": entry.name} for entry in shown]
