"""The protocol's choices. The defaults are the protocol; every other value is a way to get it wrong."""

from dataclasses import dataclass, fields
from typing import Literal


@dataclass(frozen=True, slots=True)
class Protocol:
    """Each field is one decision of docs/adr/0005-the-rotation-protocol.md."""

    one_grant_holds_the_pair: bool = True
    """Else: one row a connection, so that two rows have the same refresh token."""

    leases_end: bool = True
    """Else: a claim is a lock that only its holder opens."""
    claim_marks_doubt: bool = True
    release_keeps_doubt: bool = True
    permits_come_with_the_claim: bool = True
    """Else: they are waited for between claim and send."""
    permits_end_with_their_window: bool = True
    drain_before_claiming: bool = True
    takeovers_wait: Literal["always", "after an outage seen", "never"] = "always"
    """When the claim of a grant in doubt gives others the time to drain their journals first: for every process, or only for
    one that saw the database go away (which a process that slept through it, or started after it, did not)."""

    look_at_the_clock: bool = True
    reread_when_in_doubt: bool = True
    silence_waits_for_the_lease: bool = True
    """Else: a call without an answer counts as not sent, and is repeated at once."""
    silence_is_doubt: bool = True
    """Else: it counts as refused."""

    success_fenced_by: Literal["generation", "generation and attempt"] = "generation"
    failure_fenced_by: Literal["generation and attempt", "generation"] = "generation and attempt"
    refusal_is_one_statement: bool = True
    """Else: look at the grant, then write."""
    settle_heals: bool = True
    believed_at: Literal["the second refusal", "the first refusal"] = "the second refusal"
    """When a person is asked to authorise again whose access token still lives."""
    refused_is_sent_again: bool = True
    """Else: a refusal is for good, however wrong the provider was."""
    late_pair_leaves_doubt: bool = True
    """A pair that comes after another attempt heals the grant; should that attempt have killed the family, a refusal says so."""
    doubt_is_told: bool = True
    """Else: a refusal is called a refusal, whatever an earlier attempt may have spent."""
    journal: bool = True
    stop_awaits_answers: bool = True

    erasing_moves_generation: bool = True
    late_pair_is_revoked: bool = True
    supersede: Literal["forgets", "revokes"] = "forgets"
    old_grant_goes: Literal["after the new one is stored", "first"] = "after the new one is stored"
    revocation_asks_who_shares: bool = True
    consents_wait_for_revocations: bool = True
    """Else: a callback exchanges its code while a revocation of the same login is on its way."""
    revocation_yields_to_consents: bool = True
    """Else: a token that a callback holds, and has not stored yet, is revoked with an older one of the same login."""

    def __str__(self) -> str:
        wrong = [f"{f.name} = {value}" for f in fields(self) if (value := getattr(self, f.name)) != f.default]
        return ", ".join(wrong) or "as written"


AS_WRITTEN = Protocol()
