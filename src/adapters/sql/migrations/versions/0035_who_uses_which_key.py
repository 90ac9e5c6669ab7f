"""What all processes share about sealing, and what each reports of its keys; keys are read from texts of the next version too."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0032"
oldest_program = "0005"

SEALED = sa.text("access IS NOT NULL")
TABLES = (("grants", "coalesce(refresh, access)"), ("revocations", "access"))
BEFORE = {"postgresql": "= 1", "sqlite": "= x'01'"}
NOW = {"postgresql": "IN (1, 2)", "sqlite": "IN (x'01', x'02')"}
NAME = {
    "postgresql": "encode(substring({0} from 3 for get_byte({0}, 1)), 'escape')",
    "sqlite": "CAST(substr({0}, 3, unicode(CAST(substr({0}, 2, 1) AS TEXT))) AS TEXT)",
}
KEY_IN = {
    "postgresql": "CASE WHEN length({0}) > 1 AND get_byte({0}, 0) {1}{2} THEN {3} END) STORED",
    "sqlite": "CASE WHEN length({0}) > 1 AND substr({0}, 1, 1) {1}{2} THEN {3} END)",
}
IS_ID = {
    "postgresql": " AND {0} ~ '^[A-Za-z0-9._-]+$'",
    "sqlite": " AND {0} <> '' AND {0} NOT GLOB '*[^A-Za-z0-9._-]*'",
}


def upgrade() -> None:
    op.create_table(
        "sealing",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record", sa.Text()),
        sa.PrimaryKeyConstraint("number", name="pk_sealing"),
    )
    op.create_table(
        "key_reports",
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("process", name="pk_key_reports"),
    )
    read_keys_of(NOW, IS_ID)


def downgrade() -> None:
    read_keys_of(BEFORE, dict.fromkeys(IS_ID, ""))
    op.drop_table("key_reports")
    op.drop_table("sealing")


def read_keys_of(versions: dict[str, str], conditions: dict[str, str]) -> None:
    """One rewriting of the rows a table, while others wait: a column that is worked out can't be changed otherwise."""
    dialect = op.get_bind().dialect.name
    op.drop_index("ix_grants_key_id", "grants")
    for table, sealed in TABLES:
        name = NAME[dialect].format(sealed)
        key_in = KEY_IN[dialect].format(sealed, versions[dialect], conditions[dialect].format(name), name)
        column = f"key_id TEXT GENERATED ALWAYS AS ({key_in}"
        if dialect == "postgresql":
            op.execute(f"ALTER TABLE {table} DROP COLUMN key_id, ADD COLUMN {column}")
        else:
            op.execute(f"ALTER TABLE {table} DROP COLUMN key_id")
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    op.create_index("ix_grants_key_id", "grants", ["key_id", "created_at"], sqlite_where=SEALED, postgresql_where=SEALED)
