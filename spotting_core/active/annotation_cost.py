"""What it costs to label clips: minutes of video watched, and keys pressed.

A clip is watched once. Where nothing happens that is all, and one key says so; every action costs another look at the
seconds around it, a key that sets its moment and one that names its class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spotting_core.active.pool import Pool

LOOK_AGAIN = 6.0
"""Seconds around an action that are watched again to set its moment."""
_KEYS_OF_ACTION, _KEYS_OF_CLIP = 2, 1


@dataclass(frozen=True)
class AnnotationCost:
    """Minutes of video, and keys."""

    minutes: float
    keys: int


def annotation_cost(pool: Pool, chosen: Sequence[int]) -> AnnotationCost:
    """Cost of labelling some clips of a pool, each as often as it is named."""
    clips = list(chosen)
    actions = int(pool.actions[clips].sum())
    seconds = float(pool.lengths[clips].sum()) + LOOK_AGAIN * actions
    return AnnotationCost(seconds / 60, _KEYS_OF_CLIP * len(clips) + _KEYS_OF_ACTION * actions)
