"""Search and Statistics where a match has labels and no model has spotted in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.library.library import Library, Match
from app.searching.index import bring_up_to_date
from app.state import shared_camera_reviews, shared_reviews, shared_search
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.search.engine import Query
from spotting_core.store.database import open_database
from spotting_core.store.reviews import Reviews
from tests.app.made_analysis import make_analysis
from tests.app.pages import component_data, texts, view
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

LABELS = [Spot(1, 2_000_000, "Goal"), Spot(1, 4_000_000, "Foul", team="home"), Spot(1, 6_000_000, "Corner")]


@pytest.fixture
def labelled(library: Library, tmp_path: Path) -> Match:
    """A match of seven seconds with three labels, which nothing was spotted in."""
    match = library.add(str(make_video(tmp_path / "one.mp4", steady(70, rate=10), first=1000)))
    write_labels(tmp_path / "labels.json", LABELS)
    library.upload_labels(match, "labels.json", (tmp_path / "labels.json").read_bytes())
    return match


def listed(at: AppTest) -> dict[str, str]:
    """Class of each row of a search to what stands beside it."""
    assert not at.exception
    return {row["short"]: f"{row['kind']}: {row['text']}" for row in component_data(at)["errors"]}


def said(at: AppTest) -> str:
    assert not at.exception
    return texts(at) + " ".join(caption.value for caption in at.caption)


def test_labels_are_found_as_labels_and_by_every_filter(labelled: Match) -> None:
    at = view("search", matches=labelled.id).run()
    assert listed(at) == {
        "Goal": "labelled: one, labelled", "Foul": "labelled: one, labelled", "Corner": "labelled: one, labelled"
    }  # fmt: skip
    assert "3 spots are labels, of 1 match in which no model has spotted (one)." in said(at)
    assert listed(view("search", classes="Goal", matches=labelled.id).run()).keys() == {"Goal"}
    assert listed(view("search", teams="home", matches=labelled.id).run()).keys() == {"Foul"}
    assert not listed(view("search", halves="2", matches=labelled.id).run())
    assert len(listed(view("search", reviewed="labelled").run())) == 3  # the demo's spots are a model's
    for by in ("open", "reviewed"):
        at = view("search", reviewed=by, matches=labelled.id).run()
        assert not listed(at)
        assert "no model has" not in said(at)


def test_labels_count_as_labels(labelled: Match) -> None:
    at = view("statistics", match=labelled.id).run()
    assert "3 spots are labels, of 1 match in which no model has spotted (one)." in said(at)
    assert "Nobody said the team of 2 of 3 spots" in said(at)
    assert at.dataframe[0].value["Corner"].tolist() == ["0–0 (1)"]
    assert "1 spot is a label" in said(view("statistics", match=labelled.id, classes="Foul").run())
    at.toggle(key="statistics_reviewed").set_value(True).run()
    assert "There is nothing to count." in " ".join(info.value for info in at.info)
    assert "no model has" not in said(at)


def test_what_people_tagged_is_not_counted_again_as_a_label(labelled: Match, data: DataDirectory) -> None:
    reviews = Reviews(open_database(data))
    reviews.add(labelled.id, Spot(1, 4_200_000, "Foul"), "Ann")  # of the label, which knows its team
    reviews.add(labelled.id, Spot(1, 1_000_000, "Offside"), "Ann")
    rows = listed(view("search", matches=labelled.id).run())
    assert {name: row.partition(":")[0] for name, row in rows.items()} == {
        "Goal": "labelled", "Corner": "labelled", "Foul": "reviewed", "Offside": "reviewed"
    }  # fmt: skip
    assert listed(view("search", matches=labelled.id, teams="home").run()).keys() == {"Foul"}


def test_labels_give_way_once_a_model_has_spotted(labelled: Match, library: Library, data: DataDirectory) -> None:
    assert len(listed(view("search", matches=labelled.id).run())) == 3
    make_analysis(library.source(labelled), data, [Spot(1, 5_000_000, "Offside", 0.9)], bare=True)
    at = view("search", matches=labelled.id).run()
    assert listed(at).keys() == {"Offside"}
    assert "no model has" not in said(at)


def test_a_label_from_before_the_first_frame_is_on_it(library: Library, tmp_path: Path) -> None:
    (tmp_path / "early").mkdir()
    make_video(tmp_path / "early" / "1.mp4", steady(70, rate=10), first=3000)
    early = {"gameTime": "1 - 00:00", "position": "-5000", "label": "Goal", "team": "home", "visibility": "visible"}
    (tmp_path / "early" / "Labels-v2.json").write_text(json.dumps({"annotations": [early]}))
    match = library.add(str(tmp_path / "early"))
    assert "1 spot is a label" in said(view("statistics", match=match.id).run())
    assert listed(view("search", matches=match.id).run()).keys() == {"Goal"}


def test_only_matches_whose_labels_were_found_are_named(labelled: Match, library: Library, tmp_path: Path) -> None:
    other = library.add(str(make_video(tmp_path / "two.mp4", steady(70, rate=10), first=2000)))
    write_labels(tmp_path / "others.json", [Spot(1, 2_000_000, "Throw-in")])
    library.upload_labels(other, "others.json", (tmp_path / "others.json").read_bytes())
    words = said(view("search", classes="Throw-in").run())
    assert "1 spot is a label, of 1 match in which no model has spotted (two)." in words


@pytest.mark.parametrize("name", ["statistics", "search"])
def test_labels_that_are_left_out_are_told(name: str, library: Library, tmp_path: Path) -> None:
    for title, spots in (("beyond", [*LABELS, Spot(1, 9_000_000, "Goal"), Spot(2, 0, "Goal")]), ("broken", LABELS)):
        folder = tmp_path / title
        folder.mkdir()
        make_video(folder / "1.mp4", steady(70, rate=10), first=len(title))
        write_labels(folder / "Labels-v2.json", spots)
        library.add(str(folder))
    (folder / "Labels-v2.json").write_text('{"annotations": [{"gameTime":')
    words = said(view(name).run())
    assert "beyond: 2 labels outside its videos are left out." in words
    assert "broken: its labels are left out: " in words
    assert "3 spots are labels" in words


def test_rows_are_written_anew_with_the_labels(labelled: Match, library: Library, data: DataDirectory) -> None:
    def count() -> int:
        bring_up_to_date(shared_search(), library, shared_reviews(), shared_camera_reviews(), data)
        return shared_search().find(Query(matches=(labelled.id,))).total

    assert count() == 3
    library.upload_labels(labelled, "spots.csv", b"half,time,label\n1,3,Goal\n")
    assert count() == 1
