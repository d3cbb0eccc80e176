"""``touchline players``: places of people written to a file, and what it says where that cannot be done."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotting_core.formats import players_table
from tests.app.commands import touchline
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.long


def test_the_demo_is_written_at_its_rate_and_swapped(tmp_path: Path) -> None:
    done = touchline("players", "--demo", "--out", tmp_path / "demo.parquet", "--swap")
    assert done.returncode == 0, done.stderr
    table = players_table.read(tmp_path / "demo.parquet")
    assert f"{len(table.placed)} places at 2 samples a second" in done.stdout
    assert table.rate == 2
    assert {p.half for p in table.placed} == {1, 2}
    assert (table.pitch.length, table.pitch.width) == (110, 72)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--demo", "--out", "a.json"], "the format cannot be told from this name"),
        (["--demo", "--out", "a.csv", "--format", "xml"], "there is no format 'xml' for players"),
        (["--demo", "--out", "a.csv", "--home-kit", "red", "--away-kit", "#FFFFFF"], "'red' is no colour"),
        (["--out", "a.csv"], "give a SOURCE or --demo"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    done = touchline("players", *(tmp_path / a if a.startswith("a.") else a for a in arguments))
    assert done.returncode == 2
    assert sentence in done.stderr


def test_a_match_that_was_not_analysed_is_told(tmp_path: Path) -> None:
    video = REPOSITORY / "assets" / "demo_match" / "1_360p.mp4"
    (tmp_path / "match").mkdir()
    (tmp_path / "match" / "1_360p.mp4").symlink_to(video)
    done = touchline("players", tmp_path / "match", "--out", tmp_path / "a.csv")
    assert done.returncode == 2
    assert "no analysis of this match holds entities" in done.stderr
