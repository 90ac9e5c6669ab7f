"""The simulator's pages for people: the consent page, and the landing page that explains the simulator."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from msgspec import to_builtins

from .asgi import HTML, HttpCall, HttpReply
from .consent_request import ConsentRefused, ConsentRequest, decide
from .reference import CONTROL, FAULTS, PATHS
from .simulated_users import UnknownAdvertiser, UnknownUser
from .simulator import API_PREFIX, Simulator

if TYPE_CHECKING:
    from jinja2 import Environment

CONSENT_PATHS: Final = frozenset({"/portal/auth", "/marketing_api/auth"})
"""TikTok's consent page, and where older apps find it."""

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}


class Pages:
    """The pages that people see. None needs a script.

    `POST /portal/auth` takes the form fields app_id, redirect_uri, state, user, advertiser_ids (repeated) and
    decision=approve|approve-none|deny, and answers 303 to the redirect URI, so a test can approve without a browser.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._environment: Environment | None = None

    def answer(self, call: HttpCall) -> HttpReply:
        """One page, or the redirect after its form."""
        if call.path == "/":
            return self._landing(call)
        try:
            match call.method:
                case "GET" | "HEAD":
                    return self._ask(call)
                case "POST":
                    return self._decide(call)
                case _:
                    return HttpReply(HTTPStatus.METHOD_NOT_ALLOWED, b"", HTML, {"Allow": "GET, POST"})
        except (ConsentRefused, UnknownUser, UnknownAdvertiser) as error:
            return self._page("refused.html", HTTPStatus.BAD_REQUEST, reason=str(error))

    def _landing(self, call: HttpCall) -> HttpReply:
        machine = self._simulator.machine
        address = f"http://{call.headers.get('host', 'localhost')}"
        return self._page(
            "landing.html", address=address, api=f"{address}{API_PREFIX}", apps=list(machine.apps), users=machine.state.users,
            auth_api=f"{address}/open_api/v2.0", paths=PATHS, faults=FAULTS, control=CONTROL, config=machine.config,
            settings=to_builtins(machine.config), now=machine.clock.now(),
        )  # fmt: skip

    def _ask(self, call: HttpCall) -> HttpReply:
        query, machine = call.query, self._simulator.machine
        consent = ConsentRequest(query.get("app_id", ""), query.get("redirect_uri", ""), query.get("state"))
        consent.check(machine, self._simulator.redirect_uris)
        user = query.get("user") or next(iter(machine.state.users), "")
        return self._page("consent.html", consent=consent, users=machine.state.users, user=user, accounts=machine.accounts(user))

    def _decide(self, call: HttpCall) -> HttpReply:
        form, machine = call.form(), self._simulator.machine
        one = {name: values[0] for name, values in form.items()}
        consent = ConsentRequest(one.get("app_id", ""), one.get("redirect_uri", ""), one.get("state"))
        consent.check(machine, self._simulator.redirect_uris)
        location = decide(
            machine,
            consent,
            user=one.get("user", ""),
            advertiser_ids=form.get("advertiser_ids", []),
            decision=one.get("decision", ""),
        )
        self._simulator.save()
        return HttpReply(HTTPStatus.SEE_OTHER, b"", HTML, {"Location": location, **_HEADERS})

    def _page(self, template: str, status: int = HTTPStatus.OK, **content: object) -> HttpReply:
        if self._environment is None:
            self._environment = _templates()
        return HttpReply(status, self._environment.get_template(template).render(content).encode(), HTML, _HEADERS)


def _templates() -> "Environment":
    from jinja2 import Environment, PackageLoader, select_autoescape  # noqa: PLC0415 - a start without a page does not pay for it

    loader = PackageLoader(__package__ or "")
    return Environment(loader=loader, autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True)
