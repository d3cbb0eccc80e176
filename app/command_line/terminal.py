"""What the commands share: where they write, how they show progress, which device they use."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from spotting_core.errors import BadInputError
from spotting_core.files import write_json

out = Console()
err = Console(stderr=True)

DEVICES = ("auto", "cpu", "cuda")


def progress_bar() -> Progress:
    """A bar on the error stream, so that results can be piped."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
        console=err,
        transient=True,
    )


def device_of(name: str) -> str:
    """The device to use.

    Errors:
        BadInputError: unknown, or a GPU where there is none.
    """
    import torch

    if name not in DEVICES:
        raise BadInputError(f"there is no device {name!r}", fix=f"Choose one of {', '.join(DEVICES)}")
    if name == "cuda" and not torch.cuda.is_available():
        raise BadInputError("no CUDA device is available here", fix="Use --device cpu")
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return name


def write_machine_output(value: Any, target: str) -> None:
    """JSON to a file, or to standard output for ``-``."""
    if target == "-":
        sys.stdout.write(json.dumps(value, indent=1, ensure_ascii=False) + "\n")
    else:
        write_json(Path(target), value)
