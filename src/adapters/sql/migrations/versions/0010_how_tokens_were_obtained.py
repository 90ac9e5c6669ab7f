"""A grant remembers at which version of the authentication its tokens were obtained, and which term was asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
oldest_program = "0005"

REMEMBERED = {"auth_version": "1.3", "token_term": "as-issued"}
"""What holds for grants from before, and for those of older programs."""


def upgrade() -> None:
    for name, before in REMEMBERED.items():
        op.add_column("grants", sa.Column(name, sa.Text, nullable=False, server_default=before))


def downgrade() -> None:
    for name in REMEMBERED:
        op.drop_column("grants", name)
