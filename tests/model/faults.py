"""Ways to get the protocol wrong, the rule that each of them breaks, and where it is seen."""

from dataclasses import dataclass

from model.choices import Protocol


@dataclass(frozen=True, slots=True)
class Fault:
    """A wrong choice, the scenario in which it shows, and the rule that it breaks first there."""

    protocol: Protocol
    scenario: str
    breaks: str


FAULTS = {
    "One row a connection, so two copies of a token": Fault(
        Protocol(one_grant_holds_the_pair=False), "outages under family revocation", "loud"
    ),
    "A claim is a lock without an end": Fault(Protocol(leases_end=False), "crashes", "stuck"),
    "A claim over an unsettled attempt does not mark doubt": Fault(Protocol(claim_marks_doubt=False), "crashes", "sent twice"),
    "Giving a claim back forgets the doubt": Fault(Protocol(release_keeps_doubt=False), "crashes", "loud"),
    "Permits are waited for between claim and send": Fault(Protocol(permits_come_with_the_claim=False), "budget", "honest"),
    "A permit outlives its window": Fault(Protocol(permits_end_with_their_window=False), "budget", "budget"),
    "The journal is not drained before claiming": Fault(Protocol(drain_before_claiming=False), "outages", "sent twice"),
    "No waiting after an outage": Fault(Protocol(takeovers_wait="never"), "outages under family revocation", "sent twice"),
    "Only who saw the outage waits": Fault(
        Protocol(takeovers_wait="after an outage seen"), "outages under family revocation", "sent twice"
    ),
    "No look at the clock before sending": Fault(Protocol(look_at_the_clock=False), "family revocation", "sent twice"),
    "No second look at a generation in doubt": Fault(Protocol(reread_when_in_doubt=False), "long pauses", "sent twice"),
    "A time-out counts as not sent and is repeated at once": Fault(
        Protocol(silence_waits_for_the_lease=False), "family revocation, three processes", "sent twice"
    ),
    "A lost reply counts as refused": Fault(Protocol(silence_is_doubt=False), "grace", "graced"),
    "A success is fenced by its attempt too": Fault(Protocol(success_fenced_by="generation and attempt"), "long pauses", "kept"),
    "A failure is not fenced by its attempt": Fault(Protocol(failure_fenced_by="generation"), "long pauses", "loud"),
    "A refusal is looked up, then written": Fault(Protocol(refusal_is_one_statement=False), "long pauses", "truthful"),
    "A late success leaves the grant degraded": Fault(Protocol(settle_heals=False), "long pauses", "truthful"),
    "A late success ends the doubt": Fault(Protocol(late_pair_leaves_doubt=False), "outages under family revocation", "honest"),
    "A refusal in doubt is called a refusal": Fault(Protocol(doubt_is_told=False), "crashes", "honest"),
    "The first refusal is believed": Fault(Protocol(believed_at="the first refusal"), "incidents", "asked"),
    "A refusal is for good": Fault(Protocol(refused_is_sent_again=False), "incidents", "stuck"),
    "No journal": Fault(Protocol(journal=False), "outages", "kept"),
    "SIGTERM abandons calls": Fault(Protocol(stop_awaits_answers=False), "SIGTERM", "kept"),
    "Erasing leaves the generation": Fault(Protocol(erasing_moves_generation=False), "disconnect", "erased"),
    "A late pair of a disconnected grant is dropped": Fault(Protocol(late_pair_is_revoked=False), "disconnect", "forgotten"),
    "A superseded grant is revoked": Fault(Protocol(supersede="revokes"), "reconnect", "revoked"),
    "The old grant goes before the new one is stored": Fault(Protocol(old_grant_goes="first"), "reconnect", "served"),
    "A revocation does not ask who shares the login": Fault(
        Protocol(revocation_asks_who_shares=False), "disconnect and connect again", "revoked"
    ),
    "A callback does not heed a revocation under way": Fault(
        Protocol(consents_wait_for_revocations=False), "disconnect and connect again", "revoked"
    ),
    "A revocation does not heed a callback under way": Fault(
        Protocol(revocation_yields_to_consents=False), "disconnect and connect again", "revoked"
    ),
}
