"""The files that ship with Touchline: demo match, weights, prompts, class tables."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2] / "assets"


def asset(*parts: str) -> Path:
    """Path of a bundled file or folder (it need not exist)."""
    return _ROOT.joinpath(*parts)
