"""Class tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from spotting_core.base.assets import asset
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes, numbers_beside, rows_beside

OFFICIAL = (
    "Penalty", "Kick-off", "Goal", "Substitution", "Offside", "Shots on target", "Shots off target", "Clearance",
    "Ball out of play", "Throw-in", "Foul", "Indirect free-kick", "Direct free-kick", "Corner", "Yellow card",
    "Red card", "Yellow->red card",
)  # fmt: skip


def test_default_classes_are_in_the_official_order() -> None:
    table = load_classes()
    assert table.names == OFFICIAL
    assert table.index("Goal") == 2
    assert all(c.suppression > 0 and c.lead > 0 and c.lag > 0 for c in table)


def test_a_class_in_other_letters_is_named() -> None:
    with pytest.raises(BadInputError, match=r"Did you mean 'Goal'\?$"):
        load_classes().index("goal")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.replace("name,", "class,", 1), "lacks the column name"),
        (lambda t: t.replace("index,", "number,"), "unknown column 'number'.*all but name may be left out"),
        (lambda t: "\n".join([t.splitlines()[0], *reversed(t.splitlines()[1:])]), "do not count"),
        (lambda t: t.replace("Kick-off,Kick-off", "Penalty,Kick-off"), "occurs twice"),
        (lambda t: t.replace(",15,5,8", ",wide,5,8", 1), "line 2"),
        (lambda t: t.replace("#", "red;#", 1), "no colour in colour_light"),
        (lambda t: t.replace("#6E5BF4", 'url("//a")', 1), "no colour in"),
        (lambda t: t.replace("#6E5BF4", "#6E5BF4é", 1), "no colour in"),
        (lambda t: t.splitlines()[0], "has no classes"),
    ],
)
def test_broken_class_tables_say_what_is_wrong(tmp_path: Path, change, message: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "mine.csv"
    path.write_text(change(asset("classes", "soccernet-v2.csv").read_text()))
    with pytest.raises(BadInputError, match=message):
        load_classes(path)


def test_an_own_class_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ball.csv"
    head = asset("classes", "soccernet-v2.csv").read_text().splitlines()[0]
    path.write_text(
        f"{head}\n0,Pass,Pass,flow,pass,#111111,#EEEEEE,2,1,1\n1,Drive,Drive,flow,drive,#111111,#EEEEEE,2,1,1\n"
    )
    assert load_classes(path).names == ("Pass", "Drive")


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_name_is_enough(tmp_path: Path, separator: str) -> None:
    """What is left out, a column or a cell, is as in a bare list of names."""
    path, bare = tmp_path / "own.csv", tmp_path / "class.txt"
    path.write_text(f"name{separator}suppression\nPass{separator}1.5\nHeader{separator}\n")
    bare.write_text("Pass\nHeader\n")
    table, plain = load_classes(path), load_classes(bare)
    assert table.names == ("Pass", "Header")
    assert [c.suppression for c in table] == [1.5, 2.0]
    assert [replace(c, suppression=2.0) for c in table] == list(plain)


def test_an_unknown_table_names_the_tables_and_not_what_lies_beside_them() -> None:
    with pytest.raises(BadInputError, match="no such class table") as caught:
        load_classes("cricket")
    assert caught.value.fix is not None
    assert "finediving, soccernet-ball, soccernet-boundaries" in caught.value.fix
    assert "pressure" not in caught.value.fix


def test_a_list_of_classes_of_football_has_its_halves(tmp_path: Path) -> None:
    path = tmp_path / "class.txt"
    path.write_text("\n".join(sorted(OFFICIAL)))
    assert load_classes(path).parts == load_classes().parts
    path.write_text("Goal\nServe")
    assert load_classes(path).parts.name == "part"


@pytest.mark.parametrize(
    ("text", "message"),
    [("class,value\nGoal,1\n", "lacks the columns weight"), ("class,weight\nGoal\n", "row 2 of this file ends early")],
)
def test_damaged_rows_beside_a_table_say_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.setattr("spotting_core.domain.classes.asset", lambda *parts: tmp_path.joinpath(*parts[1:]))
    assert rows_beside("own", "pressure", ("class", "weight")) == []
    (tmp_path / "own.pressure.csv").write_text(text)
    with pytest.raises(BadInputError, match=message) as caught:
        rows_beside("own", "pressure", ("class", "weight"))
    assert caught.value.where is not None


@pytest.mark.parametrize("text", ["soon", "nan", ""])
def test_a_number_beside_a_class_table_is_one(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "own.possession.csv"
    path.write_text(f"class,before\nGoal,1.5\nCorner,{text}\n")
    monkeypatch.setattr("spotting_core.domain.classes.file_beside", lambda table, kind: path)
    with pytest.raises(BadInputError, match="the before of Corner is no number") as refused:
        numbers_beside("own", "possession", "before")
    assert refused.value.where == path
    path.write_text("class,before\nGoal,1.5\n")
    assert numbers_beside("own", "possession", "before") == {"Goal": 1.5}


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "nothing\x00", "\x1b[31mred"])
def test_a_class_has_a_name_of_one_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / "own.csv"
    table = asset("classes", "soccernet-v2.csv").read_text(encoding="utf-8").splitlines()
    table[1] = table[1].replace(table[1].split(",")[1], f'"{name}"', 1)
    path.write_text("\n".join(table) + "\n", encoding="utf-8")
    with pytest.raises(BadInputError):
        load_classes(str(path))
