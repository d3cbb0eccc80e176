"""What is drawn on a clip's pictures: heat map, boxes, caption, notes; and the cards between the clips of a reel.

Measures follow the height of the picture, so that a clip of 224 lines reads like one of 1080.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from spotting_core.analyses.analysis import Analysis, HalfAnalysis
from spotting_core.clips.freeze import Stroke, with_strokes
from spotting_core.clips.selection import Clip
from spotting_core.entities.prompts import load_prompts

MAP, BOXES, CAPTION = "map", "boxes", "caption"
LAYERS = (MAP, BOXES, CAPTION)

_OPACITY = 0.65  # of the heat map
_BETWEEN = 0.45  # opacity half way between two samples: the players have moved on
_INK, _SOFT_INK, _PLATE = (255, 255, 255), (213, 220, 228), (8, 11, 14)
_PLATE_OPACITY = 0.86
_CARD = (13, 16, 19)
_CASING = (0, 0, 0)


@dataclass(frozen=True)
class Look:
    """How the drawing looks.

    Arguments:
        regular, strong: font files.
        heat: uint8 (256, 4), RGBA of the heat scale.
    """

    regular: Path
    strong: Path
    heat: np.ndarray = field(repr=False, compare=False)


def can_draw(analysis: Analysis) -> bool:
    """Whether an analysis has a map or entities to draw."""
    return analysis.has("entities") or analysis.has("maps/class_map")


@lru_cache(maxsize=64)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


@dataclass(frozen=True)
class Overlay:
    """Draws on the pictures of one clip.

    Arguments:
        layers: of ``LAYERS``.
        caption, clock: what the clip is called, and its match time beside it.
        analysis: whose map and boxes are drawn, or None if only the caption is.
        heard: whether there is sound at full speed, so that its absence in slow motion is to be said.
    """

    look: Look
    clip: Clip
    layers: frozenset[str]
    caption: str = ""
    clock: str = ""
    analysis: Analysis | None = None
    heard: bool = True

    def draw(self, image: np.ndarray, time: int, slow: float = 1.0, strokes: Sequence[Stroke] = ()) -> np.ndarray:
        """The picture shown at ``time`` (microseconds of the half) with all layers: uint8 (H, W, 3).

        Arguments:
            slow: speed; strokes: drawn on it where it is frozen.
        """
        if self.analysis is not None and self.layers & {MAP, BOXES}:
            image = self._explained(image, self.analysis.half(self.clip.half), time)
        if strokes:
            image = with_strokes(image, strokes, str(self.look.strong))
        texts = [self.caption, self.clock] if CAPTION in self.layers else []
        if texts or slow < 1.0:
            image = _captioned(image, self.look, texts, self._speed(slow))
        return image

    def _speed(self, slow: float) -> str:
        """What the picture says of slow motion; nothing at full speed."""
        return "" if slow >= 1.0 else f"{slow:.0%} speed{', no sound' if self.heard else ''}"

    def _explained(self, image: np.ndarray, half: HalfAnalysis, time: int) -> np.ndarray:
        sample = half.nearest_sample(time)
        share = min(1.0, abs(time - int(half.times[sample])) / 1e6 * self.analysis.record.rate * 2)  # type: ignore[union-attr]
        strength = 1 - (1 - _BETWEEN) * share
        rows = _rows(half, sample, image.shape[1], image.shape[0])
        drawn = image.copy()
        if MAP in self.layers:
            drawn = self._heated(drawn, half, sample, rows, strength)
        if BOXES in self.layers:
            _draw_boxes(drawn, rows, self.look, strength)
        return drawn

    def _heated(
        self, image: np.ndarray, half: HalfAnalysis, sample: int, rows: Sequence[_Row], strength: float
    ) -> np.ndarray:
        """The class's map where the model has one, else the kept entities, each filled by its weight."""
        classes = self.analysis.classes  # type: ignore[union-attr]
        if half.has("maps/class_map") and self.clip.label in classes:
            cells = np.asarray(half.array("maps/class_map")[sample])
            cells = cells[classes.index(self.clip.label)] if cells.ndim == 3 else cells
            values = cv2.resize(cells, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_NEAREST)
        else:
            values = np.zeros(image.shape[:2], np.uint8)
            for row in sorted((r for r in rows if r.kept), key=lambda r: r.weight):
                x1, y1, x2, y2 = row.box
                values[y1:y2, x1:x2] = round(255 * min(1.0, row.weight))
        colour = self.look.heat[values]
        alpha = colour[..., 3:].astype(np.float32) / 255 * (_OPACITY * strength)
        return (image * (1 - alpha) + colour[..., :3] * alpha).round().astype(np.uint8)


# --- boxes --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Row:
    """One entity of a sample, its box in pixels of the picture."""

    name: str
    colour: tuple[int, int, int]
    kept: bool
    weight: float
    box: tuple[int, int, int, int]


