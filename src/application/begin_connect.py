"""Send a person to the platform's consent page."""

from dataclasses import dataclass

from application.connecting.erased_users import ErasedUsers
from application.connecting.one_use_state import digest
from application.database_hold.identity_watch import IdentityWatch
from application.database_hold.pause_watch import PauseWatch
from application.mirroring.refuse_unknown_users import RefuseUnknownUsers
from application.ports.ad_platform import AdPlatform
from application.ports.clock import Clock
from application.ports.ids_and_nonces import Nonces
from application.ports.store import Store
from domain.audit_trail import Act, Actor, AuditRecord
from domain.consent import CONSENT_LIFE, Consent
from domain.errors import ConnectionNotFound
from domain.ids import ConnectionId, OwnerId

MOST_OPEN = 30
"""Consents that a user may have under way at once: each tab has one. The oldest goes for a new one."""


@dataclass(frozen=True, slots=True)
class BeginConnect:
    """Start a consent. Only digests of the state and of the browser's cookie are kept."""

    store: Store
    platform: AdPlatform
    nonces: Nonces
    clock: Clock
    watch: IdentityWatch
    pause_watch: PauseWatch
    refuse_unknown_users: RefuseUnknownUsers
    erased_users: ErasedUsers

    def __call__(self, owner: OwnerId, browser: str, *, reconnects: ConnectionId | None = None, by: Actor | None = None) -> str:
        """The consent page's address. `reconnects` makes it guarded. `by`: the owner with their address, for the audit trail.

        Raises ConnectionNotFound if the connection is not the owner's, OnHold, CallsPaused, UnknownUser, UserWasErased.
        """
        self.watch.refuse_if_held()
        self.pause_watch.refuse_if_paused()
        self.refuse_unknown_users(owner)
        state, now = self.nonces.new(), self.clock.now()
        with self.store.write() as work:
            self.erased_users.refuse(work, owner, now)
            if reconnects is not None and work.grants.of_connection(reconnects, owner=owner) is None:
                raise ConnectionNotFound
            work.consents.keep_newest(owner, MOST_OPEN - 1)
            work.consents.add(Consent(digest(state), owner, digest(browser), now + CONSENT_LIFE, reconnects))
            begun = AuditRecord(Act.CONNECT_BEGUN, by or Actor.user(owner), now, owner=owner, connection=reconnects)
            work.audit_trail.add([begun])
            work.commit()
        return self.platform.consent_url(state)
