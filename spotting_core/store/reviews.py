"""Reviews: what people say of spots and of camera changes, with who and when, and nothing of it lost.

What is reviewed gets a row when that is first done; every change raises its revision and leaves a line of history. A
change names the revision it was made on: if that is no longer the newest, somebody else came first, and the change is
refused with what they made of it (``ReviewConflictError``). Undo and redo are changes like any other, of the same
author's own last ones of the same kind of thing; what was changed together is taken back together.
"""

from __future__ import annotations

import re
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from spotting_core.base.errors import BadInputError, ConflictError
from spotting_core.domain.clock import half_clock
from spotting_core.domain.spots import TEAMS, Spot
from spotting_core.store.database import Database
from spotting_core.store.tables import ReviewColumns, ReviewedColumns, ReviewRow, SpotRow, now

OPEN, ACCEPTED, REJECTED, MOVED, ADDED = "open", "accepted", "rejected", "moved", "added"
STANDING = (ACCEPTED, MOVED, ADDED)
"""States of what a reviewer holds to be true."""

ACCEPT, REJECT, MOVE, RECLASS, TEAM, COMMENT, ADD, UNDO, REDO = (
    "accept", "reject", "move", "re-class", "team", "comment", "add", "undo", "redo",
)  # fmt: skip
_ALL = (ACCEPT, REJECT, MOVE, RECLASS, COMMENT, ADD)
_FIELDS = ("half", "time", "label", "state", "comment")
_ADDED_ORIGIN = re.compile(rf"{ADDED}/[0-9a-f]{{32}}")
_DONE, _UNDONE, _DROPPED = "done", "undone", "dropped"
_LONGEST_COMMENT = 2000
_ATTEMPTS = 3  # at changing many things while others change them too


class Placed(Protocol):
    """What can be reviewed: of a class, at a time of a half."""

    @property
    def half(self) -> int: ...

    @property
    def time(self) -> int: ...

    @property
    def label(self) -> str: ...


@dataclass(frozen=True)
class Reviewed:
    """Something as its reviewers have left it.

    Arguments:
        origin: of what it was made; source: the model or file that it is from, or who added it.
        time: microseconds of the half.
        state: ``open`` (nothing said that judges it), ``accepted``, ``rejected``, ``moved`` or ``added``.
        author, changed: of the last change.
    """

    WHAT: ClassVar[str]

    id: str
    match_id: str
    origin: str
    source: str
    half: int
    time: int
    label: str
    state: str
    comment: str
    revision: int
    author: str
    changed: datetime


@dataclass(frozen=True)
class ReviewedSpot(Reviewed):
    """A spot as its reviewers have left it; ``confidence`` is the model's, None for an added spot."""

    WHAT = "spot"

    team: str
    confidence: float | None

    @property
    def spot(self) -> Spot:
        """As a spot, whose source is the reviewer."""
        return Spot(self.half, self.time, self.label, None, self.team, source=self.author)


@dataclass(frozen=True)
class Review:
    """One line of the history of something reviewed."""

    action: str
    author: str
    at: datetime
    revision: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]


class ReviewConflictError(ConflictError):
    """Someone else has changed it; ``current`` is what they made of it.

    Arguments:
        clock: half and time (microseconds) as a time for people; that of the half where not given.
    """

    def __init__(self, current: Reviewed, clock: Callable[[int, int], str] | None = None) -> None:
        self.current = current
        when = clock(current.half, current.time) if clock is not None else half_clock(current.time, 0)
        super().__init__(
            f"{current.author} has changed this {current.WHAT} at {current.changed:%H:%M} UTC: {current.state}, "
            f"{current.label} at {when}",
            fix="Look at theirs, then change it again",
        )


def origin_of(spot: Placed, model: str) -> str:
    """Name that a model's spot or camera change gets when it is first reviewed: of which model, where, and which class.

    ``reviewed_spots`` finds the review again when the spot has moved a little since.
    """
    return f"{origin_prefix(model)}{spot.half}-{spot.time}-{spot.label}"


def origin_prefix(model: str) -> str:
    """What the names of all spots of a model begin with."""
    return f"{model[:12]}/"


