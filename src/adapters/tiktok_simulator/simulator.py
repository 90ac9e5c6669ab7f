"""The machine with what surrounds it while it runs as a server."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

import msgspec

from .call_log import Call
from .planned_answers import PlannedAnswers
from .planned_faults import FaultPlan
from .reports.tasks import ReportTasks
from .requests_seen import SeenRequests
from .state_file import StateFile
from .token_minting import fingerprint
from .token_state_machine import Machine

API_PREFIX: Final = "/open_api/v1.3"
CALLS_KEPT: Final = 10_000  # in the log; older ones are forgotten


class Simulator:
    """The machine with what surrounds it while it runs as a server: faults, the log, the file, the calls under way."""

    def __init__(
        self,
        machine: Machine,
        *,
        state_file: StateFile | None = None,
        redirect_uris: Sequence[str] = (),
        control_token: str | None = None,
        fault_seed: int = 0,
    ) -> None:
        self.machine = machine
        self.redirect_uris = tuple(redirect_uris)
        self.control_token = control_token
        self.faults = FaultPlan(fault_seed)
        self.answers = PlannedAnswers()
        self.tasks = ReportTasks()
        self.log: deque[Call] = deque(maxlen=CALLS_KEPT)
        self.requests = SeenRequests()
        self.closing = asyncio.Event()
        """Set when the server stops: nothing waits any longer."""
        self._state_file = state_file
        self._saved_changes = machine.changes
        self._in_flight = 0

    def reset(self) -> None:
        """Everything as at the first start, except the apps."""
        self.machine.reset()
        for forgetful in (self.faults, self.answers, self.tasks, self.log, self.requests):
            forgetful.clear()
        self.save()

    def save(self) -> None:
        """Write what changed to the file, if there is one; done before any answer, so that no answer is ever forgotten."""
        if self._state_file and self._saved_changes != self.machine.changes:
            self._state_file.save(self.machine.state)
            self._saved_changes = self.machine.changes

    def record(self, endpoint: str, code: int | None, *, token: str = "", shown: str = "", fault: str | None = None) -> None:
        """Log a call: the token or code that it showed, and a token that tells whose it is (the same, unless given)."""
        holder = self.machine.holder(token or shown)
        self.log.append(
            Call(
                time=self.machine.clock.now(),
                endpoint=endpoint,
                code=code,
                user=holder.user if holder else None,
                grant=holder.grant if holder else None,
                token=fingerprint(shown) if shown else None,
                fault=fault,
            )
        )

    def stats(self) -> dict[str, int]:
        """The counters under their names on the wire, and how many refresh tokens are alive."""
        return {**msgspec.to_builtins(self.machine.state.counters), "liveRefreshTokens": self.machine.live_refresh_tokens()}

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """A call is under way."""
        self._in_flight += 1
        counters = self.machine.state.counters
        counters.max_in_flight = max(counters.max_in_flight, self._in_flight)
        try:
            yield
        finally:
            self._in_flight -= 1

    async def pause(self, seconds: float) -> None:
        """Wait, but not beyond the end of the server."""
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.closing.wait(), seconds)
