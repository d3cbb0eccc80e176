"""How many cores this process may use."""

from __future__ import annotations

import os
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container: microseconds of processor in so many of time, or "max"


def usable_cores(quota: Path = _QUOTA) -> int:
    """Cores that this process may use, at least 1: those it is bound to, or what its container is granted of them."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        granted, period = quota.read_text().split()
        return max(1, min(bound, int(granted) // int(period)))
    except (OSError, ValueError, ZeroDivisionError):  # none is set, or this is no Linux
        return bound
