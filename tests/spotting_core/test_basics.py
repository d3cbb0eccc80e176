"""Clock, files, class tables, prompts, sources."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotting_core.assets import asset
from spotting_core.classes import load_classes
from spotting_core.clock import half_clock, match_clock, parse_clock
from spotting_core.entities.prompts import load_prompts
from spotting_core.errors import BadInputError
from spotting_core.files import read_json, replacing, write_array, write_json
from spotting_core.media.source import open_match

OFFICIAL = (
    "Penalty", "Kick-off", "Goal", "Substitution", "Offside", "Shots on target", "Shots off target", "Clearance",
    "Ball out of play", "Throw-in", "Foul", "Indirect free-kick", "Direct free-kick", "Corner", "Yellow card",
    "Red card", "Yellow->red card",
)  # fmt: skip


@pytest.mark.parametrize(
    ("half", "time", "text"),
    [(1, 0, "00:00"), (1, 59_999_999, "00:59"), (2, 37_400_000, "45:37"), (1, 2_830_000_000, "45+2:10"), (2, 2_700_000_000, "90+0:00")],
)  # fmt: skip
def test_match_clock(half: int, time: int, text: str) -> None:
    assert match_clock(half, time) == text


@given(st.integers(0, 10_000 * 1_000_000 - 1))
def test_clock_round_trip_to_the_millisecond(time: int) -> None:
    text = half_clock(time)
    assert parse_clock(text if time < 1000 * 60 * 1_000_000 else "0:00") in (time // 1000 * 1000, 0)


@pytest.mark.parametrize("text", ["", "12", "12:75", "a:b", "1:2:3:4"])
def test_what_is_no_time_says_so(text: str) -> None:
    with pytest.raises(BadInputError, match="is not a time"):
        parse_clock(text)


def test_parse_clock_with_hours_and_fractions() -> None:
    assert parse_clock("12:43") == 763_000_000
    assert parse_clock("1:00:00.25") == 3_600_250_000


def test_default_classes_are_in_the_official_order() -> None:
    table = load_classes()
    assert table.names == OFFICIAL
    assert table.index("Goal") == 2
    assert all(c.suppression > 0 and c.lead > 0 and c.lag > 0 for c in table)


def test_a_class_in_other_letters_is_named() -> None:
    with pytest.raises(BadInputError, match="Did you mean 'Goal'"):
        load_classes().index("goal")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.replace("index,", "number,"), "lacks the columns index"),
        (lambda t: "\n".join([t.splitlines()[0], *reversed(t.splitlines()[1:])]), "do not count"),
        (lambda t: t.replace("Kick-off,Kick-off", "Penalty,Kick-off"), "occurs twice"),
        (lambda t: t.replace(",15,5,8", ",wide,5,8", 1), "line 2"),
        (lambda t: t.splitlines()[0], "has no classes"),
    ],
)
def test_broken_class_tables_say_what_is_wrong(tmp_path: Path, change, says: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "mine.csv"
    path.write_text(change(asset("classes", "soccernet-v2.csv").read_text()))
    with pytest.raises(BadInputError, match=says):
        load_classes(path)


def test_an_own_class_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ball.csv"
    head = asset("classes", "soccernet-v2.csv").read_text().splitlines()[0]
    path.write_text(
        f"{head}\n0,Pass,Pass,flow,pass,#111111,#EEEEEE,2,1,1\n1,Drive,Drive,flow,drive,#111111,#EEEEEE,2,1,1\n"
    )
    assert load_classes(path).names == ("Pass", "Drive")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})

    def fail() -> None:
        with replacing(path) as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_arrays_are_written_whole(tmp_path: Path) -> None:
    write_array(tmp_path / "sub" / "a.npy", np.arange(5))
    assert np.load(tmp_path / "sub" / "a.npy").tolist() == [0, 1, 2, 3, 4]


def test_broken_json_names_the_place(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": 1,\n "b": }')
    with pytest.raises(BadInputError, match="line 2, column 7"):
        read_json(path)


def test_default_prompts_name_the_entities() -> None:
    names = load_prompts().names
    assert {
        "ball",
        "yellow card",
        "red card",
        "referee",
        "player",
        "goalkeeper",
        "goal",
        "corner flag",
        "scoreboard",
    } <= set(names)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("entity = 3 =", "not TOML"),
        ("", "names no entity"),
        ('[[entity]]\nprompts = ["a"]', "lacks 'name'"),
        ('[[entity]]\nname = "a"\nprompts = []', "needs a name, a prompt"),
        ('[[entity]]\nname = "a"\nprompts = ["a"]\n[[entity]]\nname = "a"\nprompts = ["b"]', "same name"),
    ],
)
def test_broken_prompts_say_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "p.toml"
    path.write_text(text)
    with pytest.raises(BadInputError, match=says):
        load_prompts(path)


def test_colours_do_not_change_what_is_found(tmp_path: Path) -> None:
    text = asset("prompts", "football.toml").read_text()
    for name, content in (
        ("a", text),
        ("b", text.replace("#FFDE3B", "#000000")),
        ("c", text.replace("the ball", "a ball")),
    ):
        (tmp_path / f"{name}.toml").write_text(content)
    prints = [load_prompts(tmp_path / f"{n}.toml").fingerprint() for n in "abc"]
    assert prints[0] == prints[1] != prints[2]


# --- sources --------------------------------------------------------------------------------------------


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
    assert "half 1 is first.mkv" in match.warnings[0]


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
    assert match.warnings == ("only half 1 has a video",)


@pytest.mark.parametrize(
    ("names", "says"), [((), "holds no video"), (("a.mp4", "b.mp4", "c.mp4"), "holds 3 videos, a match has at most 2")]
)
def test_folders_that_are_no_match_say_so(tmp_path: Path, names: tuple[str, ...], says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        open_match(touch(tmp_path / "m", *names))


def test_nothing_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no such file or folder"):
        open_match(tmp_path / "nothing")
