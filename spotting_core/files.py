"""Files that appear whole or not at all.

Every derived file is written beside its final place under a name ending in ``.part`` and moved there
when complete, so that a reader never sees half of one and a kill leaves the old state.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from spotting_core.errors import BadInputError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path that takes the place of ``path`` when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented UTF-8 JSON, atomically."""
    with replacing(path) as part:
        part.write_bytes(json_bytes(value))


def json_bytes(value: Any) -> bytes:
    """``value`` as indented UTF-8 JSON."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def read_json(path: Path, what: str = "file") -> Any:
    """Read JSON.

    Errors:
        BadInputError: the file is missing, or is not JSON (names line and column).
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise BadInputError(f"this {what} does not exist", where=path) from error
    return parse_json(content, path, what)


def parse_json(content: bytes, where: object, what: str = "file") -> Any:
    """JSON of a file's content, UTF-8 with or without a byte order mark.

    Errors:
        BadInputError: not JSON (names line and column).
    """
    try:
        return json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadInputError(f"this {what} is not UTF-8 text", where=where) from error
    except json.JSONDecodeError as error:
        raise BadInputError(
            f"this {what} is not JSON ({error.msg} at line {error.lineno}, column {error.colno})", where=where
        ) from error


def write_array(path: Path, array: np.ndarray) -> None:
    """Write one ``.npy`` array, atomically."""
    with replacing(path) as part, part.open("wb") as handle:
        np.save(handle, array, allow_pickle=False)
