import signal
import time
from datetime import timedelta

import pytest
import redis

from adapters.budget.redis_ledger import RedisLedger
from domain.errors import StoreUnavailable
from domain.ids import AppId
from domain.tokens import Secret
from support import servers

APP = AppId("app")


def add_one(text: str | None, _: timedelta) -> str:
    return str(int(text or 0) + 1)


def test_a_redis_that_is_gone_is_noticed_at_once_and_used_again_when_it_is_back() -> None:
    with servers.redis_server() as server:
        ledger = RedisLedger(Secret(server.url()))
        ledger.change(APP, add_one)
        server.kill()
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            ledger.change(APP, add_one)
        assert time.monotonic() - began < 10
        server.start()
        seen = list[str | None]()
        ledger.change(APP, lambda text, _: seen.append(text))
        assert seen == [None]


def test_a_redis_that_does_not_answer_is_not_waited_for_long() -> None:
    with servers.redis_server() as server:
        ledger = RedisLedger(Secret(server.url()))
        ledger.change(APP, add_one)
        assert server.process
        server.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            ledger.change(APP, add_one)
        assert time.monotonic() - began < 10
        server.process.send_signal(signal.SIGCONT)


def test_a_change_that_came_too_late_is_made_again_from_what_is_there(redis_url: str) -> None:
    ledger, other = RedisLedger(Secret(redis_url)), RedisLedger(Secret(redis_url))
    seen = list[str | None]()

    def interrupted(text: str | None, time: timedelta) -> str:
        seen.append(text)
        if len(seen) == 1:
            other.change(APP, add_one)
        return add_one(text, time)

    ledger.change(APP, interrupted)
    ledger.change(APP, lambda text, _: seen.append(text))
    assert seen == [None, "1", "2"]


def test_what_nobody_uses_is_forgotten_after_two_days(redis_url: str) -> None:
    RedisLedger(Secret(redis_url)).change(APP, add_one)
    with redis.Redis.from_url(redis_url) as client:
        [key] = client.keys("*")
        assert 0 < client.ttl(key) <= 2 * 24 * 3600


def test_a_check_tells_a_redis_that_takes_changes_from_one_that_only_answers_and_from_none() -> None:
    with servers.redis_server() as server:
        ledger = RedisLedger(Secret(server.url()))
        ledger.check()
        with redis.Redis.from_url(server.url()) as client:
            client.replicaof("127.0.0.1", str(servers.free_port()))
            with pytest.raises(StoreUnavailable, match="ReadOnlyError"):
                ledger.check()
        server.kill()
        with pytest.raises(StoreUnavailable, match="ConnectionError"):
            ledger.check()
