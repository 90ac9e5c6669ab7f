from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from entrypoints.container import build
from entrypoints.settings import load_settings
from support.deployment import Deployment, deployment

WORKING = f"k1:{'a1' * 32}"
OTHER_BYTES, OTHER_KEY = f"k1:{'b2' * 32}", f"k2:{'c3' * 32}"


def connected(here: Deployment, keys: str) -> Deployment:
    """After a consent under these keys, what is started has others."""
    here.connect()
    here.environ["TOKEN_ENCRYPTION_KEYS"] = keys
    return here


@pytest.mark.parametrize(
    ("keys", "told"), ((OTHER_KEY, "add k1"), (OTHER_BYTES, "other bytes"), (f"{OTHER_BYTES},{OTHER_KEY}", "other bytes"))
)
def test_nothing_starts_where_no_stored_token_opens(tmp_path: Path, keys: str, told: str) -> None:
    with deployment(tmp_path, environ={"TOKEN_ENCRYPTION_KEYS": WORKING}) as here:
        connected(here, keys)
        for command in ("serve", "worker"):
            answer = here.run(command)
            assert answer.returncode == 1
            assert "1 of 1 stored tokens can't be opened" in answer.stderr
            assert told in answer.stderr
        doctor = here.run("doctor")
        assert "FAIL  keys" in doctor.stdout
        assert told in doctor.stdout


def test_a_newer_key_beside_the_one_that_sealed_is_no_trouble(tmp_path: Path) -> None:
    with deployment(tmp_path, environ={"TOKEN_ENCRYPTION_KEYS": WORKING}) as here:
        connected(here, f"{OTHER_KEY},{WORKING}")
        assert "1 stored tokens were opened" in here.run("doctor").stdout


def test_readiness_looks_at_stored_tokens(tmp_path: Path) -> None:
    with deployment(tmp_path, environ={"TOKEN_ENCRYPTION_KEYS": WORKING}) as here:
        here.environ["TOKEN_ENCRYPTION_KEYS"] = OTHER_BYTES
        with here.start("serve", "--port", here.address.rpartition(":")[2]) as serve:
            serve.says("listening at")
            assert httpx.get(f"{here.address}/health/ready").json()["checks"]["keys"] == "ok"
            here.connect()  # as another host does, whose key of that name has other bytes
            answer = httpx.get(f"{here.address}/health/ready")
            assert (answer.status_code, answer.json()["checks"]["keys"]) == (503, "failed")


def test_a_key_beside_the_first_that_has_other_bytes_is_reported(tmp_path: Path) -> None:
    with deployment(tmp_path, environ={"TOKEN_ENCRYPTION_KEYS": WORKING}) as here:
        here.connect(user="ana")
        later = build(load_settings(here.environ | {"TOKEN_ENCRYPTION_KEYS": f"{OTHER_KEY},{WORKING}"}))
        replace(here, container=later).connect(owner="bert", user="ben")
        later.platform().close()
        later.database().dispose()
        here.environ["TOKEN_ENCRYPTION_KEYS"] = f"{OTHER_KEY},{OTHER_BYTES}"
        with here.start("serve", "--port", here.address.rpartition(":")[2]) as serve:
            serve.says("listening at")
            assert "some stored tokens can't be opened here" in serve.told()
            answer = httpx.get(f"{here.address}/health/ready")
            assert (answer.status_code, answer.json()["checks"]["keys"]) == (200, "degraded")
