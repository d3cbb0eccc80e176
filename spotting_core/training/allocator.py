"""Keeping freed memory for the next step.

A training step on the processor allocates and frees the same hundreds of megabytes over and over. glibc returns
large blocks to the system at once, and the system clears every page before it gives it again: a quarter of the time
of a step. So the process is told to keep what it has had.
"""

from __future__ import annotations

import ctypes
import logging
import platform

log = logging.getLogger(__name__)

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # parameters of mallopt(3)
_NEVER = -1


def keep_freed_memory() -> bool:
    """Keep freed memory in the process until it ends; False where the C library is not glibc."""
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    kept = bool(mallopt(_MMAP_MAX, 0)) and bool(mallopt(_TRIM_THRESHOLD, _NEVER))
    log.debug("freed memory is %s", "kept" if kept else "returned")
    return kept
