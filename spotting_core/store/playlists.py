"""Playlists: clips of any number of matches in their order, kept by name and found by an id that can be passed on.

Two people who change one at once are told; neither overwrites the other.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, update

from spotting_core.base.errors import BadInputError, ConflictError
from spotting_core.clips.selection import Clip
from spotting_core.store.database import Database
from spotting_core.store.tables import PlaylistRow, now

LONGEST = 120
"""Characters of a name."""
MOST_CLIPS = 500
"""Clips of a playlist."""


@dataclass(frozen=True)
class Playlist:
    """A playlist as it stands; each clip says of which match it is, by the library's name.

    Arguments:
        revision: counts its changes, from 1.
    """

    id: str
    name: str
    clips: tuple[Clip, ...]
    revision: int


class Playlists:
    """The playlists of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Playlist]:
        """All playlists, by name."""
        with self._database.reading() as session:
            return [_playlist(row) for row in session.scalars(select(PlaylistRow).order_by(PlaylistRow.name))]

    def get(self, playlist_id: str) -> Playlist | None:
        """A playlist, or None where it was deleted."""
        with self._database.reading() as session:
            row = session.get(PlaylistRow, playlist_id)
            return _playlist(row) if row else None

    def make(self, name: str, clips: Sequence[Clip]) -> Playlist:
        """Keep a new playlist.

        Errors:
            BadInputError: a name that cannot be kept, too many clips, or one of no match.
        """
        _check(name, clips)
        row = PlaylistRow(id=uuid.uuid4().hex, name=name.strip(), clips=[c.as_json() for c in clips], revision=1)
        with self._database.session() as session:
            session.add(row)
        return _playlist(row)

    def add(self, playlist_id: str, clips: Sequence[Clip]) -> Playlist:
        """Put clips at the end of a playlist, those that are there already left out.

        Errors:
            BadInputError: see ``make``.
            ConflictError: it was changed or deleted meanwhile.
        """
        before = self.get(playlist_id)
        if before is None:
            raise ConflictError("this playlist was deleted", fix="Make a new one")
        there = set(map(_place, before.clips))
        return self.save(before, [*before.clips, *(c for c in clips if _place(c) not in there)])

    def save(self, before: Playlist, clips: Sequence[Clip], name: str | None = None) -> Playlist:
        """Change a playlist as it was read.

        Errors:
            BadInputError: see ``make``.
            ConflictError: it was changed or deleted since.
        """
        wanted = before.name if name is None else name
        _check(wanted, clips)
        content = {"name": wanted.strip(), "clips": [c.as_json() for c in clips]}
        values = {**content, "revision": before.revision + 1, "changed": now()}
        own = (PlaylistRow.id == before.id, PlaylistRow.revision == before.revision)
        with self._database.session() as session:
            changed = session.execute(update(PlaylistRow).where(*own).values(**values))
            row = session.get(PlaylistRow, before.id, populate_existing=True)
        if not changed.rowcount or row is None:  # type: ignore[attr-defined]
            raise ConflictError("someone else has changed this playlist", fix="Look at theirs, then change it again")
        return _playlist(row)

    def remove(self, playlist_id: str) -> None:
        """Delete a playlist; one that is not there is deleted already."""
        with self._database.session() as session:
            session.execute(delete(PlaylistRow).where(PlaylistRow.id == playlist_id))


def _playlist(row: PlaylistRow) -> Playlist:
    return Playlist(row.id, row.name, tuple(Clip.from_json(c) for c in row.clips), row.revision)


def _place(clip: Clip) -> tuple[str, int, int, int, str]:
    return clip.match, clip.half, clip.start, clip.end, clip.label


def _check(name: str, clips: Sequence[Clip]) -> None:
    if not 0 < len(name.strip()) <= LONGEST or not name.isprintable():
        raise BadInputError(f"a playlist needs a name of 1 to {LONGEST} characters on one line")
    if len(clips) > MOST_CLIPS:
        raise BadInputError(f"a playlist has at most {MOST_CLIPS} clips, not {len(clips)}", fix="Make another one")
    if not all(clip.match for clip in clips):
        raise BadInputError("a clip of a playlist says of which match it is")
