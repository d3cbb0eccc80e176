"""Searching: what a row says, what a query finds, and that what has changed is read again."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from spotting_core.analyses.analysis import Analysis
from spotting_core.base.assets import asset
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.entities.retrieval import EmbeddedHalf, measure_pictures
from spotting_core.entities.vision_language import VisionLanguageModel
from spotting_core.media.fingerprint import file_hash
from spotting_core.media.source import open_match
from spotting_core.models.known import entity_model_of
from spotting_core.search.engine import REVIEWED, UNREVIEWED, Query, SpotSearch
from spotting_core.search.pictures import TextVector
from spotting_core.search.rows import SCHEMA, fingerprint, rows_of, stamp_of, vision_model_of, write_rows
from spotting_core.search.saved import SavedSearches
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPT, MOVE, RECLASS, REJECT, Reviews, origin_of
from spotting_core.store.tables import MatchRow
from tests.app.made_analysis import make_analysis
from tests.videos import make_video, steady

MINUTE = 60_000_000
PARTS = load_classes().parts


def row(match: str, half: int, time: int, label: str, confidence: float = 0.9, **more: object) -> dict[str, object]:
    return {
        "match": match, "title": f"{match} v Guests", "half": half, "time": time, "minute": PARTS.minute(half, time),
        "label": label, "team": "unknown", "confidence": confidence, "state": "open", "author": "", "comment": "",
        "entities": [], "spotted": label, "camera": "", "shots": "", "replay": "", "pictures": b"", **more,
    }  # fmt: skip


@pytest.fixture
def search(tmp_path: Path) -> SpotSearch:
    rows = {
        "a": [
            row("a", 1, 30 * MINUTE, "Goal", team="home", entities=["goal", "ball"]),
            row("a", 2, 0, "Goal", 0.6, state="rejected"),
            row("a", 2, 3 * MINUTE, "Foul", 0.7, state="moved", comment="Late tackle"),
        ],
        "b": [row("b", 2, 46 * MINUTE, "Goal", 0.55, team="away", entities=["ball"]), row("b", 1, 0, "Foul", 0.3)],
    }
    for match, own in rows.items():
        write_rows(tmp_path, match, "1", pa.Table.from_pylist(own, SCHEMA))
    search_engine = SpotSearch(tmp_path)
    search_engine.refresh()
    return search_engine


def places(search: SpotSearch, query: Query) -> list[tuple[str, str, int]]:
    return [(h.match, h.label, h.half) for h in search.find(query).hits]


def test_minutes_count_from_one_and_stoppage_time_belongs_to_the_last() -> None:
    assert [PARTS.minute(1, t) for t in (0, MINUTE - 1, MINUTE, 44 * MINUTE, 48 * MINUTE)] == [1, 1, 2, 45, 45]
    assert [PARTS.minute(2, t) for t in (0, 45 * MINUTE, 50 * MINUTE)] == [46, 90, 90]


def test_each_filter_finds_what_it_says(search: SpotSearch) -> None:
    assert places(search, Query()) == [("a", "Goal", 1), ("a", "Foul", 2), ("b", "Goal", 2)]
    assert places(search, Query(least=0.2)) == [*places(search, Query()), ("b", "Foul", 1)]
    assert places(search, Query(least=0.2, most=0.6)) == [("b", "Goal", 2), ("b", "Foul", 1)]
    assert places(search, Query(labels=("Goal",), halves=(2,))) == [("b", "Goal", 2)]
    assert places(search, Query(teams=("home",))) == [("a", "Goal", 1)]
    assert places(search, Query(matches=("b",))) == [("b", "Goal", 2)]
    assert places(search, Query(minutes=(31, 60))) == [("a", "Goal", 1), ("a", "Foul", 2)]
    assert places(search, Query(entities=("ball",))) == [("a", "Goal", 1), ("b", "Goal", 2)]
    assert places(search, Query(entities=("ball", "goal"))) == [("a", "Goal", 1)]
    assert places(search, Query(reviewed=REVIEWED)) == [("a", "Foul", 2)]
    assert places(search, Query(reviewed=UNREVIEWED, labels=("Foul",), least=0.2)) == [("b", "Foul", 1)]
    assert places(search, Query(words="late a")) == [("a", "Foul", 2)]
    assert places(search, Query(words="'; DROP TABLE spot; --")) == []


def test_the_tables_count_what_is_found_and_leave_out_unknown_teams(search: SpotSearch) -> None:
    result = search.find(Query(least=0.2), most=1)
    assert (result.total, result.matches, len(result.hits)) == (4, 2, 1)
    assert result.by_minute == {("Goal", 31): 1, ("Foul", 49): 1, ("Goal", 90): 1, ("Foul", 1): 1}
    assert result.by_team == {("Goal", "home"): 1, ("Goal", "away"): 1}
    assert result.team_unknown == 2


def test_reviews_are_counted_by_the_confidence_of_the_model(search: SpotSearch, tmp_path: Path) -> None:
    assert [(round(j.low, 2), j.reviewed, j.confirmed) for j in search.judged()] == [(0.6, 1, 0), (0.7, 1, 1)]
    sure = [row("c", 1, n, "Goal", 1.0, state="accepted") for n in range(3)]
    added = row("c", 1, 9, "Foul", 1.0, state="added", spotted="")
    other = row("c", 1, 8, "Corner", 0.95, state="accepted", spotted="Foul")  # the model had the class wrong
    write_rows(tmp_path, "c", "1", pa.Table.from_pylist([*sure, added, other], SCHEMA))
    search.refresh()
    last = search.judged()[-1]
    assert (round(last.low, 2), round(last.high, 2), last.reviewed, last.confirmed) == (0.9, 1.0, 4, 3)


def test_what_has_changed_or_gone_is_read_again(search: SpotSearch, tmp_path: Path) -> None:
    assert search.refresh() == 0
    write_rows(tmp_path, "b", "2", pa.Table.from_pylist([row("b", 1, 0, "Corner")], SCHEMA))
    assert search.refresh() == 1
    assert [h.label for h in search.find(Query(matches=("b",))).hits] == ["Corner"]
    assert search.refresh(["b"]) == 1  # the other match has left the library
    assert search.find(Query(least=0.2)).matches == 1


def test_a_file_that_cannot_be_read_does_not_end_the_search(search: SpotSearch, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 broken")
    with pytest.raises(duckdb.Error):
        search.refresh()
    assert search.find(Query()).total == 3  # what was there before
    write_rows(tmp_path, "a", "2", pa.Table.from_pylist([row("a", 1, 0, "Corner")], SCHEMA))
    assert search.refresh() == 1
    assert [h.label for h in search.find(Query(matches=("a",))).hits] == ["Corner"]


# --- text queries -------------------------------------------------------------------------------------

MODEL, OTHER = "a" * 64, "b" * 64
TEXTS = {"card": (1.0, 0.0), "flag": (0.0, 1.0), "both": (0.6, 0.8)}


def encode(text: str) -> TextVector:
    """Words of a made model of two numbers."""
    if text not in TEXTS:
        raise BadInputError(f"the model was never taught {text!r}")
    return TextVector(np.array(TEXTS[text], np.float32), MODEL)


def pictures(*angles: float) -> bytes:
    """Embeddings of the pictures near a spot: directions, in degrees from ``card`` to ``flag``."""
    turned = np.deg2rad(angles)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float16).tobytes()


@pytest.fixture
def picture_search(tmp_path: Path) -> SpotSearch:
    """Matches whose pictures are known; those of c are another model's, those of d are not there."""
    matches = {
        "a": ([
            row("a", 1, 0, "Goal", 0.95, pictures=pictures(90, 80)),
            row("a", 1, MINUTE, "Foul", 0.6, pictures=pictures(80, 90, 30, 85, 90)),  # seen in one picture of five
            row("a", 1, 2 * MINUTE, "Corner", 0.9),  # added where nothing was analysed
            row("a", 2, 0, "Foul", 0.4, pictures=pictures(0)),
        ], MODEL),
        "b": ([row("b", 1, 0, "Corner", 0.7, pictures=pictures(45, 60))], MODEL),
        "c": ([row("c", 1, 0, "Goal", 0.8, pictures=pictures(0))], OTHER),
        "d": ([row("d", 1, 0, "Goal", 0.8)], None),
    }  # fmt: skip
    for match, (rows, model) in matches.items():
        write_rows(tmp_path, match, "1", pa.Table.from_pylist(rows, SCHEMA), model)
    search_engine = SpotSearch(tmp_path, encode)
    search_engine.refresh()
    return search_engine


