"""Which half of extra time a video holds, by its name."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from spotting_core.media.extra_time_names import NOT_WHICH, extra_half


@pytest.mark.parametrize(
    ("name", "half"),
    [
        ("ET1", 1), ("match_et2", 2), ("ET 2", 2), ("ET1_720p", 1), ("1st extra", 1), ("extra1", 1), ("Extra-Time 2", 2),
        ("second half of extra time", 2), ("extra time 2nd half", 2), ("final 2 - 1 ET1", 1), ("Verlängerung 1", 1),
        ("segundo tiempo de la prórroga", 2), ("prolongation 1", 1), ("secondo tempo supplementari", 2),
        ("extra time", NOT_WHICH), ("final ET", NOT_WHICH), ("extra time part 1", NOT_WHICH),
        ("first half", None), ("2", None), ("Lyon et 2 autres", None), ("street1", None), ("extra 2026", None),
        ("extras", None), ("ET10", None), ("planet", None),
    ],
)  # fmt: skip
def test_names_say_which_half_of_extra_time(name: str, half: int | None) -> None:
    assert extra_half(Path(f"{name}.mp4")) == half
    assert extra_half(Path(unicodedata.normalize("NFD", f"{name}.mp4"))) == half  # as macOS writes names
