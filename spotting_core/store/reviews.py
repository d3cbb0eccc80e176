"""Reviews: what people say of spots, with who and when, and nothing of it lost.

A spot gets a row when it is first reviewed; every change raises its revision and leaves a line of history. A change
names the revision it was made on: if that is no longer the newest, somebody else came first, and the change is
refused with what they made of it (``ReviewConflictError``). Undo and redo are changes like any other, of the same
author's own last ones.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from spotting_core.clock import match_clock
from spotting_core.errors import BadInputError, ConflictError
from spotting_core.spots import TEAMS, Spot
from spotting_core.store.database import Database
from spotting_core.store.tables import ReviewRow, SpotRow, now

OPEN, ACCEPTED, REJECTED, MOVED, ADDED = "open", "accepted", "rejected", "moved", "added"
STANDING = (ACCEPTED, MOVED, ADDED)
"""States of spots that a reviewer holds to be true."""

ACCEPT, REJECT, MOVE, RECLASS, TEAM, COMMENT, ADD, UNDO, REDO = (
    "accept", "reject", "move", "re-class", "team", "comment", "add", "undo", "redo",
)  # fmt: skip
_FIELDS = ("half", "time", "label", "team", "state", "comment")
_DONE, _UNDONE, _DROPPED = "done", "undone", "dropped"
_LONGEST_COMMENT = 2000


@dataclass(frozen=True)
class ReviewedSpot:
    """A spot as its reviewers have left it.

    Arguments:
        origin: of what it was made; source: the model's name, or who added it.
        time: microseconds of the half.
        state: ``open`` (only commented or given a team), ``accepted``, ``rejected``, ``moved`` or ``added``.
        confidence: the model's, None for an added spot.
        author, changed: of the last change.
    """

    id: str
    match_id: str
    origin: str
    source: str
    half: int
    time: int
    label: str
    team: str
    confidence: float | None
    state: str
    comment: str
    revision: int
    author: str
    changed: datetime

    @property
    def spot(self) -> Spot:
        """As a spot, whose source is the reviewer."""
        return Spot(self.half, self.time, self.label, None, self.team, source=self.author)


@dataclass(frozen=True)
class Review:
    """One line of a spot's history."""

    action: str
    author: str
    at: datetime
    revision: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]


class ReviewConflictError(ConflictError):
    """Someone else has changed the spot; ``current`` is what they made of it."""

    def __init__(self, current: ReviewedSpot) -> None:
        self.current = current
        when = match_clock(current.half, current.time)
        super().__init__(
            f"{current.author} has changed this spot at {current.changed:%H:%M} UTC: {current.state}, {current.label} "
            f"at {when}",
            fix="Look at theirs, then change it again",
        )


def origin_of(spot: Spot, model: str) -> str:
    """Name of a model's spot: the same as long as the same model spots it at the same place."""
    return f"{model[:12]}/{spot.half}-{spot.time}-{spot.label}"


def label_of(origin: str) -> str:
    """Class that the model gave to a spot, by the name that ``origin_of`` made; empty for an added spot."""
    parts = origin.partition("/")[2].split("-", 2)
    return parts[2] if len(parts) == 3 else ""


def _reviewed(row: SpotRow) -> ReviewedSpot:
    values = {name: getattr(row, name) for name in ReviewedSpot.__dataclass_fields__}
    return ReviewedSpot(**{**values, "changed": _utc(row.changed)})


