"""What a look at the accounts that a token reaches changes of the connections."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from domain.advertiser import Advertiser, Connection
from domain.events import AccountFound, AccountLost, AccountStandingChanged, Event
from domain.ids import AdvertiserId, GrantId, OwnerId


def seen_again(
    connection: Connection, reached: Mapping[AdvertiserId, Advertiser], lost: Collection[AdvertiserId], now: datetime
) -> Connection | None:
    """The connection after a look at what its token reaches; None: its account is missing, which proves nothing yet."""
    account = connection.advertiser.id
    if account in reached:
        return connection.refreshed(reached[account])
    return connection.missed(now) if account in lost or connection.lost_at is not None else None


def account_changes(grant: GrantId, owner: OwnerId, before: Connection, after: Connection, now: datetime) -> Iterator[Event]:
    """What became of a connection's account between two looks."""
    if before.lost_at is None and after.lost_at is not None:
        yield AccountLost(grant, owner, after.id, at=now)
    elif before.lost_at is not None and after.lost_at is None:
        yield AccountFound(grant, owner, after.id, at=now)
    if before.advertiser.standing is not (standing := after.advertiser.standing):
        yield AccountStandingChanged(grant, owner, after.id, standing, at=now)
