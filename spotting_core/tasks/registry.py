"""All tasks by name."""

from __future__ import annotations

from importlib import import_module

from spotting_core.base.errors import BadInputError
from spotting_core.base.extensions import TASKS, extensions
from spotting_core.tasks.task import AnyLayerTask, LayerTask, Task

_OWN = ("spotting", "shots", "boundaries", "replays", "frames", "calibration")
_TASKS: dict[str, Task] = {}


def register(task: Task) -> None:
    """Add a task; called once by the module that defines it."""
    if task.name in _TASKS:
        raise ValueError(f"task {task.name!r} is registered twice")
    _TASKS[task.name] = task


def tasks() -> dict[str, Task]:
    """All tasks by name: ours, each in the module of its name, then those of other packages."""
    for name in _OWN:
        import_module(f"spotting_core.tasks.{name}")
    added = {t.name: t for t in extensions(TASKS, Task) if t.name not in _TASKS}  # type: ignore[type-abstract]
    others = {name: task for name, task in _TASKS.items() if name not in _OWN}
    return {**{name: _TASKS[name] for name in _OWN}, **others, **added}


def task_named(name: str) -> Task:
    """One task.

    Errors:
        BadInputError: no such task.
    """
    known = tasks()
    if name not in known:
        raise BadInputError(f"there is no task {name!r}", fix=f"Choose one of {', '.join(known)}")
    return known[name]


def layer_task(name: str) -> AnyLayerTask:
    """A task whose systems leave layers.

    Errors:
        BadInputError: no such task, or one that is only evaluated.
    """
    known = tasks()
    task, layered = known.get(name), [n for n, t in known.items() if isinstance(t, LayerTask)]
    if task is None:  # those that are only evaluated are not offered
        raise BadInputError(f"there is no task {name!r}", fix=f"Choose one of {', '.join(layered)}")
    if not isinstance(task, LayerTask):
        raise BadInputError(f"no system is trained for the task {name}", fix=f"Systems are of {', '.join(layered)}")
    return task
