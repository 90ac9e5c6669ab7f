"""A thousand of the dashboard's own connections are taken over, with the tokens in its rows, by the command as it is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from uuid import uuid4

import httpx
import pytest

from adapters.tiktok_simulator.advertisers import Advertiser
from domain.grant import Grant
from domain.grant_health import Active
from domain.ids import AdvertiserId, OwnerId
from domain.tokens import Expiring
from support.dashboard_database import DashboardDatabase
from support.deployment import Deployment, deployment
from support.old_connections import DASHBOARD_KEY, OldRows, Pair

pytestmark = pytest.mark.timeout(600)

CONSENTS, ROWS = 300, 1000
RENEWED_EVERY, DEAD_EVERY, SECOND_OF_ITS_OWNER_EVERY = 3, 30, 4
"""A third of the consents had a first run of the dashboard's cron, a few others are dead, a quarter are their owner's second."""


@dataclass
class OldConsent:
    """A TikTok user who consented to the dashboard, as whom, and the rows that came of it."""

    owner: OwnerId
    user: str
    accounts: list[AdvertiserId]
    pair: Pair
    rows: list[str] = field(default_factory=list)
    dead: bool = False


@dataclass
class Before:
    """The dashboard before, at a simulated TikTok."""

    ours: Deployment
    dashboard: DashboardDatabase
    written: OldRows
    now: datetime
    http: httpx.Client

    def consent(self, owner: OwnerId, number: int, accounts: int) -> OldConsent:
        """A consent, whose rows all hold the same tokens."""
        user = f"person-{number}"
        ids = [AdvertiserId(str(7_000_000_000_000_000_000 + 100 * number + n)) for n in range(accounts)]
        self.ours.tiktok.control.set_accounts(user, [Advertiser(advertiser_id=one, name=f"Shop {one}") for one in ids])
        code = self.ours.tiktok.control.grant_code(user, ids)
        made = OldConsent(owner, user, ids, self._call("access_token", auth_code=code))
        for account in ids:
            created_at = self.now - timedelta(days=30, seconds=number)
            made.rows.append(self.written.add(owner, account, made.pair, created_at))
        return made

    def run_cron(self, consent: OldConsent) -> None:
        """The dashboard's cron: the first row's refresh token is spent, the others keep it, and are refused from then on."""
        consent.pair = self._call("refresh_token", grant_type="refresh_token", refresh_token=consent.pair.refresh)
        self.written.renew(consent.rows[0], consent.pair)

    def _call(self, call: str, **what: object) -> Pair:
        tiktok = self.ours.tiktok
        body = {"app_id": tiktok.app_id, "secret": tiktok.app_secret, **what}
        answer = self.http.post(f"{tiktok.api_url}/oauth2/{call}/", json=body).raise_for_status().json()
        assert answer["code"] == 0, answer
        self.now += timedelta(seconds=1)
        return Pair(answer["data"]["access_token"], answer["data"]["refresh_token"], self.now + timedelta(days=1))

    def run(self, *options: str) -> CompletedProcess[str]:
        return self.ours.run("wab", "import", *options)

    def grants(self, consents: list[OldConsent]) -> list[Grant]:
        with self.ours.container.store().read() as work:
            return [grant for owner in {consent.owner for consent in consents} for grant in work.grants.of_owner(owner)]


@pytest.fixture
def before(tmp_path: Path, new_dashboard: DashboardDatabase) -> Iterator[Before]:
    environ = {"WAB_DATABASE_URL": new_dashboard.url, "WAB_TOKEN_KEYS": f"{'0d' * 32},{DASHBOARD_KEY}", "TIKTOK_QPS": "1000"}
    written = OldRows(new_dashboard)
    with deployment(tmp_path, environ=environ) as ours, httpx.Client() as http:
        yield Before(ours, new_dashboard, written, ours.container.clock().now(), http)
    written.close()


def permit(before: Before) -> None:
    """Give the role what the command says that it lacks."""
    refused = before.run("--dry-run")
    assert refused.returncode == 1
    statement = refused.stderr.strip().rpartition(": ")[2]
    assert statement.startswith("GRANT UPDATE (access_token, refresh_token, token_expires_at)")
    before.dashboard.do(statement)


def a_thousand_rows(before: Before) -> list[OldConsent]:
    consents = list[OldConsent]()
    for number in range(CONSENTS):
        accounts = ROWS // CONSENTS + (number < ROWS % CONSENTS)
        if number % SECOND_OF_ITS_OWNER_EVERY == 1:
            owner = consents[-1].owner
        else:
            owner = OwnerId(str(uuid4()))
            before.dashboard.add_user(owner)
        consents.append(before.consent(owner, number, accounts))
    for consent in consents[::RENEWED_EVERY]:
        before.run_cron(consent)
    for consent in consents[7::DEAD_EVERY]:
        consent.dead = True
        before.ours.tiktok.control.revoke(consent.user)
    return consents


def figures(answer: CompletedProcess[str]) -> tuple[int, ...]:
    """Grants, connections, rows known before, rows left."""
    return tuple(int(number) for number in re.findall(r"\d+", answer.stdout.splitlines()[-1]))


def test_a_thousand_rows_become_as_many_grants_as_there_were_consents_and_none_that_lived_is_lost(before: Before) -> None:
    consents = a_thousand_rows(before)
    permit(before)
    as_they_were = before.written.tokens()

    dry = before.run("--dry-run")
    assert (dry.returncode, before.written.tokens(), before.grants(consents)) == (0, as_they_were, []), dry.stderr
    assert figures(dry) == (CONSENTS, ROWS, 0, 0)

    done = before.run()
    assert (done.returncode, figures(done)) == (0, (CONSENTS, ROWS, 0, 0)), done.stderr
    assert set(before.written.tokens().values()) == {("", None)}
    assert not any(consent.pair.access in done.stdout + done.stderr for consent in consents)
    grants = before.grants(consents)
    assert_each_consent_is_a_grant(consents, grants)

    again = before.run()
    assert (again.returncode, figures(again)) == (0, (0, 0, 0, 0))
    assert before.grants(consents) == grants

    before.ours.make_all_due()
    before.ours.container.sweep_due_grants()()
    renewed = {account for grant in before.grants(consents) if grant.generation == 2 for account in grant.by_account}
    assert renewed == {account for consent in consents if not consent.dead for account in consent.accounts}
    assert before.ours.tiktok.control.stats()["reuses"] == 0


def assert_each_consent_is_a_grant(consents: list[OldConsent], grants: list[Grant]) -> None:
    of_accounts = {frozenset(grant.by_account): grant for grant in grants}
    assert of_accounts.keys() == {frozenset(consent.accounts) for consent in consents}
    for consent in consents:
        grant = of_accounts[frozenset(consent.accounts)]
        tokens, connections = grant.tokens, list(grant.connections.values())
        assert (grant.owner, grant.health, {c.former_id for c in connections}) == (consent.owner, Active(), set(consent.rows))
        assert isinstance(tokens, Expiring)
        assert tokens.assumed
        [created_at] = {c.created_at for c in connections}
        assert tokens.refresh_expires_at == created_at + timedelta(days=365)
        assert {c.id[14] for c in connections} == {"7"}
        assert created_at < datetime.now(UTC) - timedelta(days=29)  # noqa: TID251 -- the command's clock is the real one


def test_the_dashboard_goes_on_showing_what_was_taken_over(before: Before) -> None:
    owner = OwnerId(str(uuid4()))
    before.dashboard.add_user(owner)
    consents = [before.consent(owner, number, accounts=2) for number in range(2)]
    before.run_cron(consents[1])
    shown = [(row.account, row.account_name, row.status) for row in before.dashboard.shown_to(owner)]
    permit(before)
    done = before.run()
    assert figures(done) == (2, 4, 0, 0), done.stderr

    look = before.ours.container.look_at_mirror()
    look(stopping=lambda: False)
    look(stopping=lambda: False)
    rows = before.dashboard.shown_to(owner)
    assert sorted((row.account, row.account_name, row.status) for row in rows) == sorted(shown)
    assert {(row.id[14], row.token) for row in rows} == {("7", "")}
    assert {row.id for row in rows} == {view.connection.id for view in before.ours.container.list_connections()(owner)}
    assert figures(before.run()) == (0, 0, 0, 0)
