"""Real calibrations in their published form, as a user has them, with their labels; never in the repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

LEARNING, CHOOSING, MEASURED = "learn", "choose", "val"
"""Splits: 44 games to learn from, six of the training games to choose by, the ten validation games to measure."""
TRAINING = (LEARNING, CHOOSING)
HELD = 6
_LABELS = ("Labels-v2.json", "Labels-cameras.json")


def published_form(source: Path, out: Path) -> Path:
    """Write the games of a folder of real calibrations once, in three splits; returns ``out``.

    Every eighth training game by name is held out, so that they are of as many leagues as the rest.
    """
    if (out / "complete").is_file():
        return out
    games = {
        split: sorted({p.parent for p in (source / split).rglob("*_calibration.npz")}) for split in ("train", "val")
    }
    held = set(games["train"][4::8][:HELD])
    with_json = out / "as_json"
    subprocess.run([sys.executable, str(source / "as_json.py"), str(source), str(with_json)], check=True)
    for split, found in games.items():
        for game in found:
            place = MEASURED if split == "val" else CHOOSING if game in held else LEARNING
            inner = game.relative_to(source / split)
            target = out / place / inner
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(target, ignore_errors=True)
            shutil.move(with_json / split / inner, target)
            for name in _LABELS:
                if (game / name).is_file():
                    shutil.copyfile(game / name, target / name)
    shutil.rmtree(with_json)
    (out / "complete").touch()
    return out
