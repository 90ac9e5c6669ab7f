"""The control API, `/_sim`: requests by which a test over HTTP controls the simulator."""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from hmac import compare_digest
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from .advertisers import Advertiser
from .asgi import HttpCall, HttpReply, json_reply
from .campaigns.planned_campaigns import AccountPlan
from .planned_answers import PlannedAnswer
from .planned_faults import Fault
from .planned_queue import PlannedQueue
from .simulator import Simulator

T = TypeVar("T")
P = TypeVar("P", bound=msgspec.Struct)
PREFIX: Final = "/_sim/"
_CORS: Final = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


class Accounts(msgspec.Struct, forbid_unknown_fields=True):
    """From now on these are the user's advertiser accounts."""

    user: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    advertisers: list[Advertiser]


class OddAdvertisers(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Accounts that the API treats oddly from now on; what is left out stays."""

    refused_in_details: list[str] | msgspec.UnsetType = msgspec.UNSET
    listed_twice: list[str] | msgspec.UnsetType = msgspec.UNSET


class Advance(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Turn the clock forward."""

    advance_seconds: Annotated[float, msgspec.Meta(ge=0, le=315_360_000)]

    @property
    def span(self) -> timedelta:
        return timedelta(seconds=self.advance_seconds)


class ConsentWithoutPage(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The user approves an app: the first one unless named, for all accounts unless named."""

    user: str
    advertiser_ids: list[str] | None = None
    app_id: str | None = None


class Revoke(msgspec.Struct, forbid_unknown_fields=True):
    """The user withdraws every consent at TikTok itself."""

    user: str


class ControlDoor:
    """`/_sim`: what a test or a demo does to the simulated TikTok. Bad input: 400 with a sentence under `error`.

    A page in a browser may call it from loopback addresses, or, with a control token, from anywhere.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._routes: Mapping[str, Mapping[str, Callable[[HttpCall], object]]] = {
            "config": {"GET": self._config, "POST": self._configure},
            "faults": plan_of(simulator.faults, list[Fault]),
            "answers": plan_of(simulator.answers, list[PlannedAnswer]),
            "accounts": {"GET": self._accounts, "POST": self._set_accounts},
            "advertisers": {"GET": self._odd_advertisers, "POST": self._set_odd_advertisers},
            "campaigns": {"GET": self._campaigns, "POST": self._set_campaigns},
            "clock": {"GET": self._clock, "POST": self._advance},
            "code": {"POST": self._code},
            "requests": {"GET": self._requests, "DELETE": self._clear_requests},
            "stats": {"GET": self._stats},
            "log": {"GET": self._log},
            "is-live": {"POST": self._is_live},
            "revoke": {"POST": self._revoke},
            "reset": {"POST": self._reset},
        }

    @property
    def paths(self) -> Sequence[str]:
        """What there is below `/_sim/`."""
        return list(self._routes)

    def answer(self, call: HttpCall) -> HttpReply:
        """One call of the control API."""
        origin = call.headers.get("origin")
        if origin is not None and not (self._simulator.control_token or _is_loopback(origin)):
            return json_reply({"error": "Pages of other hosts need a control token."}, HTTPStatus.FORBIDDEN)
        allowed = {} if origin is None else {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
        if call.method == "OPTIONS":
            return HttpReply(HTTPStatus.NO_CONTENT, b"", headers={**allowed, **_CORS})
        reply = self._answer(call)
        return HttpReply(reply.status, reply.body, reply.content_type, allowed)

    def _answer(self, call: HttpCall) -> HttpReply:
        token = self._simulator.control_token
        shown = call.headers.get("authorization", "")
        if token and not compare_digest(shown.encode("latin-1", "replace"), f"Bearer {token}".encode()):
            return json_reply({"error": "The control API needs the control token as a bearer token."}, HTTPStatus.UNAUTHORIZED)
        methods = self._routes.get(call.path.removeprefix(PREFIX).rstrip("/"))
        if methods is None:
            paths = ", ".join(f"{PREFIX}{name}" for name in self._routes)
            return json_reply({"error": f"There is no {call.path}; there are {paths}."}, HTTPStatus.NOT_FOUND)
        if call.method not in methods:
            return json_reply({"error": f"{call.path} takes {', '.join(methods)}."}, HTTPStatus.METHOD_NOT_ALLOWED)
        try:
            return json_reply(methods[call.method](call))
        except ValueError as error:  # msgspec's errors too
            return json_reply({"error": f"{str(error).rstrip('.')}."}, HTTPStatus.BAD_REQUEST)

    # ---- behaviour

    def _config(self, _: HttpCall) -> object:
        return self._simulator.machine.config

    def _configure(self, call: HttpCall) -> object:
        machine = self._simulator.machine
        machine.config = machine.config.changed(_read(call, dict[str, Any]))
        return machine.config

    # ---- people, accounts, ads

    def _accounts(self, _: HttpCall) -> object:
        return self._simulator.machine.state.users

    def _set_accounts(self, call: HttpCall) -> object:
        accounts = _read(call, Accounts)
        self._simulator.machine.set_accounts(accounts.user, accounts.advertisers)
        self._simulator.save()
        return accounts

    def _odd_advertisers(self, _: HttpCall) -> object:
        machine = self._simulator.machine
        return OddAdvertisers(sorted(machine.refused_in_details), sorted(machine.listed_twice))

    def _set_odd_advertisers(self, call: HttpCall) -> object:
        odd, machine = _read(call, OddAdvertisers), self._simulator.machine
        if odd.refused_in_details is not msgspec.UNSET:
            machine.refused_in_details = frozenset(odd.refused_in_details)
        if odd.listed_twice is not msgspec.UNSET:
            machine.listed_twice = frozenset(odd.listed_twice)
        return self._odd_advertisers(call)

    def _campaigns(self, _: HttpCall) -> object:
        return list(self._simulator.machine.state.plans.values())

    def _set_campaigns(self, call: HttpCall) -> object:
        plan = _read(call, AccountPlan)
        self._simulator.machine.set_plan(plan)
        self._simulator.save()
        return plan

    def _code(self, call: HttpCall) -> object:
        consent, machine = _read(call, ConsentWithoutPage), self._simulator.machine
        if consent.app_id is not None and consent.app_id not in machine.apps:
            raise ValueError(f"There is no app {consent.app_id}")
        ids = consent.advertiser_ids
        everything = [account.advertiser_id for account in machine.accounts(consent.user)]
        code = machine.grant_code(consent.user, everything if ids is None else ids, app_id=consent.app_id)
        self._simulator.save()
        return {"authCode": code}

    def _revoke(self, call: HttpCall) -> object:
        revoked = self._simulator.machine.revoke_user(_read(call, Revoke).user)
        self._simulator.save()
        return {"revoked": revoked}

    # ---- time and what happened

    def _clock(self, _: HttpCall) -> object:
        return {"now": self._simulator.machine.clock.now()}

    def _advance(self, call: HttpCall) -> object:
        self._simulator.machine.advance(_read(call, Advance).span)
        self._simulator.save()
        return self._clock(call)

    def _stats(self, _: HttpCall) -> object:
        return self._simulator.stats()

    def _log(self, _: HttpCall) -> object:
        return list(self._simulator.log)

    def _requests(self, call: HttpCall) -> object:
        return self._simulator.requests.matching(path=call.query.get("path"), method=call.query.get("method"))

    def _clear_requests(self, _: HttpCall) -> object:
        self._simulator.requests.clear()
        return []

    def _is_live(self, call: HttpCall) -> object:
        return [self._simulator.machine.is_live(token) for token in _read(call, list[str])]

    def _reset(self, _: HttpCall) -> object:
        self._simulator.reset()
        return {"reset": True}


def plan_of(plan: PlannedQueue[P], shape: type[list[P]]) -> Mapping[str, Callable[[HttpCall], object]]:
    """What may be done with a plan, by method; each answers with what is left of it."""

    def add(call: HttpCall) -> object:
        plan.add(_read(call, shape))
        return plan.planned()

    def clear(_: HttpCall) -> object:
        plan.clear()
        return plan.planned()

    return {"GET": lambda _: plan.planned(), "POST": add, "DELETE": clear}


def _read(call: HttpCall, shape: type[T]) -> T:
    return msgspec.json.decode(call.body, type=shape)


def _is_loopback(origin: str) -> bool:
    host = urlsplit(origin).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
