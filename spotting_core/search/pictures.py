"""What the pictures near the spots show, as directions that a text is compared with: exact, without an index.

Every spot has the embeddings of the few samples around it. How well it fits a text is the greatest cosine similarity
of the text with any of them: a card is held up in one picture and gone in the next, which a mean would blur. The
product is taken match by match, so that no copy of all the numbers is ever made.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet

from spotting_core.search.rows import vision_model_of


@dataclass(frozen=True)
class TextVector:
    """A text as a vision-language model understands it.

    Arguments:
        numbers: float32 (E,), unit length.
        model: SHA-256 of the model.
    """

    numbers: np.ndarray
    model: str


@dataclass(frozen=True)
class Pictures:
    """The picture embeddings near the spots of one match.

    Arguments:
        model: SHA-256 of the vision-language model they come from.
        numbers: float32 (n * E,), the embeddings of a spot one after the other, spot by spot.
        rows: int64 (k,), the rows of the match's file that have any, rising.
        firsts: int64 (k,), where the numbers of each begin; they end where the next one's begin.
    """

    model: str
    numbers: np.ndarray
    rows: np.ndarray
    firsts: np.ndarray

    def similarities(self, text: TextVector) -> np.ndarray:
        """Greatest similarity of each of ``rows`` with a text of the same model: float32 (k,), -1 to 1."""
        width = len(text.numbers)
        best = np.maximum.reduceat(self.numbers.reshape(-1, width) @ text.numbers, self.firsts // width)
        return np.clip(best, -1, 1)  # half precision is off by a thousandth, and -1 is what no limit asks for


def read_pictures(path: Path) -> Pictures | None:
    """The picture embeddings in a match's file (see ``rows``), or None if it holds none or does not say whose."""
    model = vision_model_of(path)
    if not model:
        return None
    column = parquet.read_table(path, columns=["pictures"]).column("pictures").combine_chunks()
    if not len(column):
        return None
    _, offsets, content = column.buffers()
    ends = np.frombuffer(offsets, np.int32)[: len(column) + 1].astype(np.int64) // np.dtype(np.float16).itemsize
    rows = np.flatnonzero(np.diff(ends))
    if not len(rows):
        return None
    numbers = np.frombuffer(content, np.float16)[: ends[-1]].astype(np.float32)
    return Pictures(model, numbers, rows, ends[rows])
