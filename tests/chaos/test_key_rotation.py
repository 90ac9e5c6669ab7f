"""Everything stored is sealed with another key while a worker rotates, and who does it is killed on the way.

Short: 400 grants. Long: 100 000.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from application.ports.sealed_rows import SealHead
from chaos.population import Member, populate, refresh_tokens
from domain.grant_health import Active
from domain.key_use import RowSeals
from support.deployment import Deployment, deployment
from support.processes import COMMAND, eventually, running

OLD, NEW = f"old:{'a1' * 32}", f"new:{'b2' * 32}"
ROTATED_AT_LEAST = 20
SLOWLY = (
    "import sys; import application.reseal_tokens as r; r.RESEAL_BATCH = int(sys.argv.pop(1)); from runpy import run_module; "
)
SLOWLY += "run_module('entrypoints.cli', run_name='__main__', alter_sys=True)"
"""The command with so many rows a transaction, for a kill to come in between."""


def counts(here: Deployment) -> RowSeals:
    return here.container.sealed_rows().counts()


def resealed(here: Deployment) -> int:
    return counts(here).grants.get("new", 0)


def run_until_killed(here: Deployment, batch: int, enough: int, name: str) -> int:
    """`keys rotate`, killed once so many rows are sealed anew."""
    command = [COMMAND[0], "-P", "-c", SLOWLY, str(batch)]
    with running("keys", "rotate", folder=here.folder, environ=here.environ, name=name, command=command) as rotating:
        eventually(lambda: resealed(here) >= enough or rotating.process.poll() is not None, why=rotating.told)
        rotating.kill()
    return resealed(here)


@pytest.mark.timeout(3600)
def test_sealing_anew_beside_rotations_loses_nothing_and_goes_on_after_a_kill(
    new_postgres_url: str, tmp_path: Path, tell: Callable[[object], None], *, long: bool
) -> None:
    size = 100_000 if long else 400
    environ = {
        "DATABASE_URL": new_postgres_url,
        "TOKEN_ENCRYPTION_KEYS": f"{OLD},{NEW}",
        "TIKTOK_QPS": "100",
        "SWEEP_INTERVAL_SECONDS": "1",
    }
    with deployment(tmp_path, migrated=False, environ=environ) as here:
        members = [m for batch in range(0, size, 1000) for m in populate(here, min(size - batch, 1000))]
        here.tiktok.control.configure(rotation_mode="reuse-revokes-family")
        here.environ["TOKEN_ENCRYPTION_KEYS"] = f"{NEW},{OLD}"
        here.make_all_due()
        with here.start("worker", name="worker") as worker:
            eventually(lambda: resealed(here) >= ROTATED_AT_LEAST, why=worker.told)
            killed_at = [
                run_until_killed(here, 1 if not long else 100, resealed(here) + size // 20, f"killed-{n}") for n in range(2)
            ]
            assert here.container.sealed_rows().besides(SealHead(2, "new")) > 0, "it was killed on the way"
            began, before = time.monotonic(), resealed(here)
            done = here.run("keys", "rotate")
            took = time.monotonic() - began
            assert done.returncode == 0, done.stdout + done.stderr
            assert done.stdout.splitlines()[-1].endswith(" re-sealed, 0 left")
            assert counts(here) == RowSeals({"new": size}, {})
            assert killed_at == sorted(killed_at)
            assert worker.terminate() == 0
        assert_nothing_is_lost(here, members)
        stats = here.tiktok.control.stats()
        rate = (size - before) / took
        tell(f"{size} grants, {stats['refreshes']} rotated meanwhile: killed at {killed_at}, the rest at {rate:.0f}/s")


def assert_nothing_is_lost(here: Deployment, members: list[Member]) -> None:
    stats = here.tiktok.control.stats()
    assert (stats["reuses"], stats["familiesRevoked"]) == (0, 0)
    assert stats["refreshes"] >= ROTATED_AT_LEAST
    with here.container.store().read() as work:
        grants = [g for n in range(0, len(members), 1000) for g in work.grants.get(m.grant for m in members[n : n + 1000])]
    assert len(grants) == len(members)
    assert [g.health for g in grants if not isinstance(g.health, Active)] == []
    assert here.tiktok.control.is_live(*refresh_tokens(here, grants)).count(False) == 0
