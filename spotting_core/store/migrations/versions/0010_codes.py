"""Codes and tags of people's own."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "code",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("key", sa.String(1), nullable=False),
        sa.Column("lead", sa.Float, nullable=False),
        sa.Column("lag", sa.Float, nullable=False),
        sa.Column("tag", sa.Boolean, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("code")
