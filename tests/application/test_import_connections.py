"""Taking over the dashboard's own connections: what is one consent, and that nothing is lost wherever it is interrupted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.memory.old_connections import MemoryOldConnections
from application.import_connections import ImportConnections, ImportReport
from application.ports.connection_mirror import MirrorUnavailable
from application.ports.old_connections import OldRow
from domain.errors import CannotOpen, OnHold
from domain.grant import Grant
from domain.grant_health import Active
from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.outcomes import Issued, Unavailable
from domain.tokens import Expiring, LongTerm, Secret
from support.world import ANNA, BERT, SETTINGS, World

DAY = timedelta(days=1)


class PlainTokens:
    """Opens what was never sealed."""

    def open(self, text: str) -> Secret:
        if text == "damaged":
            raise CannotOpen("no key in WAB_TOKEN_KEYS opens it")
        return Secret(text)


@dataclass
class Old:
    """A world whose dashboard had connections of its own."""

    world: World
    rows: MemoryOldConnections

    def exchange(self, user: str) -> Issued:
        issued = self.world.platform.exchange(self.world.code(user))
        assert isinstance(issued, Issued)
        return issued

    def refreshed(self, pair: Issued) -> Issued:
        """What a cron of the dashboard's gets for a refresh token."""
        assert pair.refresh is not None
        issued = self.world.platform.refresh(pair.refresh)
        assert isinstance(issued, Issued)
        return issued

    def accounts(self, user: str) -> list[AdvertiserId]:
        return [AdvertiserId(account.advertiser_id) for account in self.world.machine.accounts(user)]

    def add(self, account: AdvertiserId, pair: Issued, /, *, of: OwnerId = ANNA, **changes: object) -> ConnectionId:
        now = self.world.clock.now()
        name = ConnectionId(str(UUID(int=len(self.rows.rows) + 1, version=4)))
        row = OldRow(
            id=name,
            owner=of,
            account=account,
            account_name=f"Shop {account}",
            access_text=pair.access.reveal(),
            refresh_text=pair.refresh.reveal() if pair.refresh else None,
            token_expires_at=now + DAY,
            status="active",
            created_at=now - 30 * DAY,
            updated_at=now,
        )
        self.rows.rows[name] = replace(row, **changes)  # type: ignore[arg-type] # whichever fields a test is about
        return name

    def renew(self, row: ConnectionId, pair: Issued) -> None:
        there, refresh = self.rows.rows[row], pair.refresh.reveal() if pair.refresh else None
        expires_at = self.world.clock.now() + DAY
        self.rows.rows[row] = replace(there, access_text=pair.access.reveal(), refresh_text=refresh, token_expires_at=expires_at)

    def take_over(self, *, dry_run: bool = False) -> ImportReport:
        use_case = self.world.container.import_connections()
        assert isinstance(use_case, ImportConnections)
        return use_case(dry_run=dry_run)

    def grants(self, owner: OwnerId = ANNA) -> list[Grant]:
        with self.world.container.store().read() as work:
            return work.grants.of_owner(owner)

    def rotate_all(self) -> None:
        """Half of every token's life passes, and what is due is renewed."""
        self.world.pass_time(hours=20)
        self.world.sweep()

    def live(self) -> set[AdvertiserId]:
        """Accounts whose tokens were renewed here."""
        return {account for grant in self.grants() if grant.generation > 1 for account in grant.by_account}


@pytest.fixture
def old() -> Old:
    world, rows = World(), MemoryOldConnections()
    world.container.old_connections.override(rows)
    world.container.old_tokens.override(PlainTokens())
    return Old(world, rows)


def told(report: ImportReport) -> tuple[int, int, int, int]:
    return report.grants, report.connections, report.known, len(report.left)


def test_rows_with_equal_tokens_become_one_grant_with_their_owner_and_their_age(old: Old) -> None:
    pair, accounts = old.exchange("ana"), old.accounts("ana")
    names = [old.add(account, pair, created_at=old.world.clock.now() - n * DAY) for n, account in enumerate(accounts)]
    assert told(old.take_over()) == (1, len(accounts), 0, 0)
    [grant] = old.grants()
    by_age = sorted(grant.connections.values(), key=lambda c: c.created_at, reverse=True)
    assert [(c.former_id, c.advertiser.id, c.owner) for c in by_age] == [
        (n, a, ANNA) for n, a in zip(names, accounts, strict=True)
    ]
    assert {UUID(c.id).version for c in by_age} == {7}
    assert isinstance(grant.tokens, Expiring)
    assert grant.tokens.assumed
    assert grant.tokens.refresh_expires_at == by_age[-1].created_at + 365 * DAY
    old.rotate_all()
    assert old.live() == set(accounts)


