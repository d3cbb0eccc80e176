"""What was measured of training runs and is kept: a file for each run, so that none is made twice; and their spread."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def kept_result(path: Path) -> dict[str, Any] | None:
    """What was measured of a run, or None."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def keep_result(path: Path, result: Mapping[str, Any]) -> None:
    """Keep what was measured of a run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def spread(values: Sequence[float], digits: int = 3) -> str:
    """Mean, and half of the range where there are several."""
    mean = f"{sum(values) / len(values):.{digits}f}"
    return mean + (f" ± {(max(values) - min(values)) / 2:.{digits}f}" if len(values) > 1 else "")
