"""Facts have places, readers of the outbox have cursors, and what is kept of erased grants has an end."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
oldest_program = "0005"

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNPLACED = sa.text("position IS NULL")
ERASED = sa.text("health IN ('revoked', 'superseded') AND settled_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("position", SEQUENCE))
    op.create_index("ix_outbox_position", "outbox", ["position"], unique=True)
    op.create_index("ix_outbox_unplaced", "outbox", ["id"], sqlite_where=UNPLACED, postgresql_where=UNPLACED)
    op.create_table(
        "outbox_cursors",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("position", SEQUENCE, nullable=False),
        sa.PrimaryKeyConstraint("consumer", name="pk_outbox_cursors"),
    )
    op.create_table(
        "outbox_marks",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", SEQUENCE, nullable=False),
        sa.PrimaryKeyConstraint("consumer", "at", name="pk_outbox_marks"),
    )
    op.create_index("ix_grants_erased", "grants", ["settled_at"], sqlite_where=ERASED, postgresql_where=ERASED)
    op.execute("UPDATE grants SET settled_at = created_at WHERE health IN ('revoked', 'superseded') AND settled_at IS NULL")


def downgrade() -> None:
    op.drop_index("ix_grants_erased", "grants")
    op.drop_table("outbox_marks")
    op.drop_table("outbox_cursors")
    op.drop_index("ix_outbox_unplaced", "outbox")
    op.drop_index("ix_outbox_position", "outbox")
    op.drop_column("outbox", "position")
