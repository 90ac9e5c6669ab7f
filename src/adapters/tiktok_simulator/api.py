"""TikTok's endpoints, as the simulator serves them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from litestar import MediaType, Request, Response, Router, get, post
from litestar.status_codes import HTTP_200_OK

from . import replies
from .envelope import envelope
from .replies import Reply, failure
from .simulator import API_PREFIX, Simulator
from .wire_faults import faults_in_front

AnyRequest = Request[Any, Any, Any]
_object: Final = msgspec.json.Decoder(dict[str, Any])
_texts: Final = msgspec.json.Decoder(list[str])


def api_router(simulator: Simulator) -> Router:
    """TikTok's endpoints. Handlers read the wire and leave every decision to the machine; unknown fields are ignored."""
    machine = simulator.machine

    def answer(request: AnyRequest, reply: Reply, shown: str) -> Response[bytes]:
        issued = str(reply["data"].get("access_token", ""))
        fault = request.scope["state"].get("fault")
        endpoint = request.scope["state"]["endpoint"]
        simulator.record(endpoint, reply["code"], shown=shown, token=issued, fault=fault)
        simulator.save()
        return Response(envelope(reply, machine.clock.now()), media_type=MediaType.JSON)

    @post("/oauth2/access_token", status_code=HTTP_200_OK)
    async def exchange(request: AnyRequest) -> Response[bytes]:
        body = await _body(request)
        code = body.get("auth_code", "")
        return answer(request, machine.exchange(body.get("app_id", ""), body.get("secret", ""), code), code)

    @post("/oauth2/refresh_token", status_code=HTTP_200_OK)
    async def refresh(request: AnyRequest) -> Response[bytes]:
        body = await _body(request)
        token, kind = body.get("refresh_token", ""), body.get("grant_type", "")
        return answer(request, machine.refresh(body.get("app_id", ""), body.get("secret", ""), token, kind), token)

    @post("/oauth2/revoke_token", status_code=HTTP_200_OK)
    async def revoke(request: AnyRequest) -> Response[bytes]:
        body = await _body(request)
        token = body.get("access_token", "")
        return answer(request, machine.revoke(body.get("app_id", ""), body.get("secret", ""), token), token)

    @get("/oauth2/advertiser/get")
    async def list_advertisers(request: AnyRequest) -> Response[bytes]:
        query, token = request.query_params, request.headers.get("access-token", "")
        return answer(request, machine.list_advertisers(query.get("app_id", ""), query.get("secret", ""), token), token)

    @get("/advertiser/info")
    async def advertiser_info(request: AnyRequest) -> Response[bytes]:
        token = request.headers.get("access-token", "")
        ids, fields = _list(request, "advertiser_ids"), _list(request, "fields")
        if ids is None or fields is None:
            return answer(
                request, failure(replies.PARAMETER_ERROR, "advertiser_ids and fields must be JSON lists of strings."), token
            )
        return answer(request, machine.advertiser_info(token, ids, fields), token)

    return Router(
        path=API_PREFIX,
        route_handlers=[exchange, refresh, revoke, list_advertisers, advertiser_info],
        middleware=[faults_in_front(simulator)],
    )


async def _body(request: AnyRequest) -> Mapping[str, str]:
    """The texts and numbers of the JSON body, as text. What is no JSON object reads as empty: its parameters are missing."""
    try:
        body = _object.decode(await request.body())
    except ValueError:  # msgspec's errors, and text that is not UTF-8
        return {}
    return {name: str(value) for name, value in body.items() if isinstance(value, str | int)}


def _list(request: AnyRequest, name: str) -> Sequence[str] | None:
    """A JSON list of strings from the query; empty when absent, None when it is something else."""
    try:
        return _texts.decode(request.query_params.get(name, "[]"))
    except ValueError:  # msgspec's errors, and text that is not UTF-8
        return None
