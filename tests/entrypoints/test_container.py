from __future__ import annotations

import redis

from application.ports.budget import Lane
from application.ports.journal_register import machine_of
from domain.ids import AppId, GrantId, OwnerId
from domain.seal_place import SealPlace
from domain.tokens import Secret, TokenKind
from entrypoints.adapters_by_settings import host_name
from entrypoints.container import Container, build
from entrypoints.settings import load_settings
from support.environ import HEX_KEY, an_environ

PLACE = SealPlace(OwnerId("anna"), GrantId("grant-1"), 1)
TOKEN = Secret("a token of nobody")


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


def test_the_first_key_seals_and_all_open() -> None:
    newest, oldest = f"new:{'5e' * 31}a7", f"old:{HEX_KEY}"
    both, new, old = (a_container(TOKEN_ENCRYPTION_KEYS=keys) for keys in (f"{newest},{oldest}", newest, oldest))
    sealed_by_both = both.sealer().seal(TOKEN, PLACE, TokenKind.ACCESS)
    sealed_by_old = old.sealer().seal(TOKEN, PLACE, TokenKind.ACCESS)
    assert new.sealer().open(sealed_by_both, PLACE, TokenKind.ACCESS) == TOKEN
    assert both.sealer().open(sealed_by_old, PLACE, TokenKind.ACCESS) == TOKEN


def test_a_redis_takes_the_budget_over_from_the_database(redis_url: str) -> None:
    container = a_container(REDIS_URL=redis_url, DATABASE_URL="postgresql://nobody@127.0.0.1:1/nowhere")
    app = AppId(container.settings().tiktok.app_id)
    assert container.shared_budget().take(app, 1, Lane.PEOPLE, within=container.policy().lease).count == 1
    kept = redis.Redis.from_url(redis_url)
    assert container.host() in str(kept.get(f"tiktok-connect:budget:{app}"))
    kept.close()
