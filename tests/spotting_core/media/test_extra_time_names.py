"""Which half of extra time a video holds, by its name."""

from __future__ import annotations

import unicodedata

import pytest

from spotting_core.media.extra_time_names import ExtraHalf, extra_half

ONE, TWO, NOT_WHICH = ExtraHalf.FIRST, ExtraHalf.SECOND, ExtraHalf.NOT_WHICH


@pytest.mark.parametrize(
    ("name", "half"),
    [
        ("ET1", ONE), ("match_et2", TWO), ("ET 2", TWO), ("ET1_720p", ONE), ("1st extra", ONE), ("Extra-Time 2", TWO),
        ("second half of extra time", TWO), ("extra time 2nd half", TWO), ("final 2 - 1 ET1", ONE),
        ("Verlängerung 1", ONE), ("segundo tiempo de la prórroga", TWO), ("prolongation 1", ONE),
        ("secondo tempo supplementari", TWO), ("final ET 2", TWO), ("ET1-2", ONE),
        ("extra time", NOT_WHICH), ("ET", NOT_WHICH), ("extra time part 1", NOT_WHICH), ("extra_time_a", NOT_WHICH),
        ("first half", None), ("2", None), ("Nord et 2 autres", None), ("street1", None), ("extra 2026", None),
        ("extras", None), ("ET10", None), ("planet", None), ("extra1", None), ("extra 2", None), ("final ET", None),
        ("NORD ET SUD", None), ("NORD ET 2 AUTRES", None), ("mi-temps 1 ET 2", None), ("1st extra scenes", None),
        ("extra time highlights", None), ("extra time 3", None),
    ],
)  # fmt: skip
def test_names_say_which_half_of_extra_time(name: str, half: ExtraHalf | None) -> None:
    assert extra_half(name) is half
    assert extra_half(unicodedata.normalize("NFD", name)) is half  # as macOS writes names
