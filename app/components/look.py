"""How exported pictures look: the app's own fonts and heat scale."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np

from spotting_core.clips.drawing import Look

_HERE = Path(__file__).resolve().parent
_FONTS = _HERE.parent / "static" / "fonts"
_TOKENS = _HERE / "scripts" / "tokens.json"


@lru_cache(maxsize=1)
def look() -> Look:
    """The look of the app."""
    return Look(_FONTS / "Inter-Regular.woff2", _FONTS / "Inter-SemiBold.woff2", heat_table())


def heat_table() -> np.ndarray:
    """The heat scale of the design: uint8 (256, 4), RGBA, as the player draws it."""
    stops = json.loads(_TOKENS.read_text(encoding="utf-8"))["heat"]["stops"]
    at = [stop["t"] for stop in stops]
    channels = np.array([
        [*(int(stop["hex"][i : i + 2], 16) for i in (1, 3, 5)), 255 * stop["alpha"]] for stop in stops
    ])  # fmt: skip
    places = np.linspace(0, 1, 256)
    return np.stack([np.interp(places, at, channel) for channel in channels.T], axis=1).round().astype(np.uint8)
