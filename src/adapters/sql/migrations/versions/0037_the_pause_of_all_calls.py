"""The pause of all calls to the platform, which an operator begins and ends."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
oldest_program = "0005"


def upgrade() -> None:
    op.create_table(
        "pauses",
        sa.Column("number", sa.Integer, autoincrement=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_pauses"),
    )


def downgrade() -> None:
    op.drop_table("pauses")
