"""Where the score bug is: the row of texts about the one that looks like a clock, stays in its place and moves on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from spotting_core.score_bug.text_reader import Box, Text, median_box
from spotting_core.score_bug.texts import clock_in

_NEAR = 0.025  # of the picture, by which the middle of one and the same clock may be estimated apart
_GAP = 3.0  # heights of a row between two texts of it
_RECURS = 0.3  # of the pictures with a clock, in which a text of its row is
_LEAST = 3  # different times that a clock must show
_MARGIN = 0.15  # of its height, by which a row is cut out larger


@dataclass(frozen=True)
class SeenBug:
    """Where a score bug is.

    Arguments:
        row: the row in which its clock stands, with what stands beside that.
        clock: the clock alone, however long it is.
        pictures: numbers of the pictures that show it, in order.
    """

    row: Box
    clock: Box
    pictures: tuple[int, ...]


@dataclass(frozen=True)
class _SeenClock:
    """A clock in one picture."""

    picture: int
    seconds: int
    box: Box


def find_bug(pictures: Sequence[Sequence[Text]], least: int = _LEAST) -> SeenBug | None:
    """Where a match's clock stands, in a row with the score where it is in that row; None where there is no clock.

    Arguments:
        pictures: the texts of some pictures of a match; least: in how many of them it must show different times.
    """
    seen = [
        _SeenClock(k, clock.seconds, text.part(clock.start, clock.end))
        for k, texts in enumerate(pictures)
        for text in texts
        if (clock := clock_in(text.text)) is not None
    ]
    groups = [[other for other in seen if _same_place(one.box, other.box)] for one in seen]
    best = max(groups, key=_moving, default=[])
    if not best or _moving(best) < min(least, len(pictures)):
        return None
    return SeenBug(_row(pictures, best), _longest(best), tuple(sorted({clock.picture for clock in best})))


def _same_place(one: Box, other: Box) -> bool:
    return all(abs(a - b) <= _NEAR for a, b in zip(one.middle, other.middle, strict=True))


def _moving(clocks: Sequence[_SeenClock]) -> int:
    """How many different times a clock shows: one that stands still, as a time of day or a scoreboard, shows one."""
    return len({clock.seconds for clock in clocks})


def _longest(clocks: Sequence[_SeenClock]) -> Box:
    """The box about a clock, at the usual height and as wide as it becomes."""
    usual, margin = median_box([c.box for c in clocks]), _MARGIN * median(c.box.height for c in clocks)
    left, right = min(c.box.x1 for c in clocks), max(c.box.x2 for c in clocks)
    return Box(left - margin, usual.y1 - margin, right + margin, usual.y2 + margin)


def _row(pictures: Sequence[Sequence[Text]], clocks: Sequence[_SeenClock]) -> Box:
    """The box about a clock and the texts beside it that recur."""
    rows = [_beside(pictures[clock.picture], clock.box) for clock in clocks]
    left, right = (sorted(edge) for edge in ([r.x1 for r in rows], [r.x2 for r in rows]))
    few = int(len(rows) * _RECURS)  # what only few pictures show beside it is not of the row
    top, bottom = median(r.y1 for r in rows), median(r.y2 for r in rows)
    margin = _MARGIN * (bottom - top)
    return Box(left[few] - margin, top - margin, right[-1 - few] + margin, bottom + margin)


def _beside(texts: Sequence[Text], clock: Box) -> Box:
    """The box about a clock and all texts in its row that follow one another."""
    row = clock
    others = [t.box for t in texts if abs(t.box.middle[1] - clock.middle[1]) < clock.height / 2]
    grown = True
    while grown:
        near = [b for b in others if b.x1 - row.x2 < _gap(clock) and row.x1 - b.x2 < _gap(clock)]
        wider = row
        for box in near:
            wider = Box(min(wider.x1, box.x1), clock.y1, max(wider.x2, box.x2), clock.y2)
        grown, row = wider != row, wider
    return row


def _gap(clock: Box) -> float:
    """Share of the picture's width that may lie between two texts, of a picture of the usual shape."""
    return _GAP * clock.height * 9 / 16