def test_a_text_orders_the_spots_by_the_picture_that_fits_best(picture_search: SpotSearch) -> None:
    result = picture_search.find(Query(text="card", least=0.2))
    assert [(h.match, h.label, h.half) for h in result.hits] == [
        ("a", "Foul", 2), ("a", "Foul", 1), ("b", "Corner", 1), ("a", "Goal", 1),
    ]  # fmt: skip
    wanted = np.cos(np.deg2rad([0, 30, 45, 80]))
    assert [h.similarity for h in result.hits] == pytest.approx(wanted, abs=1e-3)
    assert [h.label for h in picture_search.find(Query(text="flag", least=0.2)).hits] == [
        "Goal",
        "Foul",
        "Corner",
        "Foul",
    ]
    assert [h.similarity for h in picture_search.find(Query()).hits] == [None] * 6


def test_a_text_query_is_cut_narrowed_and_counted_like_any_other(picture_search: SpotSearch) -> None:
    cut = picture_search.find(Query(text="card", least=0.2, alike=0.7), most=1)
    assert (cut.total, cut.matches, [h.half for h in cut.hits]) == (3, 2, [2])
    assert cut.by_minute == {("Foul", 46): 1, ("Foul", 2): 1, ("Corner", 1): 1}
    assert [h.label for h in picture_search.find(Query(text="card")).hits] == [
        "Foul",
        "Corner",
        "Goal",
    ]  # not the unsure one
    assert [h.match for h in picture_search.find(Query(text="card", labels=("Corner",))).hits] == ["b"]


