"""Refused tokens are sent again: what is known of a grant's refusals, and indices for those that wait in line."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
oldest_program = "0005"

UTC = sa.DateTime(timezone=True)
SERVED = sa.text("health IN ('active', 'degraded')")
ROTATABLE = sa.text("health IN ('active', 'degraded', 'needs_reauth') AND NOT in_line")
IN_LINE = sa.text("health IN ('degraded', 'needs_reauth') AND in_line")
REFUSED = sa.text("refused_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("grants", sa.Column("refused_last_at", UTC))
    op.add_column("grants", sa.Column("access_works", sa.Boolean()))
    op.add_column("grants", sa.Column("in_line", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("grants", sa.Column("believed", sa.Boolean()))
    index("ix_grants_due", ["app", "kind", "due_at"], ROTATABLE)
    index("ix_grants_expiry", ["app", "kind", "access_expires_at"], ROTATABLE)
    index("ix_grants_refused", ["app", "refused_last_at"], REFUSED)
    op.create_index("ix_grants_in_line", "grants", ["app", "due_at"], sqlite_where=IN_LINE, postgresql_where=IN_LINE)


def downgrade() -> None:
    op.drop_index("ix_grants_in_line", "grants")
    index("ix_grants_due", ["app", "kind", "due_at"], SERVED)
    index("ix_grants_expiry", ["app", "kind", "access_expires_at"], SERVED)
    index("ix_grants_refused", ["app", "refused_at"], REFUSED)
    for column in ("believed", "in_line", "access_works", "refused_last_at"):
        op.drop_column("grants", column)


def index(name: str, columns: list[str], where: sa.TextClause) -> None:
    """Put an index in the place of the one of this name."""
    op.drop_index(name, "grants")
    op.create_index(name, "grants", columns, sqlite_where=where, postgresql_where=where)
