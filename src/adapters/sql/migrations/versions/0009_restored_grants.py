"""Grants whose tokens came with a restored backup, and have not shown yet whether they live."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
oldest_program = "0005"


def upgrade() -> None:
    op.add_column("grants", sa.Column("restored", sa.Text()))


def downgrade() -> None:
    op.drop_column("grants", "restored")
