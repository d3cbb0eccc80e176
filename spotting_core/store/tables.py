"""The tables of the store: matches and their models, jobs, selections, reviews, searches.

Arrays stay in files, found by hash.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    pass


class MatchRow(Base):
    """A match that was added to the library.

    ``path`` is where it was found; ``source_hash`` is known once its files have been read through.
    """

    __tablename__ = "match"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    path: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str] = mapped_column(Text)
    home: Mapped[str | None] = mapped_column(Text)
    away: Mapped[str | None] = mapped_column(Text)
    score: Mapped[str | None] = mapped_column(String(32))
    date: Mapped[str | None] = mapped_column(String(32))
    league: Mapped[str | None] = mapped_column(Text)
    source_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    duration: Mapped[int | None] = mapped_column(BigInteger)  # microseconds over all halves
    labels: Mapped[str | None] = mapped_column(Text)  # uploaded Labels-v2, as JSON text
    error: Mapped[str | None] = mapped_column(Text)
    added: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)


class ChosenModelRow(Base):
    """The model whose findings for a task are used of a match: the key of its identity, and its name."""

    __tablename__ = "chosen_model"

    match_id: Mapped[str] = mapped_column(ForeignKey("match.id", ondelete="CASCADE"), primary_key=True)
    task: Mapped[str] = mapped_column(String(64), primary_key=True)
    model: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    changed: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)


class JobRow(Base):
    """One piece of long work: analysing a match, preparing its video, explaining a spot.

    ``key`` names the work; while a job of a key is queued or running no second one can be made.
    ``lease`` is the moment, by the clock of the database, until which the worker that runs it has promised a sign of
    life; ``attempt`` is the token by which that worker is told from one that had the job before.
    ``resource`` is what it needs, of which there is one; ``own_accord`` says that nobody asked for it.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index(
            "job_one_live",
            "key",
            unique=True,
            sqlite_where=text("state IN ('queued', 'running')"),
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
        Index("job_state_made", "state", "made"),
        Index("job_key_made", "key", "made"),
        Index("job_match_kind_made", "match_id", "kind", "made"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text, default="")
    resource: Mapped[str] = mapped_column(String(16), default="")
    own_accord: Mapped[bool] = mapped_column(Boolean, default=False)
    match_id: Mapped[str | None] = mapped_column(ForeignKey("match.id", ondelete="CASCADE"))
    parameters: Mapped[dict] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(16), default="queued")
    progress: Mapped[float] = mapped_column(Float, default=0.0)
    stage: Mapped[str] = mapped_column(Text, default="")
    speed: Mapped[float | None] = mapped_column(Float)
    remaining: Mapped[float | None] = mapped_column(Float)
    error: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    attempt: Mapped[str | None] = mapped_column(String(32))
    cancel: Mapped[bool] = mapped_column(default=False)
    lease: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    made: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    ended: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class SelectionRow(Base):
    """Clips of a match that someone chose, in their order.

    ``name`` is empty until someone gives it one; ``revision`` counts the changes.
    """

    __tablename__ = "selection"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    match_id: Mapped[str] = mapped_column(ForeignKey("match.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(Text, default="")
    content: Mapped[dict] = mapped_column(JSON, default=dict)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    changed: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)


class ReviewedColumns(Base):
    """Something that someone has reviewed, as it stands now.

    ``origin`` names what it was made of: what a model or a file said, or what a person added. A match has one row of
    each.
    """

    __abstract__ = True

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    match_id: Mapped[str] = mapped_column(ForeignKey("match.id", ondelete="CASCADE"))
    origin: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    half: Mapped[int] = mapped_column(Integer)
    time: Mapped[int] = mapped_column(BigInteger)  # microseconds
    label: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    comment: Mapped[str] = mapped_column(Text, default="")
    revision: Mapped[int] = mapped_column(Integer)
    author: Mapped[str] = mapped_column(Text)
    changed: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)


