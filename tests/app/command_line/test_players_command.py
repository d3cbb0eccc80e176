"""``touchline players``: places of people written to a file, and what it says where that cannot be done."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.command_line.players import shirts
from spotting_core.base.errors import BadInputError
from spotting_core.formats import players_table
from tests.app.commands import touchline
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.long


def test_the_demo_is_written_at_its_rate_and_swapped(tmp_path: Path) -> None:
    done = touchline("players", "--demo", "--out", tmp_path / "demo.parquet", "--swap")
    assert done.returncode == 0, done.stderr
    table = players_table.read(tmp_path / "demo.parquet")
    assert f"{len(table.placed)} places at 2 samples a second" in done.stdout
    assert "a sample of a replay" in " ".join(done.stderr.split())
    assert "a sighting of somebody less sure than 0.45" in " ".join(done.stderr.split())
    assert table.rate == 2
    assert {p.half for p in table.placed} == {1, 2}
    assert (table.pitch.length, table.pitch.width) == (110, 72)


def test_whom_a_format_has_no_room_for_is_counted(tmp_path: Path) -> None:
    done = touchline("players", "--demo", "--out", tmp_path / "demo.csv")
    assert done.returncode == 0, done.stderr
    assert "for whom Metrica CSV has no room" in " ".join(done.stderr.split())
    cells = sum(len(line.split(",")) for line in (tmp_path / "demo_home.csv").read_text().splitlines()[3:])
    assert cells > 0


def test_a_match_in_which_nobody_is_placed_is_refused_with_the_reasons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spotting_core.players.match_players._LEAST_SCORE", 2.0)
    monkeypatch.setattr("spotting_core.players.match_players.BALL", "no ball")
    done = touchline("players", "--demo", "--out", tmp_path / "demo.parquet")
    assert done.returncode == 2
    assert "nobody can be placed on the pitch; left out: " in " ".join(done.stderr.split())
    assert "a sighting of somebody less sure than 2" in " ".join(done.stderr.split())
    assert not (tmp_path / "demo.parquet").exists()


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


def test_one_shirt_alone_is_refused_and_checked() -> None:
    assert shirts("#FFFFFF", None, (None, "#102030")) == ((255, 255, 255), (16, 32, 48))
    assert shirts(None, None, (None, "#102030")) is None
    with pytest.raises(BadInputError, match="--home-kit alone does not tell the teams apart"):
        shirts("#FFFFFF", None, (None, None))
    with pytest.raises(BadInputError, match="'banana' is no colour"):
        shirts("banana", None, (None, None))


def test_a_match_that_was_not_analysed_is_told(tmp_path: Path) -> None:
    video = REPOSITORY / "assets" / "demo_match" / "1_360p.mp4"
    (tmp_path / "match").mkdir()
    (tmp_path / "match" / "1_360p.mp4").symlink_to(video)
    done = touchline("players", tmp_path / "match", "--out", tmp_path / "a.csv")
    assert done.returncode == 2
    assert "no analysis of this match holds entities" in done.stderr
