"""Name look-ups that end in time."""

import ipaddress
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta

from application.ports.clock import Clock

KEPT_FOR = timedelta(seconds=30)
"""How long a name's addresses are used without asking again."""

LookUp = Callable[[str], list[str]]
MayConnect = Callable[[str], bool]


def ask_the_system(host: str) -> list[str]:
    """The addresses in the system's order of preference. It may take as long as it likes. Raises OSError."""
    entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in entries))


@dataclass(frozen=True, slots=True)
class _Known:
    addresses: Future[list[str]]
    since: timedelta


class Resolver:
    """It looks names up within a time, which `getaddrinfo` can't: each look-up has a thread that may be left behind.

    One thread a name and half a minute, whoever asks; none for a numeric address. `may_connect` says which addresses are
    given out: whoever connects to what it is given is bound by that, whatever the name says a moment later.
    """

    def __init__(self, clock: Clock, look_up: LookUp = ask_the_system, may_connect: MayConnect | None = None) -> None:
        self._clock, self._look_up, self._may_connect = clock, look_up, may_connect
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def addresses(self, host: str, *, within: float) -> list[str]:
        """The name's addresses. Raises OSError (TimeoutError after `within` seconds, PermissionError where none may be used)."""
        try:
            found = [str(ipaddress.ip_address(host))]
        except ValueError:
            found = self._asked(host).result(timeout=within)
        if self._may_connect is None:
            return found
        if not (allowed := [address for address in found if self._may_connect(address)]):
            raise PermissionError("no address that may be used")
        return allowed

    def _asked(self, host: str) -> Future[list[str]]:
        with self._lock:
            lookup, now = self._known.get(host), self._clock.monotonic()
            if lookup and not self._stale(lookup, now):
                return lookup.addresses
            answer: Future[list[str]] = Future()
            self._known[host] = _Known(answer, now)
        threading.Thread(target=self._run, args=(host, answer), name=f"look up {host}", daemon=True).start()
        return answer

    @staticmethod
    def _stale(lookup: _Known, now: timedelta) -> bool:
        if not lookup.addresses.done():
            return False
        return lookup.addresses.exception() is not None or now - lookup.since > KEPT_FOR

    def _run(self, host: str, answer: Future[list[str]]) -> None:
        try:
            answer.set_result(self._look_up(host))
        except Exception as fault:  # noqa: BLE001 (whoever waits must hear of it)
            answer.set_exception(fault if isinstance(fault, OSError) else OSError("the name can't be looked up"))
