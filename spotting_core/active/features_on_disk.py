"""Features as a system reads them, laid on disk once: an experiment reads each of them hundreds of times.

What is reduced to fewer numbers or brought to another rate is so whenever it is read, which takes ten times as long as
a
step of a small system.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap

from spotting_core.base.files import replacing
from spotting_core.features.half import FeatureHalf, FeaturePart
from spotting_core.samples.labelled import LabelledHalf, LabelledMatch

_BLOCK = 4096  # samples at once


def laid_on_disk(matches: Sequence[LabelledMatch], folder: Path) -> list[LabelledMatch]:
    """The same matches with their features in a folder's files, memory-mapped; those without features as they are."""
    return [
        replace(match, halves=[_laid(half, folder / f"{number}-{half.samples.half}.npy") for half in match.halves])
        for number, match in enumerate(matches)
    ]


def _laid(half: LabelledHalf, path: Path) -> LabelledHalf:
    features = half.samples.features
    if features is None:
        return half
    with replacing(path) as part:
        width = features.rows(0, 1).shape[1]
        values = open_memmap(part, mode="w+", dtype=np.float32, shape=(len(features), width))
        for start in range(0, len(features), _BLOCK):
            stop = min(start + _BLOCK, len(features))
            values[start:stop] = features.rows(start, stop)
        values.flush()
        del values
    part_on_disk = FeaturePart(np.load(path, mmap_mode="r"), features.rate)
    read = FeatureHalf(features.half, (part_on_disk,), features.rate)
    return replace(half, samples=replace(half.samples, features=read))
