"""Where a score may stand that is not in the clock's row: in a row of its own, or a team below the other.

Of the texts in pictures that show the clock, those count that recur in one place near it. Two names, one below the
other, with a column of numbers behind them may be two teams with their goals; a row with a score between two names may
be one of its own. Single digits are often missed where text is looked for, so a column is taken from all pictures and
both rows together; of names behind which no number was seen several widths are possible. Whether rows are a score is
decided by reading them (``readings``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from spotting_core.score_bug.text_reader import Box, Text, median_box
from spotting_core.score_bug.texts import clock_in, score_in, team_in

Rows = tuple[Box, ...]
"""One row that shows a score, or the home team's and the away team's."""
Extents = list[Rows]
"""The same rows as narrow and as wide as they may be, in order; one where that is known."""
_ASPECT = 9 / 16  # share of the width of a picture of the usual shape that is as long as a share of its height
_NEAR_X, _NEAR_Y = 12.0, 4.0  # heights of the clock by which a score may lie beside it, and above or below
_GAP = 3.0  # heights of a row between two texts of it
_RECURS = 0.5  # of the pictures, in which a name or a score is at its place
_SAME = 0.5  # heights of a text by which its place may be estimated apart
_ROWS_APART = (0.7, 2.6)  # heights of a row between two teams' middles
_ALIKE = 1.6  # times as high, that one of their names may be
_COLUMN_GAP = 8.0  # heights between the longer name and the goals
_COLUMN = 0.8  # heights by which numbers of one column may lie apart
_LEAST_NUMBERS = 2  # of a column that were seen, in both rows and all pictures
_MARGIN = 0.15  # heights by which a row is cut out larger
_DIGIT = 0.7  # heights that another digit of a number may take
_WIDTHS = (1.4, 2.1, 2.8, 3.5)  # heights behind the names that hold goals which were not seen
_MOST = 4  # places that are read to decide


@dataclass
class _Place:
    """What recurs in one place: boxes, their words, and the pictures that show it."""

    boxes: list[Box] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)
    pictures: set[int] = field(default_factory=set)

    @property
    def box(self) -> Box:
        return median_box(self.boxes)

    @property
    def word(self) -> str:
        """What it says most often."""
        return self.words.most_common(1)[0][0]


def possible_rows(pictures: Sequence[Sequence[Text]], clock: Box) -> list[Extents]:
    """Where a score may stand beside the clock's row, those places first where most of it was seen.

    Arguments:
        pictures: the texts of pictures that show the clock; clock: where it is in them.
    """
    near = [[text for text in texts if _is_near(text.box, clock)] for texts in pictures]
    own: list[tuple[Extents, int]] = [([(place.box,)], len(place.pictures)) for place in _score_places(near)]
    found = [(extents, count) for extents, count in (*own, *_stacked(near)) if not _overlaps(extents[0], clock)]
    best = sorted(found, key=lambda place: -place[1])[:_MOST]
    return [[tuple(_grown(row) for row in rows) for rows in extents] for extents, _ in best]


def _is_near(box: Box, clock: Box) -> bool:
    beside = max(box.x1 - clock.x2, clock.x1 - box.x2)
    above = max(box.y1 - clock.y2, clock.y1 - box.y2)
    return beside <= _NEAR_X * clock.height * _ASPECT and above <= _NEAR_Y * clock.height


def _overlaps(rows: Rows, clock: Box) -> bool:
    """Whether a row holds the middle of the clock."""
    x, y = clock.middle
    return any(row.x1 < x < row.x2 and row.y1 < y < row.y2 for row in rows)


def _grown(row: Box) -> Box:
    margin = _MARGIN * row.height
    return Box(row.x1 - margin * _ASPECT, row.y1 - margin, row.x2, row.y2 + margin)


def _places(seen: Iterator[tuple[int, Box, str]], pictures: int, same: Callable[[Box, Box], bool]) -> list[_Place]:
    """Places that recur among what was seen: number of the picture, box and words."""
    places: list[_Place] = []
    for picture, box, words in seen:
        own = next((p for p in places if picture not in p.pictures and same(p.boxes[0], box)), None)
        if own is None:
            own = _Place()
            places.append(own)
        own.boxes.append(box)
        own.words[words] += 1
        own.pictures.add(picture)
    return [p for p in places if len(p.pictures) >= max(2, _RECURS * pictures)]


# --- a row of its own ---------------------------------------------------------------------------------


def _score_places(pictures: Sequence[Sequence[Text]]) -> list[_Place]:
    """Rows with a score between two names, that hold no clock."""
    seen = ((k, *line) for k, texts in enumerate(pictures) for line in _lines(texts))
    rows = (
        (k, box, words) for k, box, words in seen if clock_in(words) is None and score_in(f"A {words} A", parted=True)
    )
    named = ((k, box, words) for k, box, words in rows if words[0].isalpha() and words[-1].isalpha())
    return _places(named, len(pictures), _same_middle)


def _lines(texts: Sequence[Text]) -> list[tuple[Box, str]]:
    """The rows of a picture: texts that follow one another, and what they say together."""
    lines: list[list[Text]] = []
    for text in sorted(texts, key=lambda t: t.box.x1):
        line = next((own for own in lines if _follows(own[-1].box, text.box)), None)
        if line is None:
            lines.append([text])
        else:
            line.append(text)
    return [(_about([t.box for t in line]), " ".join(t.text for t in line).strip()) for line in lines]


def _follows(one: Box, other: Box) -> bool:
    low = min(one.height, other.height)
    return abs(one.middle[1] - other.middle[1]) < low / 2 and other.x1 - one.x2 < _GAP * low * _ASPECT


def _about(boxes: Sequence[Box]) -> Box:
    left, top = min(b.x1 for b in boxes), min(b.y1 for b in boxes)
    return Box(left, top, max(b.x2 for b in boxes), max(b.y2 for b in boxes))


def _same_middle(one: Box, other: Box) -> bool:
    apart = [abs(a - b) for a, b in zip(one.middle, other.middle, strict=True)]
    return apart[0] <= one.height * _ASPECT and apart[1] <= _SAME * one.height


# --- a team below the other ---------------------------------------------------------------------------


def _stacked(pictures: Sequence[Sequence[Text]]) -> list[tuple[Extents, int]]:
    """The rows of two teams, and how many of their numbers were seen."""
    names = _places(_names(pictures), len(pictures), _same_start)
    steady = [p for p in names if p.words[p.word] >= _RECURS * len(p.pictures)]
    numbers = [number for texts in pictures for number in _numbers(texts)]
    found: list[tuple[Extents, int]] = []
    for upper, lower in permutations(steady, 2):
        if not _is_below(upper.box, lower.box) or upper.word == lower.word:
            continue
        columns = _columns(upper.box, lower.box, numbers, len(pictures))
        if len(columns) <= 1:
            edges = _right_edges(upper.box, lower.box, columns[0] if columns else None, pictures)
            rows = [(upper.box, lower.box, edge) for edge in edges]
            extents: Extents = [(Box(a.x1, a.y1, x, a.y2), Box(b.x1, b.y1, x, b.y2)) for a, b, x in rows]
            found.append((extents, len(columns[0]) if columns else 0))
    return found


def _names(pictures: Sequence[Sequence[Text]]) -> Iterator[tuple[int, Box, str]]:
    """Names of teams: number of the picture, box and letters; one may have been taken for one text with the clock."""
    for k, texts in enumerate(pictures):
        for text in texts:
            clock = clock_in(text.text)
            ends = [(0, len(text.text))] if clock is None else [(0, clock.start), (clock.end, len(text.text))]
            for start, end in ends:
                words = text.text[start:end]
                team = team_in(words)
                if team is not None:
                    blank = len(words) - len(words.lstrip())
                    box = text.part(start + blank, start + team.name_end)
                    yield k, box, words[blank : team.name_end].casefold()


def _numbers(texts: Sequence[Text]) -> Iterator[Box]:
    """Where numbers of one or two digits are, alone or behind a name; two rows' may have been taken for one text."""
    for text in texts:
        team = team_in(text.text)
        if text.text.replace(" ", "").isdigit() and len(text.text) <= 5:
            yield text.box
        elif team is not None and team.goals is not None:
            yield text.part(*team.goals)


