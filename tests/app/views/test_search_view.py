"""The Search view without a browser: what it finds, texts and their limits, cells, and clips of several matches."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from app.library.library import Library, Match
from app.searching import text as search_text
from app.searching.index import bring_up_to_date
from app.views.search import _within
from app.views.search_charts import cells_of, matrix_figure, team_figure
from app.work.clip_export import CLIPS
from app.work.kinds import KINDS
from spotting_core.base.data_directory import DataDirectory
from spotting_core.clips.order import Order
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.entities.vision_language import VisionLanguageModel
from spotting_core.jobs.kind import Context
from spotting_core.jobs.queue import DONE, JobQueue
from spotting_core.media.frames import numbered_frames
from spotting_core.media.ingest import ingest
from spotting_core.media.shown import shown_image
from spotting_core.media.source import open_match
from spotting_core.media.times import read_time_table
from spotting_core.search.engine import Query, SpotSearch
from spotting_core.search.rows import stamp_of, vision_model_of
from spotting_core.store.camera_reviews import CameraReviews
from spotting_core.store.codes import Code, Codes
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPT, REJECT, Reviews, origin_of
from spotting_core.store.selections import Selections
from spotting_core.store.tables import SelectionRow
from tests.app.made_analysis import Pictures, make_analysis
from tests.app.pages import component_data, texts, view
from tests.score_bugs import keep_half
from tests.videos import make_video, read_number, steady

pytestmark = pytest.mark.usefixtures("fresh")

TEXT = "a yellow card held up"
OTHER_MODEL = "f" * 64
SECOND = 1_000_000


def like(text: str, begin: float, end: float) -> Pictures:
    """Pictures of the bundled model that show a text from one second to another, and its opposite else."""
    vector = search_text.encode(text)

    def made(times: np.ndarray) -> np.ndarray:
        shown = (times >= begin * SECOND) & (times <= end * SECOND)
        return np.where(shown[:, None], vector.numbers, -vector.numbers)

    return vector.model, made


def test_the_model_of_words_is_loaded_anew_when_it_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "entities").mkdir()
    card = tmp_path / "entities" / "card.json"
    card.write_text("{}")
    loads: list[str] = []
    monkeypatch.setattr(search_text, "asset", lambda _kind, *names: tmp_path.joinpath(*names))
    monkeypatch.setattr(VisionLanguageModel, "load", lambda: loads.append("it") or VisionLanguageModel)
    monkeypatch.setattr("explain.text_similarity.encoded", lambda *_: np.ones(2))
    monkeypatch.setattr(VisionLanguageModel, "sha256", "0" * 64, raising=False)
    search_text._model.cache_clear()
    for _ in range(2):
        search_text.encode(TEXT)
    assert len(loads) == 1
    card.write_text('{"scores": {}}')
    search_text.encode(TEXT)
    assert len(loads) == 2
    search_text._model.cache_clear()


def add(
    library: Library, data: DataDirectory, path: Path, first: int, spots: list[Spot], pictures: Pictures | None = None
) -> Match:
    """A match of seven seconds whose frames begin at a number."""
    video = make_video(path, steady(70, rate=10), first=first)
    make_analysis(open_match(video), data, spots, pictures=pictures)
    return library.add(str(video))


@pytest.fixture
def matches(library: Library, data: DataDirectory, tmp_path: Path) -> dict[str, Match]:
    """Three matches; pictures of the third are another model's. The bundled one is taken out of the library."""
    demo = library.demo()
    assert demo is not None
    spots = {
        "a": [Spot(1, 2 * SECOND, "Corner", 0.9), Spot(1, 5 * SECOND, "Foul", 0.6)],
        "b": [Spot(1, 3 * SECOND, "Yellow card", 0.7)],
        "c": [Spot(1, 4 * SECOND, "Goal", 0.8)],
    }
    shown = {"a": like(TEXT, 5, 5.5), "b": like("a corner flag", 0, 7), "c": (OTHER_MODEL, like(TEXT, 0, 7)[1])}
    return {
        name: add(library, data, tmp_path / f"{name}.mp4", 1000 * number, spots[name], shown[name])
        for number, name in enumerate("abc", start=1)
    }


