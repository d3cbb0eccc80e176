"""Whether two maps of one spot point at different places, which nobody should have to find out by comparing colours.

Of both maps the tenth of the picture that each lights most is compared, at the sample on screen: maps that point at
random share a tenth of it. Two that share no more than that disagree. (Overlap of the k greatest features, as in
A. Ghorbani et al., Interpretation of Neural Networks is Fragile, AAAI 2019, who compare two maps of one method by it.)
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import cv2
import numpy as np

from explain.attribution import ENTITY, SPACE, Attribution
from explain.entity_ablation import NAME as ENTITY_ABLATION
from explain.maps import boxes_on_grid
from spotting_core.entities.table import EntityTable

TENTH = 0.1
"""Of the picture that is compared; what two maps share by chance is as much of it."""


def map_at(
    attribution: Attribution, time: int, entities: EntityTable | None = None, size: tuple[int, int] = (1, 1)
) -> np.ndarray | None:
    """What of a picture speaks for the class at a moment: float32 (h, w); None where nothing does or there is no map.

    Entities are drawn as their boxes.

    Arguments:
        time: microseconds of the half; the nearest sample counts.
        entities: of that sample alone, for explanations by entities; size: (width, height) of the picture, pixels.
    """
    if attribution.kind == SPACE:
        values = np.maximum(attribution.values[np.abs(attribution.times - time).argmin()], 0).astype(np.float32)
    elif attribution.kind == ENTITY and entities is not None and len(entities):
        values = _boxes(attribution, entities, size)
    else:
        return None
    return values if np.ptp(values) > 0 else None


def _boxes(attribution: Attribution, entities: EntityTable, size: tuple[int, int]) -> np.ndarray:
    rows, worth = attribution.values, attribution.speaks_for()
    if attribution.method == ENTITY_ABLATION:  # has one value a name
        by_name = dict(zip(rows["entity"].tolist(), worth.tolist(), strict=True))
        own, boxes = np.array([by_name.get(name, 0.0) for name in entities.entity.tolist()]), entities.box
    else:
        there = rows["sample"] == entities.sample[0]
        own, boxes = worth[there], np.stack([rows[corner][there] for corner in ("x1", "y1", "x2", "y2")], 1)
    return boxes_on_grid(own, boxes / np.array([*size, *size]))


def shared_tenth(one: np.ndarray, other: np.ndarray) -> float:
    """Share of the tenth that one map (h, w) lights most which the other lights most as well.

    The coarser is brought to the grid of the finer. Places of equal values count in part. Of a map that lights less
    than a tenth that counts which it lights.
    """
    rows, columns = max(one.shape, other.shape, key=lambda shape: shape[0] * shape[1])
    first, second = (_tenth(cv2.resize(m, (columns, rows), interpolation=cv2.INTER_NEAREST)) for m in (one, other))
    return float((first * second).sum() / min(first.sum(), second.sum()))


def _tenth(values: np.ndarray) -> np.ndarray:
    """How much of each place belongs to the greatest tenth: 0 or 1, and a part where the last ones are equal."""
    count = max(1, round(TENTH * values.size))
    least = np.partition(values.ravel(), -count)[-count]
    above, equal = values > least, values == least
    inside: np.ndarray = above.astype(np.float64)
    inside[equal] = (count - above.sum()) / equal.sum()
    inside[values <= 0] = 0  # what does not speak for the class is not lit
    return inside


def disagreement(maps: Mapping[str, np.ndarray]) -> str | None:
    """Which maps point at different places, a sentence; None where all of them share more than chance would.

    Arguments:
        maps: by the method's title, those first that are to be believed most.
    """
    pairs = {(a, b): shared_tenth(maps[a], maps[b]) for a, b in combinations(maps, 2)}
    apart = [pair for pair, share in pairs.items() if share <= TENTH]
    if not apart:
        return None
    (one, other), more = apart[0], len(apart) - 1
    share = f"{pairs[one, other]:.0%}"
    text = f"{one} and {other} point at different places at the spot: of the tenth of the picture that each lights "
    text += f"most they share {share}, by chance {TENTH:.0%}."
    return f"{text} So do {more} other {'pair' if more == 1 else 'pairs'} of {len(pairs)}." if more else text
