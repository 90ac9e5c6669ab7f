"""The whole application over two real PostgreSQL databases, ours and the dashboard's, whose sessions are in New York."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey

from domain.ids import AdvertiserId, ConnectionId, OwnerId
from domain.mirror_freeze_reasons import FreezeReason
from entrypoints.http.app import create_app
from support.application_on_a_socket import served
from support.dashboard_database import ANNA, BEN, DashboardDatabase, an_old_row
from support.deployment import SERVICE_TOKEN, Deployment, deployment
from support.processes import eventually

LONG_AGO = datetime(2026, 1, 1, 12, tzinfo=UTC)
JWT_SECRET = "a-shared-secret-of-more-than-32-characters"


class Person:
    """Somebody in a browser, signed in at the dashboard."""

    def __init__(self, here: Deployment, owner: OwnerId) -> None:
        ends = int((here.container.clock().now() + timedelta(hours=1)).timestamp())
        token = jwt.encode({"alg": "HS256"}, {"sub": owner, "exp": ends}, OctKey.import_key(JWT_SECRET))
        self.here = here
        self._headers = {"Authorization": f"Bearer {token}"}

    def browser(self) -> httpx.Client:
        """Without cookies yet; to be closed."""
        return httpx.Client(base_url=self.here.address, headers=self._headers, timeout=30)

    def consent(self, user: str, *accounts: int) -> dict[str, list[str]]:
        """To TikTok and back; the query that the browser is sent to."""
        held = [a.advertiser_id for a in self.here.tiktok.machine.accounts(user)]
        chosen = [held[i] for i in accounts] if accounts else held
        with self.browser() as browser:
            begun = browser.get("/api/auth/tiktok")
            assert begun.status_code == 307, begun.text
            answer = browser.get(self.here.tiktok.control.consent(begun.headers["location"], user=user, advertiser_ids=chosen))
            assert answer.status_code == 307, answer.text
            return parse_qs(urlsplit(answer.headers["location"]).query)

    def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        with self.browser() as browser:
            return browser.request(method, path, json=body)

    def listed(self) -> list[dict[str, str]]:
        listed: list[dict[str, str]] = self.ask("GET", "/api/platforms").json()["connections"]
        return listed

    def delete(self, connection: str) -> int:
        return self.ask("DELETE", f"/api/platforms/{connection}").status_code


@contextmanager
def everything(url: str, dashboard: DashboardDatabase, folder: Path, *, life: int = 86_400) -> Iterator[Deployment]:
    """Served, with its threads, once it has looked at the dashboard."""
    environ = {"DATABASE_URL": url, "WAB_DATABASE_URL": dashboard.url, "AUTH_JWT_KEY": JWT_SECRET}
    with deployment(folder, environ=environ, migrated=False, access_token_seconds=life) as here:
        with served(create_app(here.container), port=int(here.address.rpartition(":")[2])):
            eventually(lambda: here.container.check_mirror().counts().note.writes)
            yield here
        here.container.connection_mirror().dispose()  # type: ignore[attr-defined]  # of the adapter `wab`


def statuses(dashboard: DashboardDatabase, owner: OwnerId = ANNA) -> list[str]:
    return [row.status for row in dashboard.shown_to(owner)]


def test_a_row_is_there_before_each_answer_and_follows(
    migrated_postgres_url: str, dashboard: DashboardDatabase, tmp_path: Path
) -> None:
    for user in (ANNA, BEN):
        dashboard.add_user(user)
    with everything(migrated_postgres_url, dashboard, tmp_path, life=25) as here:
        anna, account = Person(here, ANNA), AdvertiserId(here.tiktok.machine.accounts("chloe")[0].advertiser_id)
        old = replace(an_old_row(created_at=LONG_AGO), account=account)
        dashboard.put(old)

        # the callback; the old row of the same account gives way
        assert anna.consent("chloe")["success"] == ["true"]
        [listed], [row] = anna.listed(), dashboard.shown_to(ANNA)
        assert (row.id, row.account, row.status, row.token) == (listed["id"], account, "active", "")
        assert (row.spend, row.created_at) == (old.spend, old.created_at)

        # a choice among several, in the order chosen, which is the list's, at the times of the list
        ben = Person(here, BEN)
        pending = ben.consent("ana")["pendingTokenId"][0]
        offered = ben.ask("GET", f"/api/auth/tiktok/pending?id={pending}").json()["accounts"]
        body = {"pendingTokenId": pending, "accountIds": [a["accountId"] for a in reversed(offered)]}
        assert ben.ask("POST", "/api/auth/tiktok/select-account", body).status_code == 200
        rows, connections = dashboard.shown_to(BEN), ben.listed()
        assert [r.id for r in rows] == [c["id"] for c in connections]
        assert [r.account for r in rows] == body["accountIds"]
        assert rows[0].created_at == datetime.fromisoformat(connections[0]["createdAt"])
        assert len({r.created_at for r in rows}) == len(offered) > 1

        # a refusal, of which the dashboard tells once nothing is left to serve, and the reconnect that heals it
        here.tiktok.machine.revoke_user("chloe")
        assert anna.ask("POST", "/api/auth/tiktok/refresh", {"connectionId": row.id}).status_code == 401
        eventually(lambda: [c["status"] for c in anna.listed()] == ["needs_reauth"])
        eventually(lambda: statuses(dashboard) == ["needs_reauth"])
        anna.consent("chloe")
        assert (statuses(dashboard), [r.id for r in dashboard.shown_to(ANNA)]) == (["active"], [row.id])

        # Disconnect
        assert anna.delete(row.id) == 200
        assert dashboard.shown_to(ANNA) == []
        assert anna.delete(row.id) == 404


def test_what_the_dashboard_deletes_is_not_vended_and_what_it_truncates_freezes(
    migrated_postgres_url: str, dashboard: DashboardDatabase, tmp_path: Path
) -> None:
    people = [OwnerId(f"0b6f2c1e-3a52-4a0e-9d0c-0a4a5be31b0{n}") for n in range(5)]
    for user in people:
        dashboard.add_user(user)
    with everything(migrated_postgres_url, dashboard, tmp_path) as here:
        for user in people:
            here.connect(user, "chloe")
        eventually(lambda: here.container.check_mirror().counts().confirmed == len(people))
        first = dashboard.shown_to(people[0])[0].id
        dashboard.delete_row(first)
        eventually(lambda: vend(here, first) == 404)
        assert Person(here, people[0]).listed() == []
        assert dashboard.shown_to(people[0]) == []
        dashboard.truncate()
        eventually(lambda: here.container.check_mirror().counts().note.frozen is not None)
        frozen = here.container.check_mirror().counts().note.frozen
        assert frozen is not None
        assert frozen.reason is FreezeReason.MANY_MISSING
        eventually(lambda: len(Person(here, people[0]).listed()) == 1)
        told = here.run("wab", "check")
        assert told.returncode == 1
        assert "rows of more than half of the owners are missing" in told.stdout
        assert "mirror is frozen" in here.run("status").stdout
        asked = here.run("wab", "rebuild")
        assert asked.returncode != 0, "it asks, and nobody answers"
        assert "5 rows would be written" in asked.stdout
        assert here.run("wab", "rebuild", "--yes").returncode == 0
        assert all(len(dashboard.shown_to(user)) == 1 for user in people)
        assert here.run("wab", "check").returncode == 0
        assert "ok    dashboard" in here.run("doctor").stdout
        assert here.run("erase", "--user", people[1]).returncode == 0
        assert dashboard.shown_to(people[1]) == []


def vend(here: Deployment, connection: ConnectionId) -> int:
    headers, body = {"Authorization": f"Bearer {SERVICE_TOKEN}"}, {"connectionId": connection}
    return httpx.post(f"{here.address}/api/internal/tiktok/access-token", json=body, headers=headers, timeout=20).status_code
