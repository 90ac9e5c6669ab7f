"""The simulator's pages for people."""

from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from litestar import MediaType, Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER, HTTP_400_BAD_REQUEST

from .consent import ConsentRefused, ConsentRequest, decide
from .faults import ENDPOINTS
from .machine import UnknownAdvertiser, UnknownUser
from .simulator import API_PREFIX, Simulator

AnyRequest = Request[Any, Any, Any]
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}


def page_handlers(simulator: Simulator) -> list[HTTPRouteHandler]:
    """The pages that people see. None needs a script.

    `POST /portal/auth` takes the form fields app_id, redirect_uri, state, user, advertiser_ids (repeated) and
    decision=approve|approve-none|deny, and answers 303 to the redirect URI, so a test can approve without a browser.
    """
    environment = Environment(
        loader=PackageLoader(__package__ or ""), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
    )
    machine = simulator.machine

    def page(template: str, status: int = HTTP_200_OK, **content: object) -> Response[str]:
        return Response(
            environment.get_template(template).render(content), status_code=status, media_type=MediaType.HTML, headers=_HEADERS
        )

    def refused(_: AnyRequest, error: Exception) -> Response[str]:
        return page("refused.html", HTTP_400_BAD_REQUEST, reason=str(error))

    @get("/")
    async def landing(request: AnyRequest) -> Response[str]:
        address = f"{request.base_url}".rstrip("/")
        return page(
            "landing.html", address=address, api=f"{address}{API_PREFIX}", apps=list(machine.apps), users=machine.state.users,
            endpoints=sorted(ENDPOINTS), config=machine.config, now=machine.clock.now(),
        )  # fmt: skip

    @get("/portal/auth", exception_handlers={ConsentRefused: refused, UnknownUser: refused})
    async def ask(request: AnyRequest) -> Response[str]:
        query = request.query_params
        consent = ConsentRequest(query.get("app_id", ""), query.get("redirect_uri", ""), query.get("state"))
        consent.check(machine, simulator.redirect_uris)
        user = query.get("user") or next(iter(machine.state.users), "")
        return page("consent.html", consent=consent, users=machine.state.users, user=user, accounts=machine.accounts(user))

    @post(
        "/portal/auth",
        status_code=HTTP_303_SEE_OTHER,
        exception_handlers={ConsentRefused: refused, UnknownUser: refused, UnknownAdvertiser: refused},
    )
    async def answer(request: AnyRequest) -> Response[str]:
        form = await request.form()
        consent = ConsentRequest(str(form.get("app_id", "")), str(form.get("redirect_uri", "")), form.get("state"))
        consent.check(machine, simulator.redirect_uris)
        location = decide(
            machine,
            consent,
            user=str(form.get("user", "")),
            advertiser_ids=[str(advertiser_id) for advertiser_id in form.getall("advertiser_ids", [])],
            decision=str(form.get("decision", "")),
        )
        simulator.save()
        return Response("", media_type=MediaType.TEXT, status_code=HTTP_303_SEE_OTHER, headers={"Location": location, **_HEADERS})

    return [landing, ask, answer]
