"""Token buckets of users, services and addresses; the unused consents of an owner are found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
oldest_program = "0005"

UNUSED = sa.text("consumed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "rate_limits",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("full_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_rate_limits"),
    )
    op.create_index("ix_rate_limits_full_at", "rate_limits", ["full_at"])
    op.create_index("ix_consents_unused", "consents", ["owner", "expires_at"], sqlite_where=UNUSED, postgresql_where=UNUSED)


def downgrade() -> None:
    op.drop_index("ix_consents_unused", "consents")
    op.drop_index("ix_rate_limits_full_at", "rate_limits")
    op.drop_table("rate_limits")
