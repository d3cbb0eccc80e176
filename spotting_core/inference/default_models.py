"""The model that ships for each task, known without loading any."""

from __future__ import annotations

from spotting_core.models.card import models_available
from spotting_core.tasks.registry import tasks
from spotting_core.tasks.task import LayerTask


def default_models() -> dict[str, str]:
    """The tasks for which a model ships, in the order in which they are analysed, and its name."""
    available = models_available()
    return {
        name: task.default_model
        for name, task in tasks().items()
        if isinstance(task, LayerTask) and task.default_model in available
    }
