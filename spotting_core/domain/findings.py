"""What is found in a match, or true of it, whatever the task."""

from __future__ import annotations

from typing import Protocol


class Finding(Protocol):
    """What a task finds, or what is true: of a class, in a half."""

    @property
    def half(self) -> int: ...

    @property
    def label(self) -> str: ...
