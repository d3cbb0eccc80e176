"""What a label or result file holds, in one shape for all formats.

A ``Document`` is one match. What a format says beyond a ``Spot`` is kept beside it, under the format's own
names: the fields of an entry in ``Entry.extras``, those of the file in ``Document.header``, those of a half's
video in ``HalfInfo.extras``. They are written again when the document is written in the format it was read
from; another format has no place for them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import PurePath
from typing import Any, TypeVar

from spotting_core.base.errors import BadInputError
from spotting_core.domain.class_names import unknown_name
from spotting_core.domain.classes import ClassTable, load_classes
from spotting_core.domain.parts import MOST_PARTS, Parts
from spotting_core.domain.spots import Spot
from spotting_core.domain.timecode import drops
from spotting_core.formats.game_time import two_times

LONGEST = 24 * 3600 * 1_000_000
"""Microseconds that a part of a match cannot be longer than."""
EARLIEST = -60 * 1_000_000
"""Microseconds that an action may come before the first frame: a video may begin late, a part does not by much."""
MOST_ENTRIES = 250_000
"""Entries of one match: scores of every class at every half second are 184,000."""
MOST_RATE = 1000.0
"""Frames a second that no video has more of."""

_Item = TypeVar("_Item")
_ROUNDING = 1e-4  # by which a confidence may pass 1: half precision rounds so
_MINUTE = 60_000_000
_HALF = 45 * _MINUTE  # of SoccerNet's matches, where nothing is known of a video


@dataclass(frozen=True, slots=True)
class Entry:
    """A spot and what its file says of it besides.

    Arguments:
        extras: fields that a spot has no place for, under the names of the file's format.
        clock: time by the entry's second statement of it (SoccerNet's ``gameTime``, ``match_time`` of a table),
            microseconds, or None.
        clip: start and end of what is shown of it, microseconds of the half; None: its class's lead and lag.
    """

    spot: Spot
    extras: Mapping[str, Any] = field(default_factory=dict)
    clock: int | None = None
    clip: tuple[int, int] | None = None


@dataclass(frozen=True)
class HalfInfo:
    """What a file says of the video of a half.

    Arguments:
        rate: frames a second; frames: how many; width, height: pixels; duration: microseconds.
        file: name or path of the video.
        extras: its other fields, under the names of the file's format.
    """

    rate: float | None = None
    frames: int | None = None
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    file: str | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def length(self) -> int | None:
        """Microseconds, from the duration or from frames and rate."""
        if self.duration is not None:
            return self.duration
        return round(self.frames * 1e6 / self.rate) if self.frames and self.rate else None


@dataclass(frozen=True)
class Document:
    """The spots of one match, in the file's order.

    Arguments:
        game: name of the match: its folder below the root, or the video's name; empty where nobody said.
        form: name of the format it was read from, empty for one made here.
        header: the file's other fields; halves: by number, as far as the file knows them.
        notes: what a reader should know about how the file was understood.
        left_out: what stands in the file and is no entry here: reason, as a clause, to how many.
        drop_frame: whether its timecodes drop frame numbers, where the rate lets them; None where it has none.
    """

    entries: tuple[Entry, ...]
    game: str = ""
    form: str = ""
    header: Mapping[str, Any] = field(default_factory=dict)
    halves: Mapping[int, HalfInfo] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    drop_frame: bool | None = None

    @classmethod
    def of(cls, spots: Iterable[Spot], game: str = "", halves: Mapping[int, HalfInfo] | None = None) -> Document:
        """A document of spots in the order of half and time."""
        ordered = sorted(spots, key=lambda s: (s.half, s.time))
        return cls(tuple(Entry(s) for s in ordered), game, halves=halves or {})

    @property
    def spots(self) -> list[Spot]:
        """Spots in the file's order."""
        return [e.spot for e in self.entries]

    @property
    def sorted_spots(self) -> list[Spot]:
        """Spots in the order of half and time."""
        return sorted(self.spots, key=lambda s: (s.half, s.time))

    def counts_drop(self, rate: Fraction) -> bool:
        """Whether timecodes that are written of it drop frame numbers: as its own do, else where the rate lets them."""
        return drops(rate) and self.drop_frame is not False

    def kept(self, form: str) -> Mapping[str, Any]:
        """The header, for a writer of the format it was read from; else nothing."""
        return self.header if self.form == form else {}

    def extras(self, entry: Entry, form: str) -> dict[str, Any]:
        """An entry's other fields, for a writer of the format it was read from; else nothing."""
        return dict(entry.extras) if self.form == form else {}

    def half_extras(self, half: int, form: str) -> dict[str, Any]:
        """A half's other fields, for a writer of the format it was read from; else nothing."""
        return dict(self.halves.get(half, HalfInfo()).extras) if self.form == form else {}

    def with_spots(self, spots: Iterable[Spot]) -> Document:
        """The same document with each entry's spot replaced, in order (one for each)."""
        pairs = zip(self.entries, spots, strict=True)
        return replace(self, entries=tuple(replace(e, spot=s, clock=None) for e, s in pairs))

    def half_numbers(self) -> list[int]:
        """Halves that have spots or are known, in order."""
        return sorted({e.spot.half for e in self.entries} | set(self.halves))


