"""The tables, one set for SQLite and PostgreSQL. The migrations make exactly these: a test compares the two."""

from collections.abc import Collection

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    or_,
    text,
    true,
)

from adapters.sql.column_types import KeyOf, OneOf, Packed, Utc
from domain.advertiser import Advertiser
from domain.consent import ConsentFailure, Ending, Failed
from domain.database_identity import DatabaseIdentity
from domain.key_use import ProcessKeys
from domain.mirror_state import MirrorState
from domain.outcomes import Failure, InDoubt
from domain.sealing_state import SealingState
from domain.tokens import FIRST_VERSION, TokenTerm

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

ROTATABLE = text("health IN ('active', 'degraded', 'needs_reauth') AND NOT in_line")
IN_LINE = text("health IN ('degraded', 'needs_reauth') AND in_line")
"""Written out in each statement, never bound: PostgreSQL sees only then that its partial index serves."""

UNTROUBLED = text("health = 'active' AND failures = 0")
REFUSED = text("refused_at IS NOT NULL")
SERVED = text("health IN ('active', 'degraded')")
HELD = text("health IN ('active', 'degraded') AND connected")
HOPELESS = text("health = 'needs_reauth' AND kind IS NOT NULL")
TROUBLED = text("health IN ('active', 'degraded') AND (failures > 0 OR health = 'degraded')")
NOT_ACTIVE = text("health <> 'active'")
DOUBTFUL = text("in_doubt AND health = 'active'")
UNUSED = text("consumed_at IS NULL")
SEQUENCE = BigInteger().with_variant(Integer, "sqlite")

UNPLACED = text("position IS NULL")
NEXT = text("due_at IS NOT NULL")
WAITING = text("given_up_at IS NULL")
DEAD = text("given_up_at IS NOT NULL")
ERASED = text("health IN ('revoked', 'superseded') AND settled_at IS NOT NULL")
SEALED = text("access IS NOT NULL")
WITH_OWNER = text("owner IS NOT NULL")
WITH_CONNECTION = text("connection_id IS NOT NULL")
WITH_ACCOUNT = text("account IS NOT NULL")
LOOSE = text("health IN ('active', 'degraded', 'needs_reauth') AND NOT connected")

compatibility = Table(
    "compatibility",
    metadata,
    Column("oldest_program", Text, primary_key=True),  # the newest revision that the oldest program knows which this schema suits
)

