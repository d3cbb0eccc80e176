"""Parts of a match: their names, their clock, and the file beside a class table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spotting_core.base.assets import asset
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import class_files, classes_in, is_bundled, joined, keep_classes, load_classes
from spotting_core.domain.parts import FRAMES, Parts, common_parts, read_parts

HALVES, DIVES = load_classes().parts, load_classes("finediving").parts
QUARTERS = Parts("quarter", "quarters", count=4, minutes=12)
TABLE = "index,name,short,group,glyph,colour_light,colour_dark,suppression,lead,lag\n0,Entry,E,goals,other,#111111,#222222,1,1,1\n"
SECOND = 1_000_000


@pytest.mark.parametrize(
    ("parts", "number", "seconds", "text"),
    [
        (HALVES, 1, 0, "00:00"),
        (HALVES, 1, 59.999999, "00:59"),
        (HALVES, 2, 37.4, "45:37"),
        (HALVES, 1, 45 * 60 + 130, "45+2:10"),
        (HALVES, 2, 45 * 60, "90+0:00"),
        (HALVES, 2, 45 * 60 + 30, "90+0:30"),
        (HALVES, 1, 45 * 60 + 720, "45+12:00"),
        (HALVES, 3, 0, "90:00"),
        (HALVES, 3, 5 * 60 + 10, "95:10"),
        (HALVES, 3, 16 * 60, "105+1:00"),
        (HALVES, 4, 30, "105:30"),
        (HALVES, 4, 15 * 60 + 5, "120+0:05"),
        (QUARTERS, 3, 5, "24:05"),
        (QUARTERS, 3, 12 * 60 + 7, "36+0:07"),
        (Parts("period", "periods", minutes=7.5), 2, 0, "07:30"),
        (Parts(), 1, 3, "part 1 00:03"),
        (Parts("set", "sets"), 2, 3725, "set 2 62:05"),
        (Parts("routine", "routines", count=1), 1, 83, "01:23"),
    ],
)
def test_match_clock(parts: Parts, number: int, seconds: float, text: str) -> None:
    assert parts.match_clock(number, round(seconds * SECOND)) == text


def test_the_only_part_of_a_match_is_not_named() -> None:
    assert DIVES.match_clock(1, 4 * SECOND, 2, total=1) == "00:04.00"
    assert DIVES.match_clock(1, 4 * SECOND, 2, total=3) == "dive 1 00:04.00"
    assert HALVES.match_clock(2, 4 * SECOND, total=1) == "45:04"


def test_a_clock_of_frames_counts_them_where_their_rate_is_known() -> None:
    assert DIVES.clock == FRAMES
    assert DIVES.match_clock(2, 1_480_000, rate=25.0) == "dive 2 frame 37"
    assert DIVES.match_clock(2, 1_480_000) == "dive 2 00:01"
    assert DIVES.part_clock(2, 1_480_000, rate=25.0) == "frame 37"
    assert HALVES.match_clock(2, 1_480_000, rate=25.0) == "45:01"


@pytest.mark.parametrize(
    ("parts", "number", "seconds", "minute"),
    [(HALVES, 1, 59, 1), (HALVES, 1, 60, 2), (HALVES, 1, 48 * 60, 45), (HALVES, 2, 0, 46), (HALVES, 2, 50 * 60, 90),
     (HALVES, 3, 7 * 60, 98), (HALVES, 3, 17 * 60, 105), (HALVES, 4, 0, 106),
     (QUARTERS, 3, 0, 25), (DIVES, 3, 61, 2)],
)  # fmt: skip
def test_minutes_count_from_one_on_the_match_clock(parts: Parts, number: int, seconds: int, minute: int) -> None:
    assert parts.minute(number, seconds * SECOND) == minute


def test_the_last_minute_is_that_of_a_regular_match_or_of_the_longest_part() -> None:
    assert HALVES.last_minute({1: 60 * SECOND}) == 90
    assert HALVES.last_minute({1: 60 * SECOND, 3: 60 * SECOND}) == 105
    assert HALVES.last_minute({4: 60 * SECOND}) == 120
    assert Parts("third", "thirds", 3, 0.1).last_minute({}) == 1
    assert DIVES.last_minute({1: 60 * SECOND, 2: 61 * SECOND}) == 2
    assert DIVES.last_minute({}) == 1


def test_parts_have_names() -> None:
    assert [HALVES.title(2), HALVES.counted(1), HALVES.counted(2)] == ["half 2", "1 half", "2 halves"]
    assert DIVES.title(3) == "dive 3"


@pytest.mark.parametrize("number", [0, -1, 3])
def test_a_part_that_a_match_cannot_have_says_so(number: int) -> None:
    HALVES.check(2)
    DIVES.check(300)
    with pytest.raises(BadInputError, match=f"there is no half {number}") as caught:
        HALVES.check(number)
    assert caught.value.fix == "Its number counts from 1 to 2"


def test_football_has_extra_time_that_is_asked_for() -> None:
    assert (HALVES.most, QUARTERS.most, DIVES.most) == (4, 4, None)
    HALVES.check(4, extra_time=True)
    with pytest.raises(BadInputError, match="there is no half 5") as caught:
        HALVES.check(5, extra_time=True)
    assert caught.value.fix == "Its number counts from 1 to 4"
    with pytest.raises(BadInputError, match="there is no quarter 5"):
        QUARTERS.check(5, extra_time=True)
    assert [HALVES.title_with_extra_time(number) for number in (2, 3)] == ["half 2", "half 3 (extra time)"]


@pytest.mark.parametrize(
    ("parts", "minutes", "number"),
    [(HALVES, 0, 1), (HALVES, 44.9, 1), (HALVES, 45, 2), (HALVES, 90, 3), (HALVES, 104.9, 3), (HALVES, 105, 4),
     (HALVES, 130, 4), (QUARTERS, 36, 4), (QUARTERS, 60, 4), (Parts(minutes=10.0), 95, 10), (DIVES, 95, 1)],
)  # fmt: skip
def test_the_part_in_whose_regular_time_a_clock_is(parts: Parts, minutes: float, number: int) -> None:
    assert parts.at_clock(round(minutes * 60 * SECOND)) == number


@pytest.mark.parametrize(
    "name",
    [
        "soccernet-v2",
        "soccernet-v1",
        "soccernet-cameras",
        "soccernet-boundaries",
        "soccernet-ball",
        "soccernet-v2-one-card",
    ],
)
def test_every_table_of_football_has_the_same_parts(name: str) -> None:
    assert load_classes(name).parts == Parts("half", "halves", 2, 45.0, True, between="half-time")


def test_a_table_without_a_file_of_parts_has_any_number_of_any_length(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(TABLE.replace("Entry", "Serve"))
    assert load_classes(tmp_path / "own.csv").parts == Parts()
    (tmp_path / "own.parts.toml").write_text(QUARTERS.as_toml())
    assert load_classes(tmp_path / "own.csv").parts == QUARTERS  # the file has come since
    (tmp_path / "class.txt").write_text("Entry\n")
    (tmp_path / "class.parts.toml").write_text(DIVES.as_toml())
    assert load_classes(tmp_path / "class.txt").parts == DIVES


@pytest.mark.parametrize("parts", [HALVES, DIVES, QUARTERS, Parts()])
def test_parts_are_read_as_they_were_written(parts: Parts, tmp_path: Path) -> None:
    (tmp_path / "a.parts.toml").write_text(parts.as_toml(), encoding="utf-8")
    assert read_parts(tmp_path / "a.parts.toml") == parts


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "cannot be read"),
        ('name = "set"', "lack name or plural"),
        ('name = "<b>"\nplural = "b"', "no part can be named '<b>'"),
        ("length = 45", "parts have no 'length'"),
        ("count = 2.5", "count must be a whole number, not 2.5"),
        ("count = true", "count must be a whole number, not True"),
        ("count = 0", "a match cannot have so many parts"),
        ("count = 2000000", "a match cannot have so many parts"),
        ("minutes = 1e305", "cannot last 1e+305 minutes"),
        ("minutes = 1e-9", "cannot last 1e-09 minutes"),
        ("count = 900\nminutes = 45", "a match cannot last 40500 minutes"),
        (f'name = "{"a" * 41}"\nplural = "b"', "no part can be named 'aaaa"),
        ('name = "  "\nplural = "b"', "no part can be named"),
        ('minutes = "45"', "minutes must be a number, not '45'"),
        ("minutes = nan", "a part cannot last nan minutes"),
        ("minutes = 0", "a part cannot last 0 minutes"),
        ("teams = 1", "teams must be true or false, not 1"),
        ('clock = "beats"', "the clock cannot count 'beats'"),
        ('clock = "frames"\nminutes = 3', "a clock of frames does not count on"),
    ],
)
def test_what_cannot_be_parts_says_so(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "own.parts.toml"
    path.write_text(text)
    with pytest.raises(BadInputError, match=re.escape(message)) as caught:
        read_parts(path)
    assert caught.value.where == path


def test_a_kept_table_keeps_its_parts(tmp_path: Path) -> None:
    (tmp_path / "soccernet-v2.csv").write_text(TABLE)
    (tmp_path / "soccernet-v2.parts.toml").write_text(QUARTERS.as_toml())
    own, folder = load_classes(tmp_path / "soccernet-v2.csv"), tmp_path / "kept"
    keep_classes(folder, own)
    assert classes_in(folder, "soccernet-v2") == own
    assert [path.name for path in class_files(folder)] == ["soccernet-v2.csv", "soccernet-v2.parts.toml"]
    assert own.with_suppression(3.0).parts == QUARTERS


def test_a_table_of_other_parts_is_not_the_bundled_one(tmp_path: Path) -> None:
    (tmp_path / "soccernet-v2.csv").write_text(asset("classes", "soccernet-v2.csv").read_text())
    (tmp_path / "soccernet-v2.parts.toml").write_text(QUARTERS.as_toml())
    alike = load_classes(tmp_path / "soccernet-v2.csv")
    assert alike.classes == load_classes().classes
    assert is_bundled(load_classes())
    assert not is_bundled(alike)
    keep_classes(tmp_path / "kept", alike)
    assert classes_in(tmp_path / "kept", "soccernet-v2").parts == QUARTERS


def test_joined_tables_have_the_parts_that_all_have_in_common() -> None:
    football, dives = load_classes(), load_classes("finediving")
    assert joined([football, load_classes("soccernet-v1")]).parts == HALVES
    assert joined([dives, football]).parts == Parts(teams=True)
    assert common_parts([DIVES, QUARTERS]) == Parts()
