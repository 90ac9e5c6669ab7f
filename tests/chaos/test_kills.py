"""Processes that end in the middle of their work: by SIGTERM, by kill -9, by Ctrl-C. Beside them, for comparison, a plain loop.

Short: 3 ends of each kind. Long: 50. A process is ended two seconds after its first rotation; TikTok takes 200 ms an answer.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import update

from adapters.clock import SystemClock
from adapters.sql import tables
from adapters.tiktok_simulator.config import RotationMode
from adapters.tiktok_simulator.state_file import StateFile
from adapters.tiktok_simulator.token_state_machine import Machine
from chaos.hurried_worker import ALWAYS_DUE, SWEEP_EVERY, hurried
from chaos.population import judged, populate
from chaos.victims import Fleet, PlainFleet, end, started, tiktok_is_done
from domain.connection_state import ConnectionState
from domain.consent import Connected
from domain.grant import Grant
from domain.grant_health import Active, Degraded, NeedsReauth
from domain.ids import GrantId, OwnerId
from domain.outcomes import Reason
from domain.tokens import Expiring, Secret, TokenKind
from entrypoints.cli.demo_folder import STATE, DemoFolder
from entrypoints.container import CALLS_IN_FLIGHT, Container, build
from entrypoints.http.auth.authjs import PLAIN_NAME
from support import servers
from support.deployment import BROWSER, Deployment, deployment
from support.processes import eventually, running
from support.servers import Postgres
from support.session_cookies import AUTH_SECRET, a_session_cookie

LATENCY = 200
"""Milliseconds of an answer."""

AFTER = 2.0
"""Seconds from the first rotation to the end."""

SEVERAL = 5
"""Kills between two recoveries: all within a minute, the grace of a forgiving TikTok."""


@contextmanager
def a_fleet(folder: Path, url: str, size: int, *, mode: RotationMode, qps: int = 150) -> Iterator[Fleet]:
    """Grants that are always due."""
    sweeps = str(int(SWEEP_EVERY.total_seconds()))
    environ = {"DATABASE_URL": url, "TIKTOK_QPS": str(qps), "SWEEP_INTERVAL_SECONDS": sweeps}
    with deployment(folder, migrated=False, environ=environ, access_token_seconds=ALWAYS_DUE) as here:
        hurried(here.container)
        members = populate(here, size)
        here.tiktok.control.configure(rotation_mode=mode, grace_seconds=60, latency_ms=LATENCY)
        yield Fleet(here, members)


def first_rotation(of: Fleet | PlainFleet, log: str, after: int) -> None:
    eventually(lambda: of.rotations() > after, why=(of.here.folder / log).read_text)


def a_moment() -> None:
    """The time until an end comes, at any phase of a call."""
    time.sleep(AFTER + random.random() * LATENCY / 1000)


@dataclass(slots=True)
class PlainLosses:
    """What ends cost a plain loop that renews one after the other."""

    ends: int = 0
    rotations: int = 0
    lost: int = 0
    still_active: int = 0
    """Lost, and still said to be active after the loop went round once more."""


# SIGTERM


@dataclass(slots=True)
class Terminations:
    """What SIGTERM did to workers, and to the plain loop beside them."""

    ends: int = 0
    rotations: int = 0
    lost: int = 0
    left_in_doubt: int = 0
    seconds_to_end: list[float] = field(default_factory=list)
    plain: PlainLosses = field(default_factory=PlainLosses)


@pytest.mark.timeout(1800)
def test_a_worker_that_is_told_to_end_under_load_loses_nothing(
    new_postgres_url: str, tmp_path: Path, tell: Callable[[object], None], *, long: bool
) -> None:
    """Three workers at a time, as on three machines. Long: 51."""
    figures = Terminations()
    with a_fleet(tmp_path, new_postgres_url, 300, mode="strict") as fleet:
        plain = PlainFleet.seeded(fleet.here, 200 if long else 20)
        for _ in range(17 if long else 1):
            with ThreadPoolExecutor(4) as calls_in_flight:
                over = calls_in_flight.submit(end_plain_loop, plain, figures.plain, signal.SIGTERM)
                took = list(calls_in_flight.map(lambda number: terminate(fleet, number), range(3)))
                over.result()
            figures.ends += len(took)
            figures.seconds_to_end += took
            grants = fleet.grants()
            figures.lost += len(fleet.dead(grants) | fleet.behind(grants))
            figures.left_in_doubt += sum(g.schedule.in_doubt or g.schedule.attempt is not None for g in grants)
        settle_plain(plain, figures.plain)
        figures.rotations = fleet.rotations()
        told = {path.name: path.read_text() for path in tmp_path.glob("host-*/worker.log")}
        assert (figures.lost, figures.left_in_doubt) == (0, 0), (figures, told)
        verdict = judged(fleet.here, fleet.members)
        assert (verdict.not_active, verdict.blamed, verdict.in_doubt) == (0, 0, 0), verdict
    tell(figures)


def terminate(fleet: Fleet, number: int) -> float:
    """Start the real worker on a machine of its own, and end it; how many seconds that took."""
    folder = fleet.here.folder / f"host-{number}"
    folder.mkdir(exist_ok=True)
    environ = {**fleet.here.environ, "JOURNAL_DIR": str(folder / "journal")}
    with running("worker", folder=folder, environ=environ) as worker:
        eventually(lambda: holds(fleet, worker.process.pid), why=worker.told)
        time.sleep(LATENCY / 1000)
        a_moment()
        began = time.monotonic()
        assert worker.terminate() == 0, worker.told()
    assert "Traceback" not in worker.told()
    return time.monotonic() - began


def holds(fleet: Fleet, pid: int) -> list[GrantId]:
    """What a process has claimed and not settled."""
    return [g.id for g in fleet.grants() if g.schedule.attempt and f":{pid}:" in g.schedule.attempt.host]


def end_plain_loop(plain: PlainFleet, losses: PlainLosses, how: signal.Signals) -> None:
    before = plain.rotations()
    with started(*plain.command("for ever"), folder=plain.here.folder, environ={}, log="plain.log") as loop:
        first_rotation(plain, "plain.log", before)
        a_moment()
        end(loop, how)
    losses.ends += 1


def settle_plain(plain: PlainFleet, losses: PlainLosses) -> None:
    """Let the loop go round once more, and see what it makes of its losses."""
    tiktok_is_done(plain.here)
    losses.rotations = plain.rotations()
    losses.lost, _ = plain.lost()
    plain.here.tiktok.control.configure(latency_ms=0)
    with started(*plain.command("once"), folder=plain.here.folder, environ={}, log="plain.log") as loop:
        assert loop.wait(60) == 0
    _, losses.still_active = plain.lost()


# kill -9


@dataclass(slots=True)
class Kills:
    """What kill -9 did to workers, and to the plain loop beside them."""

    mode: RotationMode
    qps: int
    held: list[int] = field(default_factory=list)
    """Of each kill: grants that the process had claimed and not settled."""
    answers_lost: list[int] = field(default_factory=list)
    """Of each kill: those of them for which TikTok made a pair that nobody stored."""
    lost: int = 0
    """Grants that need their person again."""
    reported: int = 0
    """Those of them that say `rotation_in_doubt`."""
    said_ok: int = 0
    """Those of them that were shown as well after the recovery."""
    rotations: int = 0
    slowest_recovery: float = 0
    """Seconds from the last of several kills until every grant's state was known again, most of it the lease (8 s here)."""
    plain: PlainLosses = field(default_factory=PlainLosses)


