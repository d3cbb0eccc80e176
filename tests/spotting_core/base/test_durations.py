"""How long something takes, in words."""

from __future__ import annotations

import pytest

from spotting_core.base.durations import about


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "about 0 s"), (42, "about 42 s"), (185, "about 3 min 05 s"), (3599.6, "about 1 h 00 min"), (9000, "about 2 h 30 min")],
)  # fmt: skip
def test_a_duration_is_said_as_roughly_as_it_is_long(seconds: float, words: str) -> None:
    assert about(seconds) == words
