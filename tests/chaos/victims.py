"""Processes that are killed while they renew a fleet, and what they leave behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from signal import SIGKILL, Signals

from chaos import plain_loop
from chaos.contest import ROOT, TESTS
from chaos.population import Member, refresh_tokens
from domain.grant import Grant
from domain.ids import GrantId
from support.deployment import Deployment
from support.processes import BARE
from support.simulator_as_ad_platform import issued


@contextmanager
def started(*command: str, folder: Path, environ: Mapping[str, str], log: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python module of the tests as a process of its own, killed at the end of the block at the latest."""
    environment = {**BARE, **environ, "PYTHONPATH": f"{ROOT / 'src'}:{TESTS}"}
    with (folder / log).open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", *command],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, SIGKILL)
        process.wait()


@dataclass
class Fleet:
    """Ours: grants of people, as the database and TikTok know them."""

    here: Deployment
    members: list[Member]

    def rotations(self) -> int:
        """How often TikTok renewed a pair of ours."""
        families = self.here.tiktok.machine.state.families
        return sum(families[member.consent].generation - 1 for member in self.members)

    def grants(self) -> list[Grant]:
        with self.here.container.store().read() as work:
            found = {grant.id: grant for grant in work.grants.get(member.grant for member in self.members)}
        return [found[member.grant] for member in self.members]

    def behind(self, grants: list[Grant]) -> set[GrantId]:
        """Those whose stored pair is not TikTok's newest."""
        families = self.here.tiktok.machine.state.families
        return {g.id for m, g in zip(self.members, grants, strict=True) if families[m.consent].generation != g.generation}

    def dead(self, grants: list[Grant]) -> set[GrantId]:
        """Those whose stored refresh token TikTok would not take."""
        live = self.here.tiktok.control.is_live(*refresh_tokens(self.here, grants))
        return {grant.id for grant, lives in zip(grants, live, strict=True) if not lives}


@dataclass
class PlainFleet:
    """Theirs: rows that the plain loop renews, over the same database and TikTok."""

    here: Deployment
    consents: list[int]

    @classmethod
    def seeded(cls, here: Deployment, count: int) -> PlainFleet:
        machine, control = here.tiktok.machine, here.tiktok.control
        [account, *_] = machine.accounts("chloe")
        tokens = list[str]()
        for _ in range(count):
            code = control.grant_code("chloe", [account.advertiser_id])
            pair = issued(control.on_loop(partial(machine.exchange, here.tiktok.app_id, here.tiktok.app_secret, code)))
            assert pair.refresh is not None
            tokens.append(pair.refresh.reveal())
        plain_loop.seed(here.environ["DATABASE_URL"], tokens)
        holders = [machine.holder(token) for token in tokens]
        return cls(here, [holder.grant for holder in holders if holder])

    def command(self, rounds: str) -> tuple[str, ...]:
        app = (self.here.tiktok.app_id, self.here.tiktok.app_secret)
        return ("chaos.plain_loop", self.here.environ["DATABASE_URL"], self.here.tiktok.api_url, *app, rounds)

    def rotations(self) -> int:
        families = self.here.tiktok.machine.state.families
        return sum(families[consent].generation - 1 for consent in self.consents)

    def lost(self) -> tuple[int, int]:
        """Rows whose refresh token is dead, and how many of them say nothing of it."""
        rows = plain_loop.stored(self.here.environ["DATABASE_URL"])
        live = self.here.tiktok.control.is_live(*(token for token, _ in rows))
        dead = [status for (_, status), lives in zip(rows, live, strict=True) if not lives]
        return len(dead), dead.count("active")


def tiktok_is_done(here: Deployment) -> None:
    """Wait until TikTok has worked at all that it was sent by those who are dead now."""
    simulator, idle = here.tiktok.control.simulator, 0
    while idle < 5:
        time.sleep(0.05)
        under_way = here.tiktok.control.on_loop(lambda: simulator._in_flight)  # noqa: SLF001 -- no user of it would ask
        idle = 0 if under_way else idle + 1


def end(process: subprocess.Popen[bytes], how: Signals) -> int:
    """End a process by a signal; its exit status."""
    process.send_signal(how)
    return process.wait(60)
