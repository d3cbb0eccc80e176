"""Presets of a class table: what the bundled tables ask for together, and what of it a table knows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spotting_core.base.assets import asset
from spotting_core.domain.class_presets import known, presets_of
from spotting_core.domain.classes import joined, load_classes


def test_presets_are_those_of_the_table() -> None:
    presets = presets_of(load_classes())
    assert list(presets) == ["Goals", "Cards", "Set pieces", "Shots", "Key moments"]
    assert presets["Goals"] == ("Goal",)
    assert presets["Cards"] == ("Yellow card", "Red card", "Yellow->red card")
    assert presets_of(load_classes("soccernet-v1")) == {"Goals": ("Goal",), "Cards": ("Card",)}


def test_a_table_of_another_sport_has_none() -> None:
    assert presets_of(load_classes("finediving")) == {}


def test_own_tables_and_joined_ones_have_what_they_know_of_all() -> None:
    own = replace(load_classes(), name="own", classes=tuple(c for c in load_classes() if c.group == "cards"))
    assert presets_of(own) == {"Cards": ("Yellow card", "Red card", "Yellow->red card")}
    both = joined([replace(load_classes("soccernet-v1"), name="mixed"), load_classes()])
    assert presets_of(both)["Cards"] == ("Card", "Yellow card", "Red card", "Yellow->red card")


def test_what_is_not_offered_is_left_out() -> None:
    assert known({"A": ("x", "y", "x"), "B": ("z",)}, ("x",)) == {"A": ("x",)}


@pytest.mark.parametrize("path", sorted(asset("classes").glob("*.presets.csv")), ids=lambda p: p.name)
def test_bundled_presets_name_classes_of_their_table(path) -> None:  # type: ignore[no-untyped-def]
    table = load_classes(path.name.removesuffix(".presets.csv"))
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    assert all(line.split(",", 1)[1] in table for line in lines)
