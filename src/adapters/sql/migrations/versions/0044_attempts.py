"""What rotations came to, written with their outcome."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
oldest_program = "0005"


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("grant_id", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt_id", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("health", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("grant_id", "at", "attempt_id", name="pk_attempts"),
    )
    op.create_index("ix_attempts_at", "attempts", ["at"])


def downgrade() -> None:
    op.drop_table("attempts")
