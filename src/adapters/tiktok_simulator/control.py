"""The control API, `/_sim`."""

from datetime import timedelta
from hmac import compare_digest
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import MediaType, Request, Response, Router, delete, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.status_codes import HTTP_200_OK, HTTP_400_BAD_REQUEST, HTTP_401_UNAUTHORIZED

from .advertisers import Advertiser
from .faults import Fault
from .planned_answers import PlannedAnswer
from .simulator import Simulator

AnyRequest = Request[Any, Any, Any]
T = TypeVar("T")


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


class Revoke(msgspec.Struct, forbid_unknown_fields=True):
    """The user withdraws every consent at TikTok itself."""

    user: str


def control_router(simulator: Simulator) -> Router:  # noqa: C901 - a list of routes, each a few lines
    """`/_sim`: what a test or a demo does to the simulated TikTok. Bad input: 400 with a sentence under `error`."""
    machine = simulator.machine

    @get("/config")
    async def show_config() -> Response[bytes]:
        return _json(machine.config)

    @post("/config", status_code=HTTP_200_OK)
    async def change_config(request: AnyRequest) -> Response[bytes]:
        machine.config = machine.config.changed(await _read(request, dict[str, Any]))
        return _json(machine.config)

    @get("/faults")
    async def show_faults() -> Response[bytes]:
        return _json(simulator.faults.planned())

    @post("/faults", status_code=HTTP_200_OK)
    async def add_faults(request: AnyRequest) -> Response[bytes]:
        simulator.faults.add(await _read(request, list[Fault]))
        return _json(simulator.faults.planned())

    @delete("/faults", status_code=HTTP_200_OK)
    async def clear_faults() -> Response[bytes]:
        simulator.faults.clear()
        return _json([])

    @get("/answers")
    async def show_answers() -> Response[bytes]:
        return _json(simulator.answers.planned())

    @post("/answers", status_code=HTTP_200_OK)
    async def add_answers(request: AnyRequest) -> Response[bytes]:
        simulator.answers.add(await _read(request, list[PlannedAnswer]))
        return _json(simulator.answers.planned())

    @delete("/answers", status_code=HTTP_200_OK)
    async def clear_answers() -> Response[bytes]:
        simulator.answers.clear()
        return _json([])

    @post("/advertisers", status_code=HTTP_200_OK)
    async def set_odd_advertisers(request: AnyRequest) -> Response[bytes]:
        odd = await _read(request, OddAdvertisers)
        if odd.refused_in_details is not msgspec.UNSET:
            machine.refused_in_details = frozenset(odd.refused_in_details)
        if odd.listed_twice is not msgspec.UNSET:
            machine.listed_twice = frozenset(odd.listed_twice)
        shown = OddAdvertisers(sorted(machine.refused_in_details), sorted(machine.listed_twice))
        return _json(shown)

    @get("/accounts")
    async def show_accounts() -> Response[bytes]:
        return _json(machine.state.users)

    @post("/accounts", status_code=HTTP_200_OK)
    async def set_accounts(request: AnyRequest) -> Response[bytes]:
        accounts = await _read(request, Accounts)
        machine.set_accounts(accounts.user, accounts.advertisers)
        simulator.save()
        return _json(accounts)

    @post("/clock", status_code=HTTP_200_OK)
    async def advance(request: AnyRequest) -> Response[bytes]:
        machine.advance((await _read(request, Advance)).span)
        simulator.save()
        return _json({"now": machine.clock.now()})

    @get("/stats")
    async def show_stats() -> Response[bytes]:
        return _json(simulator.stats())

    @post("/is-live", status_code=HTTP_200_OK)
    async def is_live(request: AnyRequest) -> Response[bytes]:
        return _json([machine.is_live(token) for token in await _read(request, list[str])])

    @post("/revoke", status_code=HTTP_200_OK)
    async def revoke(request: AnyRequest) -> Response[bytes]:
        revoked = machine.revoke_user((await _read(request, Revoke)).user)
        simulator.save()
        return _json({"revoked": revoked})

    @get("/log")
    async def show_log() -> Response[bytes]:
        return _json(simulator.log.calls())

    def demand_control_token(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        expected = f"Bearer {simulator.control_token}".encode()
        if simulator.control_token and not compare_digest(connection.headers.get("authorization", "").encode(), expected):
            raise NotAuthorizedException

    return Router(
        path="/_sim",
        route_handlers=[
            show_config,
            change_config,
            show_faults,
            add_faults,
            clear_faults,
            show_answers,
            add_answers,
            clear_answers,
            set_odd_advertisers,
            show_accounts,
            set_accounts,
            advance,
            show_stats,
            is_live,
            revoke,
            show_log,
        ],
        guards=[demand_control_token],
        exception_handlers={ValueError: _bad_input, NotAuthorizedException: _unauthorised},
    )


async def _read(request: AnyRequest, shape: type[T]) -> T:
    return msgspec.json.decode(await request.body(), type=shape)


def _json(content: object, status: int = HTTP_200_OK) -> Response[bytes]:
    return Response(msgspec.json.encode(content), status_code=status, media_type=MediaType.JSON)


def _bad_input(_: AnyRequest, error: Exception) -> Response[bytes]:
    return _json({"error": f"{str(error).rstrip('.')}."}, HTTP_400_BAD_REQUEST)


def _unauthorised(_: AnyRequest, __: Exception) -> Response[bytes]:
    return _json({"error": "The control API needs the control token as a bearer token."}, HTTP_401_UNAUTHORIZED)