def place_of(origin: str) -> tuple[int, int, str]:
    """Half, time (microseconds) and class that the model gave to a spot, by the name that ``origin_of`` made."""
    half, time, label = origin.partition("/")[2].split("-", 2)
    return int(half), int(time), label


def label_of(origin: str) -> str:
    """Class that the model gave to a spot, by the name that ``origin_of`` made; empty for an added spot."""
    return "" if origin.startswith(f"{ADDED}/") else place_of(origin)[2]


def _review(row: ReviewColumns) -> Review:
    return Review(row.action, row.author, _utc(row.at), row.revision, row.before, row.after)


def _utc(moment: datetime) -> datetime:
    """SQLite gives times back without their zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Subject = TypeVar("Subject")
Kept = TypeVar("Kept", bound=Reviewed)


class ReviewStore(ABC, Generic[Subject, Kept]):
    """The reviews of one kind of thing in a database: what people said of ``Subject``, kept as ``Kept``.

    A kind says which tables it is kept in, what of it can be changed besides place, class and comment (``_own``), and
    by which actions; those say nothing on whether it is true.
    """

    _row: ClassVar[type[ReviewedColumns]]
    _line: ClassVar[type[ReviewColumns]]
    _kept: type[Kept]
    _own: ClassVar[tuple[str, ...]]
    _remarks: ClassVar[tuple[str, ...]]

    def __init__(self, database: Database) -> None:
        self._database = database

    @abstractmethod
    def _first(self, subject: Subject) -> dict[str, Any]:
        """The columns of a subject that nobody has reviewed."""

    @abstractmethod
    def _check(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a kind's own columns, as they are kept.

        Errors:
            BadInputError: one of them cannot be.
        """

    def _settle(self, after: dict[str, Any]) -> dict[str, Any]:
        """What a change leads to, where one column depends on another."""
        return after

    # --- reading ----------------------------------------------------------------------------------------

    def of_match(self, match_id: str) -> list[Kept]:
        """What was reviewed of a match, in the order of half and time."""
        row = self._row
        query = select(row).where(row.match_id == match_id).order_by(row.half, row.time)
        with self._database.reading() as session:
            return [self._reviewed(review) for review in session.scalars(query)]

    def history(self, subject_id: str) -> list[Review]:
        """All changes of one thing, the first one first."""
        line = self._line
        query = select(line).where(line.subject_id == subject_id).order_by(line.revision)
        with self._database.reading() as session:
            return [_review(row) for row in session.scalars(query)]

    def histories(self, match_id: str) -> dict[str, list[Review]]:
        """All changes of everything in a match, the first one first, by the id of what was changed."""
        line = self._line
        query = select(line).where(line.match_id == match_id).order_by(line.revision)
        changes: dict[str, list[Review]] = {}
        with self._database.reading() as session:
            for row in session.scalars(query):
                changes.setdefault(row.subject_id, []).append(_review(row))
        return changes

    # --- changing ---------------------------------------------------------------------------------------

    def change(
        self, match_id: str, origin: str, subject: Subject, action: str, author: str, revision: int, **values: Any
    ) -> Kept:
        """Change what was seen at a revision (0: not reviewed yet).

        Arguments:
            subject: as its model or file has it, for its first review.
            values: ``time`` (and ``half``) of a move, ``label`` of a re-class, ``comment``, and what a kind has of
                its own.

        Errors:
            BadInputError: no author, or a value that cannot be.
            ReviewConflictError: it has been changed since.
        """
        checked = self._checked(action, author, values)
        try:
            with self._database.session() as session:
                row = self._find(session, match_id, origin)
                if row is None:
                    row = self._new(match_id, origin, subject, author)
                    session.add(row)
                    session.flush()
                return self._apply(session, row, action, author, revision, checked)
        except IntegrityError:  # two people reviewed it for the first time at once
            with self._database.reading() as session:
                first = self._find(session, match_id, origin)
                if first is None:
                    raise
                raise ReviewConflictError(self._reviewed(first)) from None

    def change_many(
        self, match_id: str, subjects: Sequence[tuple[str, Subject, int]], action: str, author: str
    ) -> tuple[list[Kept], list[ReviewConflictError]]:
        """Do the same to many things as one change, which is undone and redone as one.

        What somebody else has changed since stays as it is and is given back beside what was done.

        Arguments:
            subjects: of each its origin, itself as its model or file has it, and the revision that was seen.

        Errors:
            BadInputError: no author, or what cannot be done.
        """
        self._checked(action, author, {})
        for last in (False,) * (_ATTEMPTS - 1) + (True,):
            try:
                with self._database.session() as session:
                    return self._apply_many(session, match_id, subjects, action, author)
            except (IntegrityError, ReviewConflictError):  # somebody else came in between: look again
                if last:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _apply_many(
        self, session: Session, match_id: str, subjects: Sequence[tuple[str, Subject, int]], action: str, author: str
    ) -> tuple[list[Kept], list[ReviewConflictError]]:
        batch, done, conflicts = uuid.uuid4().hex, [], []
        for origin, subject, revision in subjects:
            row = self._find(session, match_id, origin)
            if row is None:
                row = self._new(match_id, origin, subject, author)
                session.add(row)
                session.flush()
            if row.revision != revision:
                conflicts.append(ReviewConflictError(self._reviewed(row)))
                continue
            done.append(self._apply(session, row, action, author, revision, {}, batch))
        return done, conflicts

    def add(self, match_id: str, subject: Subject, author: str, origin: str | None = None) -> Kept:
        """Add what no model or file has.

        Arguments:
            origin: a name for it that whoever adds it has drawn by chance (``added/`` and 32 hexadecimal digits), so
                that it can be spoken of at once and is never added twice.

        Errors:
            BadInputError: no author, or another name.
            ReviewConflictError: it has been added before.
        """
        origin = origin or f"{ADDED}/{uuid.uuid4().hex}"
        if not _ADDED_ORIGIN.fullmatch(origin):
            raise BadInputError(f"what is added cannot be named {origin!r}")
        return self.change(match_id, origin, subject, ADD, author, 0)

    def undo(self, match_id: str, author: str) -> Kept | None:
        """Take back an author's last change of a match, with those made as one with it; None if there is none.

        Errors:
            ReviewConflictError: someone else has changed one of them since; none is taken back.
        """
        return self._back(match_id, author, UNDO)

    def redo(self, match_id: str, author: str) -> Kept | None:
        """Do again what the author has taken back last, unless he changed something since.

        Errors:
            ReviewConflictError: someone else has changed it since.
        """
        return self._back(match_id, author, REDO)

    def _back(self, match_id: str, author: str, action: str) -> Kept | None:
        undo, line = action == UNDO, self._line
        query = select(line).where(
            line.match_id == match_id,
            line.author == author,
            line.action.not_in((UNDO, REDO)),
            line.standing == (_DONE if undo else _UNDONE),
        )
        with self._database.session() as session:
            last = session.scalar(query.order_by(line.id.desc() if undo else line.id).limit(1))
            if last is None:
                return None
            together = [last] if last.batch is None else session.scalars(query.where(line.batch == last.batch)).all()
            return [self._put_back(session, one, action) for one in together][-1]

    def _put_back(self, session: Session, change: ReviewColumns, action: str) -> Kept:
        """Undo or redo one change."""
        undo = action == UNDO
        row = session.get(self._row, change.subject_id)
        assert row is not None
        left, wanted = (change.after, change.before) if undo else (change.before, change.after)
        if any(value != left[name] for name, value in self._state_of(row).items()):
            raise ReviewConflictError(self._reviewed(row))
        change.standing = _UNDONE if undo else _DONE
        return self._apply(session, row, action, change.author, row.revision, wanted)

    def _apply(
        self,
        session: Session,
        row: Any,
        action: str,
        author: str,
        revision: int,
        values: Mapping[str, Any],
        batch: str | None = None,
    ) -> Kept:
        """Write a change and its line of history; refused unless the revision is still the newest."""
        before = self._state_of(row)
        if action == ADD:
            before["state"] = REJECTED  # what it goes back to when the adding is undone
        after = {**before, **values}
        if action not in (UNDO, REDO):
            after = self._settle({**after, "state": self._state(action, before)})
            self._drop_undone(session, row.match_id, author)
        written = {**after, "author": author, "changed": now(), "revision": revision + 1}
        wanted = (self._row.id == row.id, self._row.revision == revision)
        changed = session.execute(update(self._row).where(*wanted).values(**written))
        session.refresh(row)
        if not changed.rowcount:  # type: ignore[attr-defined]
            raise ReviewConflictError(self._reviewed(row))
        entry = {"action": action, "author": author, "revision": row.revision, "before": before, "after": after}
        session.add(self._line(subject_id=row.id, match_id=row.match_id, batch=batch, **entry))
        return self._reviewed(row)

    def _drop_undone(self, session: Session, match_id: str, author: str) -> None:
        """After a new change, what was taken back before it cannot be done again."""
        line = self._line
        own = (line.match_id == match_id, line.author == author, line.standing == _UNDONE)
        session.execute(update(line).where(*own).values(standing=_DROPPED))

    # --- rows -------------------------------------------------------------------------------------------

    def _find(self, session: Session, match_id: str, origin: str) -> ReviewedColumns | None:
        row = self._row
        return session.scalar(select(row).where(row.match_id == match_id, row.origin == origin))

    def _new(self, match_id: str, origin: str, subject: Subject, author: str) -> ReviewedColumns:
        common = {"id": uuid.uuid4().hex, "match_id": match_id, "origin": origin, "author": author}
        return self._row(**common, **self._first(subject), state=OPEN, comment="", revision=0)

    def _reviewed(self, row: ReviewedColumns) -> Kept:
        values = {f.name: getattr(row, f.name) for f in fields(self._kept)}
        return self._kept(**{**values, "changed": _utc(row.changed)})

    def _state_of(self, row: ReviewedColumns) -> dict[str, Any]:
        """What a change can change, as it is."""
        return {name: getattr(row, name) for name in (*_FIELDS, *self._own)}

    def _state(self, action: str, before: Mapping[str, Any]) -> str:
        """State after a change: what was added stays added, what was moved stays moved."""
        if action == REJECT:
            return REJECTED
        if action in (*self._remarks, COMMENT):
            return str(before["state"])
        if action == ADD or before["state"] == ADDED:
            return ADDED
        return MOVED if action == MOVE or before["state"] == MOVED else ACCEPTED

    def _checked(self, action: str, author: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a change.

        Errors:
            BadInputError: one of them cannot be.
        """
        if not author.strip():
            raise BadInputError("a review needs a name", fix="Say who you are")
        unknown = set(values) - ({*_FIELDS, *self._own} - {"state"})
        if unknown or action not in (*_ALL, *self._remarks):
            raise BadInputError(f"a review cannot {action} {', '.join(sorted(unknown))}".rstrip())
        if int(values.get("time", 0)) < 0:
            raise BadInputError(f"a {self._kept.WHAT} cannot lie before the beginning")
        checked = {**values, **self._check(values)}
        if "comment" in checked:
            checked["comment"] = str(checked["comment"]).strip()[:_LONGEST_COMMENT]
        return checked


class Reviews(ReviewStore[Spot, ReviewedSpot]):
    """The reviews of spots in one database; of its own a spot has ``team``."""

    _row, _line, _kept = SpotRow, ReviewRow, ReviewedSpot
    _own, _remarks = ("team",), (TEAM,)

    def standing(self, match_id: str) -> list[Spot]:
        """Spots that the reviewers hold to be true."""
        return [r.spot for r in self.of_match(match_id) if r.state in STANDING]

    def add(self, match_id: str, subject: Spot, author: str, origin: str | None = None) -> ReviewedSpot:
        """See ``ReviewStore``; whatever is added has no confidence."""
        return super().add(match_id, replace(subject, confidence=None, source=author), author, origin)

    def _first(self, subject: Spot) -> dict[str, Any]:
        return {name: getattr(subject, name) for name in ("source", "half", "time", "label", "team", "confidence")}

    def _check(self, values: Mapping[str, Any]) -> dict[str, Any]:
        if values.get("team", TEAMS[0]) not in TEAMS:
            raise BadInputError(f"there is no team {values['team']!r}", fix=f"Teams: {', '.join(TEAMS)}")
        return {}
