"""What is wrong with a value, in words that need no knowledge of Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from spotting_core.base.validation import (
    InvalidContentError,
    NotNegativeNumber,
    Positive,
    PositiveNumber,
    Share,
    validated,
)


@dataclass(frozen=True)
class Settings:
    steps: Positive = 1
    rate: PositiveNumber = 1.0
    share: Share = 0.5
    radius: NotNegativeNumber = 0.0
    whole: bool = True
    size: tuple[float, float] = (1.0, 2.0)
    names: tuple[str, ...] = ()
    most: int | None = None
    choice: int | str = 0


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"steps": 0}, "steps must be a whole number of at least 1, not 0"),
        ({"steps": 1.5}, "steps must be a whole number, not 1.5"),
        ({"rate": 0}, "rate must be a number above 0, not 0"),
        ({"rate": float("inf")}, "rate must be a number, and finite, not inf"),
        ({"share": 1.5}, "share must be a number of at most 1, not 1.5"),
        ({"radius": -0.5}, "radius must be a number of at least 0, not -0.5"),
        ({"whole": 1}, "whole must be true or false, not 1"),
        ({"size": [1.0]}, "size must be a list of 2 values, not [1.0]"),
        ({"names": "goal"}, "names must be a list, not 'goal'"),
        ({"names": ["goal", 2]}, "names[1]: expected text, got a whole number"),
        ({"most": "all"}, "most must be a whole number, not 'all'"),
        ({"choice": [1]}, "choice must be a whole number or text, not [1]"),
        (3, "expected named values, got a whole number"),
    ],
)
def test_a_value_that_cannot_be_is_named_in_plain_words(content: Any, sentence: str) -> None:
    with pytest.raises(InvalidContentError) as raised:
        validated(Settings, content)
    assert str(raised.value) == sentence


def test_values_that_fit_are_taken() -> None:
    assert validated(Settings, {"steps": 3, "size": [1, 2], "names": ["a"]}) == Settings(3, size=(1, 2), names=("a",))
