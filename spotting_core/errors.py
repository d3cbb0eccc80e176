"""Errors that a person can act on: each says what is wrong, where, and what to do."""

from __future__ import annotations


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
        super().__init__(f"{sentence}. {fix}." if fix else f"{sentence}.")


class BadInputError(TouchlineError):
    """A file, argument or setting given by the user cannot be used (exit code 2)."""

    exit_code = 2


class NewerFormatError(BadInputError):
    """A file was written by a newer Touchline than this one."""

    def __init__(self, where: object, found: int, known: int) -> None:
        super().__init__(
            f"format {found} is newer than this Touchline reads (up to {known})",
            where=where,
            fix="Update Touchline, or make the file again with this version",
        )


class ConflictError(TouchlineError):
    """Someone else has changed what is to be changed; nothing was overwritten."""


class CancelledError(TouchlineError):
    """Long work was cancelled by its user (exit code 130). What was finished is kept."""

    exit_code = 130
