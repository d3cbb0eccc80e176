"""One attempt in a process of its own, with so much time and memory: what it falls over ends nothing else."""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.attacks.attack import Attack, Outcome
from spotting_core.base.errors import TouchlineError

SECONDS = 45.0
MEMORY = 3 << 29
"""Bytes of memory that an attempt may take beside what was there before."""

_REFUSED, _HARMLESS, _FELL = 10, 11, 12
_LONGEST_SENTENCE = 20_000

Attempt = Callable[[Path], object]


def tried(name: str, group: str, attempt: Attempt, *, must_refuse: bool = False) -> Attack:
    """An attack that is an attempt in an empty folder.

    It is refused where the attempt raises an error of ours that is a sentence, harmless where it ends, and anything
    else, also too much time or memory, is a fall.

    Arguments:
        must_refuse: whether to end without an error is a fall, too.
    """
    return Attack(name, group, lambda folder: _outcome(attempt, folder, must_refuse))


def _outcome(attempt: Attempt, folder: Path, must_refuse: bool) -> Outcome:
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        _attempt(attempt, folder, must_refuse)
    until = time.monotonic() + SECONDS
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            codes = {_REFUSED: Outcome.REFUSED, _HARMLESS: Outcome.HARMLESS}
            return codes.get(os.waitstatus_to_exitcode(status), Outcome.FELL)
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return Outcome.FELL
        time.sleep(0.01)


def _attempt(attempt: Attempt, folder: Path, must_refuse: bool) -> None:
    """What the child does; it ends here."""
    code = _FELL
    try:
        gc.collect()  # what the parent has left behind would make room for more than is allowed
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        attempt(folder)
        code = _FELL if must_refuse else _HARMLESS
    except TouchlineError as error:
        text = str(error)
        code = _REFUSED if text.endswith(".") and len(text) < _LONGEST_SENTENCE and "\n" not in text else _FELL
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {str(error)[:300]}\n")
    finally:
        os._exit(code)
