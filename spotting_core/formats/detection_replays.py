"""SoccerNet's detections of replay grounding, ``Detection-replays.json``: moments that each replay may show."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from spotting_core.base.files import write_json
from spotting_core.domain.cameras import Grounding

FILE_NAME = "Detection-replays.json"


def write_groundings(path: Path, groundings: Iterable[Grounding]) -> None:
    """Write what replays may show; only moments of a replay's own half can be said in this form."""
    ordered = sorted(groundings, key=lambda g: (g.half, g.start))
    replays = [
        {
            "half": g.half,
            "start": g.start / 1e6,
            "end": g.end / 1e6,
            "detection": [
                {"time": c.link.time / 1e6, "score": round(c.confidence, 5), "label": c.link.label}
                for c in g.candidates
                if c.link.half == g.half
            ],
        }
        for g in ordered
    ]
    write_json(path, {"Replays": replays})
