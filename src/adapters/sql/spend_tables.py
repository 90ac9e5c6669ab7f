"""The tables of imported spend. An account's number stands for owner and account, of which there are millions of rows."""

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, false, text

from adapters.sql import tables
from adapters.sql.column_types import Money, Packed, Utc
from adapters.sql.tables import SEQUENCE
from domain.spend import SpendTotals
from domain.spend_day import DayProof
from domain.spend_plan import ImportProgress

metadata = tables.metadata

FOLLOWED = text("left_at IS NULL")
LEFT = text("left_at IS NOT NULL")
OPEN = text("state NOT IN ('settled', 'restated')")
UNDELIVERED = text("kind = 'auction' AND delivered_version < version")
"""Written out in each statement, never bound: PostgreSQL sees only then that its partial index serves."""

spend_accounts = Table(
    "spend_accounts",
    metadata,
    Column("number", SEQUENCE, primary_key=True, autoincrement=True),
    Column("owner", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("left_at", Utc),  # since when its owner no longer connects it
    Column("due_at", Utc, nullable=False),
    Column("urgency", Integer, nullable=False),  # a number of the domain's Purpose
    Column("progress", Packed(ImportProgress, otherwise=ImportProgress()), nullable=False),
    Column("fence", Integer, nullable=False),  # counts its claims
    Column("lease_until", Utc),
    Column("recent_read_at", Utc),  # that of its progress; null: nothing was read, or not since before this column
    Column("hindrance", Text),  # why its spend is not in the dashboard
    UniqueConstraint("owner", "account"),
)
Index(
    "ix_spend_accounts_due",
    spend_accounts.c.urgency,
    spend_accounts.c.due_at,
    sqlite_where=FOLLOWED,
    postgresql_where=FOLLOWED,
)
Index("ix_spend_accounts_read", spend_accounts.c.recent_read_at, sqlite_where=FOLLOWED, postgresql_where=FOLLOWED)
Index("ix_spend_accounts_left_at", spend_accounts.c.left_at, sqlite_where=LEFT, postgresql_where=LEFT)


def of_account() -> Column[int]:
    """The first column of every other table here."""
    return Column("account_number", BigInteger, ForeignKey("spend_accounts.number"), primary_key=True, autoincrement=False)


spend_days = Table(
    "spend_days",
    metadata,
    of_account(),
    Column("kind", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("state", Text, nullable=False),
    Column("flaw", Text),
    Column("was_settled", Boolean, nullable=False, server_default=false()),
    Column("proof", Packed(DayProof)),
    Column("version", Integer, nullable=False, server_default="0"),  # grows with what is delivered; 0: nothing to deliver yet
    Column("delivered_version", Integer, nullable=False, server_default="0"),
)
Index(
    "ix_spend_days_undelivered",
    spend_days.c.account_number,
    spend_days.c.day,
    sqlite_where=UNDELIVERED,
    postgresql_where=UNDELIVERED,
)
Index("ix_spend_days_open", spend_days.c.account_number, spend_days.c.day, sqlite_where=OPEN, postgresql_where=OPEN)

spend_rows = Table(
    "spend_rows",
    metadata,
    of_account(),
    Column("kind", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("campaign", Text, primary_key=True),  # empty: in no campaign
    Column("currency", Text, nullable=False),
    Column("spend", Money, nullable=False),
    Column("impressions", BigInteger),
    Column("clicks", BigInteger),
    Column("conversions", BigInteger),
    Column("purchases", BigInteger),
    Column("purchase_value", Money),
)

spend_campaigns = Table(
    "spend_campaigns",
    metadata,
    of_account(),
    Column("kind", Text, primary_key=True),
    Column("campaign", Text, primary_key=True),
    Column("name", Text, nullable=False),  # the newest: it is that of all its days
    Column("named_at", Utc, nullable=False),
)

spend_restatements = Table(
    "spend_restatements",
    metadata,
    of_account(),
    Column("kind", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("at", Utc, primary_key=True),
    Column("before", Packed(SpendTotals), nullable=False),
    Column("after", Packed(SpendTotals), nullable=False),
    Column("campaigns_changed", Integer, nullable=False),
)

OF_ACCOUNTS = (spend_days, spend_rows, spend_campaigns, spend_restatements)
"""What goes with an account."""
