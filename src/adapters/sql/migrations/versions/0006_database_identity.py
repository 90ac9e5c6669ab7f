"""The database's identity: a random id, and what the database remembers of itself."""

import json
import uuid

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
oldest_program = "0005"


def upgrade() -> None:
    identity = op.create_table(
        "database_identity",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_database_identity"),
    )
    op.bulk_insert(identity, [{"number": 1, "record": json.dumps({"id": str(uuid.uuid4())})}])


def downgrade() -> None:
    op.drop_table("database_identity")
