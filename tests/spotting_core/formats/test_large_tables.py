"""Tables of many rows, which are read many at once and column by column: as they are one by one, only faster."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from spotting_core.base import archives, texts
from spotting_core.base.errors import BadInputError
from spotting_core.formats import document, registry, table_csv
from spotting_core.formats.document import Document

HEAD = "game;half;seconds;label;confidence;team;note"


def row(number: int, chance: random.Random) -> str:
    time = chance.choice([f"{number}.5", f"{number},25", f"0:{number % 60:02d}", f" {number} ", str(number)])
    confidence = chance.choice(["", "0,5", ".25", "93%", "1"])
    label = chance.choice(["Goal", "'=Goal", "Größe ", '"two\nlines"'])
    return f"g{number // 300};{chance.choice(['1', 'H2', ''])};{time};{label};{confidence};{chance.choice(['home', 'Reds'])}"


def table(path: Path, change: Callable[[list[str]], None] = lambda rows: None, encoding: str = "utf-8") -> Path:
    """700 rows in many ways of writing them, with blank ones between them, of which some are changed."""
    chance = random.Random(7)
    rows = [row(number, chance) + chance.choice(["", ";", ";seen"]) for number in range(700)]
    rows[50], rows[400] = "", ";;  ;;;;"
    change(rows)
    path.write_text("\n".join([HEAD, *rows]), encoding=encoding)
    return path


def read(path: Path) -> tuple[list[Document], str]:
    """The matches before the first row that cannot be read, and what is said of that one."""
    documents: list[Document] = []
    try:
        documents.extend(registry.read(path))
    except BadInputError as error:
        return documents, str(error)
    return documents, ""


def put(number: int, text: str) -> Callable[[list[str]], None]:
    return lambda rows: rows.__setitem__(number, text)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda rows: None, ""),
        (put(320, "g1;1;nan;Goal"), "cannot be read"),
        (put(320, "g1;1;12:70:99;Goal"), "12:70:99"),
        (put(320, "g1;1;99999999;Goal"), "later than any half"),
        (put(320, "g1;1;-61;Goal"), "before the half"),
        (put(320, "g1;1;5;Goal;nan"), "the confidence is not a number"),
        (put(320, "g1;1;5;Goal;93"), "the confidence 93 is above 1"),
        (put(320, "g1;1;1_0;Goal"), "1_0"),
        (put(320, "g1;1;5;"), "no label"),
        (put(320, "g1;0;5;Goal"), "half 0 cannot be"),
        (put(320, "g1;1;5;Goal;;;;more"), "more cells than the header"),
    ],
)
def test_many_rows_are_read_as_they_are_one_by_one(
    change: Callable[[list[str]], None], problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = table(tmp_path / "a.csv", change)
    together = read(path)
    monkeypatch.setattr(table_csv, "_AT_ONCE", 1)
    assert read(path) == together
    documents, said = together
    assert problem in said
    assert bool(said) == bool(problem)
    assert [match.game for match in documents] == (["g0"] if problem else ["g0", "g1", "g2"])
    assert len(documents[0].entries) == 299
    if problem and "above 1" not in problem:
        changed = [""] * 700
        change(changed)
        [line] = [number for number, text in enumerate(path.read_text().split("\n"), 1) if text and text in changed]
        assert f"line {line}" in said


def test_what_few_cells_say_is_read_once_and_an_encoding_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = {"half": 0, "encoding": 0}

    def counted(name: str, function: Callable) -> Callable:
        def called(*given: object) -> object:
            calls[name] += 1
            return function(*given)

        return called

    monkeypatch.setattr(table_csv, "named_half", counted("half", table_csv.named_half))
    monkeypatch.setattr(archives, "encoding_of_blocks", counted("encoding", texts.encoding_of_blocks))
    rows = "".join(f"g{number // 1000};2;{number % 1000},5;Größe\n" for number in range(5000))
    path = tmp_path / "a.csv"
    path.write_text(f"game;half;seconds;label\n{rows}", encoding="cp1252")
    assert sum(len(match.entries) for match in registry.read(path)) == 5000
    assert calls == {"half": 5, "encoding": 1}


def rows_of(game: str, count: int, label: str = "Goal") -> str:
    return "".join(f"{game},1,{second},{label}\n" for second in range(count))


def test_a_match_of_too_many_rows_is_refused_wherever_it_lies_and_lines_of_long_cells_are_no_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_csv, "_BLOCK", 256)
    for module in (table_csv, document):
        monkeypatch.setattr(module, "MOST_ENTRIES", 100)
    few, many, long = rows_of("a", 100), rows_of("b", 101), rows_of("c", 100, '"a\n\n\nb"')
    path = tmp_path / "a.csv"
    path.write_text("game,half,seconds,label\n" + few + long)
    assert [len(match.entries) for match in registry.read(path)] == [100, 100]
    for rows in (many + few, few + many, few + long + many):
        path.write_text("game,half,seconds,label\n" + rows)
        _, said = read(path)
        assert "a match of this file has more than 100 entries" in said


@pytest.mark.parametrize(("block", "counts"), [(64, (99, 99, 99)), (100, (60, 90)), (1000, (99,))])
def test_what_may_be_too_large_is_known_before_any_row_is_read_wherever_blocks_cut(
    block: int, counts: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_csv, "_BLOCK", block)
    monkeypatch.setattr(table_csv, "MOST_ENTRIES", 120 if block < 1000 else 100)
    fitting = "".join(rows_of(f"g{number}", count) for number, count in enumerate(counts))
    assert not table_csv._may_be_too_large(io.StringIO(fitting), ",", 0)
    assert table_csv._may_be_too_large(io.StringIO(fitting + rows_of("many", 300)), ",", 0)