def _same_start(one: Box, other: Box) -> bool:
    across = abs(one.x1 - other.x1) <= 2 * _SAME * one.height * _ASPECT
    return across and abs(one.middle[1] - other.middle[1]) <= _SAME * one.height


def _is_below(upper: Box, lower: Box) -> bool:
    """Whether one name is the next row's, below another."""
    height = (upper.height + lower.height) / 2
    apart = (lower.middle[1] - upper.middle[1]) / height
    alike = max(upper.height, lower.height) <= _ALIKE * min(upper.height, lower.height)
    shared = min(upper.x2, lower.x2) - max(upper.x1, lower.x1)
    return (
        alike
        and _ROWS_APART[0] <= apart <= _ROWS_APART[1]
        and shared >= 0.5 * min(upper.x2 - upper.x1, lower.x2 - lower.x1)
    )


def _columns(upper: Box, lower: Box, numbers: Sequence[Box], pictures: int) -> list[list[Box]]:
    """The numbers behind two names, those of one column together."""
    height = (upper.height + lower.height) / 2
    begin = max(upper.x2, lower.x2) - _SAME * height * _ASPECT
    own = [
        box
        for box in numbers
        if begin <= box.middle[0] <= begin + _COLUMN_GAP * height * _ASPECT
        and upper.middle[1] - _SAME * height <= box.middle[1] <= lower.middle[1] + _SAME * height
    ]
    columns: list[list[Box]] = []
    for box in sorted(own, key=lambda b: b.middle[0]):
        if columns and box.middle[0] - columns[-1][-1].middle[0] <= _COLUMN * height * _ASPECT:
            columns[-1].append(box)
        else:
            columns.append([box])
    return [column for column in columns if len(column) >= max(_LEAST_NUMBERS, _RECURS / 2 * pictures)]


def _right_edges(
    upper: Box, lower: Box, column: Sequence[Box] | None, pictures: Sequence[Sequence[Text]]
) -> list[float]:
    """Where the rows of two teams may end: behind their numbers, before what follows them."""
    height = upper.height * _ASPECT
    if column is None:
        end = max(upper.x2, lower.x2)
        edges = [end + width * height for width in _WIDTHS]
        end = edges[0]
    else:
        end = max(box.x2 for box in column)
        edges = [end + _DIGIT * height]
    behind = [
        (end + t.box.x1) / 2
        for texts in pictures
        for t in texts
        if t.box.x1 > end and t.box.y1 < lower.y2 and t.box.y2 > upper.y1
    ]
    return sorted({min([edge, *behind]) for edge in edges})
