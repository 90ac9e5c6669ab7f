"""Everything that the first version keeps."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

UTC = sa.DateTime(timezone=True)
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
RENEWABLE = sa.text("health IN ('active', 'degraded')")
UNTROUBLED = sa.text("health = 'active' AND failures = 0")
REFUSED = sa.text("refused_at IS NOT NULL")
HELD = sa.text("health IN ('active', 'degraded') AND connected")
LOOSE = sa.text("health IN ('active', 'degraded', 'needs_reauth') AND NOT connected")


def of_a_grant(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name=name, initially="DEFERRED", deferrable=True)


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("state_digest", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("browser_digest", sa.Text(), nullable=False),
        sa.Column("expires_at", UTC, nullable=False),
        sa.Column("reconnects", sa.Text()),
        sa.Column("consumed_at", UTC),
        sa.Column("ending", sa.Text()),
        sa.PrimaryKeyConstraint("state_digest", name="pk_consents"),
    )
    op.create_index("ix_consents_expires_at", "consents", ["expires_at"])
    op.create_table(
        "grants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("reach_read_at", UTC),
        sa.Column("reach_known_at", UTC, nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("access", sa.LargeBinary()),
        sa.Column("refresh", sa.LargeBinary()),
        sa.Column("issued_at", UTC),
        sa.Column("access_expires_at", UTC),
        sa.Column("refresh_expires_at", UTC),
        sa.Column("assumed", sa.Boolean()),
        sa.Column("urgent_at", UTC),
        sa.Column("health", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("usable_until", UTC),
        sa.Column("probed", sa.Boolean()),
        sa.Column("since", UTC),
        sa.Column("due_at", UTC),
        sa.Column("attempt_id", sa.Text()),
        sa.Column("attempt_host", sa.Text()),
        sa.Column("attempt_started_at", UTC),
        sa.Column("attempt_lease_until", UTC),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failure", sa.Text()),
        sa.Column("in_doubt", sa.Boolean(), nullable=False),
        sa.Column("settled_at", UTC),
        sa.Column("refused_at", UTC),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
    )
    op.create_index("ix_grants_due", "grants", ["app", "kind", "due_at"], sqlite_where=RENEWABLE, postgresql_where=RENEWABLE)
    op.create_index(
        "ix_grants_expiry", "grants", ["app", "kind", "access_expires_at"], sqlite_where=RENEWABLE, postgresql_where=RENEWABLE
    )
    op.create_index("ix_grants_issued", "grants", ["app", "kind", "issued_at"])
    op.create_index("ix_grants_refused", "grants", ["app", "refused_at"], sqlite_where=REFUSED, postgresql_where=REFUSED)
    op.create_index("ix_grants_fingerprint", "grants", ["fingerprint"])
    op.create_index("ix_grants_known", "grants", ["app", "reach_known_at"], sqlite_where=HELD, postgresql_where=HELD)
    op.create_index("ix_grants_ending", "grants", ["refresh_expires_at"], sqlite_where=HELD, postgresql_where=HELD)
    op.create_index("ix_grants_loose", "grants", ["id"], sqlite_where=LOOSE, postgresql_where=LOOSE)
    op.create_index(
        "ix_grants_urgent", "grants", ["app", "kind", "urgent_at"], sqlite_where=UNTROUBLED, postgresql_where=UNTROUBLED
    )
    op.create_table(
        "notices",
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("grant_id", "what", name="pk_notices"),
    )
    op.create_table(
        "incidents",
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("opened_at", UTC, nullable=False),
        sa.Column("sent_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("app", name="pk_incidents"),
    )
    op.create_table(
        "heartbeats",
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("beaten_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("component", "host", "pid", name="pk_heartbeats"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "revocations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("access", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("due_at", UTC, nullable=False),
        sa.Column("give_up_at", UTC, nullable=False),
        sa.Column("leased_until", UTC),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_revocations"),
    )
    op.create_index("ix_revocations_due_at", "revocations", ["due_at"])
    op.create_index("ix_consents_consumed_at", "consents", ["consumed_at"])
    op.create_table(
        "connections",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("advertiser_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("lost_at", UTC),
        of_a_grant("fk_connections_grant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_connections"),
        sa.UniqueConstraint("owner", "provider", "advertiser_id", name="uq_connections_owner_provider_advertiser_id"),
    )
    op.create_index("ix_connections_grant_id", "connections", ["grant_id"])
    op.create_table(
        "offers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("expires_at", UTC, nullable=False),
        sa.Column("advertisers", sa.Text(), nullable=False),
        sa.Column("chosen", sa.Text()),
        sa.Column("closed", sa.Boolean(), nullable=False),
        of_a_grant("fk_offers_grant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_offers"),
    )
    op.create_index("ix_offers_grant_id", "offers", ["grant_id"])
    op.create_table(
        "reach",
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("advertiser_id", sa.Text(), nullable=False),
        of_a_grant("fk_reach_grant_id"),
        sa.PrimaryKeyConstraint("grant_id", "advertiser_id", name="pk_reach"),
    )
    op.create_index("ix_reach_advertiser_id", "reach", ["advertiser_id"])


def downgrade() -> None:
    for table in (
        "reach",
        "offers",
        "connections",
        "revocations",
        "outbox",
        "notices",
        "incidents",
        "heartbeats",
        "grants",
        "consents",
    ):
        op.drop_table(table)
