"""The generation that a queued token was sealed for, and signs of processes that seal for none."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
oldest_program = "0005"


def upgrade() -> None:
    op.add_column("revocations", sa.Column("generation", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("journals", sa.Column("known_at", sa.DateTime(timezone=True)))
    op.add_column("journals", sa.Column("older_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("journals", "older_at")
    op.drop_column("journals", "known_at")
    op.drop_column("revocations", "generation")