def rows(at: AppTest, matches: dict[str, Match]) -> list[tuple[str, str]]:
    """Match and class of the listed spots, in their order; those of the bundled match are left out."""
    payload = component_data(at)
    names = {match.id: name for name, match in matches.items()}
    texts = [(r["link"].partition("match=")[2][:32], r["short"]) for r in payload["errors"]]
    return [(names[match], short) for match, short in texts if match in names]


def field(at: AppTest, label: str) -> Any:
    return next(w for w in at.text_input if w.label == label)


def only(at: AppTest, *matches: Match) -> AppTest:
    """Narrowed to some matches."""
    next(w for w in at.multiselect if w.label == "Matches").set_value([m.id for m in matches])
    return at.run()


def test_the_view_finds_and_counts(matches: dict[str, Match], library: Library, data: DataDirectory) -> None:
    analysis = library.analyses(matches["a"])[0]
    spot = next(s for s in analysis.spots() if s.label == "Corner")
    reviews = Reviews(open_database(data))
    reviews.change(matches["a"].id, origin_of(spot, analysis.record.model["sha256"]), spot, ACCEPT, "Ann", 0)
    at = only(view("search").run(), *matches.values())
    assert not at.exception
    assert rows(at, matches) == [("a", "Corner"), ("c", "Goal"), ("b", "Yellow card"), ("a", "Foul")]
    assert any("4 spots in 3 of 4 <span>" in h.value or "4 spots in 3 of 4" in h.value for h in at.get("html"))
    field(at, "Words in the match or a comment").set_value("no such words").run()
    assert rows(at, matches) == []
    assert any("Nothing is found" in c.value for c in at.caption)


def test_a_spot_where_no_half_is_played_says_so(library: Library, data: DataDirectory, tmp_path: Path) -> None:
    video = make_video(tmp_path / "studio.mp4", steady(350, rate=2))
    keep_half(ingest(video, data), 40)
    make_analysis(open_match(video), data, [Spot(1, 20 * SECOND, "Goal", 0.9), Spot(1, 150 * SECOND, "Goal", 0.8)])
    at = only(view("search").run(), library.add(str(video)))
    texts = [row["text"] for row in component_data(at)["errors"]]
    assert ["no play, after half 1" in text for text in texts] == [False, True]


def test_a_text_orders_the_spots_and_says_what_it_leaves_out(matches: dict[str, Match]) -> None:
    at = only(view("search").run(), *matches.values())
    assert any("chance" in h.value for h in at.get("html"))  # what a text query is worth
    field(at, "What is seen").set_value(TEXT).run()
    assert not at.exception
    assert rows(at, matches)[0] == ("a", "Foul")  # its pictures show the text, and no others do
    assert {name for name, _ in rows(at, matches)} == {"a", "b"}
    assert any("1 match is left out" in c.value for c in at.caption)
    assert any("the order says nothing of how well they fit" in c.value for c in at.caption)
    next(s for s in at.slider if s.label == "Least similarity").set_value(0.95).run()
    assert rows(at, matches) == [("a", "Foul")]


def test_similarity_has_no_number_on_the_page_even_where_it_is_below_zero(matches: dict[str, Match]) -> None:
    """How alike two directions are goes below zero; a negative likeness says nothing to anybody."""
    at = only(view("search").run(), *matches.values())
    field(at, "What is seen").set_value(TEXT).run()
    assert ("a", "Corner") in rows(at, matches)  # its pictures are the opposite of what the text says
    listed = [row["text"] for row in component_data(at)["errors"]]
    assert not [text for text in listed if re.search(r"[-−]\s?[.\d]", text)]
    slider = next(s for s in at.slider if s.label == "Least similarity")
    assert (slider.min, slider.max) == (0.0, 1.0)


