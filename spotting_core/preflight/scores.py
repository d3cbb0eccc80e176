"""Whether a table of scores is what it is read as: its columns, its range, its background."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from spotting_core.domain.classes import ClassTable
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import Spotting, spots_of_half
from spotting_core.preflight.class_order import check_class_order
from spotting_core.preflight.finding import ERROR, WARNING, Finding
from spotting_core.preflight.time_scale import check_rate

RANGE, BACKGROUND, COLUMNS = "value range", "background column", "columns"
_MOSTLY, _LEAST_MEAN = 0.5, 0.3
"""Share of frames in which no action can be the strongest column, for an action takes seconds of minutes; and the
mean score of a background at the least."""


def check_scores(scores: np.ndarray, classes: ClassTable, *, background: bool = False) -> list[Finding]:
    """Range and columns of scores.

    Arguments:
        scores: (T, columns); background: whether column 0 is known to be the background.
    """
    if scores.ndim != 2 or not scores.size:
        return [Finding(COLUMNS, ERROR, f"the scores have the shape {scores.shape}, expected frames by classes")]
    findings = check_range(scores)
    if any(f.failed for f in findings):
        return findings
    return [*findings, *check_background(scores, classes, background=background)]


def check_range(scores: np.ndarray) -> list[Finding]:
    """Whether scores are confidences from 0 to 1."""
    odd = int((~np.isfinite(scores)).sum())
    if odd:
        return [Finding(RANGE, ERROR, "scores are no numbers", f"{odd} of {scores.size} are NaN or infinite")]
    low, high = float(scores.min()), float(scores.max())
    if low < -1e-3 or high > 1 + 1e-3:
        if low >= 0 and high <= 100 + 1e-3:
            span = f"from {low:.3g} to {high:.3g}"
            return [
                Finding(
                    RANGE, ERROR, "the scores are percentages", span, "Divide by 100", True, None, lambda s: s / 100
                )
            ]
        evidence = f"from {low:.3g} to {high:.3g}"
        return [
            Finding(
                RANGE, ERROR, "the scores are no confidences but logits", evidence, "Apply the sigmoid (or softmax)"
            )
        ]
    if high - low < 1e-6:
        return [Finding(RANGE, WARNING, "all scores are the same", f"{low:.3g} everywhere")]
    return []


def check_background(scores: np.ndarray, classes: ClassTable, *, background: bool = False) -> list[Finding]:
    """Whether a column is the background: the strongest in most frames, which no action is.

    A table with one column more than classes has one; where it stands is told by the data. A table with as
    many columns as classes may still begin with one, its last class cut off.
    """
    columns, count = scores.shape[1], len(classes)
    mean = scores.mean(axis=0)
    top = np.bincount(scores.argmax(axis=1), minlength=columns) / len(scores)
    strongest = int(top.argmax())
    sums = scores.sum(axis=1)
    evidence = (
        f"column {strongest} is the strongest in {top[strongest]:.0%} of {len(scores)} frames (mean "
        f"{mean[strongest]:.2f}, the others {np.delete(mean, strongest).mean() if columns > 1 else 0:.3f})"
    )
    if np.abs(sums - 1).mean() < 0.02:
        evidence += ", and rows sum to 1"
    looks = bool(top[strongest] >= _MOSTLY and mean[strongest] >= _LEAST_MEAN)
    if columns == count + 1:
        return (
            []
            if background and (strongest == 0 or not looks)
            else [_background(strongest, looks, columns, count, evidence)]
        )
    if columns != count:
        fix = "Give the class list that the scores were made with (--classes)"
        return [Finding(COLUMNS, ERROR, f"{columns} columns for {count} classes", evidence, fix)]
    if looks:
        what = f"column {strongest} ({classes.names[strongest]}) is the background"
        fix = "Read the file again with its background column: the names are off by one and a class is missing"
        return [Finding(BACKGROUND, ERROR, what, evidence, fix)]
    return []


def _background(strongest: int, looks: bool, columns: int, count: int, evidence: str) -> Finding:
    place = strongest if looks else 0
    return Finding(
        BACKGROUND,
        ERROR,
        f"column {place} is the background" if looks else "there is a column more than classes",
        f"{columns} columns for {count} classes; {evidence}",
        f"Leave out column {place}" if looks else "Leave out the background column (E2E-Spot's is column 0)",
        looks,
        repair_scores=(lambda s: np.delete(s, place, axis=1)) if looks else None,
    )


def check_score_tables(
    tables: Mapping[int, np.ndarray],
    classes: ClassTable,
    rate: float,
    lengths: Mapping[int, int],
    *,
    background: bool = False,
) -> list[Finding]:
    """All checks of the scores of a match.

    Arguments:
        tables: float (T, columns) by half; rate: rows a second as assumed; lengths: of the videos, microseconds.
        background: whether column 0 is meant to be the background.
    """
    findings: list[Finding] = []
    spots: list[Spot] = []
    for half, table in tables.items():
        findings += check_scores(table, classes, background=background)
        if half in lengths and table.ndim == 2:
            findings += check_rate(len(table), rate, lengths[half], "the scores")
        spots += _spots(half, table, classes, lengths.get(half))
    once = list({(f.check, f.what): f for f in findings}.values())
    return once or check_class_order(spots, classes)


def _spots(half: int, table: np.ndarray, classes: ClassTable, length: int | None) -> list[Spot]:
    """Spots for the check of the class order; none where the columns are not the classes."""
    own = table[:, 1:] if table.ndim == 2 and table.shape[1] == len(classes) + 1 else table
    if own.ndim != 2 or own.shape[1] != len(classes) or not len(own) or not np.isfinite(own).all():
        return []
    end = length if length is not None else len(own) * 500_000
    times = np.linspace(0, end, len(own), endpoint=False).astype(np.int64)
    return spots_of_half(half, times, own, None, classes, Spotting(), source="scores")
