"""Figures against values counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.search.engine import Query, SearchColumns, SpotSearch
from spotting_core.search.figures import by_minutes, match_figures, pressure, pressure_weights, rates
from spotting_core.search.rows import SCHEMA, write_rows

MINUTE = 60_000_000
PARTS = load_classes().parts

# match, half, minute within it, class, team, confidence
SPOTS = [
    ("a", 1, 1.0, "Corner", "home", 0.5),
    ("a", 1, 3.0, "Goal", "home", 0.8),
    ("a", 1, 4.0, "Foul", "away", 0.9),
    ("a", 1, 7.0, "Corner", "away", 1.0),
    ("a", 2, 2.0, "Goal", "unknown", 0.6),
    ("b", 2, 50.0, "Yellow card", "home", 0.7),
]


def columns(rows: list[tuple]) -> SearchColumns:
    matches, halves, minutes, labels, teams, confidence = (np.array(c) for c in zip(*rows, strict=True))
    times = (minutes * MINUTE).astype(np.int64)
    clock = np.array([PARTS.minute(int(h), int(t)) for h, t in zip(halves, times, strict=True)])
    nowhere, suggested = np.full(len(rows), np.nan), np.full(len(rows), "")
    return SearchColumns(matches, halves, times, clock, labels, teams, confidence, nowhere, nowhere, nowhere, suggested)


def test_rates_are_counts_in_ninety_minutes() -> None:
    counts = rates(columns(SPOTS), played=45 * MINUTE, minutes=90)
    assert counts["Corner", "home"].count == 1
    assert counts["Corner", "home"].frequency == 2.0
    assert counts["Goal", "unknown"].frequency == 2.0
    assert ("Goal", "away") not in counts
    with pytest.raises(BadInputError, match="some length"):
        rates(columns(SPOTS), played=0, minutes=90)


def test_minutes_are_those_of_the_match_and_stoppage_time_counts_to_the_last() -> None:
    counts = by_minutes(columns(SPOTS), {"Goals": ["Goal"], "Cards": ["Yellow card"]}, 5, 90)
    assert {name: values.nonzero()[0].tolist() for name, values in counts.items()} == {"Goals": [0, 9], "Cards": [17]}
    assert all(len(values) == 18 for values in counts.values())


def test_pressure_is_what_happened_in_the_five_minutes_before_by_confidence() -> None:
    own = columns([s for s in SPOTS if s[0] == "a"])
    first, second = pressure(own, {"Corner": 1.0, "Goal": 2.0}, {1: 10 * MINUTE, 2: 3 * MINUTE}, step=1.0)
    assert first.minutes.tolist() == list(range(11))
    assert first.home == pytest.approx([0, 0.5, 0.5, 2.1, 2.1, 2.1, 1.6, 1.6, 0, 0, 0])
    assert first.away == pytest.approx([0] * 7 + [1.0, 1.0, 1.0, 1.0])
    assert (first.unknown, second.unknown) == (0, 1)
    assert not second.home.any()


def test_nothing_presses_without_a_table_and_fouls_do_not() -> None:
    assert pressure_weights("no such table") == {}
    weights = pressure_weights("soccernet-v2")
    assert weights["Goal"] == 1.0
    assert "Foul" not in weights


def test_each_match_is_counted_by_group_and_team() -> None:
    a, b = match_figures(columns(SPOTS), {"Corners": ["Corner"], "Cards": ["Yellow card", "Red card"]})
    assert (a.match, a.counts["Corners"], dict(a.counts["Cards"])) == ("a", {"home": 1, "away": 1}, {})
    assert (b.match, b.counts["Cards"]) == ("b", {"home": 1})


def test_columns_hold_what_a_query_finds_in_order(tmp_path: Path) -> None:
    rows = [
        {
            **dict.fromkeys(SCHEMA.names), "replay": "",
            "match": match, "half": half, "time": int(minute * MINUTE), "minute": PARTS.minute(half, int(minute * MINUTE)),
            "label": label, "team": team, "confidence": confidence, "state": state, "title": "", "comment": "",
        }
        for (match, half, minute, label, team, confidence), state in zip(
            reversed(SPOTS), ["open", "open", "rejected", "accepted", "open", "open"], strict=True
        )
    ]  # fmt: skip
    for match in ("a", "b"):
        own = [row for row in rows if row["match"] == match]
        write_rows(tmp_path, match, "stamp", pa.Table.from_pylist(own, SCHEMA))
    search = SpotSearch(tmp_path)
    search.refresh()
    columns_of_hits = search.columns(Query(least=0.55))
    # The corner at .5 is below, the corner at 1.0 was rejected.
    assert list(zip(columns_of_hits.match, columns_of_hits.label, strict=True)) == [
        ("a", "Goal"), ("a", "Foul"), ("a", "Goal"), ("b", "Yellow card"),
    ]  # fmt: skip
    assert columns_of_hits.minute.tolist() == [4, 5, 48, 90]
    # The foul was accepted: it counts however unsure the model was of it.
    assert search.columns(Query(least=0.95)).label.tolist() == []
    assert search.columns(Query(least=0.95, confirmed=True)).label.tolist() == ["Foul"]
    assert len(search.columns(Query(matches=("none",)))) == 0
