"""Bring into the dashboard what the outbox tells of."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from application.mirroring.settle_in_turns import SettleInTurns
from application.ports.outbox_reading import OutboxFeed
from application.ports.store_of_all_owners import StoreOfAllOwners, UnitOfWorkOfAllOwners
from domain.events import (
    AccountDisconnected,
    AccountFound,
    AccountLost,
    AccountsAdded,
    AccountsConnected,
    AccountStandingChanged,
    Event,
    GrantDegraded,
    GrantErased,
    GrantRecovered,
    ReauthorisationRequired,
    RefreshTokenEnding,
    RevocationGivenUp,
    SpendImported,
    TokenRevoked,
    TokensRotated,
)
from domain.ids import ConnectionId, OwnerId

CONSUMER = "mirror"
"""The name of its cursor in the outbox."""

FACTS_AT_ONCE = 500

SETTLES_FOR = timedelta(seconds=10)
"""How long it settles what one reading told of; looks see the rest."""


@dataclass(frozen=True, slots=True)
class MirrorChanges:
    """A fact only names connections: their state is read when they are settled. What is left over is seen by the next look."""

    feed: OutboxFeed
    store: StoreOfAllOwners
    settle_all: SettleInTurns

    def __call__(self, *, stopping: Callable[[], bool]) -> None:
        """Settle what was told of since the last time. Raises MirrorUnavailable, and then tells of it again; StoreUnavailable."""
        while not stopping():
            facts = self.feed.read(CONSUMER, limit=FACTS_AT_ONCE)
            if not facts:
                return
            with self.store.read() as work:
                looked_at = work.mirror.note().looked_at
                newer = (
                    fact.event for fact in facts if fact.event and not (looked_at and fact.event.at < looked_at - SETTLES_FOR)
                )
                concerned = [row for event in newer for row in rows_of(event, work)]
            self.settle_all(concerned, for_at_most=SETTLES_FOR, stopping=stopping)
            self.feed.passed(CONSUMER, facts[-1].position)


def rows_of(event: Event, work: UnitOfWorkOfAllOwners) -> Iterator[tuple[OwnerId, ConnectionId]]:
    """The rows that may show something else after it."""
    match event:
        case AccountsConnected(connections=connections):
            yield from ((event.owner, connection) for connection in connections)
        case (
            AccountDisconnected(connection=connection) | AccountLost(connection=connection) | AccountFound(connection=connection)
        ):
            yield event.owner, connection
        case GrantDegraded() | GrantRecovered() | ReauthorisationRequired():
            yield from ((event.owner, connection) for connection in work.mirror.of_grant(event.grant))
        case TokensRotated():
            pass  # what it heals is told of by GrantRecovered
        case (
            AccountStandingChanged()
            | AccountsAdded()
            | GrantErased()
            | RefreshTokenEnding()
            | SpendImported()
            | TokenRevoked()
            | RevocationGivenUp()
        ):
            pass
