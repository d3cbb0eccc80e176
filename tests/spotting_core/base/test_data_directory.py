"""What is kept is its owner's alone, also where an earlier version left it open."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.store.database import ENVIRONMENT_VARIABLE, open_database
from spotting_core.store.tables import MatchRow


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_directory_and_database_are_made_for_their_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    data = DataDirectory(tmp_path / "data")
    database = open_database(data)
    with database.session() as session:
        session.add(MatchRow(id="a", path="/a", title="A"))
        session.flush()
        kept = sorted(data.root.glob("touchline.db*"))
        assert {mode(path) for path in kept} == {0o600}
        assert len(kept) == 3
    assert mode(data.root) == 0o700


def test_those_of_an_earlier_version_are_closed_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    data = DataDirectory(tmp_path / "data")
    data.root.mkdir(mode=0o755)
    data.database.touch(mode=0o644)
    data.root.chmod(0o755)
    data.database.chmod(0o644)
    open_database(data)
    assert (mode(data.root), mode(data.database)) == (0o700, 0o600)


def test_a_file_in_its_place_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(BadInputError, match="the data directory cannot be written"):
        DataDirectory(tmp_path / "data").ensure()
