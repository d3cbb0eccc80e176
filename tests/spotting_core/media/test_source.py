"""What a path to a match means."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.media.source import open_match


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
