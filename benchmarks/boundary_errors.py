"""What average precision within a second does not say of boundaries: how many frames they are off, and as what kind.

A boundary that was found is matched with the nearest true one at most a second away, one to one, the nearest pairs
first, whatever their kinds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from spotting_core.domain.spots import Spot

FRAME = 40_000  # microseconds
_REACH = 1_000_000
MISSED, FALSE = "missed", "false"


@dataclass
class BoundaryErrors:
    """Errors over some matches.

    Arguments:
        frames: how far each matched boundary is off, by its true kind.
        kinds: how often (true kind, kind of the finding) occurred; a truth may be ``MISSED``, a finding ``FALSE``.
    """

    frames: dict[str, list[float]] = field(default_factory=dict)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, truth: Sequence[Spot], findings: Sequence[Spot]) -> None:
        """Add one half."""
        pairs = nearest_pairs(truth, findings)
        for one, other in pairs:
            off = abs(truth[one].time - findings[other].time) / FRAME
            self.frames.setdefault(truth[one].label, []).append(off)
            self.kinds[truth[one].label, findings[other].label] += 1
        for number, spot in enumerate(truth):
            self.kinds[spot.label, MISSED] += number not in {one for one, _ in pairs}
        for number, spot in enumerate(findings):
            self.kinds[FALSE, spot.label] += number not in {other for _, other in pairs}

    def percentile(self, share: float, kind: str | None = None) -> float:
        """Frames that a share (0 to 100) of the matched boundaries are off at most; NaN where none was matched."""
        values = self.frames.get(kind, []) if kind else [v for own in self.frames.values() for v in own]
        return float(np.percentile(values, share)) if values else float("nan")


def nearest_pairs(truth: Sequence[Spot], findings: Sequence[Spot]) -> list[tuple[int, int]]:
    """Indices of true and found boundaries that belong together."""
    far = sorted(
        (abs(t.time - f.time), i, j)
        for i, t in enumerate(truth)
        for j, f in enumerate(findings)
        if abs(t.time - f.time) <= _REACH
    )
    pairs: list[tuple[int, int]] = []
    left_true, left_findings = set(range(len(truth))), set(range(len(findings)))
    for _, i, j in far:
        if i in left_true and j in left_findings:
            pairs.append((i, j))
            left_true.discard(i)
            left_findings.discard(j)
    return pairs
