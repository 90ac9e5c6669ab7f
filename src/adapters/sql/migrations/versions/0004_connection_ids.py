"""Connections get UUIDv7 ids, by which others tell that they are ours; each goes on answering to the id that it had."""

import sqlalchemy as sa
import uuid_utils
from alembic import op

revision = "0004"
down_revision = "0003"

BATCH = 1000
"""Rows a statement. A process that goes on meanwhile waits for one batch at most."""

connections = sa.table("connections", sa.column("id"), sa.column("former_id"), sa.column("created_at"))


def upgrade() -> None:
    op.add_column("connections", sa.Column("former_id", sa.Text()))
    op.create_index("ix_connections_former_id", "connections", ["former_id"])
    of_old = sa.select(connections.c.id).where(connections.c.former_id.is_(None), connections.c.id.not_like("________-____-7%"))
    # in the order of their making, so that lists stay as they were
    ordered = list(op.get_bind().scalars(of_old.order_by(connections.c.created_at, connections.c.id)))
    renamed = [{"old": old, "new": str(uuid_utils.uuid7())} for old in ordered]
    change = (
        sa.update(connections)
        .where(connections.c.id == sa.bindparam("old"))
        .values(id=sa.bindparam("new"), former_id=connections.c.id)
    )
    for start in range(0, len(renamed), BATCH):
        op.get_bind().execute(change, renamed[start : start + BATCH])


def downgrade() -> None:
    back = sa.update(connections).where(connections.c.former_id.is_not(None)).values(id=connections.c.former_id)
    op.execute(back)
    op.drop_index("ix_connections_former_id", "connections")
    with op.batch_alter_table("connections") as batch:
        batch.drop_column("former_id")
