"""Classes that exclude each other at one moment, and the spots that compete for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain import classes, exclusive
from spotting_core.domain.exclusive import exclusive_sets, rivals, surest_of_moments
from spotting_core.domain.spots import Spot

SETS = exclusive_sets("soccernet-v2")


def spot(seconds: float, label: str, confidence: float | None, half: int = 1) -> Spot:
    return Spot(half, round(seconds * 1e6), label, confidence)


def test_the_classes_of_the_sets_are_those_of_the_class_table() -> None:
    table = classes.load_classes("soccernet-v2")
    assert {one.name for one in SETS} == {"card", "restart", "shot"}
    assert all(label in table for one in SETS for label in one.labels)
    assert exclusive_sets("soccernet-cameras") == ()


def test_the_surest_of_one_moment_comes_first() -> None:
    red, yellow, second = spot(10, "Red card", 0.5), spot(11, "Yellow card", 0.8), spot(12, "Yellow->red card", 0.6)
    corner, goal = spot(11.2, "Corner", 0.9), spot(9, "Goal", 0.3)
    assert rivals([red, yellow, second, corner, goal], SETS) == [[goal], [yellow, second, red], [corner]]


def test_what_is_true_comes_before_any_confidence() -> None:
    red, yellow = spot(10, "Red card", None), spot(10, "Yellow card", 0.99)
    assert rivals([yellow, red], SETS) == [[red, yellow]]


def test_far_spots_other_halves_and_twice_the_same_class_do_not_compete() -> None:
    first, late = spot(10, "Yellow card", 0.8), spot(13.5, "Red card", 0.7)
    assert rivals([first, late], SETS) == [[first], [late]]
    there = spot(10, "Red card", 0.7, half=2)
    assert rivals([first, there], SETS) == [[first], [there]]
    again = spot(11, "Yellow card", 0.6)
    assert rivals([first, again], SETS) == [[first], [again]]


def test_the_surest_of_each_moment_stands_in_the_order_given() -> None:
    corner, red, yellow, late = (
        spot(30, "Corner", 0.4), spot(10, "Red card", 0.5), spot(11, "Yellow card", 0.8), spot(50, "Red card", 0.3)
    )  # fmt: skip
    assert surest_of_moments([corner, red, yellow, late], SETS) == ([corner, yellow, late], [red])
    assert surest_of_moments([yellow, yellow], SETS) == ([yellow, yellow], [])
    assert surest_of_moments([red, yellow], ()) == ([red, yellow], [])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("A,x,3\nA,y,3\n", "'A' is in two sets"),
        ("A,x,3\nB,x,2\n", "'x' has two reaches"),
        ("A,x,soon\n", "'soon' is no number of seconds"),
        ("A,x,-1\n", "'-1' is no number of seconds"),
        ("A,x\n", "row 2 of this file ends early"),
    ],
)
def test_a_damaged_table_says_where(rows: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "own.exclusive.csv"
    path.write_text("class,set,within\n" + rows)
    for module in (classes, exclusive):
        monkeypatch.setattr(module, "file_beside", lambda table, kind: path)
    exclusive_sets.cache_clear()
    with pytest.raises(BadInputError, match=message) as caught:
        exclusive_sets("own")
    assert caught.value.where == path