def test_matches_that_a_text_cannot_speak_of_are_counted(picture_search: SpotSearch) -> None:
    assert picture_search.find(Query()).left_out == 0
    assert picture_search.find(Query(text="card")).left_out == 2
    assert picture_search.find(Query(text="card", matches=("a", "c"))).left_out == 1
    assert picture_search.find(Query(text="card", matches=("a", "b"))).left_out == 0


def test_words_that_the_model_does_not_know_rank_nothing(picture_search: SpotSearch, search: SpotSearch) -> None:
    with pytest.raises(BadInputError, match="never taught 'bicycle'"):
        picture_search.find(Query(text="bicycle"))
    with pytest.raises(BadInputError, match="no model here that understands texts"):
        search.find(Query(text="card"))
    assert picture_search.find(Query(text="  ")).total == 6  # no words, no text query


def test_a_text_is_compared_with_what_has_changed(picture_search: SpotSearch, tmp_path: Path) -> None:
    assert picture_search.find(Query(text="card")).hits[0].match == "a"
    rows = [row("b", 1, 0, "Corner", pictures=pictures(0)), row("b", 1, MINUTE, "Goal", pictures=pictures(90))]
    write_rows(tmp_path, "b", "2", pa.Table.from_pylist(rows, SCHEMA), MODEL)
    picture_search.refresh()
    assert [(h.match, h.label) for h in picture_search.find(Query(text="card")).hits][:2] == [
        ("b", "Corner"),
        ("a", "Foul"),
    ]
    picture_search.refresh(["b"])
    result = picture_search.find(Query(text="card"))
    assert ([h.match for h in result.hits], result.left_out) == (["b", "b"], 0)


