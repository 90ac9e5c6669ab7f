"""Indices for what the audit clears away: tokens that nobody authorised again in time, and offers of long ago."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

HOPELESS = sa.text("health = 'needs_reauth' AND kind IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_grants_hopeless", "grants", ["since"], sqlite_where=HOPELESS, postgresql_where=HOPELESS)
    op.create_index("ix_offers_expires_at", "offers", ["expires_at"])


def downgrade() -> None:
    op.drop_index("ix_offers_expires_at", "offers")
    op.drop_index("ix_grants_hopeless", "grants")
