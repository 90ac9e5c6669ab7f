"""Webhooks from a real database over real sockets to a receiver that fails, delays, repeats, redirects and drops."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from adapters.webhooks import webhook_receiver
from adapters.webhooks.webhook_receiver import HttpWebhookReceiver
from application.rotation.permit_turn import never
from domain import webhook_attempts
from domain.events import TokensRotated
from domain.ids import GrantId
from entrypoints.container import Container, build
from entrypoints.testing import memory_settings
from support.builders import ANNA, a_grant
from support.raw_server import Peer, RawServer

SECRET = f"whsec_{'bmV3' * 8}"
GRANTS, EACH = 8, 6
PATIENCE = timedelta(seconds=100)


@dataclass
class MoodyReceiver:
    """Does something else with each request, by chance that is the same every time; keeps what it was sent."""

    chance: random.Random = field(default_factory=lambda: random.Random(7))
    seen: list[tuple[str, str, int]] = field(default_factory=list)
    """Id, grant and sequence of every request whose signature the specification's library accepted."""
    taken: list[tuple[str, str, int]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, peer: Peer) -> None:
        head, _, body = peer.request.partition(b"\r\n\r\n")
        lines = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
        content = Webhook(SECRET).verify(body, {name.lower(): value for name, _, value in lines})
        message = str(next(line.split()[1] for line in head.decode().split("\r\n") if line.lower().startswith("webhook-id")))
        one = (message, content["data"]["grantId"], content["data"]["sequence"])
        with self.lock:
            self.seen.append(one)
            mood = self.chance.choice(("take", "take", "take", "fail", "redirect", "drop", "reset", "delay"))
            if mood == "take":
                self.taken.append(one)
        match mood:
            case "take":
                peer.reply(b"", status=204)
            case "fail":
                peer.reply(b"", status=500)
            case "redirect":
                peer.reply(b"", status=307, headers="Location: /elsewhere\r\n")
            case "drop":
                peer.close()
            case "reset":
                peer.reset()
            case _:
                peer.over.wait(2.5)
                peer.close()


@pytest.fixture(params=("sqlite", "postgres"))
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"migrated_{request.param}_url"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses and patience so short that nobody waits."""
    monkeypatch.setattr(webhook_attempts, "FIRST_PAUSE", timedelta(milliseconds=20))
    monkeypatch.setattr(webhook_attempts, "LONGEST_PAUSE", timedelta(milliseconds=100))
    monkeypatch.setattr(webhook_receiver, "SENT_WITHIN", timedelta(seconds=1.5))


def processes(url: str, receiver: str, count: int) -> Iterator[Container]:
    for _ in range(count):
        yield build(memory_settings(DATABASE_URL=url, WEBHOOK_URL=receiver, WEBHOOK_SECRETS=SECRET, WEBHOOK_ALLOW_PRIVATE="true"))


def tell(container: Container) -> None:
    """Events of all grants, one grant after the other and again."""
    now = container.clock().now()
    with container.store().write() as work:
        for number in range(GRANTS):
            grant = a_grant(f"grant-{number}", connects=(number + 1,))
            grant.events.clear()
            work.grants.add(grant)
        work.commit()
    with container.store().write() as work:
        for generation in range(2, 2 + EACH):
            work.outbox.add([TokensRotated(GrantId(f"grant-{n}"), ANNA, generation, at=now) for n in range(GRANTS)])
        work.commit()


def deliver_everything(container: Container) -> None:
    end = time.monotonic() + PATIENCE.total_seconds()
    deliver, queue, feed = container.deliver_events(), container.webhook_queue(), container.outbox_feed()
    while time.monotonic() < end:
        deliver(for_at_most=timedelta(seconds=5), stopping=never)
        if not queue.standing().waiting and not feed.read("webhooks", limit=1):
            return
        time.sleep(0.02)
    raise AssertionError(f"there still wait {queue.standing()}")


def test_every_event_arrives_in_the_order_of_its_grant_whatever_the_receiver_does(url: str) -> None:
    moody = MoodyReceiver()
    with RawServer(moody) as server, ExitStack() as closing:
        two = list(processes(url, f"{server.url}/hook", 2))
        for container in two:
            closing.callback(container.database().dispose)
            over_http = container.webhook_receiver()
            assert isinstance(over_http, HttpWebhookReceiver)
            closing.callback(over_http.close)
            closing.callback(container.webhook_executor().shutdown)
        tell(two[0])
        with ThreadPoolExecutor(2) as both:
            list(both.map(deliver_everything, two))
        dead = two[0].webhook_queue().standing().dead_letters
    assert dead == 0
    assert len(moody.seen) > len(moody.taken)
    by_grant = {f"grant-{n}": [sequence for _, grant, sequence in moody.seen if grant == f"grant-{n}"] for n in range(GRANTS)}
    for grant, sequences in by_grant.items():
        assert sequences == sorted(sequences), f"out of order: {grant}"
    assert len({message for message, *_ in moody.taken}) == GRANTS * EACH
    assert not [request for request in server.requests if b"/elsewhere" in request.split(b"\r\n")[0]]
