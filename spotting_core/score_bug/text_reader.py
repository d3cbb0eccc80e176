"""Reading text in pictures: PP-OCRv6's small models, which lie in the package ``rapidocr`` (Apache-2.0).

Nothing is downloaded: the models that are named here by default are those of the package. They run on one thread, so
that they do not fight with what else computes. Both packages are imported when text is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from statistics import median
from typing import Any

import numpy as np

from spotting_core.media.decode import resize_image

_FEWEST_LINES, _MOST_LINES = 448, 720  # of a picture in which text is looked for: less is enlarged, more is shrunk
_STRIP = 48  # lines of a strip, as the network takes it


@dataclass(frozen=True)
class Box:
    """A box in shares of the picture's width and height."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def height(self) -> float:
        return self.y2 - self.y1

    @property
    def middle(self) -> tuple[float, float]:
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2


def median_box(boxes: Sequence[Box]) -> Box:
    """A box whose every edge is the median of that of some."""
    return Box(*(median(edges) for edges in zip(*((b.x1, b.y1, b.x2, b.y2) for b in boxes), strict=True)))


@dataclass(frozen=True)
class Text:
    """A line of text in a picture; confidence from 0 to 1."""

    text: str
    confidence: float
    box: Box

    def part(self, start: int, end: int) -> Box:
        """About where some of its letters are."""
        width = (self.box.x2 - self.box.x1) / len(self.text)
        return Box(self.box.x1 + start * width, self.box.y1, self.box.x1 + end * width, self.box.y2)


class TextReader:
    """Finds and reads text; made once a process (``text_reader``), for its models take a second to load."""

    def __init__(self) -> None:
        import onnxruntime
        from rapidocr import RapidOCR

        onnxruntime.disable_telemetry_events()  # the versions that are asked for have none but on Windows
        threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
        quiet = {"Global.log_level": "error", "Global.use_cls": False}  # no line of a score bug stands on its head
        self._engine: Any = RapidOCR(params={**threads, **quiet})

    def find(self, image: np.ndarray) -> list[Text]:
        """All lines of text in a picture, uint8 (H, W, 3), RGB."""
        height, width = image.shape[:2]
        lines = min(max(height, _FEWEST_LINES), _MOST_LINES)
        shown = resize_image(image, round(width * lines / height), lines)
        found = self._engine(np.ascontiguousarray(shown[..., ::-1]), use_det=True)  # it keeps what was said last
        if found.boxes is None:
            return []
        scale = np.array(shown.shape[1::-1], float)
        corners = [np.asarray(box, float) / scale for box in found.boxes]
        boxes = [Box(*map(float, (*c.min(0), *c.max(0)))) for c in corners]
        return [Text(t, float(s), b) for t, s, b in zip(found.txts, found.scores, boxes, strict=True)]

    def read(self, strip: np.ndarray) -> tuple[str, float]:
        """The one line of text that a strip shows, uint8 (h, w, 3), RGB, and its confidence; nothing is looked for."""
        height, width = strip.shape[:2]
        shown = resize_image(strip, max(1, round(width * _STRIP / height)), _STRIP)
        found = self._engine(np.ascontiguousarray(shown[..., ::-1]), use_det=False, use_cls=False)
        if not found.txts:
            return "", 0.0
        return str(found.txts[0]), float(found.scores[0])


@lru_cache(maxsize=1)
def text_reader() -> TextReader:
    """The reader of this process."""
    return TextReader()


def reader_version() -> str:
    """What reads, for what is kept of it."""
    return f"rapidocr {version('rapidocr')}"


def cut_out(image: np.ndarray, box: Box) -> np.ndarray:
    """What of a picture lies in a box: uint8 (h, w, 3), at least a pixel each way."""
    height, width = image.shape[:2]
    top, left = max(0, int(box.y1 * height)), max(0, int(box.x1 * width))
    bottom, right = min(height, round(box.y2 * height) + 1), min(width, round(box.x2 * width) + 1)
    return image[top : max(bottom, top + 1), left : max(right, left + 1)]
