"""No text in a CSV file is run by a spreadsheet, and each comes back as it was."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotting_core.domain.spots import Spot
from spotting_core.formats import registry
from spotting_core.formats.cells import CellWriter, plain_cell, read_cell
from spotting_core.formats.document import Document

RUN = ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("'=1", "''=1"),
        ("-12.5", "-12.5"),
        ("Goal", "Goal"),
        ("'t was", "'t was"),
        ("", ""),
    ],
)
def test_a_text_that_looks_like_a_formula_is_quoted(text: str, cell: str) -> None:
    assert plain_cell(text) == cell
    assert read_cell(cell) == text


@given(st.text(st.sampled_from("=+-@\t\r'a1.")))
def test_every_text_comes_back(text: str) -> None:
    cell = plain_cell(text)
    assert read_cell(cell) == text
    if cell.startswith(RUN):
        float(cell)


@given(st.lists(st.lists(st.text(st.sampled_from("=\t\r\n'\",a;"), max_size=5), min_size=2, max_size=3), max_size=4))
def test_rows_come_back_whatever_is_in_them(rows: list[list[str]]) -> None:
    stream = io.StringIO(newline="")
    writer = CellWriter(stream)
    for row in rows:
        writer.write(row)
    stream.seek(0)
    assert [[read_cell(cell) for cell in row] for row in csv.reader(stream)] == rows


def test_a_table_of_spots_is_quoted_and_read_again(tmp_path: Path) -> None:
    spots = [Spot(1, 1_000_000, "=HYPERLINK(0)", 0.5, source="@model"), Spot(1, 2_000_000, "Goal", 0.25)]
    path = tmp_path / "spots.csv"
    registry.write(path, [Document.of(spots, "+game"), Document.of(spots, "-game")], registry.FORMATS["csv"])
    with path.open(newline="") as handle:
        cells = [cell for row in csv.reader(handle) for cell in row]
    assert [cell for cell in cells if cell.startswith(RUN)] == []
    documents = list(registry.read(path))
    assert [d.game for d in documents] == ["+game", "-game"]
    assert documents[0].spots == spots
