"""What the commands share: where they write, how they show progress."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import json_bytes, write_json

out = Console()
err = Console(stderr=True)


def progress_bar(*, shown: bool = True) -> Progress:
    """A bar on the error stream, so that results can be piped."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not shown,
    )


def print_left_out(left_out: Mapping[str, int]) -> None:
    """Say on the error stream what was read and not used.

    Arguments:
        left_out: reason, as a clause, to how many.
    """
    for reason, number in left_out.items():
        err.print(f"[yellow]Left out:[/yellow] {number} × {escape(reason)}.", highlight=False, soft_wrap=True)


def print_note(note: str) -> None:
    """Say on the error stream what a reader should know of how something was understood; note: a clause."""
    err.print(f"[yellow]Note:[/yellow] {escape(note)}.", highlight=False, soft_wrap=True)


def write_machine_output(value: Any, target: str) -> None:
    """JSON to a file, or to standard output for ``-``.

    Errors:
        BadInputError: it cannot be written.
    """
    path = Path(target)
    if target == "-":
        sys.stdout.write(json_bytes(value).decode())
    elif path.exists() and not path.is_file() and not path.is_dir():  # a pipe or device, which must stay one
        path.write_bytes(json_bytes(value))
    else:
        write_json(path, value)


def check_output(target: str | None) -> None:
    """Find out before the work whether machine output can be written after it.

    Errors:
        BadInputError: a folder stands there, or a file where its folder should be.
    """
    if target is None or target == "-":
        return
    path = Path(target)
    standing = next(p for p in (path.absolute().parent, *path.absolute().parents) if p.exists())
    if path.is_dir() or not standing.is_dir():
        what = "this is a folder" if path.is_dir() else f"{standing.name} is a file, not a folder"
        raise BadInputError(f"the output cannot be written: {what}", where=target, fix="Name another file")
