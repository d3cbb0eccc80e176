"""The job queue: long work that any session sees, started once, cancelled at will, and never lost.

Jobs live in the database. A worker takes the oldest queued one, promises a sign of life within a lease,
and keeps promising while it works. A job whose promise has lapsed was running in a worker that died: it is
tried once more, then failed. Leases go by the clock of the database, which all workers share.

What nobody asked for (``own_accord``) waits until nothing is queued or running that somebody did ask for, and is put
back as soon as something is (``pushed_aside``).

With a job its worker gets a token of this one attempt. A worker that was taken for dead and goes on all the same
holds a token that is no longer the job's: nothing that it reports changes what another worker now does.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from spotting_core.base.errors import BadInputError
from spotting_core.store.database import Database
from spotting_core.store.moment import moment
from spotting_core.store.tables import JobRow, MatchRow

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
LIVE = (QUEUED, RUNNING)
LEASE = timedelta(seconds=10)
MOST_ATTEMPTS = 2
KEPT_FOR = timedelta(days=30)
"""Ended jobs are kept so long: why one failed is looked up within days, and what was done is seen by its result."""
MOST_ENDED = 200
"""Ended jobs of a kind that are kept of a match: more than any view lists, and one for each of its spots, so that what
failed is not asked for again by itself; but a match that is looked at every day does not fill the database."""


@dataclass(frozen=True)
class Job:
    """A job as it stands.

    Arguments:
        ahead: queued jobs that come before it, of those that need the same.
        cancel: whether it is to stop.
        progress: 0 to 1; speed: times real time; remaining: seconds.
        token: of the attempt, for the worker that took the job; empty for all others.
    """

    id: str
    kind: str
    key: str
    title: str
    match_id: str | None
    parameters: Mapping[str, Any]
    state: str
    progress: float
    stage: str
    speed: float | None
    remaining: float | None
    error: str | None
    attempts: int
    made: datetime
    ended: datetime | None
    own_accord: bool = False
    cancel: bool = False
    ahead: int = 0
    token: str = ""

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def cancelling(self) -> bool:
        """Whether it still runs though it has been cancelled."""
        return self.cancel and self.state == RUNNING


def _job(row: JobRow, ahead: int = 0) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        key=row.key,
        title=row.title,
        match_id=row.match_id,
        parameters=row.parameters,
        state=row.state,
        progress=row.progress,
        stage=row.stage,
        speed=row.speed,
        remaining=row.remaining,
        error=row.error,
        attempts=row.attempts,
        made=_utc(row.made),
        ended=_utc(row.ended) if row.ended else None,
        own_accord=row.own_accord,
        cancel=row.cancel,
        ahead=ahead,
    )


def _after(newest: datetime | None) -> datetime:
    """The present, or just after the newest job where the clock was set back: the last one asked for is the newest."""
    now = datetime.now(UTC)
    return now if newest is None else max(now, _utc(newest) + timedelta(microseconds=1))


def _utc(moment: datetime) -> datetime:
    """SQLite gives times back without their zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class JobQueue:
    """The queue of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- for those who want work done -------------------------------------------------------------------

    def submit(
        self,
        kind: str,
        key: str,
        parameters: Mapping[str, Any],
        *,
        title: str = "",
        match_id: str | None = None,
        resource: str = "",
        own_accord: bool = False,
        progress: float = 0.0,
    ) -> Job:
        """Queue work, or return the live job of the same key.

        Arguments:
            resource: what it needs; jobs of one resource are done one after the other.
            own_accord: whether nobody asked for it.
            progress: 0 to 1, what an earlier job has left of it done.

        Errors:
            BadInputError: the match was removed meanwhile.
        """
        row = JobRow(
            id=uuid.uuid4().hex,
            kind=kind,
            key=key,
            title=title,
            resource=resource,
            own_accord=own_accord,
            match_id=match_id,
            parameters=dict(parameters),
            state=QUEUED,
            progress=progress,
        )
        try:
            with self._database.session() as session:
                row.made = _after(session.scalar(select(func.max(JobRow.made))))
                session.add(row)
        except IntegrityError:
            live = self.live(key)
            if live is None:  # it ended between the two looks
                self._check_match(match_id)
                return self.submit(
                    kind, key, parameters, title=title, match_id=match_id, resource=resource, own_accord=own_accord,
                    progress=progress,
                )  # fmt: skip
            return live
        return self.get(row.id) or _job(row)

    def _check_match(self, match_id: str | None) -> None:
        with self._database.reading() as session:
            if match_id is not None and session.get(MatchRow, match_id) is None:
                raise BadInputError("this match is no longer in the library", fix="Add it again")

    def get(self, job_id: str) -> Job | None:
        with self._database.reading() as session:
            row = session.get(JobRow, job_id)
            return _in_its_place(session, row) if row else None

    def live(self, key: str) -> Job | None:
        """The queued or running job of a key."""
        with self._database.reading() as session:
            row = session.scalar(select(JobRow).where(JobRow.key == key, JobRow.state.in_(LIVE)))
            return _in_its_place(session, row) if row else None

    def latest(self, key: str) -> Job | None:
        """The newest job of a key, live or ended."""
        with self._database.reading() as session:
            row = session.scalar(select(JobRow).where(JobRow.key == key).order_by(JobRow.made.desc()).limit(1))
            return _in_its_place(session, row) if row else None

    def all_live(self, kinds: Sequence[str] | None = None) -> list[Job]:
        """Running jobs, then queued ones in the order in which they are done."""
        query = select(JobRow).where(JobRow.state.in_(LIVE))
        with self._database.reading() as session:
            rows = list(session.scalars(query.order_by(JobRow.state.desc(), JobRow.own_accord, JobRow.made)))
        queued = [row for row in rows if row.state == QUEUED]
        jobs = [_job(row, _ahead(row, queued) if row.state == QUEUED else 0) for row in rows]
        return jobs if kinds is None else [job for job in jobs if job.kind in kinds]

    def recent(self, match_id: str, kind: str) -> Job | None:
        """The newest job of a kind for a match."""
        query = select(JobRow).where(JobRow.match_id == match_id, JobRow.kind == kind).order_by(JobRow.made.desc())
        with self._database.reading() as session:
            row = session.scalar(query.limit(1))
            return _in_its_place(session, row) if row else None

    def newest(self, kind: str) -> dict[str, Job]:
        """The newest job of a kind for each match that has one, by the id of the match."""
        of_kind = and_(JobRow.kind == kind, JobRow.match_id.is_not(None))
        last = select(JobRow.match_id, func.max(JobRow.made).label("made")).where(of_kind).group_by(JobRow.match_id)
        made = last.subquery()
        query = select(JobRow).join(made, and_(JobRow.match_id == made.c.match_id, JobRow.made == made.c.made))
        with self._database.reading() as session:
            queued = list(session.scalars(_IN_LINE))
            rows = list(session.scalars(query.where(of_kind)))
        return {str(row.match_id): _job(row, _ahead(row, queued) if row.state == QUEUED else 0) for row in rows}

    def of_match(self, match_id: str | None, kind: str, most: int) -> list[Job]:
        """The newest jobs of a kind for a match, or for none in particular (None), at most so many."""
        query = select(JobRow).where(JobRow.match_id == match_id, JobRow.kind == kind).order_by(JobRow.made.desc())
        with self._database.reading() as session:
            return [_in_its_place(session, row) for row in session.scalars(query.limit(most))]

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop: a queued one is cancelled at once, a running one at its next report."""
        with self._database.session() as session:
            row = session.get(JobRow, job_id)
            if row is None or row.state not in LIVE:
                return
            row.cancel = True
            if row.state == QUEUED:
                row.state, row.ended = CANCELLED, moment()

    # --- for the worker ---------------------------------------------------------------------------------

    def take(self, kinds: Sequence[str]) -> Job | None:
        """The next queued job of some kinds, now running under a lease; None if there is none, or only one that nobody
        asked for while something is under way that somebody did."""
        free = or_(JobRow.own_accord.is_(False), ~_asked_for())
        query = _IN_LINE.where(JobRow.kind.in_(kinds), free).limit(1)
        if not self._any(query):
            return None
        with self._database.session() as session:
            row = session.scalar(query.with_for_update(skip_locked=True))
            if row is None:
                return None
            token = uuid.uuid4().hex
            row.state, row.lease, row.attempts, row.attempt = RUNNING, moment(LEASE), row.attempts + 1, token
            return replace(_job(row), token=token)

    def report(
        self,
        taken: Job,
        progress: float | None = None,
        stage: str | None = None,
        speed: float | None = None,
        remaining: float | None = None,
    ) -> bool:
        """Give a sign of life, and progress if there is some.

        Arguments:
            taken: the job as ``take`` gave it.

        Returns:
            False if the job should stop: it was cancelled, or it is another worker's now, which nothing is told then.
        """
        values: dict[str, Any] = {"lease": moment(LEASE)}
        if progress is not None:
            values |= {"progress": progress, "speed": speed, "remaining": remaining}
        if stage is not None:
            values["stage"] = stage
        with self._database.session() as session:
            if not _change(session, _held(taken), **values):
                return False
            return not session.scalar(select(JobRow.cancel).where(JobRow.id == taken.id))

    def pushed_aside(self, taken: Job) -> bool:
        """Whether a running job has to make way: nobody asked for it, and now there is something that somebody did."""
        return taken.own_accord and self._any(select(JobRow).where(_asked_for()))

    def finish(self, taken: Job, state: str, error: str | None = None) -> bool:
        """End a running job; False if it is another worker's now, and nothing was changed."""
        values: dict[str, Any] = {"state": state, "error": error, "ended": moment(), "lease": None, "attempt": None}
        if state == DONE:
            values["progress"] = 1.0
        with self._database.session() as session:
            return _change(session, _held(taken), **values)

    def release(self, taken: Job) -> bool:
        """Give a running job back to the queue: its worker ends, the job does not.

        Returns:
            False if it is another worker's now, and nothing was changed.
        """
        values = {"state": QUEUED, "lease": None, "attempt": None, "attempts": JobRow.attempts - 1}
        with self._database.session() as session:
            return _change(session, _held(taken), **values)

    def recover(self, kinds: Sequence[str]) -> list[Job]:
        """Requeue jobs whose worker died, or fail those that were tried often enough; returns them.

        A lease that ends later than one given now is from before the clock was set back: it is made one of now, so
        that a worker that lives can renew it and one that died has left none that lasts.
        """
        running = and_(JobRow.state == RUNNING, JobRow.kind.in_(kinds))
        beyond = JobRow.lease > moment(LEASE)
        if not self._any(select(JobRow).where(running, or_(_LAPSED, beyond))):
            return []
        with self._database.session() as session:
            _change(session, and_(running, beyond), lease=moment(LEASE))
            query = select(JobRow).where(running, _LAPSED).with_for_update(skip_locked=True)
            return [_recovered(row) for row in session.scalars(query)]

    def refuse_unknown(self, known: Collection[str]) -> bool:
        """Fail jobs of kinds that nobody does, which an older or newer Touchline left; whether there were some."""
        lost = or_(_LAPSED, JobRow.lease > moment(LEASE))  # the latter from before the clock was set back
        nobodys = and_(JobRow.kind.not_in(known), or_(JobRow.state == QUEUED, and_(JobRow.state == RUNNING, lost)))
        if not self._any(select(JobRow).where(nobodys)):
            return False
        error = BadInputError("this Touchline has no such kind of job", fix="Ask for what you want again")
        with self._database.session() as session:
            return _change(session, nobodys, state=FAILED, error=str(error), ended=moment(), lease=None, attempt=None)

    def clear(self, spared: Collection[str] = ()) -> int:
        """Delete ended jobs that are older than ``KEPT_FOR``, or of which a match has ``MOST_ENDED`` newer ones.

        Arguments:
            spared: kinds whose jobs are kept however old they are.

        Returns:
            How many were deleted.
        """
        ended = JobRow.state.not_in(LIVE)
        order = func.row_number().over(partition_by=(JobRow.match_id, JobRow.kind), order_by=JobRow.ended.desc())
        ranked = select(JobRow.id, order.label("place")).where(ended).subquery()
        many = JobRow.id.in_(select(ranked.c.id).where(ranked.c.place > MOST_ENDED))
        old = and_(JobRow.ended < moment(-KEPT_FOR), JobRow.kind.not_in(spared))
        unwanted = and_(ended, or_(old, many))
        if not self._any(select(JobRow).where(unwanted)):
            return 0
        with self._database.session() as session:
            gone = session.execute(delete(JobRow).where(unwanted), execution_options=_UNSYNCHRONIZED)
            return int(gone.rowcount)  # type: ignore[attr-defined]

    def _any(self, query: Select[Any]) -> bool:
        """Whether a query finds something: workers look often, and take the write lock only where there is need."""
        with self._database.reading() as session:
            return session.scalar(query.with_only_columns(JobRow.id).limit(1)) is not None


