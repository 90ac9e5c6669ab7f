"""Signals in the middle of calls: whatever ends a process by default ends it in order, and no pair is lost."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from domain.ids import ConnectionId, OwnerId
from entrypoints.termination_signals import termination_signals
from support import servers
from support.deployment import SERVICE_TOKEN, Deployment, deployment
from support.processes import BARE, COMMAND, Running, children_of, eventually, running

PEOPLE = [f"owner-{n}" for n in range(6)]
SLOW = 1000
"""Milliseconds that an answer takes, so that a signal meets calls under way."""

SIGRTMIN = signal.SIGRTMIN


@contextmanager
def a_fleet(folder: Path, **environ: str) -> Iterator[tuple[Deployment, list[ConnectionId]]]:
    """Six grants that are due, at a TikTok that answers slowly; afterwards none of their pairs may be lost."""
    with deployment(folder, environ={"TIKTOK_QPS": "1000", **environ}) as here:
        connections = [here.connect(owner) for owner in PEOPLE]
        here.make_all_due()
        here.tiktok.control.configure(latency_ms=SLOW)
        yield here, connections
        here.tiktok.control.configure(latency_ms=0)
        nothing_is_lost(here)


def nothing_is_lost(here: Deployment) -> None:
    """What TikTok renewed is stored, and nobody's refresh token is in doubt."""
    with here.container.store().read() as work:
        grants = [grant for owner in PEOPLE for grant in work.grants.of_owner(OwnerId(owner))]
    assert [grant for grant in grants if grant.schedule.attempt or grant.schedule.in_doubt] == []
    stats = here.tiktok.control.stats()
    assert stats["refreshes"] == sum(grant.generation - 1 for grant in grants) > 0
    assert stats["reuses"] == 0


def under_way(here: Deployment) -> bool:
    """Whether TikTok is at an answer now."""
    control = here.tiktok.control
    in_flight: int = control.on_loop(lambda: control.simulator._in_flight)  # noqa: SLF001 -- no user of it would ask
    return in_flight > 0


def test_every_signal_that_would_end_a_process_is_among_those_that_are_heeded() -> None:
    """Asked of the system itself: children which do nothing but wait are sent one each."""
    unheeded = list[int]()
    spared = {signal.SIGKILL, signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
    crashes = {"SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGSYS", "SIGTRAP", "SIGEMT"}
    spared |= {getattr(signal, name) for name in crashes if hasattr(signal, name)}
    waiting = {number: subprocess.Popen(["sleep", "30"]) for number in signal.valid_signals() if number not in spared}
    for number, process in waiting.items():
        process.send_signal(number)
    time.sleep(1)
    for number, process in waiting.items():
        if process.poll() == -number and number not in termination_signals() | {signal.SIGPIPE, signal.SIGXFSZ}:
            unheeded.append(number)
        process.kill()
        process.wait()
    assert unheeded == []


@pytest.mark.parametrize(
    ("options", "how"),
    [
        (("--all",), signal.SIGHUP),
        (("--all",), signal.SIGQUIT),
        (("--all",), SIGRTMIN),
        (("--due",), signal.SIGUSR1),
    ],
    ids=str,
)
def test_refresh_is_ended_in_order(options: tuple[str, ...], how: signal.Signals, tmp_path: Path) -> None:
    with a_fleet(tmp_path) as (here, _), here.start("refresh", *options) as refresh:
        eventually(lambda: under_way(here), why=refresh.told)
        assert refresh.terminate(how) in {0, 1}, refresh.told()


@pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGXCPU], ids=str)
def test_refresh_of_one_connection_is_ended_in_order(how: signal.Signals, tmp_path: Path) -> None:
    with a_fleet(tmp_path) as (here, [connection, *_]), here.start("refresh", "--connection", connection) as refresh:
        eventually(lambda: under_way(here), why=refresh.told)
        assert refresh.terminate(how) == 0, refresh.told()
        assert here.generation(connection) == 2