def _rows(half: HalfAnalysis, sample: int, width: int, height: int) -> list[_Row]:
    table = half.entities
    if table is None:
        return []
    scale = np.array([width / half.record.width, height / half.record.height] * 2)
    colours = {e.name: e.colour for e in load_prompts().entities}
    rows = []
    for row in range(*table.rows(sample, sample + 1).indices(len(table))):
        name = table.names[int(table.entity[row])]
        x1, y1, x2, y2 = (int(v) for v in np.round(table.box[row] * scale))
        kept = bool(table.kept[row]) if table.kept is not None else False
        weight = float(table.weight[row]) if table.weight is not None else 0.0
        rows.append(_Row(name, _rgb(colours.get(name, "#FFFFFF")), kept, weight, (x1, y1, x2, y2)))
    return rows


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _draw_boxes(image: np.ndarray, rows: Sequence[_Row], look: Look, strength: float) -> None:
    """Proposed boxes thin, kept ones by their weight with their names; the heaviest on top."""
    unit = max(1.0, image.shape[0] / 414)
    below = image.copy()
    for row in sorted(rows, key=lambda r: (r.kept, r.weight)):
        x1, y1, x2, y2 = row.box
        width = max(1, round((1.3 + 2.8 * row.weight) * unit)) if row.kept else 1
        if row.kept:
            cv2.rectangle(image, (x1, y1), (x2, y2), _CASING, width + max(1, round(1.6 * unit)), cv2.LINE_AA)
        cv2.rectangle(image, (x1, y1), (x2, y2), row.colour if row.kept else _INK, width, cv2.LINE_AA)
    cv2.addWeighted(image, strength, below, 1 - strength, 0, dst=image)
    _draw_tags(image, [r for r in sorted(rows, key=lambda r: -r.weight) if r.kept], look)


def _draw_tags(image: np.ndarray, rows: Sequence[_Row], look: Look) -> None:
    """Name and weight above, right of, below or left of its box, where it meets no other; else not at all."""
    height, width = image.shape[:2]
    size = max(9, round(height * 0.027))
    font = _font(look.strong, size)
    picture = Image.fromarray(image)
    pen = ImageDraw.Draw(picture)
    taken: list[tuple[float, float, float, float]] = []
    for row in rows:
        text = f"{row.name} {row.weight:.2f}".replace(" 0.", " .")
        w, h, gap = font.getlength(text) + size, size * 1.4, size * 0.3
        x1, y1, x2, y2 = row.box
        for x, y in ((x1, y1 - h - gap), (x2 + gap, y1), (x1, y2 + gap), (x1 - w - gap, y1)):
            place = (x, y, x + w, y + h)
            free = not any(x < t[2] and t[0] < x + w and y < t[3] and t[1] < y + h for t in taken)
            if x >= 0 and y >= 0 and x + w <= width and y + h <= height and free:
                taken.append(place)
                pen.rounded_rectangle(place, size * 0.25, fill=_PLATE)
                pen.rectangle((x, y, x + max(2, size * 0.2), y + h), fill=row.colour)
                pen.text((x + size * 0.55, y + h / 2), text, font=font, fill=_INK, anchor="lm")
                break
    image[:] = np.asarray(picture)


# --- words --------------------------------------------------------------------------------------------


def _captioned(image: np.ndarray, look: Look, texts: Sequence[str], note: str) -> np.ndarray:
    """Caption and clock on a plate in the lower left corner, a note in the lower right one; score bugs are above."""
    height, width = image.shape[:2]
    size, edge = max(10, round(height * 0.036)), round(height * 0.034)
    drawn = image.copy()
    words = [w for w in texts if w]
    if words:
        strong = _font(look.strong, size)
        words[0] = shortened(words[0], strong, width * (0.55 if note else 1.0) - 2 * edge - 5 * size)
        _plate(drawn, (edge, height - edge), True, words, look, size)
    if note:
        _plate(drawn, (width - edge, height - edge), False, [note], look, round(size * 0.85))
    return drawn


def _plate(image: np.ndarray, at: tuple[int, int], left: bool, words: Sequence[str], look: Look, size: int) -> None:
    """Words side by side on a dark plate with its lower left or right corner at a place."""
    fonts = [_font(look.strong, size), *[_font(look.regular, size)] * (len(words) - 1)]
    lengths = [f.getlength(w) for f, w in zip(fonts, words, strict=True)]
    space, pad = size * 0.5, round(size * 0.75)
    w = round(sum(lengths) + space * (len(words) - 1)) + 2 * pad
    h = round(size * 1.25) + round(size * 0.9)
    x = at[0] if left else at[0] - w
    x, y = max(0, x), max(0, at[1] - h)
    part = image[y : y + h, x : x + w]
    plate = Image.fromarray(part)
    layer = Image.new("RGBA", plate.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(layer)
    pen.rounded_rectangle((0, 0, w - 1, h - 1), size * 0.4, fill=(*_PLATE, round(255 * _PLATE_OPACITY)))
    across = float(pad)
    for index, (word, font, length) in enumerate(zip(words, fonts, lengths, strict=True)):
        pen.text((across, h / 2), word, font=font, fill=_INK if index == 0 else _SOFT_INK, anchor="lm")
        across += length + space
    image[y : y + h, x : x + w] = np.asarray(Image.alpha_composite(plate.convert("RGBA"), layer).convert("RGB"))


def shortened(text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    """A text cut with an ellipsis so that it is no wider than ``width`` pixels."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"


def title_card(size: tuple[int, int], look: Look, colour: str, lines: Sequence[str]) -> np.ndarray:
    """The card before a clip: a bar in the class's colour, the first line large: uint8 (H, W, 3)."""
    width, height = size
    card = Image.new("RGB", size, _CARD)
    pen = ImageDraw.Draw(card)
    large, small = max(14, round(height * 0.085)), max(10, round(height * 0.042))
    left, top = round(width * 0.09), round(height * 0.40)
    bar = max(3, round(height * 0.012))
    pen.rectangle(
        (left, top - large * 0.62, left + bar, top + large * 0.62 + (len(lines) - 1) * small * 1.7), fill=colour
    )
    text_left = left + bar + round(height * 0.04)
    room = width - text_left - left
    y = float(top)
    for index, line in enumerate(lines):
        font = _font(look.strong if index == 0 else look.regular, large if index == 0 else small)
        pen.text(
            (text_left, y), shortened(line, font, room), font=font, fill=_INK if index == 0 else _SOFT_INK, anchor="lm"
        )
        y += large * 0.62 + small * 1.1 if index == 0 else small * 1.7
    return np.asarray(card)