_IN_LINE = select(JobRow).where(JobRow.state == QUEUED).order_by(JobRow.own_accord, JobRow.made)
"""Queued jobs in the order in which they are done."""
_LAPSED = or_(JobRow.lease.is_(None), JobRow.lease <= moment())
_UNSYNCHRONIZED = {"synchronize_session": False}  # nothing that is changed has been read in the same transaction


def _in_its_place(session: Session, row: JobRow) -> Job:
    """A job with what is done before it, where it is queued."""
    return _job(row, _ahead(row, session.scalars(_IN_LINE)) if row.state == QUEUED else 0)


def _ahead(row: JobRow, queued: Iterable[JobRow]) -> int:
    """How many queued jobs, which are in line, are done before one of them, by the worker that will do it."""
    before = takewhile(lambda other: other.id != row.id, queued)
    return sum(other.resource == row.resource for other in before)


def _asked_for() -> ColumnElement[bool]:
    """Whether anything is queued or running that somebody asked for."""
    other = aliased(JobRow)
    return select(other.id).where(other.state.in_(LIVE), other.own_accord.is_(False)).exists()


def _held(taken: Job) -> ColumnElement[bool]:
    """Whether a job is still run by the attempt that took it."""
    return and_(JobRow.id == taken.id, JobRow.state == RUNNING, JobRow.attempt == taken.token)


def _change(session: Session, which: ColumnElement[bool], **values: Any) -> bool:
    """Change some jobs; whether there were any."""
    done = session.execute(update(JobRow).where(which).values(**values), execution_options=_UNSYNCHRONIZED)
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _recovered(row: JobRow) -> Job:
    """A job whose worker died, as it goes on."""
    state, error = QUEUED, row.error
    if row.cancel:
        state = CANCELLED
    elif row.attempts >= MOST_ATTEMPTS:
        last = f"; its last words were “{row.stage}”" if row.stage else ""
        state, error = FAILED, row.error or f"The worker died twice{last}. See worker.log in the data directory."
    row.state, row.error, row.lease, row.attempt = state, error, None, None
    job = _job(row)
    if state != QUEUED:
        row.ended = moment()
    return job