def _utc(moment: datetime) -> datetime:
    """SQLite gives times back without their zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Reviews:
    """The reviews of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- reading ----------------------------------------------------------------------------------------

    def of_match(self, match_id: str) -> list[ReviewedSpot]:
        """Reviewed spots of a match, in the order of half and time."""
        query = select(SpotRow).where(SpotRow.match_id == match_id).order_by(SpotRow.half, SpotRow.time)
        with self._database.session() as session:
            return [_reviewed(row) for row in session.scalars(query)]

    def history(self, spot_id: str) -> list[Review]:
        """All changes of a spot, the first one first."""
        query = select(ReviewRow).where(ReviewRow.spot_id == spot_id).order_by(ReviewRow.revision)
        with self._database.session() as session:
            return [
                Review(row.action, row.author, _utc(row.at), row.revision, row.before, row.after)
                for row in session.scalars(query)
            ]

    def standing(self, match_id: str) -> list[Spot]:
        """Spots that the reviewers hold to be true."""
        return [r.spot for r in self.of_match(match_id) if r.state in STANDING]

    # --- changing ---------------------------------------------------------------------------------------

    def change(
        self, match_id: str, origin: str, spot: Spot, action: str, author: str, revision: int, **values: Any
    ) -> ReviewedSpot:
        """Change a spot that was seen at a revision (0: not reviewed yet).

        Arguments:
            spot: as its model made it, for its first review.
            values: ``time`` (and ``half``) of a move, ``label`` of a re-class, ``team``, ``comment``.

        Errors:
            BadInputError: no author, or a value that cannot be.
            ReviewConflictError: the spot has been changed since.
        """
        given = _checked(action, author, values)
        try:
            with self._database.session() as session:
                row = session.scalar(select(SpotRow).where(SpotRow.match_id == match_id, SpotRow.origin == origin))
                if row is None:
                    row = _new_row(match_id, origin, spot, author)
                    session.add(row)
                    session.flush()
                return self._apply(session, row, action, author, revision, given)
        except IntegrityError:  # two people reviewed it for the first time at once
            with self._database.session() as session:
                first = session.scalar(select(SpotRow).where(SpotRow.match_id == match_id, SpotRow.origin == origin))
                if first is None:
                    raise
                raise ReviewConflictError(_reviewed(first)) from None

    def add(self, match_id: str, spot: Spot, author: str) -> ReviewedSpot:
        """Add a spot that no model made.

        Errors:
            BadInputError: no author.
        """
        origin = f"{ADDED}/{uuid.uuid4().hex}"
        return self.change(match_id, origin, replace(spot, confidence=None, source=author), ADD, author, 0)

    def undo(self, match_id: str, author: str) -> ReviewedSpot | None:
        """Take back an author's last change of a match; None if there is none.

        Errors:
            ReviewConflictError: someone else has changed the spot since.
        """
        return self._back(match_id, author, UNDO)

    def redo(self, match_id: str, author: str) -> ReviewedSpot | None:
        """Do again what the author has taken back last, unless he changed something since.

        Errors:
            ReviewConflictError: someone else has changed the spot since.
        """
        return self._back(match_id, author, REDO)

    def _back(self, match_id: str, author: str, action: str) -> ReviewedSpot | None:
        undo = action == UNDO
        query = select(ReviewRow).where(
            ReviewRow.match_id == match_id,
            ReviewRow.author == author,
            ReviewRow.action.not_in((UNDO, REDO)),
            ReviewRow.standing == (_DONE if undo else _UNDONE),
        )
        with self._database.session() as session:
            last = session.scalar(query.order_by(ReviewRow.id.desc() if undo else ReviewRow.id).limit(1))
            if last is None:
                return None
            row = session.get(SpotRow, last.spot_id)
            assert row is not None
            left, wanted = (last.after, last.before) if undo else (last.before, last.after)
            if any(getattr(row, name) != left[name] for name in _FIELDS):
                raise ReviewConflictError(_reviewed(row))
            last.standing = _UNDONE if undo else _DONE
            return self._apply(session, row, action, author, row.revision, wanted)

    def _apply(
        self, session: Session, row: SpotRow, action: str, author: str, revision: int, values: Mapping[str, Any]
    ) -> ReviewedSpot:
        """Write a change and its line of history; refused unless the revision is still the newest."""
        before = {name: getattr(row, name) for name in _FIELDS}
        if action == ADD:
            before["state"] = REJECTED  # what it goes back to when the adding is undone
        after = {**before, **values}
        if action not in (UNDO, REDO):
            after["state"] = _state(action, before, after)
            self._drop_undone(session, row.match_id, author)
        written = {**after, "author": author, "changed": now(), "revision": revision + 1}
        wanted = (SpotRow.id == row.id, SpotRow.revision == revision)
        changed = session.execute(update(SpotRow).where(*wanted).values(**written))
        session.refresh(row)
        if not changed.rowcount:  # type: ignore[attr-defined]
            raise ReviewConflictError(_reviewed(row))
        session.add(
            ReviewRow(
                spot_id=row.id, match_id=row.match_id, revision=row.revision, author=author, action=action,
                before=before, after=after,
            )
        )  # fmt: skip
        return _reviewed(row)

    @staticmethod
    def _drop_undone(session: Session, match_id: str, author: str) -> None:
        """After a new change, what was taken back before it cannot be done again."""
        own = (ReviewRow.match_id == match_id, ReviewRow.author == author, ReviewRow.standing == _UNDONE)
        session.execute(update(ReviewRow).where(*own).values(standing=_DROPPED))


def _new_row(match_id: str, origin: str, spot: Spot, author: str) -> SpotRow:
    return SpotRow(
        id=uuid.uuid4().hex, match_id=match_id, origin=origin, source=spot.source, half=spot.half, time=spot.time,
        label=spot.label, team=spot.team, confidence=spot.confidence, state=OPEN, comment="", revision=0,
        author=author,
    )  # fmt: skip


def _checked(action: str, author: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a change.

    Errors:
        BadInputError: one of them cannot be.
    """
    if not author.strip():
        raise BadInputError("a review needs a name", fix="Say who you are")
    unknown = set(values) - {"half", "time", "label", "team", "comment"}
    if unknown or action not in (ACCEPT, REJECT, MOVE, RECLASS, TEAM, COMMENT, ADD):
        raise BadInputError(f"a review cannot {action} {', '.join(sorted(unknown))}".rstrip())
    if values.get("team", TEAMS[0]) not in TEAMS:
        raise BadInputError(f"there is no team {values['team']!r}", fix=f"Teams: {', '.join(TEAMS)}")
    if int(values.get("time", 0)) < 0:
        raise BadInputError("a spot cannot lie before its half")
    given = dict(values)
    if "comment" in given:
        given["comment"] = str(given["comment"]).strip()[:_LONGEST_COMMENT]
    return given


def _state(action: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """State of a spot after a change: an added one stays added, one that was moved stays moved."""
    if action == REJECT:
        return REJECTED
    if action in (TEAM, COMMENT):
        return str(before["state"])
    if action == ADD or before["state"] == ADDED:
        return ADDED
    return MOVED if action == MOVE or before["state"] == MOVED else ACCEPTED
