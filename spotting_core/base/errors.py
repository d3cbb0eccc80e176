"""Errors that a person can act on: each says what is wrong, where, and what to do."""

from __future__ import annotations

import errno
import os


def ended(sentence: str) -> str:
    """A sentence with its full stop; a question has its own mark."""
    return sentence if sentence.endswith("?") else f"{sentence}."


class TouchlineError(Exception):
    """Base of every error raised on purpose.

    Arguments:
        what: what is wrong, one clause without a full stop.
        where: the file, field or place concerned.
        fix: what the reader can do about it.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: object = None, fix: str | None = None) -> None:
        self.what, self.where, self.fix = what, where, fix
        sentence = what if where is None else f"{where}: {what}"
        super().__init__(printable(f"{sentence}. {ended(fix)}" if fix else f"{sentence}."))


class BadInputError(TouchlineError):
    """A file, argument or setting given by the user cannot be used (exit code 2)."""

    exit_code = 2


class NewerFormatError(BadInputError):
    """A file was written by a newer Touchline than this one."""

    def __init__(self, where: object, version: int, known: int) -> None:
        super().__init__(
            f"format {version} is newer than this Touchline reads (up to {known})",
            where=where,
            fix="Update Touchline, or make the file again with this version",
        )


class ConflictError(TouchlineError):
    """Someone else has changed what is to be changed; nothing was overwritten."""


class CancelledError(TouchlineError):
    """Long work was cancelled by its user (exit code 130). What was finished is kept."""

    exit_code = 130


def printable(text: str) -> str:
    """Text on one line that every terminal and file can take: file names may hold newlines and broken characters."""
    whole = text.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in whole)


_NO_ROOM = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the disk is full",
}
_FREE_SOME = "Free some disk, or choose another place; what was finished is kept"


def cannot_write(error: OSError, where: object) -> BadInputError:
    """What kept a file from being written, in words.

    Arguments:
        error: of opening, writing or moving it; array libraries give no number where a disk is full.
    """
    reason = _NO_ROOM.get(error.errno or errno.ENOSPC)
    if reason is not None:
        return BadInputError(f"this cannot be written: {reason}", where=where, fix=_FREE_SOME)
    problem = os.strerror(error.errno or 0)
    return BadInputError(
        f"this cannot be written ({problem})", where=where, fix="Choose another place, or free this one"
    )


def machine_error(error: BaseException) -> TouchlineError | None:
    """The machine's own refusals (no memory, no room, no permission) in words; None for any other error."""
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "memory" in str(error)):
        # Torch has no error class of its own for a processor's memory; its texts name it.
        fix = "Close other programs, or use a machine with more; what was finished is kept"
        return BadInputError("there is not enough memory for this", fix=fix)
    if isinstance(error, OSError) and error.errno in (*_NO_ROOM, errno.EROFS, errno.EACCES, errno.EPERM):
        return cannot_write(error, error.filename)
    return None
