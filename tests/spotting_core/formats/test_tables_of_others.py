"""Tables as people have them: several matches, marks that are not closed, columns of other names."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.formats import registry

HEAD = "half,seconds,label\n"


@pytest.mark.parametrize("column", ["match", "Match_ID", "game_id"])
def test_two_matches_in_one_table_are_two(column: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{column},half,seconds,label\nA,1,20,Goal\nB,1,30,Goal\n")
    assert [(d.game, len(d.entries)) for d in registry.read(tmp_path / "a.csv")] == [("A", 1), ("B", 1)]


def test_the_first_name_of_a_match_counts_where_a_table_has_several(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("game_id,match,seconds,label\n1,A,20,Goal\n2,B,30,Goal\n")
    documents = list(registry.read(tmp_path / "a.csv"))
    assert [(d.game, len(d.entries)) for d in documents] == [("A", 1), ("B", 1)]
    assert [dict(entry.extras) for d in documents for entry in d.entries] == [{"game_id": "1"}, {"game_id": "2"}]


@pytest.mark.parametrize("half", [1, 2])
def test_a_match_that_lies_between_others_is_not_taken_for_two(half: int, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"game,half,seconds,label\nA,1,20,Goal\nB,1,30,Goal\nA,{half},5,Corner\n")
    with pytest.raises(BadInputError, match=r"the match 'A' occurs twice\. Order its entries by match"):
        list(registry.read(tmp_path / "a.csv"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f'{HEAD}1,20,"Goal\n1,30,Corner\n',
            r"line 3: the label of this line holds other lines of the table\. Check whether",
        ),
        ("Half;Zeit;Aktion\n1;12:43;Tor\n", r"its first line: 'Half', 'Zeit', 'Aktion'\. Name the columns so"),
        ("", "its first line: empty"),
        (f"{HEAD}1,10,Goal\n1,nan,Goal\n", r"line 3: .*'nan' is no time"),
        (f"{HEAD}1,inf,Goal\n", r"line 2: .*'inf' is no time"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(BadInputError) as refused:
        list(registry.read(tmp_path / "a.csv"))
    assert refused.match(message)
