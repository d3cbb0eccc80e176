"""An explanation as data: what was asked, by which method, against what, and the answer with its scale."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spotting_core.base.arrays import INTEGERS, read_packed
from spotting_core.base.errors import BadInputError, NewerFormatError
from spotting_core.base.files import parse_json, replacing
from spotting_core.base.validation import InvalidContentError, validated

FORMAT = 4
SPACE, TIME, ENTITY, FEATURE = "space", "time", "entity", "feature"

ENTITY_ROW = np.dtype([
    ("sample", "i4"),
    ("entity", "i2"),
    ("score", "f4"),
    ("x1", "f4"),
    ("y1", "f4"),
    ("x2", "f4"),
    ("y2", "f4"),
    ("kept", "?"),
    ("weight", "f4"),
    ("effect", "f4"),
])  # fmt: skip
"""Row of an entity explanation: where it is, what the model made of it, and the score's change without it."""


@dataclass(frozen=True)
class Cause:
    """What the score is without one kind of entities, or without two together.

    Arguments:
        names: of the one or of both.
        effect: the score's change without them.
        low, high: between which it lies, and the changes in nine of ten draws in which a tenth of all other entities
            had not been found.
    """

    names: tuple[str, ...]
    effect: float
    low: float
    high: float


@dataclass(frozen=True)
class Attribution:
    """One explanation of one class at one anchor.

    Arguments:
        method, model: names.
        half, label: of the spot; anchor: its sample's time in microseconds.
        baseline: what took the place of what was taken away, in words.
        held_fixed: what was not computed again, in words ("" if all was).
        kind: ``space``, ``time``, ``entity`` or ``feature``.
        values: space float32 (W, h, w); time float32 (W,); entity: rows of ``ENTITY_ROW``.
        times: int64 (W,), of the window's samples in microseconds.
        score: the model's confidence in this window at the anchor; score_baseline: with all taken away.
        scale: (low, high) of the values.
        seconds: what computing it took.
        entities: names by index, for kind ``entity``.
        alone: the kind of entities whose loss changes the score most.
        joint: pairs of kinds whose loss together costs more than that of each, the greatest fall first.
            Explanations of formats before 4 have neither.
    """

    method: str
    model: str
    half: int
    label: str
    anchor: int
    baseline: str
    held_fixed: str
    kind: str
    values: np.ndarray
    times: np.ndarray
    score: float
    score_baseline: float
    scale: tuple[float, float]
    seconds: float
    entities: tuple[str, ...] = ()
    alone: Cause | None = None
    joint: tuple[Cause, ...] = ()

    def save(self, path: Path) -> None:
        """Write as ``.npz`` with a JSON header, atomically."""
        header: dict[str, Any] = {k: v for k, v in asdict(self).items() if k not in ("values", "times")}
        with replacing(path) as part, part.open("wb") as handle:
            text = json.dumps({"format": FORMAT, **header})
            np.savez_compressed(handle, header=np.array(text), values=self.values, times=self.times)

    def speaks_for(self) -> np.ndarray:
        """Per row of an entity explanation, what speaks for the class: the fall without it, else its weight."""
        effect = self.values["effect"]
        return np.asarray(self.values["weight"] if np.isnan(effect).all() else np.maximum(-effect, 0))

    def over_time(self, first: int) -> np.ndarray:
        """What speaks for the class in every sample of the window: float32 (W,).

        Summed over places or entities; of weights, which add up to 1 in every frame, the greatest.

        Arguments:
            first: sample of the half at which the window begins.
        """
        if self.kind == SPACE:
            return np.asarray(np.maximum(self.values, 0).sum((1, 2)))
        if self.kind == ENTITY:
            profile = np.zeros(len(self.times), np.float32)
            gather = np.maximum if np.isnan(self.values["effect"]).all() else np.add
            gather.at(profile, self.values["sample"] - first, self.speaks_for())
            return profile
        return np.asarray(np.maximum(self.values, 0))

    @classmethod
    def load(cls, path: Path) -> Attribution:
        """Read what ``save`` wrote.

        Errors:
            BadInputError: missing or damaged; NewerFormatError.
        """
        again = "Ask for it again"
        saved = read_packed(path, {"header": "U", "values": "fV", "times": INTEGERS}, what="explanation", fix=again)
        header = parse_json(str(saved["header"]).encode(), path, "header of an explanation")
        version = header.get("format") if isinstance(header, dict) else None
        if not isinstance(version, int):
            raise BadInputError("this explanation has no format number", where=path, fix=again)
        if version > FORMAT:
            raise NewerFormatError(path, version, FORMAT)
        try:
            if version < FORMAT:  # what one kind costs alone had no interval
                header.pop("joint", None)
            made: Attribution = validated(cls, {**header, "values": saved["values"], "times": saved["times"]})
            _check(made)
        except InvalidContentError as error:
            raise BadInputError(f"this explanation is damaged ({error})", where=path, fix=again) from error
        return made


def _check(made: Attribution) -> None:
    """Refuse an explanation whose arrays are not of its kind.

    Errors:
        InvalidContentError: names what is wrong.
    """
    axes = {SPACE: (3,), TIME: (1,), ENTITY: (1,), FEATURE: (1, 2)}.get(made.kind, ())
    if made.values.ndim not in axes or made.times.ndim != 1:
        raise InvalidContentError(f"values of the shape {made.values.shape} for the kind {made.kind!r}")
    if (made.values.dtype == ENTITY_ROW) != (made.kind == ENTITY):
        raise InvalidContentError(f"values of {made.values.dtype} for the kind {made.kind!r}")
