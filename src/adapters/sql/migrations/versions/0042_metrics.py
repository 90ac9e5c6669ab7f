"""What processes count and say of themselves, and indexes by which the fleet's figures cost what they tell."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0040"
oldest_program = "0005"

INDEXES = {
    "ix_grants_troubled": (
        ["app", "access_expires_at"],
        "health IN ('active', 'degraded') AND (failures > 0 OR health = 'degraded')",
    ),
    "ix_grants_not_active": (["app", "health", "reason"], "health <> 'active'"),
    "ix_grants_in_doubt": (["app"], "in_doubt AND health = 'active'"),
}


def upgrade() -> None:
    op.create_table(
        "metric_totals",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("name", "labels", name="pk_metric_totals"),
    )
    op.create_table(
        "process_metrics",
        sa.Column("process", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gauges", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("process", name="pk_process_metrics"),
    )
    op.add_column("spend_accounts", sa.Column("recent_read_at", sa.DateTime(timezone=True)))
    followed = sa.text("left_at IS NULL")
    op.create_index(
        "ix_spend_accounts_read", "spend_accounts", ["recent_read_at"], sqlite_where=followed, postgresql_where=followed
    )
    for name, (columns, where) in INDEXES.items():
        op.create_index(name, "grants", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, table_name="grants")
    op.drop_index("ix_spend_accounts_read", table_name="spend_accounts")
    op.drop_column("spend_accounts", "recent_read_at")
    op.drop_table("process_metrics")
    op.drop_table("metric_totals")
