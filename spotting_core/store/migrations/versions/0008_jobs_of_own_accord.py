"""What a job needs, and whether anybody asked for it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("resource", sa.String(16), nullable=False, server_default=""))
    op.add_column("job", sa.Column("own_accord", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("job", "own_accord")
    op.drop_column("job", "resource")