def test_rows_hold_the_pictures_within_a_second(tmp_path: Path, data: DataDirectory) -> None:
    match = open_match(make_video(tmp_path / "a.mp4", steady(100, rate=10)))
    spots = [Spot(1, 5_000_000, "Goal", 0.9), Spot(1, 8_250_000, "Foul", 0.8), Spot(1, 0, "Corner", 0.7)]

    def counted(times: np.ndarray) -> np.ndarray:
        return np.stack([times / 1e6, -times / 1e6], axis=1)  # seconds

    analysis = make_analysis(match, data, spots, pictures=(MODEL, counted))
    by_label = {r["label"]: r["pictures"] for r in rows_of("m", "A v B", analysis, []).to_pylist()}
    near = {label: np.frombuffer(held, np.float16).reshape(-1, 2)[:, 0].tolist() for label, held in by_label.items()}
    assert near == {"Goal": [4, 4.5, 5, 5.5, 6], "Foul": [7.5, 8, 8.5, 9], "Corner": [0, 0.5, 1]}
    bare = make_analysis(match, data, spots, "bare")
    assert {r["pictures"] for r in rows_of("m", "A v B", bare, []).to_pylist()} == {b""}


def test_rows_say_whose_pictures_they_hold_and_change_with_it(tmp_path: Path, data: DataDirectory) -> None:
    match = open_match(make_video(tmp_path / "a.mp4", steady(60, rate=10)))
    analysis = make_analysis(match, data, [Spot(1, 2_000_000, "Goal", 0.9)])
    stamps = {fingerprint(analysis, [], (), model) for model in (None, MODEL, OTHER)}
    assert len(stamps) == 3
    path = write_rows(tmp_path / "s", "m", "1", rows_of("m", "A v B", analysis, []), MODEL)
    assert vision_model_of(path) == MODEL
    assert vision_model_of(write_rows(tmp_path / "s", "n", "1", rows_of("n", "A v B", analysis, []))) is None
    assert vision_model_of(tmp_path / "nothing.parquet") is None
    assert parquet.read_schema(path).names == SCHEMA.names


def test_rows_say_what_model_and_reviewers_say(tmp_path: Path, data: DataDirectory) -> None:
    match = open_match(make_video(tmp_path / "a.mp4", steady(300, rate=10)))
    spots = [Spot(1, 5_000_000, "Goal", 0.9), Spot(1, 20_000_000, "Foul", 0.8), Spot(1, 25_000_000, "Corner", 0.3)]
    analysis = make_analysis(match, data, spots)
    database = open_database(data)
    with database.session() as session:
        session.add(MatchRow(id="m", path="/a", title="A v B"))
    reviews = Reviews(database)
    before = fingerprint(analysis, [])
    foul = next(s for s in analysis.spots() if s.label == "Foul")
    reviews.change("m", origin_of(foul, "0" * 64), foul, MOVE, "Ann", 0, time=21_000_000)
    reviews.add("m", Spot(1, 10_000_000, "Penalty", team="away"), "Ann")
    other = Spot(1, 15_000_000, "Offside", 0.6)
    reviews.change("m", origin_of(other, "1" * 64), other, ACCEPT, "Ann", 0)
    truth = [Spot(1, 6_000_000, "Goal", team="home"), Spot(1, 25_000_000, "Foul", team="away")]
    table = rows_of("m", "A v B", analysis, reviews.of_match("m"), truth).to_pylist()
    by_label = {r["label"]: (round(r["time"] / 1e6, 1), r["team"], r["state"]) for r in table}
    assert by_label == {
        "Goal": (5.0, "home", "open"),  # the label's team, a second away
        "Foul": (21.0, "unknown", "moved"),  # the label is too far away
        "Corner": (25.0, "unknown", "open"),
        "Penalty": (10.0, "away", "added"),
        "Offside": (15.0, "unknown", "accepted"),  # another model's, but accepted
    }
    assert {r["label"]: round(r["confidence"], 3) for r in table if r["author"]} == {
        "Foul": 0.8,
        "Penalty": 1.0,
        "Offside": 0.6,
    }
    assert {r["label"]: r["spotted"] for r in table} == {**{label: label for label in by_label}, "Penalty": ""}
    assert all(r["entities"] == ["ball"] for r in table)
    after = fingerprint(analysis, reviews.of_match("m"))
    assert before != after
    path = write_rows(tmp_path / "s", "m", after, rows_of("m", "A v B", analysis, []))
    assert stamp_of(path) == after
    assert stamp_of(tmp_path / "nothing.parquet") is None
    path.write_bytes(path.read_bytes()[:40])
    assert stamp_of(path) is None
    reviews.change("m", origin_of(foul, "0" * 64), foul, RECLASS, "Ann", 1, label="Kick-off")
    [row_of_foul] = [r for r in rows_of("m", "", analysis, reviews.of_match("m")).to_pylist() if r["spotted"] == "Foul"]
    assert row_of_foul["label"] == "Kick-off"
    reviews.change("m", origin_of(foul, "0" * 64), foul, REJECT, "Ann", 2)
    assert fingerprint(analysis, reviews.of_match("m")) != after


