"""Whether this machine has the room and time for an analysis."""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import median

from spotting_core.analysis import ANALYSIS_FILE, AnalysisRecord
from spotting_core.data_directory import DataDirectory
from spotting_core.errors import TouchlineError
from spotting_core.files import read_json
from spotting_core.preflight.finding import ERROR, WARNING, Finding

DISK, MEMORY = "disk", "memory"
_MEMORY = Path("/proc/meminfo")
_LEAST_MEMORY = 2.0
"""Gigabytes below which an analysis may not fit: the model and its windows, not the match."""


def free_disk(data: DataDirectory) -> int:
    """Bytes free where derived data goes."""
    return shutil.disk_usage(data.root).free


def free_memory() -> int | None:
    """Bytes of memory that can be had, or None where the system does not say."""
    if not _MEMORY.is_file():
        return None
    for line in _MEMORY.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def check_machine(data: DataDirectory, videos: int) -> list[Finding]:
    """Disk and memory.

    Arguments:
        videos: bytes of the match's videos; a copy for the browser may take as much again.
    """
    found = []
    disk, memory = free_disk(data), free_memory()
    if disk < 2 * videos:
        evidence = f"{disk / 1e9:.1f} GB free in {data.root}, the videos take {videos / 1e9:.1f} GB"
        severity = ERROR if disk < 0.2 * videos else WARNING
        found.append(Finding(DISK, severity, "there is little room for copies and arrays", evidence, "Free some disk"))
    if memory is not None and memory < _LEAST_MEMORY * 1e9:
        evidence = f"{memory / 1e9:.1f} GB can be had"
        found.append(Finding(MEMORY, WARNING, "there is little memory", evidence, "Close other programs"))
    return found


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
