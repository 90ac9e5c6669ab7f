"""When an account counts as lost, and what a look at the reached accounts changes: absence in one answer proves nothing."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from domain.advertiser import Advertiser, Connection
from domain.events import AccountFound, AccountLost, AccountStandingChanged, Event
from domain.ids import AdvertiserId, GrantId, OwnerId

LOOK_AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=4))
"""The pauses before an account that was missed is looked for again; missed each time, it is lost."""

FEWEST_OWNERS, LARGEST_PART = 20, 0.05
"""Where more than this part of at least so many owners miss accounts at once, it is the platform that fails, not they."""


def platform_fails(owners_read: Collection[OwnerId], owners_missing: Collection[OwnerId]) -> bool:
    """Whether so many owners miss accounts in one audit that nobody's are to be believed lost."""
    return len(owners_read) >= FEWEST_OWNERS and len(owners_missing) > LARGEST_PART * len(owners_read)


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