class ReviewColumns(Base):
    """One change of something reviewed: by whom, when, and from what to what.

    ``subject_id`` is what was changed, ``revision`` its revision after it; ``standing`` says whether its author has
    taken it back: ``done``, ``undone``, or ``dropped`` if it can no longer be done again. Changes that were made, and
    are taken back, as one have the same ``batch``.
    """

    __abstract__ = True

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    subject_id: Mapped[str]
    match_id: Mapped[str] = mapped_column(String(32))
    revision: Mapped[int] = mapped_column(Integer)
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    action: Mapped[str] = mapped_column(String(16))
    before: Mapped[dict] = mapped_column(JSON)
    after: Mapped[dict] = mapped_column(JSON)
    standing: Mapped[str] = mapped_column(String(16), default="done")
    batch: Mapped[str | None] = mapped_column(String(32))


class SpotRow(ReviewedColumns):
    """A reviewed spot."""

    __tablename__ = "spot"
    __table_args__ = (UniqueConstraint("match_id", "origin", name="spot_one_of_origin"),)

    team: Mapped[str] = mapped_column(String(16))
    confidence: Mapped[float | None] = mapped_column(Float)


class ReviewRow(ReviewColumns):
    """One change of a reviewed spot."""

    __tablename__ = "review"
    __table_args__ = (Index("review_of_author", "match_id", "author", "id"),)

    subject_id: Mapped[str] = mapped_column("spot_id", ForeignKey("spot.id", ondelete="CASCADE"))


class CameraRow(ReviewedColumns):
    """A reviewed camera change: the shot that ends at ``time``.

    ``link`` is the action that a replay shows: {half, time (microseconds), label}.
    """

    __tablename__ = "camera"
    __table_args__ = (UniqueConstraint("match_id", "origin", name="camera_one_of_origin"),)

    change_type: Mapped[str | None] = mapped_column(Text)
    replay: Mapped[bool] = mapped_column(Boolean)
    link: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))


class CameraReviewRow(ReviewColumns):
    """One change of a reviewed camera change."""

    __tablename__ = "camera_review"
    __table_args__ = (Index("camera_review_of_author", "match_id", "author", "id"),)

    subject_id: Mapped[str] = mapped_column("camera_id", ForeignKey("camera.id", ondelete="CASCADE"))


class ClipRow(ReviewedColumns):
    """A clip of a match that somebody was asked to watch: from ``time`` up to ``end`` (microseconds)."""

    __tablename__ = "clip"
    __table_args__ = (UniqueConstraint("match_id", "origin", name="clip_one_of_origin"),)

    end: Mapped[int] = mapped_column(BigInteger)


class ClipReviewRow(ReviewColumns):
    """One change of what was said of a clip."""

    __tablename__ = "clip_review"
    __table_args__ = (Index("clip_review_of_author", "match_id", "author", "id"),)

    subject_id: Mapped[str] = mapped_column("clip_id", ForeignKey("clip.id", ondelete="CASCADE"))


class SavedSearchRow(Base):
    """A search over all matches, by its name."""

    __tablename__ = "saved_search"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    query: Mapped[dict] = mapped_column(JSON)
    changed: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)


class CodeRow(Base):
    """A code of somebody's own, by which moments are tagged; with ``tag`` a word that is added to what was tagged."""

    __tablename__ = "code"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(1))
    lead: Mapped[float] = mapped_column(Float)
    lag: Mapped[float] = mapped_column(Float)
    tag: Mapped[bool] = mapped_column(Boolean)
    place: Mapped[int] = mapped_column(Integer)


class ClassPresetRow(Base):
    """Classes that people choose together, by the name that they gave them."""

    __tablename__ = "class_preset"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    labels: Mapped[list] = mapped_column(JSON)
    changed: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)


class PlaylistRow(Base):
    """Clips of several matches in their order, by the name that people gave them."""

    __tablename__ = "playlist"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    clips: Mapped[list] = mapped_column(JSON)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    changed: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
