from __future__ import annotations

from domain.advertiser import Advertiser, Connection, Standing
from domain.ids import ConnectionId, OwnerId
from domain.lost_accounts import asked_for_by_themselves, lost_by_refused_details, platform_fails
from support.builders import ANNA, START, account, accounts, an_advertiser


def connected(advertiser: Advertiser) -> Connection:
    return Connection(ConnectionId(f"connection-{advertiser.id}"), ANNA, advertiser, START)


def test_only_missing_accounts_of_which_details_were_told_before_are_asked_for_by_themselves() -> None:
    connections = [
        connected(an_advertiser(3)),
        connected(an_advertiser(2, standing=Standing.UNREAD)),
        connected(an_advertiser(1)),
    ]
    assert asked_for_by_themselves(connections, accounts(1, 2)) == [account(1)]


def test_an_account_is_lost_where_its_details_are_refused_too() -> None:
    assert lost_by_refused_details(accounts(1, 2), accounts(2), complete=True) == accounts(1)


def test_no_account_is_lost_while_an_answer_is_outstanding() -> None:
    assert lost_by_refused_details(accounts(1, 2), accounts(2), complete=False) == frozenset()


def test_where_many_owners_miss_accounts_at_once_it_is_the_platform_that_fails() -> None:
    owners = [OwnerId(f"user-{n}") for n in range(40)]
    assert not platform_fails(owners, owners[:2])
    assert platform_fails(owners, owners[:3])
    assert not platform_fails(owners[:19], owners[:19]), "so few may all have lost theirs"
