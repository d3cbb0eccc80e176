"""The attempt that runs a job, and indexes by key and by match."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("attempt", sa.String(32)))
    op.create_index("job_key_made", "job", ["key", "made"])
    op.create_index("job_match_kind_made", "job", ["match_id", "kind", "made"])


def downgrade() -> None:
    op.drop_index("job_match_kind_made", "job")
    op.drop_index("job_key_made", "job")
    op.drop_column("job", "attempt")
