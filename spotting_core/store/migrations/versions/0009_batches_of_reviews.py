"""Which changes of reviews were made as one."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_HISTORIES = ("review", "camera_review")


def upgrade() -> None:
    for table in _HISTORIES:
        op.add_column(table, sa.Column("batch", sa.String(32)))


def downgrade() -> None:
    for table in _HISTORIES:
        op.drop_column(table, "batch")
