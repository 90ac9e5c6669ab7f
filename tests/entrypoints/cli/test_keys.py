"""`keys …` over a real deployment: the four steps, a leak and a loss."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from domain.grant_health import NeedsReauth
from domain.outcomes import Reason
from support.deployment import Deployment, deployment

K1, K2, K3 = (f"k{number}:{number * 64}" for number in "123")


def listed(here: Deployment) -> dict[str, dict[str, object]]:
    answer = here.run("keys", "list", "--json")
    assert answer.returncode == 0, answer.stderr
    return {row["id"]: row for row in json.loads(answer.stdout)}


def with_keys(here: Deployment, *keys: str) -> Deployment:
    here.environ["TOKEN_ENCRYPTION_KEYS"] = ",".join(keys)
    return here


@pytest.mark.timeout(600)
def test_a_key_is_rolled_over_in_four_steps_and_a_lost_one_is_forgotten(tmp_path: Path) -> None:
    with deployment(tmp_path, environ={"TOKEN_ENCRYPTION_KEYS": K1}) as here:
        connection = here.connect()
        assert listed(with_keys(here, K1, K2))["k2"] == {
            "id": "k2", "seals": False, "grants": 0, "revocations": 0, "journals": 0, "removable": True,
        }  # fmt: skip
        with_keys(here, K2, K1)
        assert (listed(here)["k1"]["grants"], listed(here)["k1"]["removable"]) == (1, False)
        rotated = here.run("keys", "rotate")
        assert (rotated.returncode, rotated.stdout.splitlines()[-1]) == (0, "2 re-sealed, 0 left")
        assert listed(here)["k1"]["removable"] is True
        assert "k1  no" in here.run("keys", "list").stdout
        with_keys(here, K2)
        assert here.run("refresh", "--connection", connection).returncode == 0
        assert here.run("keys", "list", "--long-term").stdout == ""

        with_keys(here, K3)
        left = here.run("keys", "rotate")
        assert (left.returncode, left.stdout.splitlines()[-1]) == (1, "0 re-sealed, 2 left")
        assert "k2" in left.stderr
        asked = here.run("keys", "forget", "k2")
        assert (asked.returncode, "1 grants" in asked.stderr, "--confirm" in asked.stderr) == (1, True, True)
        assert listed(here)["k2"]["grants"] == 1
        assert here.run("keys", "forget", "k2", "--confirm").stdout.startswith("1 grants marked key_lost")
        assert "k2" not in listed(here)
        assert here.run("keys", "forget", "k3", "--confirm").returncode == 1
        with here.container.store().read() as work:
            grant = work.grants.of_connection(connection)
        assert grant is not None
        assert isinstance(grant.health, NeedsReauth)
        assert grant.health.reason is Reason.KEY_LOST
