"""Imported spend: accounts whose spend is read, their days, rows, campaigns' names, and what changed later."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
oldest_program = "0005"

UTC = sa.DateTime(timezone=True)
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MONEY = sa.Numeric(18, 6).with_variant(sa.BigInteger(), "sqlite")
FOLLOWED = sa.text("left_at IS NULL")
LEFT = sa.text("left_at IS NOT NULL")
OPEN = sa.text("state NOT IN ('settled', 'restated')")


def upgrade() -> None:
    op.create_table(
        "spend_accounts",
        sa.Column("number", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("left_at", UTC),
        sa.Column("due_at", UTC, nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", UTC),
        sa.PrimaryKeyConstraint("number", name="pk_spend_accounts"),
        sa.UniqueConstraint("owner", "account", name="uq_spend_accounts_owner_account"),
    )
    index("ix_spend_accounts_due", "spend_accounts", ["urgency", "due_at"], FOLLOWED)
    index("ix_spend_accounts_left_at", "spend_accounts", ["left_at"], LEFT)
    of_accounts(
        "spend_days",
        ["kind", "day"],
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("flaw", sa.Text()),
        sa.Column("was_settled", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("proof", sa.Text()),
    )
    index("ix_spend_days_open", "spend_days", ["account_number", "day"], OPEN)
    of_accounts(
        "spend_rows",
        ["kind", "day", "campaign"],
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("spend", MONEY, nullable=False),
        sa.Column("impressions", sa.BigInteger()),
        sa.Column("clicks", sa.BigInteger()),
        sa.Column("conversions", sa.BigInteger()),
        sa.Column("purchases", sa.BigInteger()),
        sa.Column("purchase_value", MONEY),
    )
    of_accounts(
        "spend_campaigns",
        ["kind", "campaign"],
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("named_at", UTC, nullable=False),
    )
    of_accounts(
        "spend_restatements",
        ["kind", "day", "at"],
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("campaigns_changed", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    for table in ("spend_restatements", "spend_campaigns", "spend_rows", "spend_days", "spend_accounts"):
        op.drop_table(table)


def of_accounts(name: str, key: list[str], *columns: sa.Column[object]) -> None:
    """A table whose rows belong to accounts and kinds."""
    op.create_table(
        name,
        sa.Column("account_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("account_number", *key, name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["account_number"], ["spend_accounts.number"], name=f"fk_{name}_account_number"),
    )


def index(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    """An index of some rows alone."""
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
