"""Which version of each day of spend was delivered to where people see it besides here."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
oldest_program = "0005"

UNDELIVERED = sa.text("kind = 'auction' AND delivered_version < version")


def upgrade() -> None:
    op.add_column("spend_days", sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("spend_days", sa.Column("delivered_version", sa.Integer(), nullable=False, server_default="0"))
    # Days that were not read as a whole follow with their next reading.
    op.execute(sa.text("UPDATE spend_days SET version = 1 WHERE state IN ('provisional', 'settled', 'restated')"))
    op.create_index(
        "ix_spend_days_undelivered",
        "spend_days",
        ["account_number", "day"],
        sqlite_where=UNDELIVERED,
        postgresql_where=UNDELIVERED,
    )


def downgrade() -> None:
    op.drop_index("ix_spend_days_undelivered", "spend_days")
    op.drop_column("spend_days", "delivered_version")
    op.drop_column("spend_days", "version")
