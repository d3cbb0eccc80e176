"""Temporal occlusion: which moments the score rests on.

One sample after the other is taken out of the picture, that is, blurred until nothing can be told apart and
without its entities, and the whole window is computed again. The value of a sample is how much the score
falls without it (below zero: it rises).

Paper: Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014), carried from
places to moments.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np

from explain.attribution import TIME, Attribution
from explain.given import Given, run, score_at
from spotting_core.models.load import LoadedModel
from spotting_core.models.window import EntitySet

NAME = "temporal-occlusion"
BLUR = 1 / 8  # of the picture's height: the spread that leaves no player, line or letter
SPAN = 8  # samples to either side of the anchor: ±4 s at two a second


def blurred(picture: np.ndarray) -> np.ndarray:
    """The picture with nothing left but its broad colours: uint8 (H, W, 3)."""
    return cv2.GaussianBlur(picture, (0, 0), picture.shape[0] * BLUR)


def without_samples(given: Given, samples: list[int]) -> Given:
    """The window with some samples blurred and without entities."""
    pictures = given.pictures.copy()
    for index in samples:
        pictures[index] = blurred(pictures[index])
    return given.with_pictures(pictures).with_entities(_without(given.entities, samples))


def _without(entities: EntitySet | None, samples: list[int]) -> EntitySet | None:
    if entities is None:
        return None
    share = entities.share.clone()
    share[:, samples] = 0
    return entities.with_share(share)


def explain(
    model: LoadedModel, given: Given, label: str, *, span: int = SPAN, report: Callable[[float], bool] | None = None
) -> Attribution:
    """Fall of the score without each sample within ``span`` of the anchor; 0 elsewhere.

    Arguments:
        report: called with the share done; returning False ends the work early with what there is.
    """
    began = time.perf_counter()
    column = model.classes.index(label)
    score = score_at(run(model, given), given, column)
    near = [i for i in range(given.anchor - span, given.anchor + span + 1) if 0 <= i < len(given.times)]
    values = np.zeros(len(given.times), np.float32)
    for done, index in enumerate(near):
        values[index] = score - score_at(run(model, without_samples(given, [index])), given, column)
        if report and not report((done + 1) / len(near)):
            break
    nothing = score_at(run(model, without_samples(given, near)), given, column)
    return Attribution(
        method=NAME,
        model=model.card.name,
        half=given.half,
        label=label,
        anchor=int(given.times[given.anchor]),
        baseline="the sample blurred, its entities taken out",
        held_fixed="",
        kind=TIME,
        values=values,
        times=given.times,
        score=score,
        score_baseline=nothing,
        scale=(float(min(0.0, values.min())), float(max(1e-6, values.max()))),
        seconds=time.perf_counter() - began,
    )