def test_one_action_is_one_row_and_what_another_model_had_rejected_is_known(
    tmp_path: Path, data: DataDirectory
) -> None:
    match = open_match(make_video(tmp_path / "a.mp4", steady(300, rate=10)))
    analysis = make_analysis(match, data, [Spot(1, 5_000_000, "Goal", 0.9), Spot(1, 25_000_000, "Goal", 0.8)])
    database = open_database(data)
    with database.session() as session:
        session.add(MatchRow(id="m", path="/a", title="A v B"))
    reviews = Reviews(database)
    same, false = Spot(1, 5_200_000, "Goal", 0.7), Spot(1, 15_000_000, "Foul", 0.85)
    reviews.change("m", origin_of(same, "1" * 64), same, ACCEPT, "Ann", 0)
    reviews.change("m", origin_of(false, "1" * 64), false, REJECT, "Ann", 0)
    table = rows_of("m", "A v B", analysis, reviews.of_match("m"))
    by_label = {(r["label"], round(r["time"] / 1e6, 1), r["state"]) for r in table.to_pylist()}
    assert by_label == {("Goal", 5.2, "accepted"), ("Goal", 25.0, "open"), ("Foul", 15.0, "rejected")}
    write_rows(tmp_path / "s", "m", "1", table)
    search = SpotSearch(tmp_path / "s")
    search.refresh()
    assert [h.label for h in search.find(Query(least=0.2)).hits] == ["Goal", "Goal"]
    assert [(j.reviewed, j.confirmed) for j in search.judged()] == [(1, 1), (1, 0)]


def test_searches_are_saved_by_name(data: DataDirectory) -> None:
    searches = SavedSearches(open_database(data))
    query = Query(labels=("Goal",), minutes=(76, 90), teams=("home",), words="city", text="a goal", alike=0.25)
    searches.save(" Late goals ", query)
    assert searches.all() == {"Late goals": query}
    searches.save("Late goals", Query())
    assert searches.all() == {"Late goals": Query()}
    searches.remove("Late goals")
    assert searches.all() == {}
    for name in (" ", "x" * 121):
        with pytest.raises(BadInputError, match="needs a name"):
            searches.save(name, query)
    with pytest.raises(BadInputError, match="cannot be 'maybe'"):
        Query(reviewed="maybe")


def test_an_analysis_says_whose_picture_embeddings_it_holds_or_its_model_does(data: DataDirectory) -> None:
    card = json.loads(asset("weights", "entity-attention", "card.json").read_text(encoding="utf-8"))
    made = {
        "sha256": file_hash(asset("weights", "entity-attention", "model.safetensors")),
        "folder": "entity-attention",
    }
    assert entity_model_of({**made, "entities": MODEL}, data) == MODEL
    assert entity_model_of({**made, "entities": OTHER, "vision_model": MODEL}, data) == MODEL  # others judged its words
    assert entity_model_of(made, data) == card["entities"]["vision_model"]
    assert entity_model_of({**made, "sha256": OTHER}, data) is None  # another model was there under this name
    assert entity_model_of({"sha256": OTHER, "folder": "gone"}, data) is None


def embedded(analysis: Analysis) -> list[EmbeddedHalf]:
    return [EmbeddedHalf(h.half, h.frames, h.array("image_embeddings")) for h in analysis.halves]


def test_what_whole_pictures_are_worth_is_measured_on_what_an_analysis_keeps(demo: Path) -> None:
    analysis = Analysis.open(demo / "analysis")
    measures = measure_pictures(demo, embedded(analysis), VisionLanguageModel.load(), every=10)
    assert measures["frames"] == sum(-(-len(h.times) // 10) for h in analysis.halves)
    assert measures["mean_average_precision"] > measures["chance"]
