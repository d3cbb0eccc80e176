"""Parsers of others, done in a process of their own: what they fall over ends that process and nothing else.

The child is given the file's content and what is to be done with it by name, has so much time and memory and may write
no file, and gives bytes back. Nothing else passes between the two.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from spotting_core.base.errors import BadInputError, TouchlineError

SECONDS = 20
MEMORY = 1 << 30
"""Bytes of address space that a child may have."""
LARGEST = 64 << 20
"""Bytes that a file may have which is read so, and that may come back."""

_ROOT = Path(__file__).resolve().parents[2]  # from where the packages are imported
_REFUSED, _NO_MEMORY = 3, 4  # exit codes
_CONTENT_FIX = "Make the file again with the program that it is from"


def confined(
    function: str, content: bytes, *arguments: str, where: object, what: str = "file", seconds: int = SECONDS
) -> bytes:
    """What a function makes of a file's content, in a process of its own.

    Arguments:
        function: ``module:name``, of one that takes the content and the arguments and gives bytes.
        seconds: of the processor and of the clock, that the child may take.

    Errors:
        BadInputError: the function refuses the content, falls over it, or takes too long or too much memory.
    """
    if len(content) > LARGEST:
        raise BadInputError(f"this {what} is larger than {LARGEST >> 20} MB", where=where, fix=_CONTENT_FIX)
    command = [sys.executable, "-P", "-m", __name__, function, str(seconds), *arguments]
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=child_environment(),
        start_new_session=True,
    )
    try:
        output, _ = child.communicate(content, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise _fell(what, where, f"took longer than {seconds} s") from error
    finally:
        child.kill()
        child.wait()
    if child.returncode == 0 and len(output) <= LARGEST:
        return output
    raise _refused(child.returncode, output, where, what, seconds)


def child_environment() -> dict[str, str]:
    """The surroundings of a child: the packages of this process, and one thread for each library."""
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _refused(code: int, output: bytes, where: object, what: str, seconds: int) -> BadInputError:
    if code == _REFUSED:
        said = json.loads(output)
        place = where if said["where"] is None else f"{where}, {said['where']}"
        return BadInputError(said["what"], where=place, fix=said["fix"] or _CONTENT_FIX)
    if code == _NO_MEMORY:
        return _fell(what, where, f"needs more than {MEMORY >> 20} MB of memory")
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return _fell(what, where, f"took longer than {seconds} s")
    return _fell(what, where, f"fell over it (signal {-code})" if code < 0 else f"ended with code {code}")


def _fell(what: str, where: object, how: str) -> BadInputError:
    """What people are told of a file whose parser did not come through."""
    return BadInputError(f"this {what} cannot be read: its parser {how}", where=where, fix=_CONTENT_FIX)


# --- in the child -------------------------------------------------------------------------------------


def limit_child(memory: int, seconds: int | None = None) -> None:
    """Take what this process may have: memory, seconds of the processor, and no file written.

    Where the system knows no such limits, the parent limits its time.
    """
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    if seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def reason_of(error: Exception) -> str:
    """What a parser says is wrong, in a line."""
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__


def _main(function: str, seconds: str, *arguments: str) -> int:
    limit_child(MEMORY, int(seconds))
    module, _, name = function.partition(":")
    content = sys.stdin.buffer.read()
    try:
        made: bytes = getattr(import_module(module), name)(content, *arguments)
        sys.stdout.buffer.write(made)
        sys.stdout.buffer.flush()
    except MemoryError:
        return _NO_MEMORY
    except TouchlineError as error:
        _say(error.what, error.where, error.fix)
        return _REFUSED
    except Exception as error:  # parsers raise whatever they meet
        _say(f"this file cannot be read ({reason_of(error)})", None, None)
        return _REFUSED
    return 0


def _say(what: str, where: object, fix: str | None) -> None:
    said: dict[str, Any] = {"what": what, "where": None if where is None else str(where), "fix": fix}
    sys.stdout.buffer.write(json.dumps(said).encode())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
