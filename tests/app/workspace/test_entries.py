"""The entries of the workspace: what a task lists is there, and every entry gives what it says."""

from __future__ import annotations

import pytest

from app.library.library import Library
from app.workspace.entry import KINDS, LIST, Entry, State
from app.workspace.payload import workspace_data
from app.workspace.registry import entries, entries_of, register
from spotting_core.base.errors import BadInputError
from spotting_core.tasks.registry import tasks
from spotting_core.tasks.task import LayerTask

SAMPLE_TASKS = [task for task in tasks().values() if isinstance(task, LayerTask)]


@pytest.mark.parametrize("task", SAMPLE_TASKS, ids=lambda task: task.name)
def test_every_name_that_a_task_lists_is_an_entry_and_is_shown(task: LayerTask) -> None:
    assert task.shown
    assert set(task.shown) <= set(entries())
    assert set(task.shown) <= {entry.name for entry in entries_of(task.name)}


def test_what_is_shown_follows_the_task_and_what_belongs_to_every_match() -> None:
    assert len(SAMPLE_TASKS) >= 3
    every = ["overview", "shots", "replays", "review", "cameras", "minimap", "boxes", "maps", "pitch"]
    assert [e.name for e in entries_of("shots")] == every
    assert [e.name for e in entries_of("boundaries")] == every
    spotting = [
        "curves",
        "beside",
        "overview",
        "shots",
        "clips",
        "why",
        "places",
        "replays",
        "review",
        "spots",
        "cameras",
        "codes",
        "minimap",
        "boxes",
        "maps",
        "pitch",
    ]
    assert [e.name for e in entries_of("spotting")] == spotting
    with pytest.raises(BadInputError, match="frames"):
        entries_of("frames")


def test_no_two_entries_have_one_name_or_give_the_same() -> None:
    spots = entries()["spots"]
    with pytest.raises(ValueError, match="registered twice"):
        register(spots)

    class Odd(type(spots)):  # type: ignore[misc]
        name = "odd"
        kind = "shelf"

    with pytest.raises(ValueError, match="of no known kind"):
        register(Odd())
    keys = [key for entry in entries().values() for key in entry.gives]
    assert len(keys) == len(set(keys))
    assert {entry.kind for entry in entries().values()} == set(KINDS)


@pytest.mark.usefixtures("fresh")
def test_an_entry_that_gives_what_another_gives_is_refused(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    demo = library.demo()
    assert demo is not None
    analysis = library.analyses(demo)[0]

    class Second(Entry):
        kind, name, place, every_match, gives = LIST, "second", 9, True, ("rate",)

        def data(self, *_: object) -> dict[str, object]:
            return {"rate": 7.0}

    monkeypatch.setattr("app.workspace.payload.shown_entries", lambda _: [Second()])
    with pytest.raises(ValueError, match="'second' of the workspace gives rate"):
        workspace_data(demo, analysis, State([analysis], {}, {}))
