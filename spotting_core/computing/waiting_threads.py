"""Threads that sleep while they wait.

torch's threads (OpenMP) spin for a while after each step, so as to begin the next at once. Where several processes
share the processor, as two analyses and an explanation do, those that spin keep others from what they wait for.
OpenMP reads its policy when its library is loaded: it is set before torch is imported, for this process and for those
that it starts.
"""

from __future__ import annotations

import os

POLICY, SLEEPING = "OMP_WAIT_POLICY", "PASSIVE"


def let_threads_sleep() -> None:
    """Have OpenMP's threads sleep while they wait, unless the user says otherwise."""
    os.environ.setdefault(POLICY, SLEEPING)
