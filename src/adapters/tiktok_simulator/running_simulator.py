"""A running simulator as a test in the same process has it: its addresses, and `control`, which does what `/_sim` does."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from .advertisers import Advertiser
from .call_log import Call
from .campaigns.planned_campaigns import AccountPlan
from .config import Config
from .consent_request import APPROVE, ConsentRequest, decide
from .planned_answers import PlannedAnswer
from .planned_faults import Fault, FaultKind
from .requests_seen import SeenRequest
from .simulator import API_PREFIX, Simulator
from .token_state_machine import Machine

T = TypeVar("T")
ANSWER_SECONDS: Final = 10  # far more than any of it takes


@dataclass(frozen=True, slots=True)
class Control:
    """What `/_sim` does, for a test in the same process; safe from any thread."""

    simulator: Simulator
    loop: AbstractEventLoop

    def on_loop(self, work: Callable[[], T]) -> T:
        """Run a function on the server's event loop; what it returned."""

        async def run() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(ANSWER_SECONDS)

    def configure(self, **settings: object) -> Config:
        """Change settings, named as Config's fields."""

        def change() -> Config:
            machine = self.simulator.machine
            machine.config = machine.config.but(**settings)
            return machine.config

        return self.on_loop(change)

    def fault(
        self, endpoint: str, kind: FaultKind, *, count: int | None = None, rate: float | None = None, seconds: float | None = None
    ) -> None:
        """Plan a fault: the next one call, unless count or rate says otherwise."""
        fault = Fault(
            endpoint=endpoint, kind=kind, count=1 if count is None and rate is None else count, rate=rate, seconds=seconds
        )
        self.on_loop(lambda: self.simulator.faults.add([fault]))

    def clear_faults(self) -> None:
        """No faults any more."""
        self.on_loop(self.simulator.faults.clear)

    def answer(self, *answers: PlannedAnswer) -> None:
        """Plan answers, verbatim."""
        self.on_loop(lambda: self.simulator.answers.add(list(answers)))

    def clear_answers(self) -> None:
        """No planned answers any more."""
        self.on_loop(self.simulator.answers.clear)

    def treat_oddly(self, *, refused_in_details: Iterable[str] = (), listed_twice: Iterable[str] = ()) -> None:
        """From now on these accounts spoil look-ups of details, or are listed twice."""

        def change() -> None:
            machine = self.simulator.machine
            machine.refused_in_details, machine.listed_twice = frozenset(refused_in_details), frozenset(listed_twice)

        self.on_loop(change)

    def set_campaigns(self, plan: AccountPlan | Mapping[str, object]) -> None:
        """From now on an account's campaigns are these: an AccountPlan, or what `/_sim/campaigns` takes."""
        read = plan if isinstance(plan, AccountPlan) else msgspec.convert(plan, AccountPlan)
        self._change(lambda machine: machine.set_plan(read))

    def set_accounts(self, user: str, advertisers: Sequence[Advertiser]) -> None:
        """From now on these are the user's accounts."""
        self._change(lambda machine: machine.set_accounts(user, advertisers))

    def advance(self, span: timedelta) -> None:
        """Turn the simulator's clock forward."""
        self._change(lambda machine: machine.advance(span))

    def revoke(self, user: str) -> int:
        """The user withdraws every consent at TikTok itself; how many."""
        return self._change(lambda machine: machine.revoke_user(user))

    def grant_code(self, user: str, advertiser_ids: Iterable[str], *, app_id: str | None = None) -> str:
        """A code, without any page."""
        return self._change(lambda machine: machine.grant_code(user, advertiser_ids, app_id=app_id))

    def code(self, user: str, *, app_id: str | None = None) -> str:
        """A code for all accounts of the user, without any page."""
        return self._change(
            lambda machine: machine.grant_code(user, [one.advertiser_id for one in machine.accounts(user)], app_id=app_id)
        )

    def consent(self, address: str, *, user: str, advertiser_ids: Iterable[str] | None = None, decision: str = APPROVE) -> str:
        """What a person's click on the consent page at this address (path ignored) leads to: the address of the app's callback.

        Without advertiser_ids all of the user's accounts are ticked. Raises ConsentRefused where the page would.
        """
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        request = ConsentRequest(query.get("app_id", ""), query.get("redirect_uri", ""), query.get("state"))

        def click(machine: Machine) -> str:
            request.check(machine, self.simulator.redirect_uris)
            ticked = [account.advertiser_id for account in machine.accounts(user)] if advertiser_ids is None else advertiser_ids
            return decide(machine, request, user=user, advertiser_ids=ticked, decision=decision)

        return self._change(click)

    def stats(self) -> dict[str, int]:
        """The counters, under their names in `/_sim/stats`."""
        return self.on_loop(self.simulator.stats)

    def is_live(self, *tokens: str) -> list[bool]:
        """Whether TikTok would accept each token now."""
        return self.on_loop(lambda: [self.simulator.machine.is_live(token) for token in tokens])

    def log(self) -> Sequence[Call]:
        """The calls, oldest first."""
        return self.on_loop(lambda: list(self.simulator.log))

    def requests(self, path: str | None = None, *, method: str | None = None, **body: object) -> Sequence[SeenRequest]:
        """The requests of a path (with its version, or without for any) whose JSON body has these fields, oldest first."""
        return self.on_loop(lambda: self.simulator.requests.matching(path=path, method=method, **body))

    def reset(self) -> None:
        """Everything as at the first start, except the apps; no token of before is known."""
        self.on_loop(self.simulator.reset)

    def _change(self, work: Callable[[Machine], T]) -> T:
        def change() -> T:
            result = work(self.simulator.machine)
            self.simulator.save()
            return result

        return self.on_loop(change)


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    """A simulator that listens. `app_id` and `app_secret` are its first app's."""

    url: str
    app_id: str
    app_secret: str
    control: Control

    @property
    def api_url(self) -> str:
        return self.url + API_PREFIX

    @property
    def auth_url(self) -> str:
        return f"{self.url}/portal/auth"

    @property
    def machine(self) -> Machine:
        """The machine itself. Reading it is fine from any thread; change it through `control`."""
        return self.control.simulator.machine
