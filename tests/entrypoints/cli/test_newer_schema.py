from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from adapters.sql.schema_state import head
from support.deployment import Deployment, deployment


def made_by_a_newer_version(here: Deployment, suits: str) -> None:
    with here.container.database().writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("UPDATE compatibility SET oldest_program = :suits"), {"suits": suits})
        connection.commit()


def test_migrate_doctor_start_and_readiness_agree_about_a_newer_schema_that_suits(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        made_by_a_newer_version(here, head())
        migrated = here.run("migrate")
        assert (migrated.returncode, "which this one can work with" in migrated.stdout) == (0, True)
        assert "which this one can work with" in here.run("doctor").stdout
        assert here.run("status").returncode == 0
        with here.start("serve", "--port", here.address.rpartition(":")[2]) as serve:
            serve.says("listening at")
            answer = httpx.get(f"{here.address}/health/ready")
            assert (answer.status_code, answer.json()["checks"]["schema"]) == (200, "ok")


@pytest.mark.parametrize("command", ("migrate", "status", "serve", "worker"))
def test_a_newer_schema_that_does_not_suit_stops_every_command_with_one_line(tmp_path: Path, command: str) -> None:
    with deployment(tmp_path) as here:
        made_by_a_newer_version(here, "9998")
        answer = here.run(command)
        assert answer.returncode == 1
        assert answer.stderr.count("\n") == 1
        assert "newer version" in answer.stderr
        assert "FAIL  schema" in here.run("doctor").stdout
