"""What is left of an erased user in the audit trail: that things were done, and pseudonyms."""

from collections.abc import Callable

from application.ports.store import Store
from domain.ids import OwnerId

RECORDS_AT_ONCE = 500
"""Records that are changed in one transaction."""


def forget_in_audit_trail(store: Store, owner: OwnerId, pseudonym_of: Callable[[str], str]) -> None:
    """Put pseudonyms in the place of a user and their accounts, batch by batch. Raises StoreUnavailable."""
    forgotten = RECORDS_AT_ONCE
    while forgotten == RECORDS_AT_ONCE:
        with store.write() as work:
            forgotten = work.audit_trail.forget_owner(owner, pseudonym_of, limit=RECORDS_AT_ONCE)
            work.commit()
