"""A match with extra time in videos of its own: four halves, from the folder to the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.library.library import Library
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import FILE_NAME, read_labels, write_labels
from spotting_core.media.source import open_match
from tests.app.commands import touchline
from tests.app.made_analysis import make_analysis
from tests.app.pages import component_data, library_page, match_page, view
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

SPOTS = [Spot(1, 1_000_000, "Foul", 0.9), Spot(3, 2_000_000, "Goal", 0.8), Spot(4, 1_000_000, "Corner", 0.7)]


@pytest.fixture
def match(tmp_path: Path) -> Path:
    """A folder of four videos of three seconds."""
    folder = tmp_path / "final"
    folder.mkdir()
    for number, name in enumerate(("first", "second", "ET1", "ET2")):
        make_video(folder / f"{name}.mp4", steady(75), first=64_000 + 80 * number)
    return folder


def test_it_is_looked_at_and_said_how_the_files_were_understood(match: Path, library: Library) -> None:
    done = touchline("doctor", match)
    assert "Half 4  ET2.mp4: 00:03" in done.stdout
    at = library_page().run()
    next(i for i in at.text_input if i.label.startswith("Folder")).set_value("final").run()
    assert not at.exception
    assert not at.error
    lines = "\n".join(element.value for element in at.get("html"))
    assert "half 1 is first.mp4, half 2 is second.mp4, by the order of their names" in lines
    assert "half 3 (extra time) is ET1.mp4, half 4 (extra time) is ET2.mp4, by their names" in lines


def test_a_piece_of_a_half_is_no_half_of_extra_time(tmp_path: Path) -> None:
    for number in (1, 2, 3, 4):
        make_video(tmp_path / f"{number}.mp4", steady(16, 0.01), first=64_400 + 20 * number)
    done = " ".join(touchline("doctor", tmp_path).stdout.split())
    assert "3.mp4 is longer than a half of extra time" in done
    assert "if it is a piece of a regular half, join the pieces" in done
    assert "2.mp4 is longer" not in done


def test_labels_of_extra_time_belong_to_its_videos(match: Path, library: Library, tmp_path: Path) -> None:
    labels = match.parent / FILE_NAME
    write_labels(labels, SPOTS)
    at = library_page().run()
    next(i for i in at.text_input if i.label.startswith("Folder")).set_value("final").run()
    at.file_uploader[0].set_value((FILE_NAME, labels.read_bytes(), "application/json")).run()
    assert not at.error
    next(button for button in at.button if button.label == "Only add").click().run()
    assert not at.error
    [added] = [one for one in library.matches() if one.title == "final"]
    assert [(s.half, s.label) for s in library.labels(added)] == [(1, "Foul"), (3, "Goal"), (4, "Corner")]


def test_labels_are_converted_and_cut_where_the_videos_are_named(match: Path, tmp_path: Path) -> None:
    labels, table = tmp_path / FILE_NAME, tmp_path / "spots.csv"
    write_labels(labels, SPOTS)
    refused = touchline("convert", labels, table, "--classes", "soccernet-v2")
    assert "there is no half 3" in refused.stderr
    done = touchline("convert", labels, table, "--classes", "soccernet-v2", "--video", match)
    assert (done.returncode, done.stderr) == (0, "")
    assert [row.split(",")[:2] for row in table.read_text().splitlines()[1:]] == [
        ["1", "00:01"], ["3", "90:02"], ["4", "105:01"],
    ]  # fmt: skip
    back = tmp_path / "back" / FILE_NAME
    done = touchline("convert", table, back, "--video", match)
    assert "in half 3, of 2" not in " ".join(done.stderr.split())
    assert [(s.half, s.time) for s in read_labels(back)] == [(s.half, s.time) for s in SPOTS]
    out = tmp_path / "clips"
    done = touchline(
        "clips", match, "--labels", labels, "--classes", "soccernet-v2", "--class", "Goal", "--mark", "4 00:00-00:01",
        "--before", 0.4, "--after", 0.4, "--out", out,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in out.iterdir())[:2] == ["01_goal_90-02.mp4", "02_mark_105-00.mp4"]


def test_the_views_know_its_halves(match: Path, library: Library, data: DataDirectory) -> None:
    added = library.add("final")
    make_analysis(open_match(match), data, SPOTS)
    at = match_page(match=added.id, half="4", t="1").run()
    assert not at.exception
    payload = component_data(at)
    assert [h["half"] for h in payload["halves"]] == [1, 2, 3, 4]
    assert {k: payload["parts"][k] for k in ("length", "extraLength", "regular")} == {
        "length": 2700.0, "extraLength": 900.0, "regular": 2,
    }  # fmt: skip
    search = view("search").run()
    assert not search.exception
    [halves] = [pills for pills in search.button_group if pills.label == "Half"]
    assert list(halves.options) == ["1", "2", "3", "4"]
    [minutes] = [slider for slider in search.slider if slider.label.startswith("Minute")]
    assert minutes.max == 120
