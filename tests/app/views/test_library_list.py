"""Which matches the library lists, in which order, how far they are reviewed, and adding a season."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.library.library import Library, Match
from app.state import shared_queue
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import Spotting
from spotting_core.jobs.joining import JOINING, JoiningParameters
from spotting_core.jobs.kind import Context
from spotting_core.jobs.queue import FAILED
from spotting_core.media.source import open_match
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPT, REJECT, Reviews, origin_of
from tests.app.made_analysis import make_analysis
from tests.app.pages import library_page, texts
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")


def add(library: Library, data: DataDirectory, path: Path, first: int, spots: list[Spot] | None) -> Match:
    make_video(path, steady(200, rate=10.0), first=first)
    if spots is not None:
        make_analysis(open_match(path), data, spots)
    return library.add(str(path))


@pytest.fixture
def matches(library: Library, data: DataDirectory, tmp_path: Path) -> dict[str, Match]:
    """The middle one has the most spots, one of each verdict; the last is not analysed."""
    spots = {
        "b": [Spot(1, 2_000_000, "Goal", 0.9)],
        "a": [Spot(1, 2_000_000 * i, "Foul", 0.9 - i / 100) for i in (1, 4, 8)],
    }
    made = {n: add(library, data, tmp_path / f"{n}.mp4", 100 * i, spots.get(n)) for i, n in enumerate("bac", start=1)}
    analysis = library.analyses(made["a"])[0]
    reviews, model = Reviews(open_database(data)), analysis.record.identity.review_sources[0]
    first, second, _ = analysis.spots(Spotting())
    reviews.change(made["a"].id, origin_of(first, model), first, ACCEPT, "Ada", 0)
    reviews.change(made["a"].id, origin_of(second, model), second, REJECT, "Ada", 0)
    return made


def names(at: AppTest) -> list[str]:
    """Titles of the rows, in order; the bundled match is left out."""
    rows = [h.value for h in at.get("html") if h.value.startswith('<div class="tl-name">')]
    return [row.partition('">')[2].partition("<")[0] for row in rows if "Orrin" not in row]


def page_of(**query: str) -> AppTest:
    at = library_page()
    for word, value in query.items():
        at.query_params[word] = value
    return at.run()


def test_rows_say_how_much_is_open_and_lead_to_the_first(matches: dict[str, Match]) -> None:
    at = page_of()
    assert not at.exception
    cells = [h.value for h in at.get("html") if "tl-counts" in h.value]
    cells = [re.sub(r"</?span[^>]*>", "", cell) for cell in cells]
    resumed = next(c for c in cells if "Resume, 1 open" in c)
    assert "2 reviewed" in resumed
    assert f"match?match={matches['a'].id}&half=1&t=16.000&class=Foul" in resumed
    assert any("Review, 1 open" in c and "0 reviewed" in c for c in cells)


def test_order_and_filters_stand_in_the_address(matches: dict[str, Match]) -> None:
    assert names(page_of()) == ["c", "a", "b"]
    assert names(page_of(order="By title")) == ["a", "b", "c"]
    assert names(page_of(order="Most spots")) == ["a", "b", "c"]
    assert names(page_of(state="New")) == ["c"]
    assert "1 of 4 matches" in texts(page_of(state="New"))
    assert names(page_of(review="With open spots", order="By title")) == ["a", "b"]
    assert names(page_of(review="All reviewed")) == []
    assert names(page_of(words="b")) == ["b"]
    assert names(page_of(order="By chance", state="Lost")) == ["c", "a", "b"]
    at = page_of(state="Analysed")
    at.selectbox(key="library_state").set_value("All").run()
    assert "state" not in at.query_params
    at.selectbox(key="library_order").set_value("By title").run()
    assert at.query_params["order"] == "By title"
    assert names(at) == ["a", "b", "c"]


def test_a_season_is_previewed_and_added(library: Library, tmp_path: Path) -> None:
    season = tmp_path / "season"
    for number, name in enumerate(("one", "two")):
        (season / name).mkdir(parents=True)
        make_video(season / name / "1_224p.mkv", steady(30), first=300 * number)
    (season / "bad").mkdir()
    (season / "bad" / "1_224p.mkv").write_bytes(b"no video")
    at = page_of(add="browse", folder="1/season")
    assert not at.exception
    assert "2 new, 1 that cannot be added" in texts(at)
    next(b for b in at.button if b.label == "Add 2 matches").click().run()
    for _ in range(4):
        at.run()
    assert {m.title for m in library.matches()} >= {"one", "two"}
    assert "2 added" in texts(at)
    assert [bar.proto.text for bar in at.get("progress")] == ["2 of 2 read"]  # nothing is being read any more
    at.button(key="library_done").click().run()
    assert "add" not in at.query_params
    again = page_of(add="browse", folder="1/season")
    assert "2 in the library already" in texts(again)
    assert {"Add", "Add and analyse"} <= {b.label for b in again.button if b.disabled}


def test_pieces_of_recordings_are_joined_from_the_preview(
    library: Library, data: DataDirectory, tmp_path: Path
) -> None:
    camera = tmp_path / "cameras" / "north"
    camera.mkdir(parents=True)
    for number, name in enumerate(("GX010034", "GX020034", "GX010035")):
        make_video(camera / f"{name}.mp4", steady(30), first=300 * number)
    at = page_of(add="browse", folder="1/cameras")
    assert "1 that cannot be added" in texts(at)
    assert "The videos of north are pieces of recordings." in texts(at)
    next(b for b in at.button if b.label == "Join them into 2 videos").click().run()
    (job,) = shared_queue().all_live(["join"])
    assert job.parameters == {"folder": str(camera)}
    assert [bar.proto.text.startswith("Joining the videos of north: ") for bar in at.get("progress")] == [True]
    taken = shared_queue().take(["join"])
    assert taken is not None
    shared_queue().finish(taken, FAILED, "no room")
    at.run()
    assert [e.value for e in at.error] == ["north could not be joined. no room"]
    JOINING.perform(JoiningParameters(str(camera)), Context(data, lambda *_: True, "cpu"))
    at = page_of(add="browse", folder="1/cameras")
    assert "1 new, 1 that cannot be added" in texts(at)
    assert not [b for b in at.button if b.label.startswith("Join")]
    (tmp_path / "cameras" / "cup").mkdir()
    for number in (1, 2, 3):
        make_video(tmp_path / "cameras" / "cup" / f"round {number}.mp4", steady(30), first=900 + 40 * number)
    at = page_of(add="browse", folder="1/cameras")
    assert "The videos of cup are numbered; where they are pieces of one recording, join them." in texts(at)
    inside = page_of(add="browse", folder="1/cameras/north")  # where every video would be a match of its own
    assert not [b for b in inside.button if b.label.startswith("Join")]
    (tmp_path / "cameras" / "north joined" / "GX0034.mp4").unlink()
    inside = page_of(add="browse", folder="1/cameras/north")
    assert [b.label for b in inside.button if b.label.startswith("Join")] == ["Join them into one video"]


@pytest.mark.parametrize(
    ("word", "refused"), [("1/../..", True), ("1/nothing", True), ("7", False), ("x/season", False)]
)
def test_folders_of_the_address_lie_below_the_roots(library: Library, tmp_path: Path, word: str, refused: bool) -> None:
    at = page_of(add="browse", folder=word)
    assert not at.exception
    assert ["no such folder below a library folder" in e.value for e in at.error] == ([True] if refused else [])
