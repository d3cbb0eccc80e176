"""What a path to a match means."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.media.source import check_parts, open_match

DIVES, HALVES = load_classes("finediving").parts, load_classes().parts


def touch(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")
    return folder


def test_a_single_file_is_half_one(tmp_path: Path) -> None:
    match = open_match(touch(tmp_path, "my match.mp4") / "my match.mp4")
    assert [(h.half, h.path.name) for h in match.halves] == [(1, "my match.mp4")]
    assert match.fixture.title == "my match"
    assert match.companion("Labels-v2.json") is None


def test_a_folder_of_halves_is_ordered_by_name_and_says_so(tmp_path: Path) -> None:
    match = open_match(touch(tmp_path / "m", "second.mp4", "first.mkv", "notes.txt"))
    assert [h.path.name for h in match.halves] == ["first.mkv", "second.mp4"]
    assert match.remarks(HALVES) == ("half 1 is first.mkv, half 2 is second.mp4, by the order of their names",)


def test_a_soccernet_folder_takes_the_largest_picture_up_to_720_lines(tmp_path: Path) -> None:
    folder = touch(
        tmp_path / "spain_laliga" / "2015-2016" / "2015-08-29 - 21-30 Barcelona 1 - 0 Malaga",
        "1_224p.mkv", "1_720p.mkv", "2_224p.mkv", "1_HQ.mkv", "2_HQ.mkv",
    )  # fmt: skip
    match = open_match(folder)
    assert [h.path.name for h in match.halves] == ["1_720p.mkv", "2_224p.mkv"]
    fixture = match.fixture
    assert (fixture.home, fixture.away, fixture.score, fixture.date) == ("Barcelona", "Malaga", "1 - 0", "2015-08-29")
    assert fixture.league == "Spain Laliga"


def test_label_file_names_win_over_the_folder(tmp_path: Path) -> None:
    folder = touch(tmp_path / "x", "1_224p.mkv")
    (folder / "Labels-v2.json").write_text(
        json.dumps({"UrlLocal": "a_league/2020/x", "gameHomeTeam": "A", "gameAwayTeam": "B", "gameScore": "2 - 2"})
    )
    match = open_match(folder)
    assert match.fixture.title == "A v B"
    assert match.fixture.league == "A League"
    assert match.remarks(HALVES) == ("only half 1 has a video",)


def test_a_folder_without_a_video_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="holds no video"):
        open_match(touch(tmp_path / "m"))


def test_every_video_of_a_folder_is_a_part_in_the_order_in_which_people_count(tmp_path: Path) -> None:
    match = open_match(touch(tmp_path / "m", "dive10.mp4", "dive2.mp4", "dive1.mp4"))
    assert [(h.half, h.path.name) for h in match.halves] == [(1, "dive1.mp4"), (2, "dive2.mp4"), (3, "dive10.mp4")]
    check_parts(match, DIVES)
    assert match.remarks(DIVES) == (
        "dive 1 is dive1.mp4, dive 2 is dive2.mp4, dive 3 is dive10.mp4, by the order of their names",
    )


def test_of_many_parts_only_the_first_are_named_and_the_last(tmp_path: Path) -> None:
    match = open_match(touch(tmp_path / "m", *(f"{n}.mp4" for n in range(1, 13))))
    assert match.remarks(DIVES)[0].endswith(
        "dive 4 is 4.mp4, and so on to dive 12 is 12.mp4, by the order of their names"
    )


def test_the_layout_of_soccernet_has_any_number_of_parts(tmp_path: Path) -> None:
    match = open_match(touch(tmp_path / "m", "1_224p.mkv", "3_224p.mkv", "10_224p.mkv", "other.mp4", "0_224p.mkv"))
    assert [(h.half, h.path.name) for h in match.halves] == [(1, "1_224p.mkv"), (3, "3_224p.mkv"), (10, "10_224p.mkv")]
    assert match.remarks(DIVES) == ("only dive 1 and dive 3 and dive 10 have a video",)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("a.mp4", "b.mp4", "c.mp4"), "this folder holds 3 videos, a match has at most 2"),
        (("a.mp4", "b.mp4", "c.mp4", "d.mp4"), "this folder holds 4 videos, a match has at most 2"),
        (("1.mp4", "2.mp4", "3.mp4"), "this folder holds 3 videos, a match has at most 2"),
        (("1.mp4", "2.mp4", "3.mp4", "4.mp4", "5.mp4"), "this folder holds 5 videos, a match has at most 2"),
        (("a.mp4", "b.mp4", "c.mp4", "ET1.mp4"), "this folder holds 4 videos, a match has at most 2"),
        (("1_224p.mkv", "5_224p.mkv"), "this folder holds a video of half 5, a match has at most 2"),
    ],
)
def test_a_match_of_football_has_no_third_half_that_no_name_says(
    tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    match = open_match(touch(tmp_path / "m", *names))
    with pytest.raises(BadInputError, match=message) as caught:
        check_parts(match, HALVES)
    assert caught.value.fix is not None
    assert "Name the videos of extra time ET1 and ET2" in caught.value.fix
    assert "touchline join" in caught.value.fix
    assert "move other matches into folders of their own" in caught.value.fix


NOT_ONE_EACH = "by their names these videos are not one for each half of extra time: "
THREE, FOUR, FIVE = (f"this folder holds {count} videos, a match has at most 2" for count in (3, 4, 5))


@pytest.mark.parametrize(
    ("names", "outcome"),
    [
        # extra time
        ("1, 2, 3, 4", {1: "1", 2: "2", 3: "3", 4: "4"}),
        ("b, a, ET2, ET1", {1: "a", 2: "b", 3: "ET1", 4: "ET2"}),
        ("1_720p, 2_720p, ET1_720p, ET2_720p", {1: "1_720p", 2: "2_720p", 3: "ET1_720p", 4: "ET2_720p"}),
        ("1_720p, 2_720p, 3_720p, 4_720p", {1: "1_720p", 2: "2_720p", 3: "3_720p", 4: "4_720p"}),
        ("first, second, extra_time", {1: "first", 2: "second", 3: "extra_time"}),
        ("cup 1, cup 2, cup ET 1, cup ET 2", {1: "cup 1", 2: "cup 2", 3: "cup ET 1", 4: "cup ET 2"}),
        ("cup first, cup second, cup ET", {1: "cup first", 2: "cup second", 3: "cup ET"}),
        ("a half, b half, 1st half of extra time", {1: "a half", 2: "b half", 3: "1st half of extra time"}),
        ("1st_extra, 2nd_extra", {3: "1st_extra", 4: "2nd_extra"}),
        ("ET1, ET2", {3: "ET1", 4: "ET2"}),
        ("first, ET1", {1: "first", 3: "ET1"}),
        ("1_720p, ET1", {1: "1_720p", 3: "ET1"}),
        ("1_720p, 2_720p, ET1_360p, ET1_720p", {1: "1_720p", 2: "2_720p", 3: "ET1_720p"}),
        ("a, b, ET1_HQ, ET1_360p, ET2", {1: "a", 2: "b", 3: "ET1_360p", 4: "ET2"}),
        # what a match is called
        ("Final with extra time", {1: "Final with extra time"}),
        ("NORD ET SUD", {1: "NORD ET SUD"}),
        ("MI-TEMPS 1 ET 2", {1: "MI-TEMPS 1 ET 2"}),
        ("ET1", {1: "ET1"}),
        ("Final after extra time 1, Final after extra time 2", {1: "Final after extra time 1", 2: "Final after extra time 2"}),
        ("NORD ET 1, NORD ET 2", {1: "NORD ET 1", 2: "NORD ET 2"}),
        ("NORD ET SUD 1, NORD ET SUD 2", {1: "NORD ET SUD 1", 2: "NORD ET SUD 2"}),
        ("Cup ET - first half, Cup ET - second half", {1: "Cup ET - first half", 2: "Cup ET - second half"}),
        ("cup extra time first half, cup extra time second half", {1: "cup extra time first half", 2: "cup extra time second half"}),
        ("Extra_Time_FC_1, Extra_Time_FC_2", {1: "Extra_Time_FC_1", 2: "Extra_Time_FC_2"}),
        ("Extra_Time_FC first, Extra_Time_FC second", {1: "Extra_Time_FC first", 2: "Extra_Time_FC second"}),
        ("2014 Final (ET) 1, 2014 Final (ET) 2", {1: "2014 Final (ET) 1", 2: "2014 Final (ET) 2"}),
        ("a, ET1", {1: "ET1", 2: "a"}),
        # other films beside a match
        ("1_720p, 2_720p, extra 1", {1: "1_720p", 2: "2_720p"}),
        ("1_720p, 2_720p, extra time highlights", {1: "1_720p", 2: "2_720p"}),
        ("1_720p, 2_720p, Final with extra time", {1: "1_720p", 2: "2_720p"}),
        ("1_720p, 2_720p, MI-TEMPS 1 ET 2", {1: "1_720p", 2: "2_720p"}),
        ("first, second, extra 1, extra 2", FOUR),
        # refused
        ("a, b, ET1, et1", f"{NOT_ONE_EACH}ET1.mkv and et1.mkv"),
        ("a, b, ET, ET1", f"{NOT_ONE_EACH}ET.mkv and ET1.mkv"),
        ("1, 2, extra_time_a, extra_time_b", f"{NOT_ONE_EACH}extra_time_a.mkv and extra_time_b.mkv"),
        ("1_720p, 2_720p, 3_720p, ET1", f"{NOT_ONE_EACH}3_720p.mkv and ET1.mkv"),
        ("a, b, ET1-1, ET1-2", f"{NOT_ONE_EACH}ET1-1.mkv and ET1-2.mkv"),
        ("1, 2, 3", THREE),
        ("Final extra time 1, Final extra time 2, Final extra time 3", THREE),
        ("a, b, extra time 1, extra time 2, extra time 3", FIVE),
    ],
)  # fmt: skip
def test_names_say_what_is_extra_time_of_football(tmp_path: Path, names: str, outcome: dict[int, str] | str) -> None:
    folder = touch(tmp_path / "m", *(f"{name}.mkv" for name in names.split(", ")))
    match = open_match(folder)
    check_parts(match, DIVES)  # nothing is refused to others
    if isinstance(outcome, str):
        with pytest.raises(BadInputError) as caught:
            check_parts(match, HALVES)
        assert (caught.value.what, caught.value.where) == (outcome, folder)
        assert "ET1 and ET2" in str(caught.value.fix)
    else:
        check_parts(match, HALVES)
        assert {h.half: h.path.stem for h in match.halves} == outcome


def test_what_was_taken_for_extra_time_is_said(tmp_path: Path) -> None:
    extra = "half 3 (extra time) is ET1.mp4, half 4 (extra time) is ET2.mp4, by their names"
    two = "half 1 is a.mp4, half 2 is b.mp4, by the order of their names"
    folder = touch(tmp_path / "m", "a.mp4", "b.mp4", "ET1.mp4", "ET2.mp4")
    assert open_match(folder).remarks(HALVES) == (two, extra)
    (folder / "a.mp4").rename(folder / "1_720p.mp4")
    (folder / "b.mp4").rename(folder / "2_720p.mp4")
    assert open_match(folder).remarks(HALVES) == (extra,)
    (folder / "ET2.mp4").unlink()
    lacks, one = open_match(folder).remarks(HALVES)
    assert lacks == "only half 1 and half 2 and half 3 have a video"
    assert one == "half 3 (extra time) is ET1.mp4, by its name"
    (folder / "ET1.mp4").rename(folder / "ET.mp4")
    assert open_match(folder).remarks(HALVES) == ("half 3 (extra time) is ET.mp4, by its name",)  # or both halves
    (folder / "2_720p.mp4").unlink()
    assert open_match(folder).remarks(HALVES)[0] == "before extra time only half 1 has a video"


@pytest.mark.parametrize("count", [3, 5])
def test_what_no_name_says_is_not_called_extra_time(tmp_path: Path, count: int) -> None:
    [remark] = open_match(touch(tmp_path / "m", *(f"{n}.mkv" for n in range(1, count + 1)))).remarks(HALVES)
    assert f"half {count} is {count}.mkv, by the order of their names" in remark
    assert "extra time" not in remark


def test_four_numbers_are_halves_to_football_and_an_order_to_dives(tmp_path: Path) -> None:
    match = open_match(touch(tmp_path / "m", "1.mkv", "2.mkv", "3.mkv", "4.mkv"))
    assert match.remarks(HALVES) == (
        "half 1 is 1.mkv, half 2 is 2.mkv, half 3 (extra time) is 3.mkv, half 4 (extra time) is 4.mkv, by their names",
    )
    assert match.remarks(DIVES) == (
        "dive 1 is 1.mkv, dive 2 is 2.mkv, dive 3 is 3.mkv, dive 4 is 4.mkv, by the order of their names",
    )


@pytest.mark.parametrize(
    ("names", "pieces"),
    [("half-1 half-2 half-3 half-4", "half"), ("first-1 first-2 second-1 second-2 ET1 ET2", "first and second"),
     ("first-1 first-2 second", "first"), ("a b extra_time_1 extra_time_2 extra_time_3", "extra_time"),
     ("first second ET1-1 ET1-2 ET2", "ET1")],
)  # fmt: skip
def test_numbered_names_are_taken_for_pieces_where_that_would_fit(tmp_path: Path, names: str, pieces: str) -> None:
    match = open_match(touch(tmp_path / "m", *(f"{name}.mp4" for name in names.split())))
    with pytest.raises(BadInputError, match=r"a match has at most 2|not one for each half") as caught:
        check_parts(match, HALVES)
    assert caught.value.fix == (
        f"By their names some are pieces of {pieces}, which touchline join makes one video; those of extra time are to be "
        "named ET1 and ET2"
    )


def test_nothing_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no such file or folder"):
        open_match(tmp_path / "nothing")
