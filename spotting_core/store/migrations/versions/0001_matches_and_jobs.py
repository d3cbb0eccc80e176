"""Matches and jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_LIVE = sa.text("state IN ('queued', 'running')")


def upgrade() -> None:
    op.create_table(
        "match",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("path", sa.Text, nullable=False, unique=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("home", sa.Text),
        sa.Column("away", sa.Text),
        sa.Column("score", sa.String(32)),
        sa.Column("date", sa.String(32)),
        sa.Column("league", sa.Text),
        sa.Column("source_hash", sa.String(64)),
        sa.Column("duration", sa.BigInteger),
        sa.Column("labels", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("added", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_match_source_hash", "match", ["source_hash"])
    op.create_table(
        "job",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("match_id", sa.String(32), sa.ForeignKey("match.id", ondelete="CASCADE")),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("progress", sa.Float, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("speed", sa.Float),
        sa.Column("remaining", sa.Float),
        sa.Column("error", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("cancel", sa.Boolean, nullable=False),
        sa.Column("lease", sa.DateTime(timezone=True)),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True)),
    )
    op.create_index("job_one_live", "job", ["key"], unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)
    op.create_index("job_state_made", "job", ["state", "made"])


def downgrade() -> None:
    op.drop_table("job")
    op.drop_table("match")
