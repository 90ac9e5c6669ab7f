"""Grants and queued revocations say by which key their tokens are sealed; the database reads it from the texts themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
oldest_program = "0005"

SEALED = sa.text("access IS NOT NULL")
KEY_IN = {
    "postgresql": "CASE WHEN length({0}) > 1 AND get_byte({0}, 0) = 1"
    " THEN encode(substring({0} from 3 for get_byte({0}, 1)), 'escape') END) STORED",
    "sqlite": "CASE WHEN length({0}) > 1 AND substr({0}, 1, 1) = x'01'"
    " THEN CAST(substr({0}, 3, unicode(CAST(substr({0}, 2, 1) AS TEXT))) AS TEXT) END)",
}
"""The key's id stands in the clear, behind a byte of version and one of length."""


def upgrade() -> None:
    key_in = KEY_IN[op.get_bind().dialect.name]
    for table, sealed in (("grants", "coalesce(refresh, access)"), ("revocations", "access")):
        op.execute(f"ALTER TABLE {table} ADD COLUMN key_id TEXT GENERATED ALWAYS AS ({key_in.format(sealed)}")
    op.create_index("ix_grants_key_id", "grants", ["key_id", "created_at"], sqlite_where=SEALED, postgresql_where=SEALED)


def downgrade() -> None:
    op.drop_index("ix_grants_key_id", "grants")
    op.drop_column("revocations", "key_id")
    op.drop_column("grants", "key_id")
