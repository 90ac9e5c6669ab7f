"""What is in the way of an account's spend on its way into the dashboard, for its person."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0016"
oldest_program = "0005"


def upgrade() -> None:
    op.add_column("spend_accounts", sa.Column("hindrance", sa.Text))


def downgrade() -> None:
    op.drop_column("spend_accounts", "hindrance")
