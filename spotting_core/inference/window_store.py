"""What the windows of a half gave, kept until the half is done; and the arrays of the half made from it.

One file per batch of windows, written when the batch is judged: an analysis that stops loses at most the batch it
was at.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spotting_core.base.archives import is_zip
from spotting_core.base.arrays import FLOATS, INTEGERS, open_array, read_packed
from spotting_core.base.files import replacing, write_array
from spotting_core.entities.table import EntityTable
from spotting_core.inference.merge import ScoreMerge
from spotting_core.inference.score import stacked
from spotting_core.models.decoding import Decoding
from spotting_core.models.window import Scores
from spotting_core.models.window_plan import PlannedWindow, WindowPlan
from spotting_core.samples.stream import EntityFindings

_WORK, _AGAIN = "file of unfinished work", "Delete its folder, and analyse the match again"
_MERGED = ("confidence", "displacement", "features", "class_map", "replay")
_SAVED = (*_MERGED, "weight", "kept")
_UNITS: dict[str, tuple[str, list[float] | None]] = {
    "times": ("microseconds", None),
    "frames": ("frame number in the file", None),
    "scores": ("confidence", [0, 1]),
    "displacement": ("seconds", None),
    "replay": ("confidence", [0, 1]),
    "features": ("features of the environment, or as they were read", None),
    "image_embeddings": ("unit length", [-1, 1]),
}


@dataclass(frozen=True)
class HalfArrays:
    """Arrays of a finished half: those written, by name, and the class map float32 (T, C, h, w) or None."""

    written: dict[str, dict[str, Any]]
    class_map: np.ndarray | None


class WindowStore:
    """The windows of one half in a folder.

    Arguments:
        plan: of the model; batches: all windows of the half, as they are judged.
        names, embed_dim: of the entity model (no names for a system without).
    """

    def __init__(
        self,
        folder: Path,
        plan: WindowPlan,
        batches: Sequence[Sequence[PlannedWindow]],
        names: Sequence[str],
        embed_dim: int,
    ) -> None:
        self.folder, self.plan, self.batches = folder, plan, batches
        self._names, self._embed_dim = tuple(names), embed_dim
        self._so_far: ScoreMerge | None = None  # of the batches before ``_merged``
        self._merged = 0
        folder.mkdir(parents=True, exist_ok=True)

    def _file(self, index: int) -> Path:
        return self.folder / f"windows{index:05d}.npz"

    def _place(self, index: int) -> Path:
        return self.folder / f"found{index:05d}"

    def finished(self) -> int:
        """How many batches are done, from the first on; one whose file is damaged is not."""
        return next((i for i in range(len(self.batches)) if not is_zip(self._file(i))), len(self.batches))

    def keep(self, index: int, scores: Sequence[Scores], findings: EntityFindings | None, substituted: int) -> None:
        """Write a batch; its score file last, for it says that the batch is done."""
        if findings is not None:
            self._place(index).mkdir(exist_ok=True)
            findings.entities.write(self._place(index))
            if findings.picture_embeddings is not None:
                write_array(self._place(index) / "pictures.npy", findings.picture_embeddings)
        arrays = {name: value for name in _SAVED if (value := stacked(scores, name)) is not None}
        with replacing(self._file(index)) as part, part.open("wb") as handle:
            np.savez(handle, **{**arrays, "substituted": np.array(substituted)})  # type: ignore[arg-type]

    def merged(self, decoding: Decoding, rate: float) -> Scores | None:
        """What the windows judged so far say of the half; None before the first.

        What was merged before is kept, so that each call reads the new batches alone.

        Arguments:
            decoding: of the system; rate: samples a second.
        """
        if self._so_far is None:
            self._so_far = ScoreMerge(self.batches[-1][-1].stop, self.plan.merge)
        for index in range(self._merged, self.finished()):
            saved = read_packed(self._file(index), what=_WORK, fix=_AGAIN)
            parts = {name: values for name, values in saved.items() if name in ("confidence", "displacement")}
            for row, window in enumerate(self.batches[index]):
                self._so_far.add(window, Scores(**{name: v[row] for name, v in parts.items()}), tuple(parts))
            self._merged = index + 1
        confidence = self._so_far.result("confidence")
        if confidence is None:
            return None
        return decoding.settled(Scores(confidence, self._so_far.result("displacement")), rate)

    def entities(self, first: int, stop: int) -> list[EntityTable]:
        """Entities first found for each of some batches."""
        empty = EntityTable.of_regions(self._names, [], 0, self._embed_dim, 1)
        return [EntityTable.read(self._place(i)) if self._place(i).is_dir() else empty for i in range(first, stop)]

    def substituted(self) -> int:
        """Samples that show a neighbour because their own frame would not decode."""
        total = 0
        for index in range(self.finished()):
            saved = read_packed(self._file(index), {"substituted": INTEGERS}, what=_WORK, fix=_AGAIN)
            total += int(saved["substituted"])
        return total

    def assemble(
        self, times: np.ndarray, frames: np.ndarray, read: np.ndarray | None, decoding: Decoding, rate: float
    ) -> HalfArrays:
        """Merge the windows and write the arrays of the half beside them.

        Arguments:
            times: int64 (T,) microseconds; frames: int32 (T,).
            read: (T, D), the features that the model read, or None for one that makes its own.
            decoding: of the system; rate: samples a second.
        """
        merge = ScoreMerge(len(frames), self.plan.merge)
        entities = EntityTable.concatenate(self.entities(0, len(self.batches))) if self._names else None
        attention = _AttentionAverage(entities) if entities is not None else None
        for index, batch in enumerate(self.batches):
            saved = read_packed(self._file(index), what=_WORK, fix=_AGAIN)
            parts = {name: values for name, values in saved.items() if name in _SAVED}
            for row, window in enumerate(batch):
                scores = Scores(**{name: values[row] for name, values in parts.items()})
                merge.add(window, scores, _MERGED)
                if attention is not None and scores.weight is not None and scores.kept is not None:
                    attention.add(window, scores.weight, scores.kept)
        confidence = merge.result("confidence")
        assert confidence is not None, "a half has a window"
        merged = Scores(confidence, merge.result("displacement"), replay=merge.result("replay"))
        settled = decoding.settled(merged, rate)
        features = merge.result("features") if read is None else read
        arrays: dict[str, np.ndarray] = {"times": times.astype(np.int64), "frames": frames.astype(np.int32)}
        halved = {"scores": settled.confidence, "displacement": settled.displacement, "features": features}
        halved["replay"] = settled.replay
        arrays |= {name: values.astype(np.float16) for name, values in halved.items() if values is not None}
        written: dict[str, dict[str, Any]] = {}
        if entities is not None and attention is not None:
            entities.with_attention(*attention.result()).write(self.folder)
            if (pictures := self._picture_embeddings()) is not None:
                arrays["image_embeddings"] = pictures.astype(np.float16)
            unit = "boxes in source pixels; weight as a share of the frame's kept entities"
            written["entities"] = {"dtype": "table", "shape": ["N"], "unit": unit, "scale": [0, 1]}
        written |= write_arrays(self.folder, arrays)
        return HalfArrays(written, merge.result("class_map"))

    def _picture_embeddings(self) -> np.ndarray | None:
        """Of all pictures of the half; None where entities come from files."""
        places = (self._place(i) / "pictures.npy" for i in range(len(self.batches)))
        files = [path for path in places if path.is_file()]
        parts = [open_array(path, FLOATS, (None, None), what=_WORK, fix=_AGAIN) for path in files]
        return np.concatenate(parts) if parts else None


def write_arrays(folder: Path, arrays: Mapping[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """Write arrays of a half by name; returns their entries in ``analysis.json``."""
    for name, values in arrays.items():
        write_array(folder / f"{name}.npy", values)
    return {name: describe(name, values) for name, values in arrays.items()}


def describe(name: str, values: np.ndarray) -> dict[str, Any]:
    """Entry of an array in ``analysis.json``; T stands for the number of samples."""
    unit, scale = _UNITS[name]
    return {"dtype": str(values.dtype), "shape": ["T", *values.shape[1:]], "unit": unit, "scale": scale}


def clear_windows(folder: Path) -> None:
    """Remove the windows of a finished half; its arrays stay."""
    for path in [*folder.glob("windows*.npz"), *folder.glob("found*")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


class _AttentionAverage:
    """Mean weight of every entity over the windows it was seen in, and whether most of them kept it."""

    def __init__(self, entities: EntityTable) -> None:
        self.entities = entities
        self._weight = np.zeros(len(entities), np.float64)
        self._kept = np.zeros(len(entities), np.int32)
        self._windows = np.zeros(len(entities), np.int32)

    def add(self, window: PlannedWindow, weight: np.ndarray, kept: np.ndarray) -> None:
        rows = self.entities.rows(window.first, window.stop)
        sample, slot, _ = self.entities.slots(window.first, window.stop)
        sample = sample + (window.first - window.start)
        self._weight[rows] += weight[sample, slot]
        self._kept[rows] += kept[sample, slot]
        self._windows[rows] += 1

    def result(self) -> tuple[np.ndarray, np.ndarray]:
        """kept: bool (N,), weight: float32 (N,)."""
        windows = np.maximum(self._windows, 1)
        return self._kept * 2 >= windows, (self._weight / windows).astype(np.float32)