@dataclass(frozen=True)
class Options:
    """What a reader or writer may need that the file does not say.

    Arguments:
        classes: names and order of score columns, and each class's lead, lag and colour; labels of other classes are
            left out. None if not given.
        rate: frames a second where a format counts frames and the document does not know; None if not given.
        threshold: least score that becomes a spot, where a file holds scores.
        percent: whether confidences above 1 are let through, for checks that tell of them and mend them.
        encoding: that of the text, where it is a format of plain text and somebody named it; else it is recognised.
        extra_time: whether labels of extra time are let through, for those who know where in the videos it lies.
    """

    classes: ClassTable | None = None
    rate: float | None = None
    threshold: float = 0.01
    percent: bool = False
    encoding: str | None = None
    extra_time: bool = False

    @property
    def parts(self) -> Parts:
        """Of a match of the class table; of a match of SoccerNet where none is given."""
        return (self.classes or load_classes()).parts

    def clip(self, label: str) -> tuple[int, int]:
        """Microseconds that a clip of a class shows before and after it."""
        if self.classes is not None and label in self.classes:
            action = self.classes.get(label)
            return round(action.lead * 1e6), round(action.lag * 1e6)
        return 5_000_000, 5_000_000


def entries_apart(entries: Sequence[Entry], counted: str, other: str) -> str | None:
    """A clause on the entries whose times and clocks contradict each other, see ``two_times``."""
    spots = [entry.spot for entry in entries]
    return two_times(
        [s.half for s in spots], [s.time for s in spots], [entry.clock for entry in entries], counted, other
    )


def check_fields(row: Any, names: Sequence[str], what: str, where: str) -> None:
    """Refuse an entry that lacks a field without which it says nothing.

    Arguments:
        what: an entry is called in its format.

    Errors:
        BadInputError: it is no object, or lacks one of the fields; names them.
    """
    if not isinstance(row, Mapping):
        fix = f"Give an object with {' and '.join(names)}"
        raise BadInputError(f"this {what} is no object: {str(row)[:40]!r}", where=where, fix=fix)
    missing = [name for name in names if row.get(name) is None]
    if missing:
        what = f"this {what} has no {' and no '.join(missing)}"
        raise BadInputError(what, where=where, fix=f"Give it {' and '.join(missing)}, or leave it out")


def other_match(called: str, match: str) -> str | None:
    """A clause on a file that calls its match otherwise than the one that it is taken for; None where it does not.

    Arguments:
        called: what the file says, with or without the folders above; match: name of the match's folder or video.
    """
    own = called.replace("\\", "/").strip().rstrip("/").rsplit("/", 1)[-1]
    if own in ("", match, PurePath(match).stem):
        return None
    return f"the file calls its match {own!r}; it is taken for {match!r}"


def bounded(entries: Iterable[_Item], where: object) -> Iterator[_Item]:
    """The entries of one match, which are held in memory as a whole.

    Errors:
        BadInputError: more than ``MOST_ENTRIES``.
    """
    for number, entry in enumerate(entries):
        if number == MOST_ENTRIES:
            what = f"a match of this file has more than {MOST_ENTRIES:,} entries, which none has"
            raise BadInputError(what, where=where, fix="Give a file of single actions, or only those above a score")
        yield entry