def test_words_that_the_model_does_not_know_warn_and_order_nothing(matches: dict[str, Match]) -> None:
    at = only(view("search").run(), *matches.values())
    field(at, "What is seen").set_value("a bicycle").run()
    assert not at.exception
    assert "was never taught 'bicycle'" in at.warning[0].value
    assert rows(at, matches) == [("a", "Corner"), ("c", "Goal"), ("b", "Yellow card"), ("a", "Foul")]


def test_a_file_of_an_older_form_is_written_anew(
    matches: dict[str, Match], library: Library, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    search, database = SpotSearch(data.search, search_text.encode), open_database(data)
    reviews, cameras = Reviews(database), CameraReviews(database)
    monkeypatch.setattr("spotting_core.search.rows.FORMAT", 1)
    bring_up_to_date(search, library, reviews, cameras, data)
    path = data.search / f"{matches['a'].id}.parquet"
    old = stamp_of(path)
    monkeypatch.undo()
    bring_up_to_date(search, library, reviews, cameras, data)
    assert stamp_of(path) != old
    assert vision_model_of(path) == search_text.encode(TEXT).model
    assert vision_model_of(data.search / f"{matches['c'].id}.parquet") == OTHER_MODEL
    demo = library.demo()
    assert demo is not None
    assert vision_model_of(data.search / f"{demo.id}.parquet") == search_text.encode(TEXT).model  # by its model's card
    result = search.find(Query(text=TEXT, matches=(matches["a"].id, matches["c"].id)))
    assert (result.hits[0].label, result.left_out) == ("Foul", 1)


def test_what_is_found_is_exported_in_one_job_over_its_matches(
    matches: dict[str, Match], data: DataDirectory, tmp_path: Path
) -> None:
    at = only(view("search").run(), *matches.values())
    next(w for w in at.get("button_group") if w.key == "search_form").set_value("One file each").run()
    next(w for w in at.number_input if w.label == "At most").set_value(3).run()
    assert "to make" in texts(at)
    at.text_input(key="search_names_False").set_value("{match} {class}").run()
    next(b for b in at.button if b.label == "Export 3 clips").click().run()
    assert not at.exception
    queue = JobQueue(open_database(data))
    [job] = queue.of_match(None, CLIPS.name, 5)
    assert job.title == "3 clips, 3 matches"
    assert "Cancel" in [b.label for b in at.button]
    order = Order.from_json(job.parameters["order"])
    assert ([c.label for c in order.clips], order.names) == (["Corner", "Goal", "Yellow card"], "{match} {class}")
    Path(matches["c"].path).unlink()  # its clips fail, and no others do
    KINDS.perform(job, Context(data, lambda *_: True), queue)
    taken = queue.take([CLIPS.name])
    queue.finish(taken, DONE)
    left = CLIPS.outcome(job, data)
    assert left is not None
    with zipfile.ZipFile(left.files[0]) as packed:
        packed.extractall(tmp_path / "unpacked")
    cut = {c["label"]: c for c in left.clips}
    assert {label: (c["match"], c["half"], c["state"]) for label, c in cut.items()} == {
        "Corner": ("a", 1, "done"), "Goal": ("c", 1, "failed"), "Yellow card": ("b", 1, "done"),
    }  # fmt: skip
    for label, first in (("Corner", 1000), ("Yellow card", 2000)):
        path = tmp_path / "unpacked" / cut[label]["file"]
        table = read_time_table(path)
        shown = [read_number(shown_image(frame)) for _, frame in numbered_frames(path, table)]
        assert shown == list(range(first + round(10 * cut[label]["starts"]), first + round(10 * cut[label]["ends"])))
    at = view("search").run()
    text = " ".join(h.value for h in at.get("html"))
    assert "clips.zip" in text
    assert "Clip 2, c, failed" in text
    next(b for b in at.button if b.label == "Retry what failed").click().run()
    again = queue.of_match(None, CLIPS.name, 5)[0]
    assert (again.title, again.match_id) == ("1 clip again", None)
    assert [c["match"] for c in again.parameters["order"]["clips"]] == [matches["c"].id]
    assert again.parameters["matches"] == job.parameters["matches"]


def test_of_one_moment_the_surest_alone_is_exported_and_what_was_accepted_always(
    library: Library, data: DataDirectory, tmp_path: Path, queue: JobQueue
) -> None:
    seen = (1, "Red card", 0.9), (2, "Yellow card", 0.7), (5, "Throw-in", 0.6), (6, "Corner", 0.8)
    cards = [Spot(1, second * SECOND, label, sure) for second, label, sure in seen]
    match = add(library, data, tmp_path / "cards.mp4", 5000, cards)
    analysis = library.analyses(match)[0]
    late = next(s for s in analysis.spots() if s.half == 1 and round(s.seconds) == 5)
    origin = origin_of(late, analysis.record.model["sha256"])
    Reviews(open_database(data)).change(match.id, origin, late, ACCEPT, "Ann", 0)
    at = view("search", matches=match.id).run()
    assert not at.exception
    assert at.toggle("search_surest").label == "Of one moment the surest alone, without 2 others"
    next(b for b in at.button if b.label == "Export 2 clips").click().run()
    [job] = queue.of_match(None, CLIPS.name, 5)
    clips = Order.from_json(job.parameters["order"]).clips
    assert sorted((c.label, c.time) for c in clips) == [("Red card", SECOND), ("Throw-in", 5 * SECOND)]
    assert "Add 2 clips" in [b.label for b in at.button]
    at.toggle("search_surest").set_value(False).run()
    assert "Export 4 clips" in [b.label for b in at.button]


def test_what_was_only_tagged_is_found_with_its_codes_and_clipped(
    library: Library, data: DataDirectory, tmp_path: Path
) -> None:
    match = library.add(str(make_video(tmp_path / "tagged.mp4", steady(70, rate=10), first=6000)))
    database = open_database(data)
    Codes(database).save([Code("High press", lead=0.5, lag=1.5)])
    reviews = Reviews(database)
    reviews.add(match.id, Spot(1, 2 * SECOND, "High press", team="home"), "Ann")
    reviews.add(match.id, Spot(1, 5 * SECOND, "Goal"), "Ann")
    at = view("search", matches=match.id).run()
    assert not at.exception
    rows = component_data(at)["errors"]
    assert sorted((r["short"], r["clock"]) for r in rows) == [("Goal", "00:05"), ("High press", "00:02")]
    assert all("1.00" not in r["text"] for r in rows)  # no model was sure of what somebody has added
    assert "2 spots in 1 of 2 matches" in texts(at)  # the other one is the demo
    at = view("search", matches=match.id, classes="High press").run()
    assert [r["short"] for r in component_data(at)["errors"]] == ["High press"]
    next(b for b in at.button if b.label == "Export 1 clip").click().run()
    [job] = JobQueue(database).of_match(None, CLIPS.name, 5)
    [clip] = Order.from_json(job.parameters["order"]).clips
    assert (clip.label, clip.start, clip.end) == ("High press", 1_500_000, 3_500_000)
    tag = next(r for r in reviews.of_match(match.id) if r.label == "Goal")
    reviews.change(match.id, tag.origin, tag, REJECT, "Ann", tag.revision)
    assert [r["short"] for r in component_data(view("search", matches=match.id).run())["errors"]] == ["High press"]


def test_codes_of_ones_own_are_found_in_an_analysed_match_too(matches: dict[str, Match], data: DataDirectory) -> None:
    database, match = open_database(data), matches["a"]
    Codes(database).save([Code("High press", lead=0.5, lag=1.5)])
    before = component_data(view("search", matches=match.id).run())["errors"]
    reviews = Reviews(database)
    reviews.add(match.id, Spot(1, 2 * SECOND, "High press", team="home"), "Ann")
    at = view("search", matches=match.id).run()
    assert not at.exception
    rows = component_data(at)["errors"]
    assert len(rows) == len(before) + 1
    assert [r["clock"] for r in rows if r["short"] == "High press"] == ["00:02"]
    at = view("search", matches=match.id, classes="High press").run()
    assert [r["short"] for r in component_data(at)["errors"]] == ["High press"]
    next(b for b in at.button if b.label == "Export 1 clip").click().run()
    [job] = JobQueue(database).of_match(None, CLIPS.name, 5)
    [clip] = Order.from_json(job.parameters["order"]).clips
    assert (clip.label, clip.start, clip.end) == ("High press", 1_500_000, 3_500_000)
    assert "High press" not in [
        r["short"] for r in component_data(view("search", matches=matches["b"].id).run())["errors"]
    ]


def test_those_of_one_match_are_opened_to_be_trimmed(matches: dict[str, Match], data: DataDirectory) -> None:
    at = only(view("search").run(), matches["a"])
    at = next(b for b in at.button if b.label == "Open in Clips").click().run()
    with open_database(data).session() as session:
        [made] = session.scalars(select(SelectionRow.id))
    selection = Selections(open_database(data)).get(made)
    assert selection is not None
    assert [(c.label, c.match) for c in selection.clips] == [("Corner", ""), ("Foul", "")]


def test_a_cell_is_a_class_and_its_minutes_within_those_asked_for() -> None:
    query = Query(labels=("Goal", "Foul"), minutes=(3, 88))
    assert (_within(query, ("Goal", 1), 5).labels, _within(query, ("Goal", 1), 5).minutes) == (("Goal",), (3, 5))
    assert _within(query, ("Foul", 76), 15).minutes == (76, 88)
    assert _within(query, ("Foul", 45), 1).minutes == (45, 45)


def test_the_matrix_has_a_cell_for_what_happens_and_can_be_drawn_on_both_grounds() -> None:
    classes = load_classes()
    cells = {("Goal", 1): 4, ("Goal", 41): 1, ("Foul", 86): 2}
    for dark in (True, False):
        figure = matrix_figure(cells, classes, dark, 5, 90)
        [drawn] = figure.data
        drawn_cells = {tuple(point[:2]): point[2] for point in drawn.customdata}
        assert drawn_cells == cells
        sizes = dict(zip(drawn_cells.values(), drawn.marker.size, strict=True))
        assert sizes[4] == 20
        assert sizes[1] == 13  # a quarter of the area above the least
        assert list(figure.layout.yaxis.categoryarray) == ["Foul", "Goal"]


@pytest.mark.parametrize(
    ("width", "cells"),
    [
        (1, {("Goal", 45): 1, ("Goal", 46): 2, ("Foul", 90): 1}),
        (5, {("Goal", 41): 1, ("Goal", 46): 2, ("Foul", 86): 1}),
        (15, {("Goal", 31): 1, ("Goal", 46): 2, ("Foul", 76): 1}),
    ],
)
def test_cells_have_as_many_minutes_as_asked_for(width: int, cells: dict) -> None:
    assert cells_of({("Goal", 45): 1, ("Goal", 46): 2, ("Foul", 90): 1}, width) == cells
    [drawn] = matrix_figure(cells, load_classes(), True, width, 90).data
    assert {x - (width - 1) / 2 for x in drawn.x} == {minute for _, minute in cells}


def test_the_chart_says_who_did_what() -> None:
    classes = load_classes()
    figure = team_figure({("Goal", "home"): 3, ("Foul", "away"): 2}, classes, True)
    home, away = figure.data
    assert (list(home.y), list(home.x), list(away.x)) == (["Goal", "Foul"], [3, 0], [0, 2])
    assert figure.layout.xaxis.dtick == 1  # no half of a spot
    assert team_figure({("Goal", "home"): 50}, classes, True).layout.xaxis.dtick == 7
