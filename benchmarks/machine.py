"""The machine that a benchmark runs on, and the memory of processes."""

from __future__ import annotations

import os
import platform
import re
import threading
from pathlib import Path

import torch

REPOSITORY = Path(__file__).resolve().parent.parent
SINGLE_PRECISION = "from spotting_core.computing import number_format; number_format._BFLOAT16 = (); "
"""Code with which a process computes in single precision, also where the processor calculates in bfloat16."""
AVX2_ALONE = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
"""Environment in which torch and oneDNN compute as on a processor that has AVX2 alone."""


def machine() -> tuple[str, str]:
    """Cores and GPU, and what they are and run."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(":")[1].strip() for line in lines if "model name" in line), "")
    what = f"{cpu}, Python {platform.python_version()}, torch {torch.__version__}"
    if torch.cuda.is_available():
        return f"{os.cpu_count()} cores and a GPU", f"{torch.cuda.get_device_name()}, {what}"
    return f"{os.cpu_count()} cores", what


def resident(process: int, field: str = "VmRSS") -> float:
    """Megabytes of a process: VmRSS now, VmHWM at most so far."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:"))


class PeakMemory:
    """Peak of this process's anonymous memory in bytes, looked at ten times a second."""

    def __init__(self) -> None:
        self.peak, self._stop = 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            self.peak = max(self.peak, anonymous_memory())

    def stop(self) -> int:
        self._stop.set()
        self._thread.join()
        return max(self.peak, anonymous_memory())


def anonymous_memory() -> int:
    """Bytes of this process that no file backs."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"RssAnon:\s+(\d+) kB", status)[0]) * 1024
