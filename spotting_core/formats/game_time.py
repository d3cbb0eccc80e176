"""How SoccerNet's files say when: ``gameTime`` ("1 - 12:43"), ``position`` in milliseconds, ``half``.

All of them come as numbers and as text, with and without spaces, and each may be missing where another says the same.
A clock alone names no half: the first digit of "32:10" is no half 3.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from spotting_core.base.counts import count_of
from spotting_core.base.errors import BadInputError
from spotting_core.domain.clock import half_clock
from spotting_core.formats.written_numbers import named_half

HALF_LENGTH = 45 * 60 * 1_000_000
"""Microseconds of a half's regular length."""

_GAME_TIME = re.compile(r"\s*(?:(\d{1,3})\s*[-–]\s*)?(\d{1,6}):(\d{1,6})(?:[.,](\d{1,6}))?\s*")
_HALF_ALONE = re.compile(r"\s*(\d{1,3})\s*[-–]?\s*")
_APART = 1_500_000  # microseconds by which two statements of a time may differ: clocks have whole seconds
_NO_HALF = 65 * 60 * 1_000_000  # with stoppage time
_LARGEST = 1e15  # milliseconds, beyond which numbers are no longer whole


@dataclass(frozen=True)
class GameTime:
    """What a ``gameTime`` says: number of the half, and microseconds of the clock; None for what it does not."""

    half: int | None
    clock: int | None


def parse_game_time(text: object) -> GameTime:
    """What a ``gameTime`` says, as far as it can be read."""
    match = _GAME_TIME.fullmatch(str(text))
    if match is None:
        alone = _HALF_ALONE.fullmatch(str(text))
        return GameTime(int(alone[1]) if alone else None, None)
    seconds = int(match[2]) * 60 + int(match[3])
    return GameTime(int(match[1]) if match[1] else None, seconds * 1_000_000 + int((match[4] or "").ljust(6, "0")))


def moment_of(row: Mapping[str, Any], where: str) -> tuple[int, int]:
    """Half and microseconds of an entry: ``position`` counts, then the clock; a ``half`` of its own counts first.

    Errors:
        BadInputError: no half or no time can be read.
    """
    said = parse_game_time(row.get("gameTime", ""))
    half = _half(row.get("half"), where)
    half = said.half if half is None else half
    time = position_of(row.get("position"), where)
    time = said.clock if time is None else time
    text, position = str(row.get("gameTime"))[:40], str(row.get("position"))[:40]
    if half is None and said.clock is not None:
        raise BadInputError(
            f"the time {text!r} says no half", where=where, fix='Expected gameTime "1 - 12:43", or a field half'
        )
    if half is None or time is None:
        raise BadInputError(
            f"the time {text!r} (position {position!r}) cannot be read",
            where=where,
            fix='Expected gameTime "1 - 12:43" and position in milliseconds',
        )
    return half, time


def position_of(value: object, where: str) -> int | None:
    """Microseconds of a ``position``, cut to whole milliseconds; None where there is none.

    Errors:
        BadInputError: it is no number.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        milliseconds = float(str(value)) if not isinstance(value, int | float) else float(value)
    except (ValueError, ArithmeticError):
        milliseconds = math.nan
    if isinstance(value, bool) or not abs(milliseconds) < _LARGEST:
        raise BadInputError(
            f"the position {str(value)[:40]!r} cannot be read as a number of milliseconds",
            where=where,
            fix="Positions are milliseconds of the half",
        )
    return math.trunc(milliseconds) * 1000


def _half(value: object, where: str) -> int | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, str) and (named := named_half(value)) is not None:
        return named
    try:
        number = float(str(value))
        if number != int(number):
            raise ValueError
        return int(number)
    except (ValueError, ArithmeticError) as error:
        raise BadInputError(
            f"the half {str(value)[:40]!r} cannot be read", where=where, fix="Halves count from 1"
        ) from error


def second_clock(row: Mapping[str, Any]) -> int | None:
    """What an entry's ``gameTime`` says beside its ``position``, microseconds; None where one of them is missing."""
    return parse_game_time(row.get("gameTime")).clock if row.get("position") is not None else None


def runs_on(times: Iterable[int]) -> bool:
    """Whether the clock of a second half runs on from 45:00, as on television: no half lasts beyond 65 minutes.

    Arguments:
        times: of a match's second half, microseconds.
    """
    known = list(times)
    return bool(known) and min(known) >= HALF_LENGTH and max(known) >= _NO_HALF


def two_times(
    halves: Iterable[int], times: Iterable[int], clocks: Iterable[int | None], counted: str, other: str
) -> str | None:
    """A clause on entries whose file says two times of them; None where there is none. Of half 2 either may run on from
    45:00, and a clock of a time before the first frame stands at 0.

    Arguments:
        halves, times, clocks: of every entry in the file's order the half, the time that counts and that by the other
            statement, microseconds; None where there is none. counted, other: what the statements are called.
    """
    stated, apart, first = 0, 0, ""
    for half, time, clock in zip(halves, times, clocks, strict=True):
        if clock is None:
            continue
        stated += 1
        over = clock - time if time > 0 else clock
        if -_APART <= over <= _APART or (half == 2 and abs(abs(over) - HALF_LENGTH) <= _APART):
            continue
        apart += 1
        first = first or f"{half_clock(time)} by {counted} is {half_clock(clock)} by {other}"
    of = f"{apart} of {count_of(stated, 'entry', 'entries')} with {counted} and {other}"
    return f"{of} say two times: {first}; {counted} counts" if apart else None


RUNS_ON = "the clock of half 2 runs on from 45:00; 45 minutes are taken off its times"
"""What is said of a file in which it does."""
