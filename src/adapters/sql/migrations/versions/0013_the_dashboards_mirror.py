"""The dashboard's mirror: what we know of our rows there, and of that database."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
oldest_program = "0005"


def upgrade() -> None:
    op.add_column("connections", sa.Column("times_connected", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("connections", sa.Column("missing_since", sa.DateTime(timezone=True)))
    op.create_table(
        "mirrored_rows",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("confirmed_for", sa.Integer()),
        sa.Column("stale", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("connection_id", name="pk_mirrored_rows"),
    )
    op.create_table(
        "mirror_note",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_mirror_note"),
    )


def downgrade() -> None:
    op.drop_table("mirror_note")
    op.drop_table("mirrored_rows")
    op.drop_column("connections", "missing_since")
    op.drop_column("connections", "times_connected")