@pytest.mark.timeout(3600)
def test_a_kill_costs_at_most_the_answers_in_flight_and_each_is_reported(
    postgres_server: Postgres, migrated_template: str, tmp_path: Path, tell: Callable[[object], None], *, long: bool
) -> None:
    """At a strict TikTok, which takes a spent refresh token for dead. The plain loop is killed at the same moments.

    Long: also at ten calls a second, the usual budget: what is in flight is what can be lost.
    """
    for qps, size in [(150, 1500), (10, 300)] if long else [(150, 250)]:
        url = postgres_server.new_database(template=migrated_template)
        with a_fleet(tmp_path, url, size, mode="strict", qps=qps) as fleet:
            plain = PlainFleet.seeded(fleet.here, 200 if long else 20)
            figures = kill_workers(fleet, 50 if long else 3, plain)
        tell(figures)
        assert figures.lost == figures.reported == sum(figures.answers_lost), figures
        assert figures.said_ok == 0
        assert figures.plain.lost == figures.plain.still_active
        postgres_server.drop_database(url)


@pytest.mark.timeout(1800)
def test_a_kill_costs_nothing_at_a_platform_that_repeats_its_answer_for_a_minute(
    migrated_sqlite_url: str, tmp_path: Path, tell: Callable[[object], None], *, long: bool
) -> None:
    with a_fleet(tmp_path, migrated_sqlite_url, 250, mode="grace") as fleet:
        figures = kill_workers(fleet, 50 if long else 3, None)
        verdict = judged(fleet.here, fleet.members)
        verdict.assert_nothing_is_lost()
        assert sum(figures.answers_lost) > 0, figures
        assert (figures.lost, verdict.in_doubt) == (0, 0), figures
    tell(figures)


