"""Entities that others have found: GLIP's, as UGLF publishes them, one file of tensors for each half.

A file ``<video>.pt`` holds a row for each entity: sample, class, x1, y1, x2, y2, and the numbers of its embedding.
Samples count from 0 at the rate of the model that reads them; class 0 is none; the others are the entities of the
prompt that GLIP was given, in its order from 1; of a sample at most so many count as the model reads. A half's video is
named ``1`` or ``2`` in its game's folder, so its file is ``1.pt``; it may bear the name of the video as well.

No file says its rate, or the picture that its boxes are of. The rate is told by the last sample, which must be the last
of the half. The network looks at no box: boxes are drawn as shares of the picture where none exceeds 1, as pixels of
the pictures of 398x224 that UGLF reads where they fit into these, else as pixels of the video.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from spotting_core.base.errors import BadInputError
from spotting_core.computing.checkpoint_file import read_tensors
from spotting_core.entities.prompts import load_prompts
from spotting_core.entities.table import EntityTable

GLIP = "GLIP"
_HEAD = 6  # sample, class, four corners
_SLACK, _SLACK_SHARE = 5, 0.02  # samples without entities at the end of a half, or beyond it
_PICTURE = (398, 224)
_SHARES = 1.01


@dataclass(frozen=True)
class EntityFiles:
    """Files of entities as a model reads them.

    Arguments:
        reader: name of the model; rate: samples a second; most: entities of a sample that are read.
        names: of the classes from 1; embed_dim: numbers of an embedding.
        described: what the model's card says of its entities.
    """

    reader: str
    rate: float
    most: int
    names: tuple[str, ...]
    embed_dim: int
    described: Mapping[str, Any]

    def path(self, half: int, video: Path, folder: Path | None) -> Path:
        """The file of a half.

        Arguments:
            folder: where files lie; the video's own where not given.

        Errors:
            BadInputError: there is none; says what to do.
        """
        places = [(folder or video.parent) / name for name in (f"{half}.pt", f"{video.stem}.pt")]
        for place in places if folder is not None else places[::-1]:
            if place.is_file():
                return place
        raise BadInputError(
            f"{self.reader} reads entities that {GLIP} has found, and none are there for {video.name}",
            where=places[0],
            fix=f"Run {GLIP} on {self.rate:.5g} pictures a second of the video and put its file there, or name the "
            "folder with --features; entity-attention finds its entities by itself",
        )

    def read(self, path: Path, samples: int, size: tuple[int, int]) -> EntityTable:
        """The entities of a half.

        Arguments:
            samples: of the half; size: (width, height) of its video.

        Errors:
            BadInputError: no such rows, of another model's entities, at another rate or of another match.
        """
        rows = _rows(path)
        if rows.shape[1] - _HEAD != self.embed_dim:
            raise BadInputError(
                f"these entities have {rows.shape[1] - _HEAD} numbers each, {self.reader} reads {self.embed_dim}",
                where=path,
                fix=f"Give the files of the {GLIP} that the model was trained with",
            )
        kind = _whole_numbers(rows[:, 1], "class", path)
        sample = _whole_numbers(rows[:, 0], "sample", path)
        if len(kind) and kind.max() > len(self.names):
            raise BadInputError(
                f"these entities are of {kind.max()} classes, the prompts of {self.reader} name {len(self.names)}",
                where=path,
                fix="Add the model again with the prompts that found them: --prompts",
            )
        self._check_length(path, int(sample.max(initial=-1)) + 1, samples)
        real = np.flatnonzero((kind > 0) & (sample < samples))
        real = real[np.argsort(sample[real], kind="stable")]
        ordered = sample[real]
        real = real[np.arange(len(real)) - np.searchsorted(ordered, ordered) < self.most]
        return self._table(rows[real], size)

    def none(self) -> EntityTable:
        """No entities, where only the time that the rest takes is asked for."""
        return self._table(np.zeros((0, _HEAD + self.embed_dim), np.float32), (1, 1))

    def _table(self, rows: np.ndarray, size: tuple[int, int]) -> EntityTable:
        """Rows in order of their samples, of which each has a class, as entities."""
        return EntityTable(
            names=self.names,
            sample=rows[:, 0].astype(np.int32),
            entity=(rows[:, 1] - 1).astype(np.int16),
            score=np.ones(len(rows), np.float32),
            box=_in_pixels(rows[:, 2:_HEAD], size),
            embedding=np.ascontiguousarray(rows[:, _HEAD:]),
        )

    def _check_length(self, path: Path, there: int, samples: int) -> None:
        """Refuse entities of another rate or match.

        Errors:
            BadInputError: see above.
        """
        if abs(there - samples) > max(_SLACK, _SLACK_SHARE * samples):
            rate = self.rate * there / max(1, samples)
            raise BadInputError(
                f"these entities are of {there} samples, this half has {samples} at the {self.rate:.5g} a second that "
                f"{self.reader} reads: they are of {rate:.3g} a second, or of another match",
                where=path,
                fix=f"Give the file of this video, of {self.rate:.5g} pictures a second",
            )


def _rows(path: Path) -> np.ndarray:
    """The rows of a file: float32 (N, columns).

    Errors:
        BadInputError: it cannot be read, holds something else, or a number that is none.
    """
    content = read_tensors(path, "file of entities")
    fix = "A row is sample, class, x1, y1, x2, y2, and the numbers of an embedding"
    if not isinstance(content, torch.Tensor) or content.ndim != 2 or content.shape[1] <= _HEAD or content.is_complex():
        shape = f"a tensor {tuple(content.shape)}" if isinstance(content, torch.Tensor) else type(content).__name__
        raise BadInputError(f"this file holds {shape}, not rows of entities", where=path, fix=fix)
    rows: np.ndarray = content.float().numpy()
    if not np.isfinite(rows).all():
        raise BadInputError("a number of these entities is none", where=path, fix="Find the entities again")
    return rows


def _whole_numbers(values: np.ndarray, what: str, path: Path) -> np.ndarray:
    whole = values.astype(np.int64)
    if np.any(whole != values) or np.any(whole < 0):
        raise BadInputError(f"the {what} of an entity is no whole number from 0 on", where=path)
    return whole


def _in_pixels(boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Boxes in pixels of the video: float32 (N, 4)."""
    greatest = boxes.reshape(-1, 2).max(0, initial=0) if len(boxes) else np.zeros(2)
    if np.all(greatest <= _SHARES):
        unit = (1, 1)
    else:
        unit = _PICTURE if np.all(greatest <= _PICTURE) else size
    scale = np.array([size[0] / unit[0], size[1] / unit[1]] * 2, np.float32)
    return (boxes * scale).astype(np.float32)


def prompt_names(prompts: str | Path) -> tuple[str, ...]:
    """Names of entities in the order of their classes: of a prompt file of ours, or of a text with one a line.

    Errors:
        BadInputError: there is no such file, or it names nothing.
    """
    path = Path(prompts)
    if path.suffix != ".txt":
        return load_prompts(prompts).names
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"these prompts cannot be read ({type(error).__name__})", where=path) from error
    names: Sequence[str] = [line for line in lines if line]
    if not names:
        raise BadInputError("these prompts name no entity", where=path, fix="Write one name a line")
    return tuple(names)
