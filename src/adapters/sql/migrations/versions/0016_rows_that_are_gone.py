"""Since when rows of the dashboard's mirror are gone, by which they are forgotten in the end."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
oldest_program = "0005"


def upgrade() -> None:
    op.add_column("mirrored_rows", sa.Column("gone_at", sa.DateTime(timezone=True)))
    op.create_index("ix_mirrored_rows_owner", "mirrored_rows", ["owner"])
    op.create_index("ix_mirrored_rows_gone_at", "mirrored_rows", ["gone_at"])


def downgrade() -> None:
    op.drop_index("ix_mirrored_rows_gone_at", "mirrored_rows")
    op.drop_index("ix_mirrored_rows_owner", "mirrored_rows")
    op.drop_column("mirrored_rows", "gone_at")
