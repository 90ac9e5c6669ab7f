from domain.events import (
    AccountDisconnected,
    AccountsConnected,
    Event,
    GrantDegraded,
    GrantErased,
    ReauthorisationRequired,
    TokenRevoked,
    TokensRotated,
)
from domain.ids import ConnectionId, GrantId
from domain.outcomes import Reason
from support.builders import ANNA, HOUR, START, a_grant
from support.databases import Kept

GRANT, CONNECTION = GrantId("grant-1"), ConnectionId("connection-1")

ONE_OF_EACH: list[Event] = [
    AccountsConnected(GRANT, ANNA, (CONNECTION,), at=START),
    AccountDisconnected(GRANT, ANNA, CONNECTION, at=START),
    TokensRotated(GRANT, ANNA, 2, at=START),
    GrantDegraded(GRANT, ANNA, Reason.REFRESH_TOKEN_EXPIRED, START + HOUR, at=START),
    ReauthorisationRequired(GRANT, ANNA, Reason.ROTATION_IN_DOUBT, at=START),
    GrantErased(GRANT, ANNA, revoked=True, at=START),
    TokenRevoked(GRANT, ANNA, shared=False, at=START),
]


def test_facts_leave_with_the_commit_in_their_order(kept: Kept) -> None:
    with kept.store.write() as work:
        work.outbox.add(ONE_OF_EACH[:3])
        work.outbox.add([])
        work.outbox.add(ONE_OF_EACH[3:])
        work.commit()
    assert kept.facts() == ONE_OF_EACH


def test_facts_of_what_is_undone_never_leave(kept: Kept) -> None:
    with kept.store.write() as work:
        work.outbox.add(ONE_OF_EACH)
        work.grants.add(a_grant(connects=(1,)))
    assert kept.facts() == []


def test_facts_that_are_cleared_never_leave(kept: Kept) -> None:
    with kept.store.write() as work:
        work.outbox.add(ONE_OF_EACH)
        work.commit()
    with kept.store.write() as work:
        work.outbox.add(ONE_OF_EACH[:1])
        work.outbox.clear()
        work.outbox.add(ONE_OF_EACH[1:2])
        work.commit()
    assert kept.facts() == ONE_OF_EACH[1:2]
