"""The job queue: long work that any session sees, started once, cancelled at will, and never lost.

Jobs live in the database. A worker takes the oldest queued one, promises a sign of life within a lease,
and keeps promising while it works. A job whose promise has lapsed was running in a worker that died: it is
tried once more, then failed.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from spotting_core.store.database import Database
from spotting_core.store.tables import JobRow, now

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
LIVE = (QUEUED, RUNNING)
LEASE = timedelta(seconds=10)
MOST_ATTEMPTS = 2


@dataclass(frozen=True)
class Job:
    """A job as it stands.

    Arguments:
        ahead: queued jobs that come before it.
        progress: 0 to 1; speed: times real time; remaining: seconds.
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
    ahead: int = 0

    @property
    def live(self) -> bool:
        return self.state in LIVE


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
        ahead=ahead,
    )


def _utc(moment: datetime) -> datetime:
    """SQLite gives times back without their zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class JobQueue:
    """The queue of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- for those who want work done -------------------------------------------------------------------

    def submit(
        self, kind: str, key: str, parameters: Mapping[str, Any], *, title: str = "", match_id: str | None = None
    ) -> Job:
        """Queue work, or return the live job of the same key."""
        row = JobRow(
            id=uuid.uuid4().hex,
            kind=kind,
            key=key,
            title=title,
            match_id=match_id,
            parameters=dict(parameters),
            state=QUEUED,
        )
        try:
            with self._database.session() as session:
                session.add(row)
        except IntegrityError:
            live = self.live(key)
            if live is None:  # it ended between the two looks
                return self.submit(kind, key, parameters, title=title, match_id=match_id)
            return live
        return self.get(row.id) or _job(row)

    def get(self, job_id: str) -> Job | None:
        with self._database.session() as session:
            row = session.get(JobRow, job_id)
            if row is None:
                return None
            ahead = 0
            if row.state == QUEUED:
                earlier = select(func.count()).where(
                    JobRow.state == QUEUED, JobRow.kind == row.kind, JobRow.made < row.made
                )
                ahead = session.scalar(earlier) or 0
            return _job(row, ahead)

    def live(self, key: str) -> Job | None:
        """The queued or running job of a key."""
        with self._database.session() as session:
            row = session.scalar(select(JobRow).where(JobRow.key == key, JobRow.state.in_(LIVE)))
            return _job(row) if row else None

    def latest(self, key: str) -> Job | None:
        """The newest job of a key, live or ended."""
        with self._database.session() as session:
            row = session.scalar(select(JobRow).where(JobRow.key == key).order_by(JobRow.made.desc()).limit(1))
            return _job(row) if row else None

    def all_live(self, kinds: Sequence[str] | None = None) -> list[Job]:
        """Running jobs, then queued ones in their order."""
        query = select(JobRow).where(JobRow.state.in_(LIVE)).order_by(JobRow.state.desc(), JobRow.made)
        if kinds is not None:
            query = query.where(JobRow.kind.in_(kinds))
        with self._database.session() as session:
            rows = list(session.scalars(query))
        queued = [r for r in rows if r.state == QUEUED]
        return [_job(r, queued.index(r) if r.state == QUEUED else 0) for r in rows]

    def recent(self, match_id: str, kind: str) -> Job | None:
        """The newest job of a kind for a match."""
        query = select(JobRow).where(JobRow.match_id == match_id, JobRow.kind == kind).order_by(JobRow.made.desc())
        with self._database.session() as session:
            row = session.scalar(query.limit(1))
            return _job(row) if row else None

    def of_match(self, match_id: str | None, kind: str, most: int) -> list[Job]:
        """The newest jobs of a kind for a match, or for none in particular (None), at most so many."""
        query = select(JobRow).where(JobRow.match_id == match_id, JobRow.kind == kind).order_by(JobRow.made.desc())
        with self._database.session() as session:
            return [_job(row) for row in session.scalars(query.limit(most))]

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop: a queued one is cancelled at once, a running one at its next report."""
        with self._database.session() as session:
            row = session.get(JobRow, job_id)
            if row is None or row.state not in LIVE:
                return
            row.cancel = True
            if row.state == QUEUED:
                row.state, row.ended = CANCELLED, now()

    # --- for the worker ---------------------------------------------------------------------------------

    def take(self, kinds: Sequence[str]) -> Job | None:
        """The oldest queued job of some kinds, now running under a lease; None if there is none."""
        with self._database.session() as session:
            query = select(JobRow).where(JobRow.state == QUEUED, JobRow.kind.in_(kinds)).order_by(JobRow.made).limit(1)
            row = session.scalar(query.with_for_update(skip_locked=True))
            if row is None:
                return None
            row.state, row.lease, row.attempts = RUNNING, now() + LEASE, row.attempts + 1
            return _job(row)

    def report(
        self,
        job_id: str,
        progress: float | None = None,
        stage: str | None = None,
        speed: float | None = None,
        remaining: float | None = None,
    ) -> bool:
        """Give a sign of life, and progress if there is some; False if the job should stop."""
        values: dict[str, Any] = {"lease": now() + LEASE}
        if progress is not None:
            values |= {"progress": progress, "speed": speed, "remaining": remaining}
        if stage is not None:
            values["stage"] = stage
        with self._database.session() as session:
            session.execute(update(JobRow).where(JobRow.id == job_id, JobRow.state == RUNNING).values(**values))
            row = session.get(JobRow, job_id, populate_existing=True)
            return row is not None and row.state == RUNNING and not row.cancel

    def finish(self, job_id: str, state: str, error: str | None = None) -> None:
        """End a running job."""
        values: dict[str, Any] = {"state": state, "error": error, "ended": now(), "lease": None}
        if state == DONE:
            values["progress"] = 1.0
        with self._database.session() as session:
            session.execute(update(JobRow).where(JobRow.id == job_id, JobRow.state == RUNNING).values(**values))

    def release(self, job_id: str) -> None:
        """Give a running job back to the queue: its worker ends, the job does not."""
        values = {"state": QUEUED, "lease": None, "attempts": JobRow.attempts - 1}
        with self._database.session() as session:
            session.execute(update(JobRow).where(JobRow.id == job_id, JobRow.state == RUNNING).values(**values))

    def recover(self, kinds: Sequence[str]) -> list[Job]:
        """Requeue jobs whose worker died, or fail those that were tried often enough; returns them."""
        found = []
        with self._database.session() as session:
            for row in session.scalars(select(JobRow).where(JobRow.state == RUNNING, JobRow.kind.in_(kinds))):
                if row.lease is not None and _utc(row.lease) > now():
                    continue
                if row.cancel:
                    row.state, row.ended = CANCELLED, now()
                elif row.attempts < MOST_ATTEMPTS:
                    row.state, row.lease = QUEUED, None
                else:
                    row.state, row.ended = FAILED, now()
                    last = f"; its last words were “{row.stage}”" if row.stage else ""
                    row.error = row.error or f"The worker died twice{last}. See worker.log in the data directory."
                found.append(_job(row))
        return found
