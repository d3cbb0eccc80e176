"""Playlists: clips of several matches by name, and two people who change one."""

from __future__ import annotations

import pytest

from spotting_core.base.errors import BadInputError, ConflictError
from spotting_core.clips.selection import Clip
from spotting_core.store import playlists
from spotting_core.store.database import Database
from spotting_core.store.playlists import Playlists


def clip(start: int, match: str = "m", label: str = "Goal") -> Clip:
    return Clip(1, start * 1_000_000, start * 1_000_000 + 5_000_000, label, match=match, note="look")


def test_a_playlist_is_kept_with_its_order_and_added_to_once(database: Database) -> None:
    store = Playlists(database)
    made = store.make(" Set pieces ", [clip(9, "b"), clip(2, "a")])
    assert store.get(made.id) == made
    assert (made.name, [c.match for c in made.clips], made.revision) == ("Set pieces", ["b", "a"], 1)
    more = store.add(made.id, [clip(2, "a"), clip(30, "c")])
    assert [c.match for c in more.clips] == ["b", "a", "c"]
    renamed = store.save(more, more.clips[1:], "Corners")
    assert (renamed.name, len(renamed.clips), renamed.revision) == ("Corners", 2, 3)
    assert store.all() == [renamed]
    store.remove(made.id)
    assert store.get(made.id) is None
    assert store.all() == []


def test_nobody_overwrites_another(database: Database) -> None:
    store = Playlists(database)
    made = store.make("Shared", [clip(1)])
    store.save(made, [])
    with pytest.raises(ConflictError, match="someone else has changed this playlist"):
        store.save(made, [clip(2)])
    store.remove(made.id)
    with pytest.raises(ConflictError, match="this playlist was deleted"):
        store.add(made.id, [clip(2)])


def test_what_cannot_be_kept_is_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Playlists(database)
    for name in ("", " ", "x" * 121, "a\nb"):
        with pytest.raises(BadInputError, match="a playlist needs a name"):
            store.make(name, [clip(1)])
    with pytest.raises(BadInputError, match="of which match it is"):
        store.make("Nowhere", [clip(1, "")])
    monkeypatch.setattr(playlists, "MOST_CLIPS", 1)
    with pytest.raises(BadInputError, match="at most 1 clips, not 2"):
        store.make("Long", [clip(1), clip(2)])
