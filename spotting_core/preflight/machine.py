"""Whether this machine has the room and time for an analysis."""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import median

from spotting_core.analyses.analysis import ANALYSIS_FILE, AnalysisRecord
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.base.files import read_json
from spotting_core.preflight.finding import ERROR, WARNING, Finding
from spotting_core.store.space import size_text

DISK, MEMORY = "disk", "memory"
_MEMORY = Path("/proc/meminfo")
_LEAST_MEMORY = 2.0
"""Gigabytes below which an analysis may not fit: the model and its windows, not the match."""
_NEEDED_MEMORY = 0.7
"""Gigabytes without which an analysis is not begun."""
_SAMPLE_BYTES = 16_000
"""Of an analysis, at most: its arrays (8 kB with entities), and its windows, which are kept until the end."""


def free_disk(folder: Path) -> int:
    """Bytes free where a folder is or will be."""
    there = next(place for place in (folder, *folder.parents) if place.is_dir())
    return shutil.disk_usage(there).free


def free_memory() -> int | None:
    """Bytes of memory that can be had, or None where the system does not say."""
    if not _MEMORY.is_file():
        return None
    for line in _MEMORY.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def require_room(target: Path, samples: int) -> None:
    """Refuse work that would stop half way.

    Arguments:
        target: the folder that will be written; samples: of all halves.

    Errors:
        BadInputError: too little disk or memory for an analysis.
    """
    disk, memory, needed = free_disk(target), free_memory(), samples * _SAMPLE_BYTES
    if disk < needed:
        what = f"the disk is full: the analysis takes about {size_text(needed)}, {size_text(disk)} are free"
        raise BadInputError(what, where=target, fix="Free some disk, or choose another place")
    if memory is not None and memory < _NEEDED_MEMORY * 1e9:
        what = (
            f"there is too little memory: an analysis takes about {_NEEDED_MEMORY:g} GB, {size_text(memory)} can be had"
        )
        raise BadInputError(what, fix="Close other programs")


def check_machine(data: DataDirectory, videos: int) -> list[Finding]:
    """Disk and memory.

    Arguments:
        videos: bytes of the match's videos; a copy for the browser may take as much again.
    """
    findings = []
    disk, memory = free_disk(data.root), free_memory()
    if disk < 2 * videos:
        evidence = f"{disk / 1e9:.1f} GB free in {data.root}, the videos take {videos / 1e9:.1f} GB"
        severity = ERROR if disk < 0.2 * videos else WARNING
        findings.append(
            Finding(DISK, severity, "there is little room for copies and arrays", evidence, "Free some disk")
        )
    if memory is not None and memory < _LEAST_MEMORY * 1e9:
        evidence = f"{memory / 1e9:.1f} GB can be had"
        findings.append(Finding(MEMORY, WARNING, "there is little memory", evidence, "Close other programs"))
    return findings


def measured_speed(data: DataDirectory, model: str) -> float | None:
    """Seconds of work for a second of video, the median over this machine's analyses by a model of that name."""
    speeds = []
    for path in data.root.glob(f"analyses/*/*/{ANALYSIS_FILE}"):
        try:
            record = AnalysisRecord.from_json(read_json(path), path)
        except (TouchlineError, KeyError, TypeError):
            continue
        seconds, length = sum(record.timings.values()), sum(h.duration for h in record.halves) / 1e6
        if record.model.get("name") == model and seconds > 0 and length > 0:
            speeds.append(seconds / length)
    return median(speeds) if speeds else None
