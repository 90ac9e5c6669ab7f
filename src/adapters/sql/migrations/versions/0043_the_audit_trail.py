"""The audit trail: people's, services' and operators' acts, vends, and daily counts of what is no longer kept one by one."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
oldest_program = "0005"

INDICES = (("owner", "owner IS NOT NULL"), ("connection_id", "connection_id IS NOT NULL"), ("account", "account IS NOT NULL"))


def upgrade() -> None:
    op.create_table(
        "audit_trail",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("address", sa.Text),
        sa.Column("owner", sa.Text),
        sa.Column("grant_id", sa.Text),
        sa.Column("connection_id", sa.Text),
        sa.Column("account", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("briefly", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_trail"),
    )
    op.create_index("ix_audit_trail_briefly", "audit_trail", ["briefly", "at"])
    for column, where in INDICES:
        some = sa.text(where)
        op.create_index(f"ix_audit_trail_{column}", "audit_trail", [column, "at"], sqlite_where=some, postgresql_where=some)
    op.create_table(
        "vends",
        sa.Column("connection_id", sa.Text, nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "minute", "service", "address", name="pk_vends"),
    )
    op.create_index("ix_vends_minute", "vends", ["minute"])
    op.create_table(
        "daily_counts",
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("what", "day", "name", name="pk_daily_counts"),
    )


def downgrade() -> None:
    op.drop_table("daily_counts")
    op.drop_table("vends")
    op.drop_table("audit_trail")
