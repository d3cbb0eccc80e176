"""Decoders of others, kept at work in processes of their own: what they fall over ends such a process and nothing else.

``confined`` starts a child for one small file. Videos are too large to be handed over and pictures too many to start a
child for each, so these children stay: they are told a function and its arguments (paths, numbers), open the files
themselves, and give bytes back. One that dies, or takes too long, is replaced at the next call; whoever waits for
another child notices nothing.

Both ways of the pipe carry messages of a letter, eight bytes of length and the content. Nothing is pickled, for a child
that a file has taken over must not be able to say anything but bytes.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import IO, Any

from spotting_core.base.confined import LARGEST, child_environment, limit_child, reason_of
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.base.report_done import ReportDone

MEMORY = 4 << 30
"""Bytes of address space that a child may have: decoders of the largest pictures, with their threads."""

_CALL, _RESULT, _REFUSAL, _PROGRESS = b"C", b"R", b"E", b"P"
_LENGTH = 8
_FIX = "Convert it with another program, and add that file"


@dataclass
class _Child:
    """A child and the pipe to it."""

    process: subprocess.Popen[bytes]
    parent: int = field(default_factory=os.getpid)
    late: bool = False  # whether it was ended because it took too long

    @classmethod
    def start(cls, memory: int) -> _Child:
        command = [sys.executable, "-P", "-m", __name__, str(memory)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            command,
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
            start_new_session=True,
        )
        return cls(process)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what it was to be told still lies in the pipe
                    pipe.close()

    def expire(self) -> None:
        self.late = True
        self.process.kill()


class ConfinedProcesses:
    """A few children that do what they are told; as many calls at once as there are children, others wait.

    Arguments:
        most: children; they are started when they are first needed.
        memory: bytes of address space that each may have.
    """

    def __init__(self, most: int, memory: int = MEMORY) -> None:
        self._memory = memory
        self._free: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(most):
            self._free.put(None)

    def call(
        self,
        function: str,
        *arguments: str | int | None,
        where: object,
        what: str,
        seconds: float,
        report: ReportDone | None = None,
    ) -> bytes:
        """What a function of a child gives.

        Arguments:
            function: ``module:name``, of one that takes the arguments (and ``report``, where that is given) and gives
                bytes.
            where: the file, for messages; what: what sort of file it is.
            seconds: of the clock, that the child may take.

        Errors:
            BadInputError: what the function refuses; or the child fell over the file, or took too long.
        """
        request = _request(function, arguments, report is not None)
        child = self._usable(self._free.get())
        try:
            if child is not None:
                with suppress(EOFError, OSError, ValueError):  # by no fault of this file, perhaps
                    return _content(_answer(child, request, seconds, report), where)
                if child.late:
                    raise _lost(child, where, what, seconds)
            child = self._started(where)
            return _content(_answer(child, request, seconds, report), where)
        except (EOFError, OSError, ValueError) as error:
            assert child is not None  # one was asked
            raise _lost(child, where, what, seconds) from error
        finally:
            self._free.put(child)

    def _started(self, where: object) -> _Child:
        """Another child.

        Errors:
            BadInputError: the system starts none.
        """
        try:
            return _Child.start(self._memory)
        except OSError as error:
            what = f"no process could be started that reads it ({error.strerror})"
            raise BadInputError(what, where=where, fix="End other programs, and try again") from error

    def _usable(self, child: _Child | None) -> _Child | None:
        """A child that can be asked; None where it has ended, or is of the process which this one was forked from."""
        if child is None or child.parent != os.getpid():
            return None
        if child.process.poll() is None and not child.late:
            return child
        child.end()
        return None

    def close(self) -> None:
        """End the children that do nothing at the moment; others end with this process, which holds their pipes."""
        idle = []
        while True:
            try:
                idle.append(self._free.get_nowait())
            except queue.Empty:
                break
        for child in idle:
            if child is not None:
                child.end()
            self._free.put(None)


def _request(function: str, arguments: tuple[str | int | None, ...], reports: bool) -> bytes:
    return json.dumps({"function": function, "arguments": arguments, "reports": reports}).encode()


def _answer(child: _Child, request: bytes, seconds: float, report: ReportDone | None) -> tuple[bytes, bytes]:
    """A child's last word on a request; on every error the child is gone, for half an answer may lie in the pipe.

    Errors:
        EOFError, OSError, ValueError: it fell over the request, or says what no child of ours would.
    """
    sent, answers = child.process.stdin, child.process.stdout
    assert sent is not None
    assert answers is not None
    clock = threading.Timer(seconds, child.expire)
    clock.daemon = True
    clock.start()
    try:
        _send(sent, _CALL, request)
        while True:
            kind, content = _receive(answers)
            if kind in (_RESULT, _REFUSAL):
                return kind, content
            if report is not None:
                report(*map(int, json.loads(content)))
    except BaseException:
        child.process.kill()
        child.process.wait()
        raise
    finally:
        clock.cancel()


def _lost(child: _Child, where: object, what: str, seconds: float) -> BadInputError:
    """What people are told of a file whose decoder is no more."""
    code = child.process.returncode
    if child.late:
        how = f"took longer than {seconds:.0f} s"
    else:
        how = f"fell over it (signal {-code})" if code < 0 else f"ended with code {code}"
    return BadInputError(f"this {what} cannot be read: its decoder {how}", where=where, fix=_FIX)


def _content(answer: tuple[bytes, bytes], where: object) -> bytes:
    """What a child gives.

    Errors:
        BadInputError: what it refuses.
    """
    kind, content = answer
    if kind == _REFUSAL:
        refusal = json.loads(content)
        raise BadInputError(refusal["what"], where=refusal["where"] or where, fix=refusal["fix"])
    return content


def _send(pipe: IO[bytes], kind: bytes, content: bytes) -> None:
    pipe.write(kind + len(content).to_bytes(_LENGTH, "big"))
    pipe.write(content)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> tuple[bytes, bytes]:
    """The next message.

    Errors:
        EOFError: the other side has gone.
        ValueError: the message is longer than any may be.
    """
    head = _exactly(pipe, 1 + _LENGTH)
    length = int.from_bytes(head[1:], "big")
    if length > LARGEST:
        raise ValueError("too long a message")
    return head[:1], _exactly(pipe, length)


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    content = pipe.read(size)
    if len(content) < size:
        raise EOFError
    return content


# --- in the child -------------------------------------------------------------------------------------


def _serve(answers: IO[bytes]) -> None:
    """Do what is asked for, one call after the other, until the parent has gone."""
    while True:
        try:
            _, content = _receive(sys.stdin.buffer)
        except EOFError:
            return
        request = json.loads(content)
        _send(answers, *_done(request, answers))


def _done(request: dict[str, Any], answers: IO[bytes]) -> tuple[bytes, bytes]:
    def report(done: int, size: int) -> None:
        _send(answers, _PROGRESS, json.dumps([done, size]).encode())

    module, _, name = request["function"].partition(":")
    options: dict[str, Callable[[int, int], None]] = {"report": report} if request["reports"] else {}
    try:
        return _RESULT, getattr(import_module(module), name)(*request["arguments"], **options)
    except MemoryError:
        return _refused("it needs more memory than a decoder may have", None, "Convert the video to smaller pictures")
    except TouchlineError as error:
        return _refused(error.what, error.where, error.fix)
    except Exception as error:  # decoders raise whatever they meet
        return _refused(f"it cannot be read ({reason_of(error)})", None, None)


def _refused(what: str, where: object, fix: str | None) -> tuple[bytes, bytes]:
    refusal = {"what": what, "where": None if where is None else str(where), "fix": fix}
    return _REFUSAL, json.dumps(refusal).encode()


def _main(memory: str) -> None:
    limit_child(int(memory))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's to answer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    _serve(answers)


if __name__ == "__main__":
    _main(*sys.argv[1:])
