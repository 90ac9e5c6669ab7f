"""The real mirror with troubles on the way: answers that are lost, processes that die, steps that stand still."""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from adapters.wab.connection_mirror import WabConnectionMirror
from application.ports.connection_mirror import Lack, MirrorUnavailable, RowReport
from domain.ids import ConnectionId, OwnerId
from domain.mirror_look import Look, MirrorIdentity
from domain.mirrored_row import Intent


class Killed(Exception):
    """The process died at this moment."""


class Standstill:
    """One thread that stands still in the middle of what it does, until it may go on."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.inside, self._may_go, self._work = threading.Event(), threading.Event(), work
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.error: Exception | None = None

    def start(self) -> None:
        """Return when it stands still, or has ended without coming there."""
        self.thread.start()
        while self.thread.is_alive() and not self.inside.wait(0.005):
            pass

    def here(self) -> None:
        """Stand still."""
        if threading.current_thread() is self.thread and not self.inside.is_set():
            self.inside.set()
            self._may_go.wait(30)

    def go_on(self) -> None:
        """Return when it has ended."""
        self._may_go.set()
        self.thread.join(30)

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 (whatever it is: the test tells)
            self.error = error


class TroubledMirror:
    """The port over the real adapter of the address in use."""

    configured = True

    def __init__(self, url: str) -> None:
        self.real = WabConnectionMirror(url)
        self.lose_answers = 0
        """So many of the next settlements take place, and nobody hears of it."""
        self.kill_before_write = self.kill_after_write = False
        self.standstills: list[Standstill] = []
        self.on_look: Callable[[Look], None] = lambda _: None
        self._busy = threading.Condition()
        self._calls = 0

    def turn_to(self, url: str) -> None:
        """Be started anew with another address."""
        self.real.dispose()
        self.real = WabConnectionMirror(url)

    def settle(self, connection: ConnectionId, intent: Callable[[MirrorIdentity], Intent]) -> RowReport:
        with self._counted():
            report = self.real.settle(connection, lambda identity: self._read(intent, identity))
            if self.kill_after_write:
                self.kill_after_write = False
                raise Killed
            if self.lose_answers:
                self.lose_answers -= 1
                raise MirrorUnavailable("the answer was lost")
            return report

    def row_is_there(self, connection: ConnectionId, owner: OwnerId) -> bool:
        with self._counted():
            return self.real.row_is_there(connection, owner)

    def is_user(self, owner: OwnerId) -> bool:
        with self._counted():
            return self.real.is_user(owner)

    def look(self, owners: Collection[OwnerId]) -> Look:
        with self._counted():
            look = self.real.look(owners)
        self._stand_still()
        self.on_look(look)
        return look

    def lacks(self) -> Sequence[Lack]:
        return self.real.lacks()

    def mark_stale(self, connection: ConnectionId, owner: OwnerId, now: datetime) -> None:
        self.real.mark_stale(connection, owner, now)

    def rest(self) -> None:
        """Wait until no call is under way but those that stand still: people leave before their calls have ended."""
        with self._busy:
            self._busy.wait_for(lambda: self._calls <= sum(s.thread.is_alive() for s in self.standstills), 30)

    def _read(self, intent: Callable[[MirrorIdentity], Intent], identity: MirrorIdentity) -> Intent:
        asked = intent(identity)
        self._stand_still()
        if self.kill_before_write:
            self.kill_before_write = False
            raise Killed
        return asked

    def _stand_still(self) -> None:
        for standstill in self.standstills:
            standstill.here()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """One call under way."""
        with self._busy:
            self._calls += 1
        try:
            yield
        finally:
            with self._busy:
                self._calls -= 1
                self._busy.notify_all()