def half_length(document: Document, half: int) -> int:
    """Microseconds that a half takes on a time line of the whole match.

    Where its video is not known, 45 minutes, or up to the minute after its last spot if that is later.
    """
    known = document.halves.get(half, HalfInfo()).length
    last = max((s.time for s in document.spots if s.half == half), default=0)
    return known if known is not None else max(_HALF, (last // _MINUTE + 1) * _MINUTE)


def half_starts(document: Document) -> dict[int, int]:
    """Where each half begins on one time line of the whole match, microseconds: where the one before ends."""
    starts = {1: 0}
    for half in range(1, max(document.half_numbers(), default=1)):
        starts[half + 1] = starts[half] + half_length(document, half)
    return starts


def possible(spot: Spot, where: object) -> Spot:
    """The spot, if any match can have it.

    Errors:
        BadInputError: a part below 1, a time well before the part or beyond any, a confidence that is no number, or a
        name
            that no file can hold.
    """
    check_moment(spot.half, spot.time, spot.confidence, where)
    check_name(spot.label, where)
    return spot


def check_moment(half: int, time: int, confidence: float | None, where: object) -> None:
    """Refuse a moment that no match can have.

    Arguments:
        time: microseconds of the part.

    Errors:
        BadInputError: see ``possible``.
    """
    check_half(half, where)
    check_time(time, where)
    if confidence is not None:
        check_finite(confidence, where)


def check_half(half: int, where: object) -> None:
    """Refuse a number that no part of a match has.

    Errors:
        BadInputError: see above.
    """
    if not 1 <= half <= MOST_PARTS:
        raise BadInputError(f"half {half} cannot be", where=where, fix="Halves count from 1")


def check_time(time: int, where: object) -> None:
    """Refuse a time (microseconds of the part) that no match can have.

    Errors:
        BadInputError: well before the part, or beyond any.
    """
    if not EARLIEST <= time <= LONGEST:
        what = "a time lies before the half" if time < 0 else "a time is later than any half is long"
        fix = "Times count from the start of the half, and no half is longer than a day"
        raise BadInputError(what, where=where, fix=fix)


def check_confidence(confidence: float, where: object) -> None:
    """Refuse what is no confidence. One below 0 is less than none: some systems write so what they take back.

    Errors:
        BadInputError: no number, or above 1: percent, which would all count as certain.
    """
    check_finite(confidence, where)
    if confidence > 1 + _ROUNDING:
        fix = "Confidences are from 0 to 1; divide percent by 100"
        raise BadInputError(f"the confidence {confidence:g} is above 1", where=where, fix=fix)


def check_finite(confidence: float, where: object) -> None:
    """Refuse a confidence that is no number.

    Errors:
        BadInputError: see above.
    """
    if not math.isfinite(confidence):
        raise BadInputError("the confidence is not a number", where=where, fix="Confidences are from 0 to 1")


def check_name(label: str, where: object) -> None:
    """Refuse a name of a class that no file can hold: half of a character that takes two.

    Errors:
        BadInputError: see above.
    """
    try:
        label.encode()
    except UnicodeEncodeError as error:
        raise BadInputError(f"the label {label!r} is no text", where=where, fix="Write it anew") from error


def of_classes(document: Document, classes: ClassTable) -> Document:
    """The document without the entries whose label is in no class of a table, which it counts as left out."""
    unknown = Counter(e.spot.label for e in document.entries if e.spot.label not in classes)
    if not unknown:
        return document
    left_out = {unknown_name(label, classes.names, "a label"): n for label, n in sorted(unknown.items())}
    kept = tuple(e for e in document.entries if e.spot.label not in unknown)
    return replace(document, entries=kept, left_out={**document.left_out, **left_out})


def check_part(half: int, classes: ClassTable | None, where: object, *, extra_time: bool = False) -> None:
    """A match of the class table must have a part of this number, if a table is given.

    Arguments:
        extra_time: whether those of extra time count.

    Errors:
        BadInputError: it cannot have one.
    """
    if classes is None:
        return
    try:
        classes.parts.check(half, extra_time=extra_time)
    except BadInputError as error:
        raise BadInputError(error.what, where=where, fix=error.fix) from error