def kill_workers(fleet: Fleet, times: int, plain: PlainFleet | None) -> Kills:
    """Kill one after the other; this process, which is in touch all the time, recovers what they leave."""
    figures = Kills(fleet.here.tiktok.machine.config.rotation_mode, int(fleet.here.environ["TIKTOK_QPS"]))
    upkeep_thread = fleet.here.container.upkeep_thread()
    upkeep_thread.start()
    try:
        lost = set[GrantId]()
        for first in range(0, times, SEVERAL):
            pending, killed_at = set[GrantId](), 0.0
            for _ in range(min(SEVERAL, times - first)):
                pending |= kill_worker(fleet, plain, figures, lost | pending)
                killed_at = time.monotonic()
            lost |= recover(fleet, pending, figures, killed_at)
        if plain:
            settle_plain(plain, figures.plain)
    finally:
        upkeep_thread.stop()
    figures.rotations = fleet.rotations()
    return figures


def kill_worker(fleet: Fleet, plain: PlainFleet | None, figures: Kills, known: set[GrantId]) -> set[GrantId]:
    """Kill a worker two seconds after its first rotation; the grants whose answer it lost."""
    before, theirs = fleet.rotations(), plain.rotations() if plain else 0
    with ExitStack() as stack:
        here = fleet.here
        worker = stack.enter_context(started("chaos.hurried_worker", folder=here.folder, environ=here.environ, log="worker.log"))
        victims = [worker]
        if plain:
            loop = started(*plain.command("for ever"), folder=here.folder, environ={}, log="plain.log")
            victims.append(stack.enter_context(loop))
            first_rotation(plain, "plain.log", theirs)
            figures.plain.ends += 1
        first_rotation(fleet, "worker.log", before)
        a_moment()
        for victim in victims:
            end(victim, signal.SIGKILL)
    tiktok_is_done(fleet.here)
    grants, held = fleet.grants(), set(holds(fleet, worker.pid))
    fresh = fleet.behind(grants) - known
    assert fresh <= held, "an answer was lost that was not in flight"
    assert len(fresh) <= CALLS_IN_FLIGHT
    figures.held.append(len(held))
    figures.answers_lost.append(len(fresh))
    return fresh


def recover(fleet: Fleet, pending: set[GrantId], figures: Kills, killed_at: float) -> set[GrantId]:
    """Sweep until nothing is unknown any more. Which grants turned out to be lost."""
    container, deadline = fleet.here.container, time.monotonic() + 60

    def unknown() -> list[Grant]:
        return [
            g for g in fleet.grants() if isinstance(g.health, Active) and (g.schedule.attempt is not None or g.schedule.in_doubt)
        ]

    while unknown():
        assert time.monotonic() < deadline, f"{len(unknown())} are not recovered"
        container.sweep_due_grants()(for_at_most=timedelta(seconds=0.5))
        time.sleep(0.5)
    figures.slowest_recovery = max(figures.slowest_recovery, round(time.monotonic() - killed_at, 1))
    grants = fleet.grants()
    dead = fleet.dead(grants)
    by_id = {grant.id: grant for grant in grants}
    owners = {member.grant: member.owner for member in fleet.members}
    new = {grant for grant in pending if grant in dead}
    assert dead == {grant.id for grant in grants if not isinstance(grant.health, Active)}, "lost and told are not the same"
    figures.lost += len(new)
    for grant in new:
        [view] = container.list_connections()(owners[grant])
        match by_id[grant].health:
            case (Degraded() | NeedsReauth()) as health if health.reason is Reason.ROTATION_IN_DOUBT:
                figures.reported += view.reason == "rotation_in_doubt"
        figures.said_ok += view.state is ConnectionState.OK
    return new


# serve, and the demo