def test_a_terminal_that_is_closed_ends_refresh_in_order(tmp_path: Path) -> None:
    """The terminal takes no more output either."""
    with a_fleet(tmp_path) as (here, _):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            ["setsid", "--ctty", *COMMAND, "refresh", "--all"],  # a session of its own, with this terminal
            cwd=here.folder,
            env={**BARE, "TERM": "xterm", **here.environ},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        reader = threading.Thread(target=read_to_the_end, args=(ours,))
        reader.start()
        eventually(lambda: under_way(here))
        os.close(ours)
        assert process.wait(40) is not None
        reader.join()


def read_to_the_end(terminal: int) -> None:
    with suppress(OSError):
        while os.read(terminal, 1024):
            pass


def test_nohup_is_respected(tmp_path: Path) -> None:
    with a_fleet(tmp_path) as (here, connections):
        command = ["nohup", *COMMAND, "refresh", "--all"]
        with (tmp_path / "nohup.log").open("wb") as log:
            refresh = subprocess.Popen(command, cwd=here.folder, env={**BARE, **here.environ}, stdout=log, stderr=log)
        eventually(lambda: under_way(here))
        refresh.send_signal(signal.SIGHUP)
        assert refresh.wait(40) == 0, (tmp_path / "nohup.log").read_text()
        assert all(here.generation(connection) == 2 for connection in connections)


@contextmanager
def clicks(here: Deployment, connections: list[ConnectionId], serve: Running) -> Iterator[None]:
    """A service asks for every token, which has to be renewed first, and does not wait for its answer."""
    eventually(lambda: is_live(here), why=serve.told)
    threads = [threading.Thread(target=ask_for_token, args=(here, connection)) for connection in connections]
    for thread in threads:
        thread.start()
    eventually(lambda: under_way(here), why=serve.told)
    yield
    for thread in threads:
        thread.join()


def ask_for_token(here: Deployment, connection: ConnectionId) -> None:
    with suppress(httpx.HTTPError):
        httpx.post(
            f"{here.address}/api/internal/tiktok/access-token",
            json={"connectionId": connection},
            headers={"Authorization": f"Bearer {SERVICE_TOKEN}"},
            timeout=20,
        )


def is_live(here: Deployment) -> bool:
    try:
        return httpx.get(f"{here.address}/health/live").status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def expired_fleet(folder: Path) -> Iterator[tuple[Deployment, list[ConnectionId]]]:
    """As `a_fleet`, but with access tokens that have ended."""
    with deployment(folder, environ={"TIKTOK_QPS": "1000"}) as here:
        connections = [here.connect(owner) for owner in PEOPLE]
        here.end_all_access()
        here.tiktok.control.configure(latency_ms=SLOW)
        yield here, connections
        here.tiktok.control.configure(latency_ms=0)
        nothing_is_lost(here)


def to_it(serve: Running, how: signal.Signals) -> None:
    serve.process.send_signal(how)


def to_it_twice(serve: Running, how: signal.Signals) -> None:
    serve.process.send_signal(how)
    time.sleep(0.3)
    serve.process.send_signal(how)


def to_children(serve: Running, how: signal.Signals) -> None:
    for child in children_of(serve.process.pid):
        os.kill(child, how)


def to_all(serve: Running, how: signal.Signals) -> None:
    """As a terminal does, and systemd."""
    os.killpg(serve.process.pid, how)


@pytest.mark.parametrize(
    ("workers", "send", "how"),
    [
        ("1", to_it, signal.SIGHUP),
        ("1", to_it_twice, signal.SIGINT),
        ("2", to_it, signal.SIGUSR1),
        ("2", to_all, signal.SIGQUIT),
    ],
)
def test_serve_is_ended_in_order(
    workers: str, send: Callable[[Running, signal.Signals], None], how: signal.Signals, tmp_path: Path
) -> None:
    with expired_fleet(tmp_path) as (here, connections):
        port = here.address.rpartition(":")[2]
        with here.start("serve", "--port", port, "--workers", workers) as serve, clicks(here, connections, serve):
            send(serve, how)
            assert serve.process.wait(40) == 0, serve.told()


