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


@pytest.mark.parametrize(
    ("names", "halves"),
    [
        ("1 2 3 4", {1: "1", 2: "2", 3: "3", 4: "4"}),
        ("b a ET2 ET1", {1: "a", 2: "b", 3: "ET1", 4: "ET2"}),
        ("1_720p 2_720p ET1_720p ET2_720p", {1: "1_720p", 2: "2_720p", 3: "ET1_720p", 4: "ET2_720p"}),
        ("1_720p 2_720p 3_720p 4_720p", {1: "1_720p", 2: "2_720p", 3: "3_720p", 4: "4_720p"}),
        ("first second extra_time", {1: "first", 2: "second", 3: "extra_time"}),
        ("1st_extra 2nd_extra", {3: "1st_extra", 4: "2nd_extra"}),
    ],
)
def test_names_say_what_is_extra_time(tmp_path: Path, names: str, halves: dict[int, str]) -> None:
    match = open_match(touch(tmp_path / "m", *(f"{name}.mkv" for name in names.split())))
    assert {h.half: h.path.stem for h in match.halves} == halves
    check_parts(match, HALVES)


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


@pytest.mark.parametrize("names", ["a b ET1 et1", "1 2 extra_time_a extra_time_b", "1_720p 2_720p 3_720p ET1"])
def test_names_that_do_not_tell_which_half_of_extra_time_are_refused(tmp_path: Path, names: str) -> None:
    folder = touch(tmp_path / "m", *(f"{name}.mp4" for name in names.split()))
    with pytest.raises(BadInputError, match="do not say which half of extra time each holds") as caught:
        open_match(folder)
    assert caught.value.where == folder
    assert "Name the videos of extra time ET1 and ET2" in str(caught.value.fix)


@pytest.mark.parametrize(
    ("names", "pieces"),
    [("half-1 half-2 half-3 half-4", "half"), ("first-1 first-2 second-1 second-2 ET1 ET2", "first and second"),
     ("first-1 first-2 second", "first")],
)  # fmt: skip
def test_numbered_names_are_taken_for_pieces_where_that_would_fit(tmp_path: Path, names: str, pieces: str) -> None:
    match = open_match(touch(tmp_path / "m", *(f"{name}.mp4" for name in names.split())))
    with pytest.raises(BadInputError, match="a match has at most 2") as caught:
        check_parts(match, HALVES)
    assert caught.value.fix == (
        f"By their names some are pieces of {pieces}, which touchline join makes one video; those of extra time are to be "
        "named ET1 and ET2"
    )


def test_nothing_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no such file or folder"):
        open_match(tmp_path / "nothing")