def test_renewals_by_click_are_settled_when_serve_is_told_to_end(tmp_path: Path) -> None:
    """TikTok takes longer than a person waits: the answers come when those who asked are gone."""
    owners = [OwnerId(f"owner-{n}") for n in range(8)]
    environ = {"AUTH_SECRET": AUTH_SECRET.reveal(), "TIKTOK_QPS": "1000"}
    with deployment(tmp_path, environ=environ) as here:
        connections = [here.connect(owner) for owner in owners]
        here.tiktok.control.configure(latency_ms=6000)
        clicked = list[int]()

        def click(owner: OwnerId, connection: str) -> None:
            cookies = {PLAIN_NAME: a_session_cookie(id=owner, now=SystemClock().now())}
            headers = {"Origin": here.environ["DASHBOARD_URL"]}
            with httpx.Client(base_url=here.address, cookies=cookies, headers=headers, timeout=20) as browser:
                clicked.append(browser.post("/api/auth/tiktok/refresh", json={"connectionId": connection}).status_code)

        with here.start("serve", "--port", here.address.rpartition(":")[2]) as serve:
            serve.says("listening")
            eventually(lambda: ready(here))
            threads = [threading.Thread(target=click, args=both) for both in zip(owners, connections, strict=True)]
            for thread in threads:
                thread.start()
            eventually(lambda: here.tiktok.control.stats()["maxInFlight"] >= len(owners), why=serve.told)
            assert serve.terminate() == 0
            for thread in threads:
                thread.join()
        assert clicked == [503] * len(owners), serve.told()
        assert [here.generation(connection) for connection in connections] == [2] * len(owners)
        grants = [grant for owner in owners for grant in grants_of(here.container, owner)]
        assert [g for g in grants if g.schedule.attempt or g.schedule.in_doubt or not isinstance(g.health, Active)] == []
        assert all(here.tiktok.control.is_live(*(opened(here.container, grant) for grant in grants)))


def test_ctrl_c_at_the_demo_under_load_loses_nothing(tmp_path: Path) -> None:
    port, folder = servers.free_port(), DemoFolder(tmp_path / ".data")
    with running("demo", "--port", str(port), folder=tmp_path) as demo:
        demo.says("stop: Ctrl-C")
        notes = folder.read()
        assert notes is not None
        container = build(notes.settings(folder.path))
        try:
            owners = [OwnerId(f"owner-{n}") for n in range(6)]
            for owner in owners:
                connect_at(notes.simulator, container, owner)
            httpx.post(f"{notes.simulator}/_sim/config", json={"latencyMs": 6000}).raise_for_status()
            with container.database().writing() as connection:
                connection.execute(update(tables.grants).values(due_at=container.clock().now()))
                connection.commit()
            # these have rotated, and their answers are on the way for another three seconds
            eventually(lambda: httpx.get(f"{notes.simulator}/_sim/stats").json()["refreshes"] >= 3, why=demo.told)
            assert demo.terminate(signal.SIGINT) == 0
            grants = [grant for owner in owners for grant in grants_of(container, owner)]
            assert [g for g in grants if g.schedule.attempt or g.schedule.in_doubt or not isinstance(g.health, Active)] == []
            rotated = sum(grant.generation - 1 for grant in grants)
            remembered = Machine(state=StateFile(folder.path / STATE).load())
            assert rotated == remembered.state.counters.refreshes >= 3
            assert all(remembered.is_live(opened(container, grant)) for grant in grants)
            assert container.journal().empty()
        finally:
            container.platform().close()
            container.database().dispose()


def connect_at(simulator: str, container: Container, owner: OwnerId) -> None:
    """Connect an account of a TikTok user at a simulator that is another process."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(container.begin_connect()(owner, BROWSER)).query).items()}
    form = {**asked, "user": "ana", "decision": "approve", "advertiser_ids": accounts_of(simulator, "ana")[:1]}
    back = httpx.post(f"{simulator}/portal/auth", data=form).headers["location"]
    query = parse_qs(urlsplit(back).query)
    ending = container.complete_connect()(owner, BROWSER, state=query["state"][0], code=Secret(query["auth_code"][0]))
    assert isinstance(ending, Connected), ending


def accounts_of(simulator: str, user: str) -> list[str]:
    return [account["advertiser_id"] for account in httpx.get(f"{simulator}/_sim/accounts").json()[user]]


def ready(here: Deployment) -> bool:
    try:
        return httpx.get(f"{here.address}/health/live").status_code == 200
    except httpx.TransportError:
        return False


def grants_of(container: Container, owner: OwnerId) -> list[Grant]:
    with container.store().read() as work:
        found: list[Grant] = work.grants.of_owner(owner)
    return found


def opened(container: Container, grant: Grant) -> str:
    assert isinstance(grant.tokens, Expiring)
    return container.sealer().open(grant.tokens.refresh, grant.place, TokenKind.REFRESH).reveal()
