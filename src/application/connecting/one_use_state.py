"""The one-use `state` of a consent: kept as a digest, used up once, and judged: unknown, another's, spent, or a repeat."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from application.ports.store import Store
from domain.consent import Consent, ConsentFailure, Ending, Failed
from domain.ids import OwnerId


@dataclass(frozen=True, slots=True)
class InProgress:
    """The same callback is being handled already: ask again in a moment."""


def digest(value: str) -> str:
    """SHA-256 in hex; the values are 32 random bytes, so no salt is needed."""
    return hashlib.sha256(value.encode()).hexdigest()


def use_state(store: Store, state: str, owner: OwnerId, browser: str, now: datetime) -> Consent | Ending | InProgress:
    """Use up a state that came back, in one transaction: its consent, to go on with.

    Anybody can send anything as a state, so one that nobody was given is only looked for: nothing is locked or written for it.
    What is unknown, too old, or another user's or browser's ends as an invalid state. A repeat is told what came of the first.
    """
    key = digest(state)
    with store.read() as work:
        consent = work.consents.get(key, owner=owner)
    if consent is None or not consent.belongs_to(owner, digest(browser)):
        return Failed(ConsentFailure.INVALID_STATE)
    with store.write() as work:
        if (fresh := work.consents.consume(key, now, owner=owner)) is not None:
            work.commit()
            return fresh
        consent = work.consents.get(key, owner=owner) or consent
    if consent.repeatable(now):
        return consent.ending or InProgress()
    return Failed(ConsentFailure.INVALID_STATE)