def test_serve_with_two_workers_reloads_on_sighup_without_a_failed_request(tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        port = here.address.rpartition(":")[2]
        with here.start("serve", "--port", port, "--workers", "2") as serve:
            eventually(lambda: is_live(here), why=serve.told)
            before, answers, asking = processes_told(here), list[int | str](), True

            def ask() -> None:
                while asking:
                    try:
                        answers.append(httpx.get(f"{here.address}/health/live", timeout=20).status_code)
                    except httpx.HTTPError as error:
                        answers.append(repr(error))

            visitors = [threading.Thread(target=ask) for _ in range(3)]
            for visitor in visitors:
                visitor.start()
            serve.process.send_signal(signal.SIGHUP)
            eventually(lambda: len(processes_told(here)) >= 2 and not processes_told(here) & before, why=serve.told)
            asking = False
            for visitor in visitors:
                visitor.join()
            assert set(answers) == {200}, serve.told()
            assert serve.terminate() == 0


@pytest.mark.parametrize("used_before", [False, True])
def test_a_request_that_is_on_its_way_when_serve_is_to_end_is_answered(*, used_before: bool, tmp_path: Path) -> None:
    with deployment(tmp_path) as here:
        port = here.address.rpartition(":")[2]
        with here.start("serve", "--port", port) as serve:
            eventually(lambda: is_live(here), why=serve.told)
            with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as connection:
                if used_before:
                    assert b"200 OK" in ask_on(connection)
                serve.process.terminate()
                serve.says("Shutting down")
                answer = ask_on(connection)
            assert b"200 OK" in answer
            assert b"connection: close" in answer
            assert serve.process.wait(40) == 0


def ask_on(connection: socket.socket) -> bytes:
    connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: here\r\n\r\n")
    answer = b""
    while b"alive" not in answer and (piece := connection.recv(4096)):
        answer += piece
    return answer


def processes_told(here: Deployment) -> set[str]:
    """The processes that answer now, by a few looks at /metrics, where each names itself."""
    texts = [httpx.get(f"{here.address}/metrics", timeout=20).text for _ in range(12)]
    return {line.partition('pid="')[2].partition('"')[0] for text in texts for line in text.splitlines() if 'pid="' in line}


@pytest.mark.parametrize(
    ("pool", "send", "how"),
    [
        ("threads", to_it, signal.SIGHUP),
        ("threads", to_it_twice, signal.SIGINT),
        ("solo", to_it, signal.SIGUSR1),
        ("prefork", to_all, signal.SIGTERM),
        ("prefork", to_children, signal.SIGHUP),
    ],
)
def test_a_worker_is_ended_in_order(
    pool: str, send: Callable[[Running, signal.Signals], None], how: signal.Signals, tmp_path: Path
) -> None:
    with a_fleet(tmp_path) as (here, _), here.start("worker", "--pool", pool) as worker:
        eventually(lambda: under_way(here), why=worker.told)
        send(worker, how)
        assert worker.process.wait(40) == 0, worker.told()
        assert "Traceback" not in worker.told()


@pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGUSR1], ids=str)
def test_beat_is_ended_in_order(how: signal.Signals, tmp_path: Path) -> None:
    with deployment(tmp_path) as here, here.start("beat") as beat:
        beat.says("started")
        assert beat.terminate(how) == 0
        assert "Traceback" not in beat.told()


def test_the_demo_is_ended_in_order_by_a_signal_that_nobody_thought_of(tmp_path: Path) -> None:
    with a_demo(tmp_path) as demo:
        assert demo.terminate(signal.SIGUSR2) == 0
        assert "stopping" in demo.told()


@contextmanager
def a_demo(folder: Path) -> Iterator[Running]:
    with running("demo", "--port", str(servers.free_port()), folder=folder) as demo:
        demo.says("stop: Ctrl-C")
        yield demo
