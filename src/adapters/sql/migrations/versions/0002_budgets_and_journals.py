"""The budget that all processes share, and when each host's journal was last empty."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "budgets",
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("text", sa.Text()),
        sa.PrimaryKeyConstraint("app", name="pk_budgets"),
    )
    op.create_table(
        "journals",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("drained_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("name", "host", name="pk_journals"),
    )
    op.create_table(
        "lost_claims",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("found_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("host", name="pk_lost_claims"),
    )


def downgrade() -> None:
    for table in ("lost_claims", "journals", "budgets"):
        op.drop_table(table)
