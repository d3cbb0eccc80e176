"""Jobs done on this machine: a worker in a process of its own, which ends with the process that started it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from spotting_core.jobs.executor import Executor

_HOPELESS = 4  # ``worker.HOPELESS``, without loading what a worker loads

_ROOT = Path(__file__).resolve().parents[2]  # from where the packages are imported


class LocalProcess(Executor):
    """A worker as a child of this process (``spotting_core.jobs.worker``).

    Arguments:
        resource: whose jobs it does; modules: that define the kinds of job.
    """

    def __init__(self, resource: str, modules: Sequence[str]) -> None:
        self._resource, self._modules = resource, tuple(modules)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Of the worker, once it was started."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        options = ["--parent", str(os.getpid()), "--resource", self._resource, "--modules", ",".join(self._modules)]
        command = [sys.executable, "-m", "spotting_core.jobs.worker", *options]
        self._process = subprocess.Popen(command, cwd=_ROOT, start_new_session=True)

    def ended(self) -> str | None:
        if self._process is None:
            return "no start"
        code = self._process.poll()
        return None if code is None else f"code {code}"

    def hopeless(self) -> bool:
        return self._process is not None and self._process.poll() == _HOPELESS

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def wait(self, seconds: float) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
