"""When a revocation was queued: after a while it is put off no longer."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
oldest_program = "0005"


def upgrade() -> None:
    op.add_column("revocations", sa.Column("queued_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("revocations", "queued_at")
