"""The schema says which programs can work with it.

From here on each revision names, as `oldest_program`, the oldest program that can work with the schema as it is then: by the
newest revision which that program knows. What is only added leaves it as it was; what is taken away raises it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
oldest_program = "0005"


def upgrade() -> None:
    op.create_table(
        "compatibility",
        sa.Column("oldest_program", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("oldest_program", name="pk_compatibility"),
    )


def downgrade() -> None:
    op.drop_table("compatibility")
