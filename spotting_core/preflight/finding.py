"""What a check found: how bad, what, the numbers that say so, and the way to put it right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spotting_core.domain.spots import Spot

ERROR, WARNING, NOTE = "error", "warning", "note"

SpotRepair = Callable[[Sequence[Spot]], list[Spot]]
"""From the spots of a file to the corrected ones, one for each, in the same order."""

ScoreRepair = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Finding:
    """One finding.

    Arguments:
        check: name of the check.
        severity: ``error`` (results would be wrong), ``warning`` (they may be), ``note`` (good to know).
        what: one clause; evidence: the numbers behind it; fix: what to do, one clause.
        safe: whether the repair may be applied without asking.
        repair_spots, repair_scores: what applies the fix, or None.
    """

    check: str
    severity: str
    what: str
    evidence: str = ""
    fix: str = ""
    safe: bool = False
    repair_spots: SpotRepair | None = None
    repair_scores: ScoreRepair | None = None

    @property
    def failed(self) -> bool:
        return self.severity == ERROR

    def as_json(self) -> dict[str, Any]:
        words = {k: getattr(self, k) for k in ("check", "severity", "what", "evidence", "fix", "safe")}
        return {**words, "repairable": self.repair_spots is not None or self.repair_scores is not None}
