"""Principal components of features: fitted once, on training matches, and stored with the model.

Pearson, "On lines and planes of closest fit" (1901), as SoccerNet reduces ResNET features from 2048 to 512 numbers.
The covariance is summed up block by block, so nothing but one block and a D x D matrix is in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import replacing
from spotting_core.media.fingerprint import joint_hash

_BLOCK = 4096  # rows


def reduction_file(name: str) -> str:
    """File of a set's reduction in the folder of a run or a model."""
    return f"{name}.reduction.safetensors"


@dataclass(frozen=True)
class Reduction:
    """A linear map to fewer numbers.

    Arguments:
        mean: float32 (D,); components: float32 (k, D), orthonormal rows, the widest spread first.
    """

    mean: np.ndarray
    components: np.ndarray

    @property
    def raw_dim(self) -> int:
        return self.components.shape[1]

    @property
    def dim(self) -> int:
        return self.components.shape[0]

    @property
    def fingerprint(self) -> str:
        return joint_hash([self.mean.tobytes().hex(), self.components.tobytes().hex()])

    def apply(self, values: np.ndarray) -> np.ndarray:
        """(T, D) to float32 (T, k).

        Errors:
            BadInputError: of another width than those it was fitted on.
        """
        self.check(values.shape[1])
        return (values.astype(np.float32) - self.mean) @ self.components.T

    def check(self, width: int) -> None:
        """Refuse features of another width than those it was fitted on.

        Errors:
            BadInputError: see above.
        """
        if width != self.raw_dim:
            raise BadInputError(
                f"these features have {width} numbers a sample, the reduction was fitted on {self.raw_dim}"
            )

    def save(self, path: Path) -> None:
        with replacing(path) as part:
            save_file({"mean": self.mean, "components": self.components}, part)
            part.chmod(0o644)

    @classmethod
    def load(cls, path: Path) -> Reduction:
        """Read a stored reduction.

        Errors:
            BadInputError: missing or damaged.
        """
        try:
            stored = load_file(path)
            mean, components = stored["mean"], stored["components"]
            if components.ndim != 2 or mean.shape != components.shape[1:]:
                raise ValueError(f"shapes {mean.shape} and {components.shape}")
            if not (np.isfinite(mean).all() and np.isfinite(components).all()):
                raise ValueError("it holds numbers that are none")
            return cls(mean, components)
        except (SafetensorError, OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
            raise BadInputError(f"this reduction cannot be read ({error})", where=path, fix="Copy it again") from error


def fit_reduction(parts: Iterable[np.ndarray], dim: int) -> Reduction:
    """Principal components of all rows of some (T, D) arrays.

    Errors:
        BadInputError: fewer rows or columns than components.
    """
    rows, total, product = 0, np.zeros(0), np.zeros((0, 0))
    for part in parts:
        for start in range(0, len(part), _BLOCK):
            block = np.asarray(part[start : start + _BLOCK], np.float64)
            if not rows:
                total, product = np.zeros(block.shape[1]), np.zeros((block.shape[1],) * 2)
            rows, total, product = rows + len(block), total + block.sum(0), product + block.T @ block
    if dim > min(rows, len(total)):
        raise BadInputError(
            f"{dim} components cannot be had from {rows} rows of {len(total)} numbers",
            fix="Ask for fewer components (reduction, teacher_reduction), or learn from more matches",
        )
    mean = total / rows
    values, vectors = np.linalg.eigh(product / rows - np.outer(mean, mean))
    widest = vectors[:, np.argsort(values)[::-1][:dim]].T
    signs = np.sign(widest[np.arange(dim), np.abs(widest).argmax(1)])  # the sign is arbitrary; fix it
    return Reduction(mean.astype(np.float32), (widest * signs[:, None]).astype(np.float32))
