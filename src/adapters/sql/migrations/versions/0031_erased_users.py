"""Users whose everything was erased: a receipt, and a refusal of sessions from before."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
oldest_program = "0005"

UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("owner_digest", sa.Text(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("owner_digest", name="pk_erasures"),
    )
    op.create_index("ix_erasures_at", "erasures", ["at"])


def downgrade() -> None:
    op.drop_table("erasures")
