"""Frozen pictures: where a clip stands still, and what a coach has drawn on it.

Places are shares of the picture, from 0 at the upper left corner to 1 at the lower right one, so that a drawing fits
every size; strokes are as wide as the picture's height asks for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import is_colour

ARROW, CIRCLE, LINE, TEXT = "arrow", "circle", "line", "text"
KINDS = (ARROW, CIRCLE, LINE, TEXT)

LONGEST_TEXT = 80
SHORTEST, LONGEST = 0.5, 20.0
"""Seconds that a picture may stand."""
MOST_STROKES, MOST_FREEZES = 40, 12

_FIX = "Draw it again"
_CASING = (0, 0, 0, 170)
_FINER = 2  # times that strokes are drawn larger, and then made smaller, for smooth edges

Point = tuple[float, float]


@dataclass(frozen=True)
class Stroke:
    """One thing that is drawn.

    Arguments:
        kind: of ``KINDS``.
        start, end: where it was begun and left: of an arrow its tip is at the end; a circle fills the box between; a
            text begins at the start.
        colour: ``#RRGGBB``; text: of a text.
    """

    kind: str
    start: Point
    end: Point
    colour: str = "#FFD60A"
    text: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadInputError(f"there is no drawing {self.kind!r}", fix=f"Known: {', '.join(KINDS)}")
        if not is_colour(self.colour):
            raise BadInputError(f"{self.colour!r} is no colour", fix="Write it as #RRGGBB")
        if not all(math.isfinite(v) and -1 <= v <= 2 for v in (*self.start, *self.end)):
            raise BadInputError("a drawing lies outside the picture", fix=_FIX)
        if len(self.text) > LONGEST_TEXT or (self.kind == TEXT and not self.text.strip()):
            raise BadInputError(f"a text on the picture has 1 to {LONGEST_TEXT} letters", fix="Write it again")

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Stroke:
        """Read what ``dataclasses.asdict`` gave.

        Errors:
            BadInputError: no stroke comes of it.
        """
        start, end = ((float(x), float(y)) for x, y in (content["start"], content["end"]))
        return cls(str(content["kind"]), start, end, str(content["colour"]), str(content.get("text", "")))


@dataclass(frozen=True)
class Freeze:
    """A picture that stands.

    Arguments:
        time: microseconds of the half; the frame on screen then is shown.
        seconds: that it stands; strokes: drawn on it, the later ones on top.
    """

    time: int
    seconds: float = 3.0
    strokes: tuple[Stroke, ...] = ()

    def __post_init__(self) -> None:
        if self.time < 0 or not SHORTEST <= self.seconds <= LONGEST:
            raise BadInputError(f"a picture stands {SHORTEST:g} to {LONGEST:g} s", fix="Choose another length")
        if len(self.strokes) > MOST_STROKES:
            raise BadInputError(f"there are more than {MOST_STROKES} drawings on a picture", fix="Take some away")

    @property
    def length(self) -> int:
        """Microseconds that it stands."""
        return round(self.seconds * 1e6)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Freeze:
        """Read what ``dataclasses.asdict`` gave.

        Errors:
            BadInputError: no frozen picture comes of it.
        """
        strokes = tuple(Stroke.from_json(stroke) for stroke in content.get("strokes", ()))
        return cls(int(content["time"]), float(content["seconds"]), strokes)


def check_freezes(freezes: Iterable[Freeze], start: int, end: int) -> None:
    """Refuse frozen pictures that a clip from ``start`` to ``end`` (microseconds) does not show.

    Errors:
        BadInputError: there are too many, or one lies outside the clip.
    """
    known = list(freezes)
    if len(known) > MOST_FREEZES:
        raise BadInputError(f"a clip stands still at most {MOST_FREEZES} times", fix="Take some away")
    if any(not start <= freeze.time < end for freeze in known):
        raise BadInputError("a frozen picture lies outside its clip", fix="Take it away, or make the clip longer")


def with_strokes(image: np.ndarray, strokes: Iterable[Stroke], font: str) -> np.ndarray:
    """A picture with strokes on it: uint8 (H, W, 3).

    Arguments:
        font: file of the font that texts are written in.
    """
    height, width = image.shape[:2]
    size = (width * _FINER, height * _FINER)
    layer = Image.new("RGBA", size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(layer)
    for stroke in strokes:
        _draw(pen, stroke, size, font)
    small = layer.resize((width, height), Image.Resampling.BOX)
    return np.asarray(Image.alpha_composite(Image.fromarray(image).convert("RGBA"), small).convert("RGB"))


def _draw(pen: ImageDraw.ImageDraw, stroke: Stroke, size: tuple[int, int], font: str) -> None:
    wide = max(2.0, size[1] / 110)
    start, end = ((x * size[0], y * size[1]) for x, y in (stroke.start, stroke.end))
    if stroke.kind == TEXT:
        _write(pen, stroke, start, size, font)
        return
    for colour, width in ((_CASING, wide * 1.7), (stroke.colour, wide)):
        if stroke.kind == CIRCLE:
            (x1, x2), (y1, y2) = sorted((start[0], end[0])), sorted((start[1], end[1]))
            # Pillow draws the outline inwards.
            pen.ellipse((x1 - width / 2, y1 - width / 2, x2 + width / 2, y2 + width / 2), None, colour, round(width))
        elif stroke.kind == LINE:
            _line(pen, start, end, colour, width)
        else:
            _arrow(pen, start, end, colour, width, wide)


def _line(pen: ImageDraw.ImageDraw, start: Point, end: Point, colour: Any, width: float) -> None:
    pen.line((*start, *end), colour, round(width))
    for x, y in (start, end):  # round ends
        pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), colour)


def _arrow(pen: ImageDraw.ImageDraw, start: Point, end: Point, colour: Any, width: float, wide: float) -> None:
    """A line with a head, whose tip is at the end."""
    along = np.subtract(end, start)
    length = float(np.hypot(*along))
    if length < 1:
        return
    ahead = along / length
    across = np.array([-ahead[1], ahead[0]])
    head, more = min(length, wide * 4.5), (width - wide) / 2
    foot = np.array(end) - ahead * head
    _line(pen, start, (float(foot[0]), float(foot[1])), colour, width)
    half = wide * 2 + more
    back = foot - ahead * more
    corners = (np.array(end) + ahead * more * 1.8, back + across * half, back - across * half)
    pen.polygon([(float(x), float(y)) for x, y in corners], colour)


def _write(pen: ImageDraw.ImageDraw, stroke: Stroke, at: Point, size: tuple[int, int], font: str) -> None:
    letters = max(18, round(size[1] * 0.045))
    pen.text(
        at, stroke.text, stroke.colour, ImageFont.truetype(font, letters), anchor="lm",
        stroke_width=max(2, round(letters / 9)), stroke_fill=_CASING,
    )  # fmt: skip
