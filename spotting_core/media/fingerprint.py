"""Content hashes: a video is recognised by what it holds, not by where it lies."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import TouchlineError
from spotting_core.base.files import FileState, locked, read_json, write_json
from spotting_core.base.report_done import ReportDone

_BLOCK = 1 << 20


def file_hash(path: Path) -> str:
    """SHA-256 of a file's content, in hex; remembered by this process while the file stays as it is."""
    return _hash_of(FileState.of(path))


@lru_cache(maxsize=4096)
def _hash_of(state: FileState) -> str:
    return _read_through(state, None)


def kept_hash(path: Path, data: DataDirectory, report: ReportDone | None = None) -> str:
    """SHA-256 of a large file's content, in hex; made once for all processes while the file stays as it is.

    Errors:
        OSError: there is no such file; BadInputError: the data directory cannot be written.
    """
    known = known_hash(path, data)
    if known is not None:
        return known
    with locked(_record_of(path, data).with_suffix(".lock")):
        known = known_hash(path, data)  # another process may have been at it
        return known if known is not None else _kept(FileState.of(path), data, report)


def known_hash(path: Path, data: DataDirectory) -> str | None:
    """The hash of a file as it is now, or None where nobody has made it; reads nothing of the file.

    Errors:
        OSError: there is no such file.
    """
    record = _record_of(path, data)
    if not record.is_file():
        return None
    try:
        content = read_json(record)
        return str(content["sha256"]) if content["state"] == _as_json(FileState.of(path)) else None
    except (TouchlineError, KeyError, TypeError):  # damaged; it is made again
        return None


def _kept(state: FileState, data: DataDirectory, report: ReportDone | None) -> str:
    sha256 = _read_through(state, report)
    if FileState.of(state.path) == state:  # else it was being written meanwhile
        write_json(_record_of(state.path, data), {"state": _as_json(state), "sha256": sha256})
    return sha256


def _as_json(state: FileState) -> dict[str, Any]:
    return {**asdict(state), "path": _path_text(state.path)}


def _path_text(path: Path) -> str:
    """A path as text that can be written, whatever bytes its name is of."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _record_of(path: Path, data: DataDirectory) -> Path:
    return data.hashes / f"{joint_hash([_path_text(path.resolve())])[:32]}.json"


def _read_through(state: FileState, report: ReportDone | None) -> str:
    digest, done = hashlib.sha256(), 0
    with state.path.open("rb") as handle:
        while block := handle.read(_BLOCK):
            digest.update(block)
            done += len(block)
            if report:
                report(done, state.size)
    return digest.hexdigest()


def joint_hash(parts: Iterable[str]) -> str:
    """One hash of several strings, in order."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part.encode())
    return digest.hexdigest()
