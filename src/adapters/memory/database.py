"""A database of this process: rows by id, one transaction at a time."""

import copy
import threading
import uuid
from collections import deque
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import datetime

from adapters.memory.grant_table import GrantTable
from adapters.memory.spend_of_one_account import KeptSpend
from adapters.memory.uncommitted_changes import Overlay
from application.ports.journal_register import Drained
from application.ports.metrics import Sample
from application.ports.spend_store import SpendAccount
from domain.audit_trail import AuditRecord, VendRecord
from domain.consent import Consent
from domain.database_identity import DatabaseIdentity
from domain.erasure import Erasure
from domain.errors import StoreUnavailable
from domain.events import Event
from domain.grant import Grant
from domain.ids import ConnectionId, DatabaseId, GrantId, OfferId, OwnerId, RevocationId
from domain.key_use import KeyReport
from domain.mirror_state import MirrorState
from domain.mirrored_row import WrittenRow
from domain.offer import Offer
from domain.owner_turns import OWNER_TURNS
from domain.pause import Pause
from domain.queued_revocation import Revocation
from domain.rotation_attempt import RotationAttempt
from domain.sealing_state import SealingState
from domain.webhook_payloads import WebhookMessage


@dataclass(slots=True)
class QueuedMessage:
    """A message to the receiver of webhooks."""

    message: WebhookMessage
    queued_at: datetime
    attempts: int = 0
    due_at: datetime | None = None
    """None: an earlier one of its grant waits, or it was given up."""
    given_up_at: datetime | None = None


@dataclass(slots=True)
class Rows:
    """Everything that is kept."""

    grants: GrantTable = field(default_factory=GrantTable)
    offers: MutableMapping[OfferId, Offer] = field(default_factory=dict)
    consents: MutableMapping[str, Consent] = field(default_factory=dict)
    revocations: MutableMapping[RevocationId, Revocation] = field(default_factory=dict)
    erasures: MutableMapping[str, Erasure] = field(default_factory=dict)
    notices: MutableMapping[tuple[GrantId, str], None] = field(default_factory=dict)
    audit_trail: MutableMapping[tuple[object, ...], AuditRecord] = field(default_factory=dict)
    """By what makes them alike."""
    vends: MutableMapping[tuple[object, ...], VendRecord] = field(default_factory=dict)
    """The same."""
    attempts: list[RotationAttempt] = field(default_factory=list)
    """As they were settled."""
    daily_vends: dict[tuple[str, str], int] = field(default_factory=dict)
    """By day and service."""
    daily_attempts: dict[tuple[str, str], int] = field(default_factory=dict)
    """By day and outcome."""
    mirrored_rows: MutableMapping[ConnectionId, WrittenRow] = field(default_factory=dict)
    mirror_note: MutableMapping[int, MirrorState] = field(default_factory=dict)
    """One at the most."""
    drained: dict[tuple[str, str], Drained] = field(default_factory=dict)
    """What hosts said of their journals, by journal and host."""
    repeated: deque[OwnerId] = field(default_factory=lambda: deque(maxlen=OWNER_TURNS))
    """The owners of the last refused grants that were claimed to be sent again."""
    lost_claims: dict[str, datetime] = field(default_factory=dict)
    """When a claim of each host was last found without outcome."""
    spend: dict[SpendAccount, KeptSpend] = field(default_factory=dict)
    sealing: SealingState | None = None
    key_reports: dict[str, KeyReport] = field(default_factory=dict)
    """The last one of each process."""
    events: list[Event] = field(default_factory=list)
    events_dropped: int = 0
    """How many there were before these."""
    metric_totals: dict[Sample, float] = field(default_factory=dict)
    process_metrics: dict[str, tuple[datetime, dict[Sample, float]]] = field(default_factory=dict)
    """What each process said of itself last, and when."""
    cursors: dict[str, int] = field(default_factory=dict)
    """Up to where each reader of the events is done."""
    webhooks: dict[str, QueuedMessage] = field(default_factory=dict)
    """Messages on their way to the receiver, and those that were given up, by their ids."""
    pause: Pause | None = None
    identity: DatabaseIdentity = field(default_factory=lambda: DatabaseIdentity(DatabaseId(str(uuid.uuid4()))))


class Changes:
    """What a transaction did to the rows, which stay as they are until it is applied."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.grants = Overlay(rows.grants)
        self.offers = Overlay(rows.offers)
        self.consents = Overlay(rows.consents)
        self.revocations = Overlay(rows.revocations)
        self.erasures = Overlay(rows.erasures)
        self.notices = Overlay(rows.notices)
        self.audit_trail = Overlay(rows.audit_trail)
        self.vends = Overlay(rows.vends)
        self.mirrored_rows = Overlay(rows.mirrored_rows)
        self.mirror_note = Overlay(rows.mirror_note)
        self.events: list[Event] = []
        self.forgotten = 0
        """How many of the oldest events are dropped."""
        self.forgets_messages = False

    def apply(self) -> None:
        """Let everybody see it."""
        for table in (self.grants, self.offers, self.consents, self.revocations, self.erasures, self.notices):
            table.apply()
        self.audit_trail.apply()
        self.vends.apply()
        self.mirrored_rows.apply()
        self.mirror_note.apply()
        if self.forgets_messages:
            self.rows.webhooks.clear()
        del self.rows.events[: self.forgotten]
        self.rows.events.extend(self.events)


class MemoryDatabase:
    """Rows behind one lock. `away` makes it refuse, as a database does that can't be reached."""

    def __init__(self) -> None:
        self.rows = Rows()
        self.lock = threading.RLock()
        self.away = False

    def dispose(self) -> None:
        """There is no connection to close."""

    def answer(self) -> Rows:
        """The rows, or StoreUnavailable while the database is away."""
        if self.away:
            raise StoreUnavailable
        return self.rows


def copy_of(grant: Grant) -> Grant:
    """A grant that can be changed without changing the row."""
    twin = copy.copy(grant)
    twin.connections, twin.events = dict(grant.connections), []
    return twin
