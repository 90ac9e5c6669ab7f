"""When an account that its grant no longer reaches counts as lost: absence in one answer proves nothing."""

from collections.abc import Collection, Iterable
from datetime import timedelta

from domain.advertiser import Connection, Standing
from domain.ids import AdvertiserId, OwnerId

LOOK_AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=4))
"""The pauses before an account that was missed is looked for again; missed each time, it is lost."""

FEWEST_OWNERS, LARGEST_PART = 20, 0.05
"""Where more than this part of at least so many owners miss accounts at once, it is the platform that fails, not they."""


def platform_fails(owners_read: Collection[OwnerId], owners_missing: Collection[OwnerId]) -> bool:
    """Whether so many owners miss accounts in one audit that nobody's are to be believed lost."""
    return len(owners_read) >= FEWEST_OWNERS and len(owners_missing) > LARGEST_PART * len(owners_read)


def asked_for_by_themselves(connections: Iterable[Connection], missing: Collection[AdvertiserId]) -> list[AdvertiserId]:
    """The missing accounts of which the platform told details before.

    An empty list of accounts proves nothing by itself: there the platform has to refuse the details of these, too.
    """
    accounts = (connection.advertiser for connection in connections)
    return sorted(a.id for a in accounts if a.id in missing and a.standing is not Standing.UNREAD)


def lost_by_refused_details(
    asked: Collection[AdvertiserId], told: Collection[AdvertiserId], *, complete: bool
) -> frozenset[AdvertiserId]:
    """Of the accounts that were asked for by themselves, those that are lost: none where an answer is outstanding."""
    return frozenset(asked) - frozenset(told) if complete else frozenset()
