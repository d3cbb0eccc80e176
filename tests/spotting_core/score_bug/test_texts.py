"""What a clock and a score look like."""

from __future__ import annotations

import pytest

from spotting_core.score_bug.texts import clock_in, score_in, score_of_rows


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0:07", 7),
        ("KES 01:36", 96),
        ("90:00", 5400),
        ("104:59", 6299),
        ("45:00 +2:10", 2830),
        ("45:31+3", 2731),
        ("12.05", 725),
        ("12:60", None),
        ("1:234", None),
        ("ORR 1-0 KES", None),
        ("20:45:10", None),
        ("999:10", None),
    ],
)
def test_clocks(text: str, seconds: int | None) -> None:
    found = clock_in(text)
    assert (None if found is None else found.seconds) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"), [("0453 LOR 1-2 TAM", 293), ("02:-50 DUN", 170), ("02Z:41 JUN", 161), ("LOR 1-2 TAM", None)]
)
def test_in_a_row_a_misread_colon_is_one(text: str, seconds: int | None) -> None:
    assert clock_in(text) is None
    found = clock_in(text, row=True)
    assert (None if found is None else found.seconds) == seconds


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("04:42 KES 2-0 GLE", (2, 0)),
        ("ORR 1:0 KES 03:16", (1, 0)),
        ("00:11 ORR0-0 KES", (0, 0)),
        ("KES 1 0 HAL 12:01", (1, 0)),
        ("01:22 JUN 01 QUA", (0, 1)),
        ("03:29 R00 01 COR", (0, 1)),
        ("03:29 R00 COR", None),
        ("FCB 10 – 2 XYZ 88:10", (10, 2)),
        ("12:01 KES HAL", None),
        ("88:59 KES 10", None),
        ("KES 1 12:34", None),
        ("120:00 KES 1 (4) - (3) 1 HAL", (1, 1)),
        ("120:00 KES (4) 1-1 (3) HAL", (1, 1)),
        ("KES 1-1 HAL (4-3)", (1, 1)),
        ("KES 1-1 HAL PENS 4-3", (1, 1)),
        ("PEN 1-0 NAR", (1, 0)),
        ("12:34 AGG 3-2", None),
        ("AGG 3-2 KES 1-0 HAL", (1, 0)),
        ("PENS 4-3 KES 1-1 HAL", (1, 1)),
    ],
)
def test_scores_stand_beside_the_clock(text: str, score: tuple[int, int] | None) -> None:
    assert score_in(text) == score


@pytest.mark.parametrize(
    ("rows", "score"),
    [
        (("KES 2", "HAL 1"), (2, 1)),
        (("KES10", "HAL o"), (10, 0)),
        (("KES 1 (4)", "HAL 1 (3"), (1, 1)),
        (("1. KES 2", "HAL 0"), (2, 0)),
        (("KES", "HAL 1"), None),
        (("KESO", "HAL 1"), None),
        (("KES 04", "HAL 1"), None),
        (("KES 1 4", "HAL 1 3"), None),
        (("2", "1"), None),
        (("KES 2-1 HAL",), (2, 1)),
        (("ROUND 12 LEAGUE",), None),
        (("KES 67'", "HAL 12'"), None),
    ],
)
def test_scores_in_rows_of_their_own(rows: tuple[str, ...], score: tuple[int, int] | None) -> None:
    assert score_of_rows(rows) == score
