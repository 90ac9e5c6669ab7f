"""The Celery application, asked in a process of its own: its settings are read once."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from adapters.sql import tables
from adapters.sql.stored_token_samples import sealed_access_tokens
from domain.ids import OwnerId
from support import servers
from support.deployment import Deployment, deployment
from support.processes import BARE

ASK = """
import json
from entrypoints.worker.app import app
app.loader.import_default_modules()
names = ("broker_url", "accept_content", "task_serializer", "result_backend", "worker_prefetch_multiplier", "task_ignore_result",
         "worker_send_task_events", "broker_connection_retry_on_startup", "broker_transport")
tasks = sorted(name for name in app.tasks if not name.startswith("celery."))
print(json.dumps({"tasks": tasks, **{name: app.conf[name] for name in names}}))
"""

SWEEP_BESIDE_ANOTHER = """
from entrypoints.worker import tasks
tasks.sweeping.acquire()
tasks.sweep()
"""

SWEEP_WHEN_STOPPED = """
from entrypoints.worker import tasks
from entrypoints.worker.process_container import process
process.stop()
tasks.sweep()
"""

SWEEP = """
from entrypoints.worker import tasks
tasks.sweep()
"""

GIVE_A_SIGN_AS_PROCESS_1 = """
import os, socket
os.getpid, socket.gethostname = lambda: 1, lambda: "app"
from entrypoints.worker.tasks import SignOfWork
SignOfWork().give()
"""

COUNT_AUDITS = """
from dependency_injector import providers
from domain.errors import StoreUnavailable
from entrypoints.worker.process_container import process
from entrypoints.worker.tasks import audit
real = process.container.audit_grants()

def counted(**options):
    print("audited")
    return real(**options)

def failing(**_):
    raise StoreUnavailable("away")

process.container.audit_grants.override(providers.Object(failing if FAILS else counted))
try:
    audit.run()
except StoreUnavailable:
    print("failed")
"""

NAME_PARENT_AND_CHILD = """
import os
from entrypoints.worker.process_container import process
print(process.container.host(), flush=True)
if os.fork():
    os.wait()
else:
    print(process.container.host(), flush=True)
    os._exit(0)
"""


def told(program: str, here: Deployment) -> str:
    command = [sys.executable, "-W", "error", "-P", "-c", program]
    answer = subprocess.run(command, cwd=here.folder, env={**BARE, **here.environ}, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_messages_are_json_and_nothing_else_is_kept_or_told(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        conf: dict[str, Any] = json.loads(told(ASK, here))
    assert conf == {
        "tasks": ["audit", "deliver", "import", "sweep"],
        "broker_url": "filesystem://localhost",
        "accept_content": ["json"],
        "task_serializer": "json",
        "result_backend": None,
        "worker_prefetch_multiplier": 1,
        "worker_send_task_events": False,
        "task_ignore_result": True,
        "broker_connection_retry_on_startup": True,
        "broker_transport": "adapters.celery.file_transport:Transport",
    }
    folders = [tmp_path / ".data/broker", tmp_path / ".data/broker/messages", tmp_path / ".data/broker/control"]
    assert [stat.filemode(folder.stat().st_mode) for folder in folders] == ["drwx------"] * 3


def test_a_sweep_is_skipped_while_another_runs_in_the_process_and_once_it_is_to_stop(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        connection = here.connect()
        here.make_all_due()
        told(SWEEP_BESIDE_ANOTHER, here)
        told(SWEEP_WHEN_STOPPED, here)
        assert here.generation(connection) == 1
        told(SWEEP, here)
        assert here.generation(connection) == 2


def test_after_a_disconnect_and_a_sweep_nothing_of_the_tokens_is_in_any_file(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        connection = here.connect()
        [[(_, sealed)]] = sealed_access_tokens(here.container.database(), limit=2).values()
        here.container.disconnect()(OwnerId("anna"), connection)
        assert files_with(sealed.ciphertext, tmp_path)
        told(SWEEP, here)
        assert here.tiktok.control.stats()["revocations"] == 1
        assert files_with(sealed.ciphertext, tmp_path) == []


def files_with(sealed: bytes, folder: Path) -> list[str]:
    """By a process of its own: whoever closes a file gives up all of its process's locks on it, and SQLite's are among them."""
    found = (file for file in folder.rglob("*") if file.is_file())
    return [f.name for f in found if sealed in subprocess.run(["cat", f], capture_output=True, check=True).stdout]


def test_a_running_worker_answers_a_ping_on_the_embedded_broker(tmp_path: Path) -> None:
    with deployment(tmp_path) as here, here.start("worker") as worker:
        worker.says(" ready.")
        replies = told("from entrypoints.worker.app import app; print(app.control.ping(timeout=5))", here)
        assert "pong" in replies
        assert worker.terminate() == 0


@pytest.mark.parametrize(
    ("command", "notices"),
    [("worker", "the database is away; the next sweep tries again"), ("beat", "no sign of life could be given")],
)
def test_a_database_that_goes_away_does_not_end_a_process(command: str, notices: str, tmp_path: Path) -> None:
    environ = {"SWEEP_INTERVAL_SECONDS": "2"}
    with servers.postgres() as server, deployment(tmp_path, environ={**environ, "DATABASE_URL": server.new_database()}) as here:
        with here.start(command) as process:
            process.says("started")
            server.stop()
            told("from entrypoints.worker.tasks import sweep; sweep.delay()", here)
            process.says(notices)
            assert process.process.poll() is None
            assert process.terminate() == 0
        assert "Traceback" not in process.told()


def test_workers_of_two_containers_give_signs_of_life_of_their_own(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        for _ in range(2):
            told(GIVE_A_SIGN_AS_PROCESS_1, here)
        with here.container.database().reading() as connection:
            assert connection.scalar(select(func.count()).select_from(tables.heartbeats)) == 2


def test_two_beats_are_harmless_since_an_audit_that_was_just_done_is_not_done_again(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        assert [told(f"FAILS = False{COUNT_AUDITS}", here) for _ in range(3)] == ["audited\n", "", ""]


def test_an_audit_that_failed_is_done_again(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        assert told(f"FAILS = True{COUNT_AUDITS}", here) == "failed\n"
        assert told(f"FAILS = False{COUNT_AUDITS}", here) == "audited\n"


def test_an_audit_that_runs_elsewhere_is_left_alone(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        assert here.container.heartbeats().reserve("audit", for_at_most=timedelta(minutes=30))
        assert told(f"FAILS = False{COUNT_AUDITS}", here) == ""


def test_a_sweep_that_can_not_be_done_is_no_sign_of_life(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        here.container.heartbeats().beat("worker", "an-earlier-one", 1)
        before = here.container.heartbeats().latest("worker")
        told(SWEEP_BESIDE_ANOTHER, here)
        told(SWEEP_WHEN_STOPPED, here)
        assert here.container.heartbeats().latest("worker") == before
        told(SWEEP, here)
        assert here.container.heartbeats().latest("worker") != before


def test_a_forked_child_has_a_name_of_its_own(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        parent, child = told(NAME_PARENT_AND_CHILD, here).split()
    assert parent.rpartition(":")[2] != child.rpartition(":")[2]
