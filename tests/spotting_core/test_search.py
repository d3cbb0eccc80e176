"""Searching: what a row says, what a query finds, and that what has changed is read again."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from spotting_core.data_directory import DataDirectory
from spotting_core.errors import BadInputError
from spotting_core.media.source import open_match
from spotting_core.search.engine import REVIEWED, UNREVIEWED, Query, SpotSearch
from spotting_core.search.rows import SCHEMA, fingerprint, minute_of, rows_of, stamp_of, write_rows
from spotting_core.spots import Spot
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPT, MOVE, RECLASS, REJECT, Reviews, origin_of
from spotting_core.store.searches import SavedSearches
from spotting_core.store.tables import MatchRow
from tests.app.made_analysis import make_analysis
from tests.videos import make_video, steady

MINUTE = 60_000_000


def row(match: str, half: int, time: int, label: str, confidence: float = 0.9, **more: object) -> dict[str, object]:
    return {
        "match": match, "title": f"{match} v Guests", "half": half, "time": time, "minute": minute_of(half, time),
        "label": label, "team": "unknown", "confidence": confidence, "state": "open", "author": "", "comment": "",
        "entities": [], "spotted": label, **more,
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
    found = SpotSearch(tmp_path)
    found.refresh()
    return found


def places(search: SpotSearch, query: Query) -> list[tuple[str, str, int]]:
    return [(h.match, h.label, h.half) for h in search.find(query).hits]


def test_minutes_count_from_one_and_stoppage_time_belongs_to_the_last() -> None:
    assert [minute_of(1, t) for t in (0, MINUTE - 1, MINUTE, 44 * MINUTE, 48 * MINUTE)] == [1, 1, 2, 45, 45]
    assert [minute_of(2, t) for t in (0, 45 * MINUTE, 50 * MINUTE)] == [46, 90, 90]


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
    found = search.find(Query(least=0.2), most=1)
    assert (found.total, found.matches, len(found.hits)) == (4, 2, 1)
    assert found.by_minute == {("Goal", 31): 1, ("Foul", 49): 1, ("Goal", 90): 1, ("Foul", 1): 1}
    assert found.by_team == {("Goal", "home"): 1, ("Goal", "away"): 1}
    assert found.team_unknown == 2


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
    told = {r["label"]: (round(r["time"] / 1e6, 1), r["team"], r["state"]) for r in table}
    assert told == {
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
    assert {r["label"]: r["spotted"] for r in table} == {**{label: label for label in told}, "Penalty": ""}
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


def test_searches_are_saved_by_name(data: DataDirectory) -> None:
    searches = SavedSearches(open_database(data))
    query = Query(labels=("Goal",), minutes=(76, 90), teams=("home",), words="city")
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
