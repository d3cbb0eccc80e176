"""Parts of a match: halves, sets, dives, routines. A class table says how many there are and how their time is shown.

Inside, a moment is the number of its part, from 1, and microseconds since the part's first shown frame. To people it is
a match time: where the parts have a regular length the clock counts on from part to part, and what runs over is
stoppage time (``45+2:10``); else each part has a clock of its own and is named with it (``dive 2 00:04``). Football
may have extra time, which no class table counts: its halves are numbered on, and the clock counts on in them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_content
from spotting_core.base.nesting import LARGEST_TOML, parse_toml
from spotting_core.base.validation import InvalidContentError, unknown_names, validated
from spotting_core.domain.clock import half_clock

TIME, FRAMES = "time", "frames"
_MINUTE = 60_000_000  # microseconds
REGULAR_HALVES, EXTRA_HALVES = 2, 2
"""Of a match of football, before and of extra time."""
_FOOTBALL = (REGULAR_HALVES, 45.0)  # halves of two teams, and their minutes
_EXTRA_LENGTH = 15 * _MINUTE
MOST_PARTS = 999
"""Number that no part of a match is above."""
_SHORTEST, _LONGEST = 1 / 60, 24 * 60.0  # minutes
_LONGEST_NAME = 40
_NAME = re.compile(r"[\w -]+")


@dataclass(frozen=True)
class Parts:
    """What a match of a class table consists of.

    Arguments:
        name, plural: of a part.
        count: how many a match has at most, None for any number.
        minutes: regular length of a part, None where it has none.
        teams: whether two teams play each other.
        clock: whether times are shown as ``time`` or as numbers of ``frames``.
        between: what separates two parts on a time line, empty for nothing that has a name.

    Errors:
        BadInputError: a value that cannot be.
    """

    name: str = "part"
    plural: str = "parts"
    count: int | None = None
    minutes: float | None = None
    teams: bool = False
    clock: str = TIME
    between: str = ""

    def __post_init__(self) -> None:
        names = (self.name, self.plural, self.between or "-")
        if not all(_NAME.fullmatch(name) and name.strip() and len(name) <= _LONGEST_NAME for name in names):
            fix = "Use letters, digits, spaces and hyphens, as in half and halves"
            shown = ", ".join(repr(name[:_LONGEST_NAME]) for name in (self.name, self.plural))
            raise BadInputError(f"no part can be named {shown}", fix=fix)
        if self.count is not None and not 1 <= self.count <= MOST_PARTS:
            fix = f"A match has 1 to {MOST_PARTS}; leave count out for any number"
            raise BadInputError(f"a match cannot have so many {self.plural}", fix=fix)
        if self.minutes is not None and not _SHORTEST <= self.minutes <= _LONGEST:
            fix = "Leave minutes out where a part has no regular length"
            raise BadInputError(f"a {self.name} cannot last {self.minutes:g} minutes", fix=fix)
        if (self.match_minutes or 0) > _LONGEST:
            fix = "Check count and minutes of its parts"
            raise BadInputError(f"a match cannot last {self.match_minutes:g} minutes", fix=fix)
        if self.clock not in (TIME, FRAMES):
            raise BadInputError(f"the clock cannot count {self.clock!r}", fix=f"Known clocks: {TIME}, {FRAMES}")
        if self.clock == FRAMES and self.minutes is not None:
            raise BadInputError("a clock of frames does not count on from part to part", fix="Leave minutes out")

    @property
    def length(self) -> int | None:
        """Regular length of a part in microseconds."""
        return None if self.minutes is None else round(self.minutes * _MINUTE)

    @property
    def most(self) -> int | None:
        """How many a match has at most with extra time, None for any number."""
        return self.count if not self.has_extra_time else REGULAR_HALVES + EXTRA_HALVES

    @property
    def has_extra_time(self) -> bool:
        """Whether a match may have extra time, as football alone."""
        return self.teams and (self.count, self.minutes) == _FOOTBALL

    @property
    def extra_length(self) -> int | None:
        """Regular length of a part of extra time in microseconds; None where there is none."""
        return _EXTRA_LENGTH if self.has_extra_time else None

    def is_extra(self, number: int) -> bool:
        """Whether a part is of extra time."""
        return self.has_extra_time and number > REGULAR_HALVES

    def length_of(self, number: int) -> int | None:
        """Regular length of a part in microseconds, shorter in extra time."""
        return _EXTRA_LENGTH if self.is_extra(number) else self.length

    @property
    def match_minutes(self) -> float | None:
        """Regular length of a match, where both number and length of its parts are known."""
        return None if self.minutes is None or self.count is None else self.minutes * self.count

    def title(self, number: int) -> str:
        """A part for people, as ``half 2``."""
        return f"{self.name} {number}"

    def title_with_extra_time(self, number: int) -> str:
        """The same where extra time may have been played, as ``half 3 (extra time)``."""
        return f"{self.title(number)} (extra time)" if self.is_extra(number) else self.title(number)

    def counted(self, count: int) -> str:
        """So many parts for people, as ``1 half`` or ``2 halves``."""
        return f"{count} {self.name if count == 1 else self.plural}"

    def check(self, number: int, *, extra_time: bool = False) -> None:
        """A match must have a part of this number.

        Arguments:
            extra_time: whether those of extra time count.

        Errors:
            BadInputError: it cannot have one.
        """
        most = self.most if extra_time else self.count
        if number < 1 or (most is not None and number > most):
            end = f" to {most}" if most is not None else ""
            raise BadInputError(f"there is no {self.title(number)}", fix=f"Its number counts from 1{end}")

    def start(self, number: int) -> int:
        """Where the match clock begins in a part, microseconds; 0 where each part has a clock of its own."""
        regular = min(number - 1, REGULAR_HALVES) if self.is_extra(number) else number - 1
        return regular * (self.length or 0) + (number - 1 - regular) * _EXTRA_LENGTH

    def at_clock(self, clock: int) -> int:
        """Number of the part in whose regular time the match clock shows a time (microseconds); the last one's after.

        1 where each part has a clock of its own.
        """
        if self.length is None:
            return 1
        number = clock // self.length + 1
        if self.is_extra(number):
            number = (clock - self.start(REGULAR_HALVES + 1)) // _EXTRA_LENGTH + REGULAR_HALVES + 1
        return max(1, number if self.most is None else min(number, self.most))

    def match_clock(
        self, number: int, time: int, decimals: int = 0, *, total: int | None = None, rate: float | None = None
    ) -> str:
        """Match time of a moment: ``45:37``, ``45+2:10``, or ``dive 2 00:04``.

        Arguments:
            number: of the part; time: microseconds since its first shown frame.
            total: parts that the match at hand has, where that is known: the only one is not named.
            rate: frames a second of the part's video, where that is known.
        """
        clock = self.part_clock(number, time, decimals, rate)
        alone = (self.count if total is None else total) == 1
        return clock if self.length is not None or alone else f"{self.title(number)} {clock}"

    def part_clock(self, number: int, time: int, decimals: int = 0, rate: float | None = None) -> str:
        """Match time of a moment where its part is known: it is not named."""
        if self.clock == FRAMES and rate:
            return f"frame {round(time * rate / 1e6)}"
        length = self.length_of(number)
        if length is None or time < length:
            return half_clock(time + self.start(number), decimals)
        over = half_clock(time - length, decimals)
        return f"{self.start(number + 1) // _MINUTE}+{over[1:] if over.startswith('0') else over}"

    def minute(self, number: int, time: int) -> int:
        """Minute of the match clock in which a moment lies, from 1; stoppage time counts to a part's last minute."""
        length = self.length_of(number)
        within = time if length is None else min(time, length - 1)
        return int((within + self.start(number)) // _MINUTE + 1)

    def last_minute(self, lengths: Mapping[int, int]) -> int:
        """Last minute of the match clock: that of the match as it should be, or of the parts that there are; with
        extra time where there is any.

        Arguments:
            lengths: microseconds of each part.
        """
        if self.match_minutes is not None:
            extra = [self.start(number + 1) // _MINUTE for number in lengths if self.is_extra(number)]
            return max(math.ceil(self.match_minutes), *extra, 1)
        return max((self.minute(number, length - 1) for number, length in lengths.items()), default=1)

    def as_toml(self) -> str:
        """The parts as the file that ``read_parts`` reads."""
        stated = {name: value for name, value in asdict(self).items() if value not in (None, "")}
        return "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in stated.items())


def common_parts(kinds: Iterable[Parts]) -> Parts:
    """What matches of several class tables have in common; nothing but teams where they differ."""
    known = set(kinds)
    return known.pop() if len(known) == 1 else Parts(teams=any(parts.teams for parts in known))


def parts_file(table: Path) -> Path:
    """Where the parts of a class table stand: beside it, ``<name>.parts.toml``."""
    return table.with_suffix(".parts.toml")


def read_parts(path: Path) -> Parts:
    """Read the parts of a class table.

    Errors:
        BadInputError: the file is no TOML, or holds a name or value that parts do not have.
    """
    try:
        content = parse_toml(read_content(path, "file of parts", LARGEST_TOML), path, "file of parts")
    except BadInputError as error:
        what = f"the parts of this class table cannot be read ({error.what})"
        raise BadInputError(what, where=path, fix=error.fix) from error
    if unknown := unknown_names(Parts, content):
        fix = f"Known: {', '.join(f.name for f in fields(Parts))}"
        raise BadInputError(f"parts have no {unknown[0]!r}", where=path, fix=fix)
    if ("name" in content) != ("plural" in content):
        fix = "Give both, as in half and halves, or neither"
        raise BadInputError("these parts lack name or plural", where=path, fix=fix)
    try:
        return validated(Parts, content)
    except InvalidContentError as error:
        fix = f"Known: {', '.join(f.name for f in fields(Parts))}"
        raise BadInputError(f"the parts of this class table cannot be used ({error})", where=path, fix=fix) from error
    except BadInputError as error:
        raise BadInputError(error.what, where=path, fix=error.fix) from error
