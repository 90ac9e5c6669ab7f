"""No beat, or a broker that carries nothing: the workers sweep by themselves, and it is noticed."""

from __future__ import annotations

import shelve
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery.beat import ScheduleEntry
from celery.schedules import schedule

from support import servers
from support.deployment import Deployment, deployment
from support.processes import Running, eventually
from support.silent_proxy import silent_proxy

SHORT_LIFE = 6
SWEEPS = {"SWEEP_INTERVAL_SECONDS": "1"}


def test_without_any_beat_the_workers_sweep_by_themselves_and_status_says_so(tmp_path: Path) -> None:
    with deployment(tmp_path, environ=SWEEPS, access_token_seconds=SHORT_LIFE) as here, here.start("worker") as worker:
        connection = here.connect()
        eventually(lambda: here.generation(connection) >= 3, why=worker.told)
        worker.says("no message asks for a sweep")
        assert "tiktok-connect beat" in line_of("beat", here)
        assert worker.terminate() == 0
        assert here.tiktok.control.stats()["reuses"] == 0
        assert "Traceback" not in worker.told()


def line_of(component: str, here: Deployment) -> str:
    [line] = [line for line in here.run("status").stdout.splitlines() if line.startswith(component)]
    return line


@pytest.mark.timeout(300)
def test_a_broker_that_falls_silent_is_noticed_and_the_workers_sweep_by_themselves(
    request: pytest.FixtureRequest, tmp_path: Path, *, long: bool
) -> None:
    """RabbitMQ; at length Redis too."""
    for broker in ("rabbitmq_server", "redis_server") if long else ("rabbitmq_server",):
        (tmp_path / broker).mkdir()
        fall_silent(request.getfixturevalue(broker), tmp_path / broker)


def fall_silent(server: servers.RabbitMQ | servers.Redis, folder: Path) -> None:
    with ExitStack() as stack:
        proxy = stack.enter_context(silent_proxy(server.port))
        url = server.url().replace(str(server.port), str(proxy.port))
        here = stack.enter_context(
            deployment(folder, environ={**SWEEPS, "CELERY_BROKER_URL": url}, access_token_seconds=SHORT_LIFE)
        )
        connection = here.connect()
        worker, beat = stack.enter_context(here.start("worker")), stack.enter_context(here.start("beat"))
        eventually(lambda: here.container.heartbeats().age("beat"), why=beat.told)
        eventually(lambda: here.generation(connection) >= 2, why=worker.told)
        proxy.fall_silent()
        beat.says("a message was not sent")
        silent_since = here.container.heartbeats().latest("beat")
        generation = here.generation(connection)
        eventually(lambda: here.generation(connection) >= generation + 2, why=worker.told)
        assert here.container.heartbeats().latest("beat") == silent_since
        proxy.speak()
        eventually(lambda: here.container.heartbeats().latest("beat") != silent_since, why=beat.told)
        for process in (worker, beat):
            process.process.terminate()
        assert [worker.process.wait(40), beat.process.wait(40)] == [0, 0]
        assert here.tiktok.control.stats()["reuses"] == 0


def a_file_of_celerys_beat_that_sent_all_tomorrow(folder: Path) -> None:
    (folder / ".data").mkdir()
    tomorrow = datetime.now(UTC) + timedelta(days=1)  # noqa: TID251 -- of the file, not of ours
    with shelve.open(str(folder / ".data/beat-schedule")) as file:  # noqa: S301 -- our own
        line = ScheduleEntry(name="sweep", task="sweep", last_run_at=tomorrow, schedule=schedule(timedelta(seconds=2)))
        file.update({"entries": {"sweep": line}, "__version__": "5.7.0", "tz": "UTC", "utc_enabled": True})


def a_damaged_file_of_celerys_beat(folder: Path) -> None:
    (folder / ".data").mkdir()
    for name in ("beat-schedule", "beat-schedule.db", "celerybeat-schedule"):
        (folder / ".data" / name).write_bytes(b"\x00no schedule\xff" * 100)


def no_folder_that_can_be_written(folder: Path) -> None:
    (folder / ".data").write_text("where the folder would be")


@pytest.mark.parametrize(
    "obstacle",
    [a_file_of_celerys_beat_that_sent_all_tomorrow, a_damaged_file_of_celerys_beat, no_folder_that_can_be_written],
    ids=lambda obstacle: obstacle.__name__,
)
def test_beat_sends_at_once_whatever_an_earlier_one_left(
    obstacle: Callable[[Path], None], redis_url: str, tmp_path: Path
) -> None:
    obstacle(tmp_path)
    with deployment(tmp_path, environ={**SWEEPS, "CELERY_BROKER_URL": redis_url}) as here, here.start("beat") as beat:
        first = confirmed(here, beat)
        eventually(lambda: confirmed(here, beat) != first, why=beat.told)
        assert beat.terminate() == 0


def confirmed(here: Deployment, beat: Running) -> datetime:
    """When beat last had a message confirmed."""
    eventually(lambda: here.container.heartbeats().latest("beat"), why=beat.told)
    at = here.container.heartbeats().latest("beat")
    assert at is not None
    return at
