from __future__ import annotations

from application.ports.journals import machine_of
from entrypoints.container import Container, build, host_name
from entrypoints.settings import load_settings
from environs import an_environ


def a_container(**changes: str) -> Container:
    return build(load_settings(an_environ(**changes)))


def test_processes_of_one_machine_name_and_one_pid_are_known_apart() -> None:
    names = {host_name() for _ in range(100)}
    assert len(names) == 100
    assert len({machine_of(name) for name in names}) == 1


def test_a_process_keeps_its_name() -> None:
    container = a_container()
    assert container.host() == container.host()
    assert container.host() != a_container().host()
