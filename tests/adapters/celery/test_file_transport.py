"""The embedded broker's files: messages appear whole, and what is no message is put aside with a line in the log."""

from __future__ import annotations

import base64
import json
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu.connection import Connection
from kombu.entity import Exchange, Queue

from adapters.celery.broker_choice import CeleryBroker

QUEUE = Queue("work", Exchange("work", type="direct"), routing_key="work")
NAME = "00000000000000000001_a.work.msg"


@pytest.fixture
def broker(tmp_path: Path) -> CeleryBroker:
    return CeleryBroker(None, tmp_path / "broker")


def connect(broker: CeleryBroker) -> Connection:
    return Connection(broker.url.reveal(), transport=broker.transport, transport_options=broker.options())


def send(connection: Connection, *bodies: object) -> None:
    with connection.Producer() as producer:
        for body in bodies:
            producer.publish(body, exchange=QUEUE.exchange, routing_key="work", declare=[QUEUE])


def receive(connection: Connection, *, most: int = 10) -> list[Any]:
    """All that is there."""
    got = list[Any]()

    def take(body: Any, message: Any) -> None:  # noqa: ANN401 (kombu has no types)
        got.append(body)
        message.ack()

    with connection.Consumer([QUEUE], callbacks=[take]), suppress(TimeoutError):
        while len(got) < most:
            connection.drain_events(timeout=0.3)
    return got


def a_message(**changes: object) -> dict[str, Any]:
    about = {
        "delivery_info": {"exchange": "work", "routing_key": "work"},
        "delivery_tag": "1",
        "delivery_mode": 2,
        "body_encoding": "base64",
    }
    body = base64.b64encode(b'"whole"').decode()
    return {
        "body": body,
        "headers": {},
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "properties": about,
    } | changes


WHOLE = json.dumps(a_message())


def write(text: str | bytes) -> Callable[[Path], object]:
    return lambda file: file.write_bytes(text if isinstance(text, bytes) else text.encode())


BAD: dict[str, Callable[[Path], object]] = {
    "empty": write(""),
    "half-written": write(WHOLE[: len(WHOLE) // 2]),
    "wrong base64": write(json.dumps(a_message(body="a"))),
    "not UTF-8": write(b"\xff\xfe" + WHOLE.encode()),
    "no object": write("[1, 2]"),
    "null": write("null"),
    "without properties": write(json.dumps(a_message(properties={}))),
    "of an unknown encoding": write(json.dumps(a_message(properties={"body_encoding": "rot13", "delivery_tag": "1"}))),
    "far too deep": write("[" * 100_000),
    "far too large": write(b" " * 2_000_000),
    "a directory": Path.mkdir,
    "a pipe": os.mkfifo,
    "a link to nowhere": lambda file: file.symlink_to("nowhere"),
}


def test_what_is_sent_is_received(broker: CeleryBroker) -> None:
    with connect(broker) as connection:
        send(connection, "one", "two")
        assert receive(connection) == ["one", "two"]
        assert receive(connection) == []


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_message_is_put_aside_and_the_good_ones_arrive(
    kind: str, broker: CeleryBroker, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(broker) as connection, caplog.at_level(logging.ERROR):
        send(connection, "before")
        BAD[kind](broker.folder / "messages" / NAME)
        send(connection, "after")
        assert receive(connection) == ["before", "after"]
    [aside] = (broker.folder / "bad").iterdir()
    assert aside.name.endswith(NAME)
    assert [record.message for record in caplog.records] == ["a file of the embedded broker can't be read, and was put aside"]
    assert not list((broker.folder / "messages").iterdir())


@pytest.mark.parametrize("text", ["", "[[", "{}", "[1]", "null"])
def test_a_bad_table_of_queues_is_put_aside_and_made_anew(text: str, broker: CeleryBroker) -> None:
    broker.options()
    (broker.folder / "control/work.exchange").write_text(text)
    with connect(broker) as connection:
        send(connection, "one")
        assert receive(connection) == ["one"]


def test_messages_appear_whole_to_readers_that_do_not_wait(broker: CeleryBroker) -> None:
    """Two threads write, two read, each over a connection of its own."""
    got, bodies = list[Any](), [f"{n:03d}" * 3000 for n in range(150)]

    def write_all() -> None:
        with connect(broker) as connection:
            send(connection, *bodies)

    def read_all() -> None:
        with connect(broker) as connection:
            while len(got) < 2 * len(bodies):
                with suppress(Empty):
                    message = connection.default_channel._get("work")  # noqa: SLF001 -- as the worker's loop does
                    got.append(message)

    with connect(broker) as connection:
        QUEUE(connection).declare()
    threads = [threading.Thread(target=work) for work in (write_all, write_all, read_all, read_all)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    assert len(got) == 2 * len(bodies)
    assert not (broker.folder / "bad").exists()


def test_processes_that_make_their_queues_known_at_once_all_are(broker: CeleryBroker) -> None:
    def declare(name: str) -> None:
        with connect(broker) as connection:
            Queue(name, Exchange("all", type="fanout"))(connection).declare()

    threads = [threading.Thread(target=declare, args=(f"queue-{n}",)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with connect(broker) as connection:
        assert len(connection.default_channel.get_table("all")) == 12


def test_the_queue_of_a_process_that_was_killed_does_not_grow_without_end(broker: CeleryBroker) -> None:
    everybody = Exchange("all", type="fanout")
    with connect(broker) as connection:
        Queue("of-the-dead", everybody)(connection).declare()
        with connection.Producer() as producer:
            for n in range(20):
                producer.publish(n, exchange=everybody, declare=[everybody])
        assert len(list((broker.folder / "messages").iterdir())) <= 8
        assert connection.default_channel.get_table("all") == []


def test_a_queue_that_goes_with_its_process_leaves_nothing(broker: CeleryBroker) -> None:
    with connect(broker) as connection:
        Queue("mine", Exchange("all", type="fanout"), auto_delete=True)(connection.default_channel).declare()
        assert len(connection.default_channel.get_table("all")) == 1
    with connect(broker) as connection:
        assert connection.default_channel.get_table("all") == []


def test_a_worker_that_is_told_to_end_does_not_wait_long_for_messages(broker: CeleryBroker) -> None:
    with connect(broker) as connection, connection.Consumer([QUEUE], callbacks=[print]):
        began = time.thread_time(), time.monotonic()
        with pytest.raises(TimeoutError):
            connection.drain_events(timeout=20)
        assert time.thread_time() - began[0] < 0.2, "it waits, and does not look again and again"
        assert time.monotonic() - began[1] < 10