def test_their_former_ids_go_on_working(old: Old) -> None:
    name = old.add(old.accounts("chloe")[0], old.exchange("chloe"))
    old.take_over()
    [view] = old.world.list_connections(ANNA)
    old.world.disconnect(ANNA, name)
    assert view.connection.id != name
    assert not old.world.list_connections(ANNA)


def test_a_year_that_is_over_has_begun_anew(old: Old) -> None:
    now = old.world.clock.now()
    old.add(old.accounts("chloe")[0], old.exchange("chloe"), created_at=now - 500 * DAY)
    old.take_over()
    [grant] = old.grants()
    assert isinstance(grant.tokens, Expiring)
    assert grant.tokens.refresh_expires_at == now + 365 * DAY


def test_a_token_without_a_refresh_token_is_long_term(old: Old) -> None:
    pair = old.exchange("chloe")
    old.add(old.accounts("chloe")[0], pair, refresh_text=None, token_expires_at=None)
    old.take_over()
    assert [type(grant.tokens) for grant in old.grants()] == [LongTerm]


def test_a_dry_run_and_a_second_run_change_nothing(old: Old) -> None:
    pair = old.exchange("ana")
    for account in old.accounts("ana"):
        old.add(account, pair)
    rows = dict(old.rows.rows)
    report = old.take_over(dry_run=True)
    assert (told(report), old.rows.rows, old.grants()) == ((1, len(rows), 0, 0), rows, [])
    assert told(old.take_over()) == told(report)
    grants = old.grants()
    assert told(old.take_over()) == (0, 0, 0, 0)
    assert old.grants() == grants


@pytest.mark.parametrize("dry_run", [True, False])
def test_once_their_cron_ran_the_newest_tokens_are_those_of_all_rows_they_reach(old: Old, dry_run: bool) -> None:
    first, accounts = old.exchange("ana"), old.accounts("ana")
    names = [old.add(account, first) for account in accounts]
    old.world.pass_time(hours=1)
    old.renew(names[1], old.refreshed(first))
    assert told(old.take_over(dry_run=dry_run)) == (1, len(accounts), 0, 0)
    if not dry_run:
        old.rotate_all()
        assert old.live() == set(accounts)
        assert old.world.machine.state.counters.reuses == 0


def test_two_consents_of_one_owner_stay_two(old: Old) -> None:
    for user in ("ana", "chloe"):
        pair = old.exchange(user)
        for account in old.accounts(user):
            old.add(account, pair)
    assert old.take_over().grants == 2
    old.rotate_all()
    assert old.live() == {*old.accounts("ana"), *old.accounts("chloe")}


def test_of_one_account_the_tokens_that_end_last_count_and_the_oldest_age(old: Old) -> None:
    account, now = old.accounts("chloe")[0], old.world.clock.now()
    dead = old.exchange("chloe")
    old.add(account, dead, token_expires_at=now - 9 * DAY, created_at=now - 90 * DAY)
    old.add(account, old.refreshed(dead))
    old.add(account, dead, of=BERT)
    assert told(old.take_over()) == (2, 2, 0, 0)
    [grant] = old.grants()
    assert [c.created_at for c in grant.connections.values()] == [now - 90 * DAY]
    assert not any(row.access_text for row in old.rows.rows.values())


def test_interrupted_before_their_tokens_were_emptied_it_is_taken_up_again(old: Old) -> None:
    def interrupt(_row: OldRow) -> None:
        raise MirrorUnavailable("away")

    pair = old.exchange("ana")
    for account in old.accounts("ana"):
        old.add(account, pair)
    old.rows.before_emptying = interrupt
    with pytest.raises(MirrorUnavailable):
        old.take_over()
    grants = old.grants()
    old.rows.before_emptying = lambda _: None
    assert told(old.take_over()) == (0, 0, len(old.rows.rows), 0)
    assert old.grants() == grants
    assert not any(row.access_text for row in old.rows.rows.values())


def test_interrupted_and_renewed_here_it_is_known_still(old: Old) -> None:
    test_interrupted_before_their_tokens_were_emptied_it_is_taken_up_again(old)
    old.rotate_all()
    accounts, pair = old.accounts("ana"), old.exchange("chloe")
    old.renew(next(iter(old.rows.rows)), pair)
    assert old.take_over().grants == 0
    assert old.live() == set(accounts)


