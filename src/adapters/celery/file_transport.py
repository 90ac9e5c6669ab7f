"""The embedded broker's transport: kombu's transport over files, in which messages appear whole and bad ones are put aside."""

import fcntl
import logging
import os
import stat
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.transport.filesystem import exchange_queue_t
from kombu.transport.virtual import BrokerState
from kombu.utils.json import dumps, loads

log = logging.getLogger(__name__)

LARGEST_MESSAGE = 1_000_000
"""Bytes; ours have a few hundred."""

MOST_UNREAD = 8
"""Broadcasts that a queue may hold: whoever does not read them is gone, killed before it could say so."""

RETURNS_WITHIN = 0.25
"""Seconds that a worker waits for messages before it looks whether it is to end."""


class BadMessage(Exception):
    """What lies there is no message; says why."""


class Channel(filesystem.Channel):
    """kombu's own writes into a file that others see already, and moves what it takes into the system's folder for files of a
    moment. A message or a table of queues that is half there ends a worker that reads it (celery/kombu issue 1551).
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._own_queues = set[str]()

    def queue_declare(self, queue: str | None = None, passive: bool = False, **about: Any) -> object:  # noqa: FBT001, FBT002 (kombu's signature)
        declared = super().queue_declare(queue, passive=passive, **about)
        if about.get("auto_delete") or about.get("exclusive"):
            self._own_queues.add(declared.queue)
        return declared

    def close(self) -> None:
        while self._own_queues and not self.closed:  # kombu leaves them to whoever comes next, and nobody does
            self.queue_delete(self._own_queues.pop())
        super().close()

    def _put(self, queue: str, payload: object, **_: object) -> None:  # type: ignore[override]  # kombu's own two differ
        name = f"{time.monotonic_ns():020d}_{uuid.uuid4()}.{queue}.msg"
        write_whole(self._messages / name, dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        for name in self._names_of(queue):
            taken = folder(self._messages.parent / "taken") / name
            try:
                (self._messages / name).rename(taken)
            except FileNotFoundError:
                continue  # another process was first
            try:
                payload = self._read(taken)
            except BadMessage as bad:
                self._put_aside(taken, str(bad))
                continue
            taken.unlink()
            return payload
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._names_of(queue))

    def _purge(self, queue: str) -> int:
        names = self._names_of(queue)
        for name in names:
            with suppress(OSError):  # taken meanwhile, or nothing that can be removed
                (self._messages / name).unlink()
        return len(names)

    def _put_fanout(self, exchange: str, payload: dict[str, Any], routing_key: str, **_: object) -> None:
        for row in self.get_table(exchange):
            if self._size(row.queue) < MOST_UNREAD:
                self._put(row.queue, payload)
            else:
                self._purge(row.queue)
                self._change_table(exchange, without=row)

    def get_table(self, exchange: str) -> list[exchange_queue_t]:
        file = self._exchange_file(exchange)
        try:
            return [exchange_queue_t(*row) for row in loads(read_regular(file))]
        except FileNotFoundError:
            return []
        except Exception as error:  # noqa: BLE001 (whatever is in the file, it is no table)
            self._put_aside(file, type(error).__name__)
            return []

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        self._change_table(exchange, adding=exchange_queue_t(routing_key or "", pattern or "", queue or ""))

    def _delete(self, queue: str, exchange: str, routing_key: str, pattern: str, *_: object, **__: object) -> None:
        self._purge(queue)
        self._change_table(exchange, without=exchange_queue_t(routing_key or "", pattern or "", queue or ""))

    def _change_table(
        self, exchange: str, *, adding: exchange_queue_t | None = None, without: exchange_queue_t | None = None
    ) -> None:
        with self._tables_locked():
            before = self.get_table(exchange)
            after = [row for row in before if row != without]
            if adding and adding not in after:
                after.insert(0, adding)
            if after != before:
                write_whole(self._exchange_file(exchange), dumps(after))

    @contextmanager
    def _tables_locked(self) -> Iterator[None]:
        with (folder(self.control_folder) / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @property
    def _messages(self) -> Path:
        return Path(self.data_folder_in)

    def _names_of(self, queue: str) -> list[str]:
        """File names of a queue's messages, the oldest first."""
        return sorted(file.name for file in self._messages.iterdir() if file.name.partition(".")[2] == f"{queue}.msg")

    def _read(self, file: Path) -> dict[str, Any]:
        """Raises BadMessage."""
        try:
            payload = loads(read_regular(file))
            self.message_to_python(payload)
            if not isinstance(payload["properties"]["delivery_info"], dict):
                raise BadMessage("nothing says where it belongs")
        except BadMessage:
            raise
        except Exception as error:
            raise BadMessage(type(error).__name__) from error
        return dict(payload)

    def _put_aside(self, file: Path, because: str) -> None:
        place = folder(self._messages.parent / "bad") / f"{uuid.uuid4().hex}.{file.name}"
        with suppress(FileNotFoundError):  # another process did
            file.rename(place)
            log.error(
                "a file of the embedded broker can't be read, and was put aside", extra={"file": str(place), "why": because}
            )


class Transport(filesystem.Transport):
    """kombu's, with these channels. Each connection makes its queues known anew, so that a table which is gone comes back."""

    Channel = Channel

    def __init__(self, client: object, **options: object) -> None:
        super().__init__(client, **options)
        self.state = BrokerState()

    def drain_events(self, connection: Any, timeout: Any = None, **_: Any) -> None:  # noqa: ANN401 (kombu has no types)
        """Wait for messages. Celery waits for two seconds, twice, before a worker learns that it is to end: too long here."""
        super().drain_events(connection, timeout=None if timeout is None else min(timeout, RETURNS_WITHIN))


def folder(place: Path) -> Path:
    """Make it where there is none."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def write_whole(file: Path, text: str) -> None:
    """Have the file appear with all that is in it, or not at all."""
    unfinished = file.with_name(f".{uuid.uuid4().hex}.unfinished")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as written:
            written.write(text)
        unfinished.replace(file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def read_regular(file: Path) -> str:
    """The text of a file, which is neither a folder nor a pipe that nobody writes to. Raises BadMessage, OSError, ValueError."""
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW), "rb") as opened:
        about = os.fstat(opened.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise BadMessage("no file")
        if about.st_size > LARGEST_MESSAGE:
            raise BadMessage("too large")
        return opened.read().decode("utf-8")