grants = Table(
    "grants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("auth_version", Text, nullable=False, server_default=FIRST_VERSION),  # at which its tokens were obtained
    Column("token_term", Text, nullable=False, server_default=TokenTerm.AS_ISSUED.value),  # and what was asked for
    Column("fingerprint", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("connected", Boolean, nullable=False),  # whether it has connections
    Column("reach_read_at", Utc),
    Column("reach_known_at", Utc, nullable=False),  # the same, or when it was created
    # its tokens: all null once erased
    Column("kind", Text),  # a word of the port's Kind
    Column("access", LargeBinary),
    Column("refresh", LargeBinary),
    Column("key_id", Text, KeyOf("refresh", "access")),  # of the key that sealed them; the database works it out
    Column("issued_at", Utc),
    Column("access_expires_at", Utc),
    Column("refresh_expires_at", Utc),
    Column("assumed", Boolean),
    Column("urgent_at", Utc),  # when its last hour begins
    # its health
    Column("health", Text, nullable=False),
    Column("reason", Text),
    Column("usable_until", Utc),
    Column("probed", Boolean),
    Column("since", Utc),  # when it came to need reauthorisation
    # its renewal
    Column("due_at", Utc),
    Column("attempt_id", Text),
    Column("attempt_host", Text),
    Column("attempt_started_at", Utc),
    Column("attempt_lease_until", Utc),
    Column("failures", Integer, nullable=False),
    Column("last_failure", OneOf(Failure, otherwise=InDoubt("told by a newer version"))),
    Column("in_doubt", Boolean, nullable=False),
    Column("settled_at", Utc),
    Column("refused_at", Utc),  # for the first time at this generation; this and the next four are those of its refusals
    Column("refused_last_at", Utc),
    Column("access_works", Boolean),
    Column("in_line", Boolean, nullable=False, server_default=false()),
    Column("believed", Boolean),
    Column("restored", Text),  # a word of the domain's Restored: its tokens came with a backup
    Index(None, "fingerprint"),
    Index("ix_grants_due", "app", "kind", "due_at", sqlite_where=ROTATABLE, postgresql_where=ROTATABLE),
    Index("ix_grants_expiry", "app", "kind", "access_expires_at", sqlite_where=ROTATABLE, postgresql_where=ROTATABLE),
    Index("ix_grants_issued", "app", "kind", "issued_at"),
    Index("ix_grants_in_line", "app", "due_at", sqlite_where=IN_LINE, postgresql_where=IN_LINE),
    Index("ix_grants_refused", "app", "refused_last_at", sqlite_where=REFUSED, postgresql_where=REFUSED),
    Index("ix_grants_urgent", "app", "kind", "urgent_at", sqlite_where=UNTROUBLED, postgresql_where=UNTROUBLED),
    Index("ix_grants_known", "app", "reach_known_at", sqlite_where=HELD, postgresql_where=HELD),
    Index("ix_grants_ending", "refresh_expires_at", sqlite_where=HELD, postgresql_where=HELD),
    Index("ix_grants_hopeless", "since", sqlite_where=HOPELESS, postgresql_where=HOPELESS),
    Index("ix_grants_erased", "settled_at", sqlite_where=ERASED, postgresql_where=ERASED),
    Index("ix_grants_key_id", "key_id", "created_at", sqlite_where=SEALED, postgresql_where=SEALED),
    Index("ix_grants_troubled", "app", "access_expires_at", sqlite_where=TROUBLED, postgresql_where=TROUBLED),
    Index("ix_grants_not_active", "app", "health", "reason", sqlite_where=NOT_ACTIVE, postgresql_where=NOT_ACTIVE),
    Index("ix_grants_in_doubt", "app", sqlite_where=DOUBTFUL, postgresql_where=DOUBTFUL),
    Index("ix_grants_loose", "id", sqlite_where=LOOSE, postgresql_where=LOOSE),
)


def sealed_here(key_id: ColumnElement[str | None], keys: Collection[str] | None) -> ColumnElement[bool]:
    """Whether the key that sealed a row's tokens is one of these (None: they count for nothing). What says none is tried."""
    return true() if keys is None else or_(key_id.is_(None), key_id.in_(sorted(keys)))


def of_a_grant() -> ForeignKey:
    """Checked at the commit: a grant and what belongs to it may be stored in any order."""
    return ForeignKey("grants.id", deferrable=True, initially="DEFERRED")


connections = Table(
    "connections",
    metadata,
    Column("id", Text, primary_key=True),
    Column("grant_id", Text, of_a_grant(), nullable=False, index=True),
    Column("owner", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("advertiser_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("standing", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("lost_at", Utc),
    Column("former_id", Text, index=True),
    Column("times_connected", Integer, nullable=False, server_default="1"),
    Column("missing_since", Utc),  # its row in the dashboard
    UniqueConstraint("owner", "provider", "advertiser_id"),
)

mirrored_rows = Table(
    "mirrored_rows",
    metadata,
    Column("connection_id", Text, primary_key=True),  # which may be gone here, while its row may be there
    Column("owner", Text, nullable=False),  # empty once erased
    Column("confirmed_for", Integer),  # how often its owner had connected when the row was last seen there
    Column("stale", Boolean, nullable=False, server_default=false()),  # found by a rebuild, without a connection
    Column("gone_at", Utc),  # since when looks find neither the row there nor the connection here
)
Index("ix_mirrored_rows_owner", mirrored_rows.c.owner)
Index("ix_mirrored_rows_gone_at", mirrored_rows.c.gone_at)

mirror_note = Table(
    "mirror_note",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("record", Packed(MirrorState), nullable=False),
)

reach = Table(
    "reach",
    metadata,
    Column("grant_id", Text, of_a_grant(), primary_key=True),
    Column("advertiser_id", Text, primary_key=True, index=True),
)

offers = Table(
    "offers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("grant_id", Text, of_a_grant(), nullable=False, index=True),
    Column("expires_at", Utc, nullable=False, index=True),
    Column("advertisers", Packed(tuple[Advertiser, ...], otherwise=()), nullable=False),
    Column("chosen", Packed(frozenset[str])),
    Column("closed", Boolean, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    Column("state_digest", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("browser_digest", Text, nullable=False),
    Column("expires_at", Utc, nullable=False, index=True),
    Column("reconnects", Text),
    Column("consumed_at", Utc, index=True),
    Column("ending", OneOf(Ending, otherwise=Failed(ConsentFailure.UNAVAILABLE))),
    Index("ix_consents_unused", "owner", "expires_at", sqlite_where=UNUSED, postgresql_where=UNUSED),
)

revocations = Table(
    "revocations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("grant_id", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("access", LargeBinary, nullable=False),
    Column("key_id", Text, KeyOf("access")),
    Column("fingerprint", Text, nullable=False),
    Column("reach", Packed(frozenset[str]), nullable=False),
    Column("due_at", Utc, nullable=False, index=True),
    Column("give_up_at", Utc, nullable=False),
    Column("leased_until", Utc),  # while a call for it may be under way
    Column("failures", Integer, nullable=False),
    Column("queued_at", Utc),  # null: long ago
    Column("generation", Integer, nullable=False, server_default="0"),  # that its token was sealed for
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", SEQUENCE, primary_key=True, autoincrement=True),
    Column("type", Text, nullable=False),
    Column("grant_id", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("payload", Text, nullable=False),  # JSON
    Column("position", SEQUENCE),  # among all facts, given once it is read
    Index("ix_outbox_position", "position", unique=True),
    Index("ix_outbox_unplaced", "id", sqlite_where=UNPLACED, postgresql_where=UNPLACED),
    sqlite_autoincrement=True,
)

outbox_cursors = Table(
    "outbox_cursors",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("position", SEQUENCE, nullable=False),  # up to where it is done
)

outbox_marks = Table(
    "outbox_marks",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("at", Utc, primary_key=True),
    Column("position", SEQUENCE, nullable=False),  # where it was then
)

webhook_messages = Table(
    "webhook_messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("grant_id", Text, nullable=False),
    Column("position", SEQUENCE, nullable=False),  # of its event among all facts
    Column("part", Integer, nullable=False),
    Column("at", Utc, nullable=False),  # when the event came true
    Column("body", Text, nullable=False),  # JSON, as it is sent
    Column("queued_at", Utc, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Utc),  # null: an earlier one of its grant waits, or it was given up
    Column("given_up_at", Utc),
    Index("ix_webhook_messages_due", "due_at", sqlite_where=NEXT, postgresql_where=NEXT),
    Index("ix_webhook_messages_waiting", "grant_id", "position", "part", sqlite_where=WAITING, postgresql_where=WAITING),
    Index("ix_webhook_messages_queued", "queued_at", sqlite_where=WAITING, postgresql_where=WAITING),
    Index("ix_webhook_messages_given_up", "given_up_at", sqlite_where=DEAD, postgresql_where=DEAD),
)

notices = Table(
    "notices",
    metadata,
    Column("grant_id", Text, primary_key=True),
    Column("what", Text, primary_key=True),
)

erasures = Table(
    "erasures",
    metadata,
    Column("owner_digest", Text, primary_key=True),
    Column("receipt", Text, nullable=False),
    Column("at", Utc, nullable=False, index=True),
)

# read by processes of the version before; to be dropped by the next one
incidents = Table(
    "incidents",
    metadata,
    Column("app", Text, primary_key=True),
    Column("opened_at", Utc, nullable=False),
    Column("sent_at", Utc, nullable=False),  # when the last refresh was let through
)

rate_limits = Table(
    "rate_limits",
    metadata,
    Column("key", Text, primary_key=True),
    Column("full_at", BigInteger, nullable=False, index=True),  # microseconds since 1970: when the bucket is full again
)

budgets = Table(
    "budgets",
    metadata,
    Column("app", Text, primary_key=True),
    Column("text", Text),  # null before the first is written
)

journals = Table(
    "journals",
    metadata,
    Column("name", Text, primary_key=True),
    Column("host", Text, primary_key=True),
    Column("drained_at", Utc, nullable=False),
    Column("known_at", Utc),  # the same, written by versions that know of it
    Column("older_at", Utc),  # when one that does not last wrote the row
)

lost_claims = Table(
    "lost_claims",
    metadata,
    Column("host", Text, primary_key=True),
    Column("found_at", Utc, nullable=False),  # when a claim of it was last found without outcome
)

database_identity = Table(
    "database_identity",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("record", Packed(DatabaseIdentity), nullable=False),
)

sealing = Table(
    "sealing",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("record", Packed(SealingState)),  # null before the first is written
)

key_reports = Table(
    "key_reports",
    metadata,
    Column("process", Text, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("holds", Boolean, nullable=False),  # whether there was anything in its journal
    Column("keys", Packed(ProcessKeys, otherwise=ProcessKeys()), nullable=False),
)

metric_totals = Table(
    "metric_totals",
    metadata,
    Column("name", Text, primary_key=True),
    Column("labels", Text, primary_key=True),  # their values, as a list in JSON
    Column("value", Double, nullable=False),
)

process_metrics = Table(
    "process_metrics",
    metadata,
    Column("process", Text, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("gauges", Packed(list[tuple[str, tuple[str, ...], float]], otherwise=[]), nullable=False),
)

pauses = Table(
    "pauses",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # always 1; no row: calls go on
    Column("since", Utc, nullable=False),
    Column("by", Text, nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("component", Text, primary_key=True),
    Column("host", Text, primary_key=True),
    Column("pid", Integer, primary_key=True, autoincrement=False),
    Column("beaten_at", Utc, nullable=False),
)

audit_trail = Table(
    "audit_trail",
    metadata,
    Column("id", Text, primary_key=True),  # a digest of what records have in common that are counted as one
    Column("at", Utc, nullable=False),
    Column("last_at", Utc, nullable=False),
    Column("times", Integer, nullable=False),
    Column("act", Text, nullable=False),  # a word of the domain's Act
    Column("actor_kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("address", Text),
    Column("owner", Text),  # a pseudonym once erased, and so is the account
    Column("grant_id", Text),
    Column("connection_id", Text),
    Column("account", Text),
    Column("detail", Text, nullable=False),
    Column("briefly", Boolean, nullable=False),  # whether it goes after a month
    Index("ix_audit_trail_briefly", "briefly", "at"),
    Index("ix_audit_trail_owner", "owner", "at", sqlite_where=WITH_OWNER, postgresql_where=WITH_OWNER),
    Index("ix_audit_trail_connection_id", "connection_id", "at", sqlite_where=WITH_CONNECTION, postgresql_where=WITH_CONNECTION),
    Index("ix_audit_trail_account", "account", "at", sqlite_where=WITH_ACCOUNT, postgresql_where=WITH_ACCOUNT),
)

vends = Table(
    "vends",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("minute", Utc, primary_key=True, index=True),
    Column("service", Text, primary_key=True),
    Column("address", Text, primary_key=True),  # empty where there is none
    Column("times", Integer, nullable=False),
    Column("last_at", Utc, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("grant_id", Text, primary_key=True),
    Column("at", Utc, primary_key=True, index=True),
    Column("attempt_id", Text, primary_key=True),
    Column("generation", Integer, nullable=False),  # that was claimed
    Column("call", Text, nullable=False),  # a word of the domain's CallMade
    Column("outcome", Text, nullable=False),
    Column("request_id", Text, nullable=False),  # the platform's; empty where it told none
    Column("health", Text, nullable=False),  # how it left the grant
)

daily_counts = Table(
    "daily_counts",
    metadata,
    Column("what", Text, primary_key=True),
    Column("day", Text, primary_key=True),  # 2026-11-28, in UTC
    Column("name", Text, primary_key=True),
    Column("times", BigInteger, nullable=False),
)