def test_tokens_that_are_renewed_meanwhile_are_read_again(old: Old) -> None:
    first, accounts = old.exchange("ana"), old.accounts("ana")
    names = [old.add(account, first) for account in accounts]
    renewed = list[Issued]()

    def cron(row: OldRow) -> None:
        if row.id == names[0] and not renewed:
            old.world.pass_time(seconds=5)
            renewed.append(old.refreshed(first))
            old.renew(names[0], renewed[0])

    old.rows.before_emptying = cron
    report = old.take_over()
    assert report.left == []
    [grant] = old.grants()
    assert grant.by_account.keys() == set(accounts)
    assert not any(row.access_text for row in old.rows.rows.values())
    old.rotate_all()
    assert old.live() == set(accounts)
    assert old.world.machine.state.counters.reuses == 0


def test_tokens_that_somebody_renews_all_the_time_are_left_and_named(old: Old) -> None:
    account, pair = old.accounts("chloe")[0], [old.exchange("chloe")]
    name = old.add(account, pair[0])

    def cron(_row: OldRow) -> None:
        old.world.pass_time(seconds=5)
        pair.append(old.refreshed(pair[-1]))
        old.renew(name, pair[-1])

    old.rows.before_emptying = cron
    assert [(left.row, "renewed while" in left.why) for left in old.take_over().left] == [(name, True)]
    old.rows.before_emptying = lambda _: None
    assert old.take_over().left == []
    old.rotate_all()
    assert old.live() == {account}


def test_while_the_platform_tells_no_reach_older_tokens_are_left(old: Old) -> None:
    first, accounts = old.exchange("ana"), old.accounts("ana")
    names = [old.add(account, first) for account in accounts]
    old.world.pass_time(hours=1)
    old.renew(names[0], old.refreshed(first))
    old.world.budget.stop = Unavailable("away")
    report = old.take_over()
    assert sorted(left.row for left in report.left) == names[1:]
    assert all("run this again" in left.why for left in report.left)
    assert (report.grants, report.connections) == (1, 1)
    old.world.budget.stop = None
    assert told(old.take_over()) == (0, len(accounts) - 1, 0, 0)
    old.rotate_all()
    assert old.live() == set(accounts)


def test_an_account_that_newer_tokens_of_its_consent_do_not_reach_is_left(old: Old) -> None:
    first, accounts = old.exchange("ana"), old.accounts("ana")
    names = [old.add(account, first) for account in [*accounts, AdvertiserId("7999999999999999999")]]
    old.world.pass_time(hours=1)
    old.renew(names[0], old.refreshed(first))
    report = old.take_over()
    assert [(left.row, "do not reach it" in left.why) for left in report.left] == [(names[-1], True)]
    assert report.connections == len(accounts)
    assert old.rows.rows[names[-1]].access_text


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"access_text": "damaged"}, "WAB_TOKEN_KEYS"),
        ({"refresh_text": "damaged"}, "WAB_TOKEN_KEYS"),
        ({"status": "disconnected"}, "not connected"),
        ({"account": ""}, "no account"),
    ],
)
def test_what_can_not_be_taken_over_is_named_and_left(old: Old, changes: dict[str, Any], why: str) -> None:
    name = old.add(old.accounts("chloe")[0], old.exchange("chloe"), **changes)
    rows = dict(old.rows.rows)
    for dry_run in (True, False):
        [left] = old.take_over(dry_run=dry_run).left
        assert (left.row, left.owner, why in left.why) == (name, ANNA, True)
    assert (old.rows.rows, old.grants()) == (rows, [])


def test_who_connected_here_already_keeps_that(old: Old) -> None:
    old.add(old.accounts("chloe")[0], old.exchange("chloe"))
    [connection] = old.world.connect("chloe")
    assert told(old.take_over()) == (0, 0, 1, 0)
    [grant] = old.grants()
    assert grant.connections == {connection.id: connection}
    assert grant.health == Active()


def test_a_copy_takes_nothing_over(old: Old) -> None:
    old.add(old.accounts("chloe")[0], old.exchange("chloe"))
    at_home = World(here="https://ads.example.com")
    at_home.watch()
    copy = at_home.over(SETTINGS, public_origin="https://staging.example.com").container
    copy.old_connections.override(old.rows)
    copy.old_tokens.override(PlainTokens())
    with pytest.raises(OnHold):
        copy.import_connections()()
    assert all(row.access_text for row in old.rows.rows.values())
