"""How long something takes, in words."""

from __future__ import annotations


def about(seconds: float) -> str:
    """How long something will take, for people: ``about 40 s``, ``about 3 min 05 s``, ``about 2 h 30 min``."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"about {minutes // 60} h {minutes % 60:02d} min"
    return f"about {minutes} min {rest:02d} s" if minutes else f"about {rest} s"
