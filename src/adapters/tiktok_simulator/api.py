"""TikTok's endpoints, as the simulator serves them: which there are, and what of a call each reads."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import msgspec

from . import replies
from .asgi import HttpCall, HttpReply
from .call_values import text_of, texts_of
from .campaigns.listing import list_adgroups, list_ads, list_campaigns
from .envelope import envelope
from .paging import page_of
from .replies import RefusedCall, Reply, failure, wrong_parameter
from .reports.gmv_max import gmv_max_report, list_stores
from .reports.integrated import Account, Report
from .reports.request import report_request
from .simulator import Simulator
from .token_state_machine import SHORT_TERM_VERSION

VERSIONED: Final = re.compile(r"/open_api/(v\d+\.\d+)(/.*)")
MOST_ACCOUNTS: Final = 5
"""Accounts of one report."""

AS_HTTP: Final = {
    replies.INVALID_ACCESS_TOKEN: HTTPStatus.UNAUTHORIZED,
    replies.AUTH_CODE_ERROR: HTTPStatus.BAD_REQUEST,
}
"""What some deployments see instead of 200."""

_object: Final = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A call of TikTok's API: `values` are the fields of its JSON body, or else of its query."""

    version: str
    values: Mapping[str, Any]
    token: str

    def text(self, name: str) -> str:
        return text_of(self.values, name)

    @property
    def shown(self) -> str:
        """The token or code by which the log tells whose call it is."""
        own = (self.text(name) for name in ("auth_code", "refresh_token", "access_token"))
        return next((text for text in own if text), self.token)


Handler = Callable[[Simulator, ApiCall], Reply]


def answer_call(simulator: Simulator, call: HttpCall, endpoint: str, version: str, fault: str | None) -> tuple[HttpReply, int]:
    """What TikTok answers, and the code in it. Unknown paths and wrong methods have its envelope, too."""
    reply, shown, status = _reply_to(simulator, call, endpoint, version)
    config, now = simulator.machine.config, simulator.machine.clock.now()
    simulator.record(endpoint, reply["code"], shown=shown, token=str(reply["data"].get("access_token", "")), fault=fault)
    simulator.save()
    if config.error_status == "as-http":
        status = AS_HTTP.get(reply["code"], status)
    headers = reply.get("headers", {})
    if "csv" in reply:
        return HttpReply(status, reply["csv"].encode(), "text/csv; charset=utf-8", headers), reply["code"]
    body = envelope(reply, now, message_first=endpoint.startswith("/oauth2/"))
    return HttpReply(status, body, headers=headers), reply["code"]


def _reply_to(simulator: Simulator, call: HttpCall, endpoint: str, version: str) -> tuple[Reply, str, int]:
    if endpoint not in HANDLERS:
        return failure(replies.PATH_NOT_FOUND), "", HTTPStatus.NOT_FOUND
    method, handler = HANDLERS[endpoint]
    if call.method != method:
        return failure(replies.METHOD_NOT_ALLOWED), "", HTTPStatus.METHOD_NOT_ALLOWED
    asked = ApiCall(version, _body(call.body) if method == "POST" else call.query, call.headers.get("access-token", ""))
    try:
        return handler(simulator, asked), asked.shown, HTTPStatus.OK
    except RefusedCall as refused:
        return refused.reply, asked.shown, HTTPStatus.OK


def _body(body: bytes) -> Mapping[str, Any]:
    """What is no JSON object reads as empty: its parameters are missing."""
    try:
        return _object.decode(body)
    except ValueError:  # msgspec's errors, and text that is not UTF-8
        return {}


# ---- tokens


def _exchange(simulator: Simulator, call: ApiCall) -> Reply:
    token_choices = {"is_long_term": False, "return_advertiser_ids": True}
    for name in token_choices:
        value = call.values.get(name)
        if value is None:
            continue
        if not isinstance(value, bool) and float(call.version[1:]) >= SHORT_TERM_VERSION:
            raise wrong_parameter(f"{name}: Not a valid boolean.")
        token_choices[name] = value
    return simulator.machine.exchange(
        call.text("app_id"), call.text("secret"), call.text("auth_code"), version=call.version, **token_choices
    )


def _refresh(simulator: Simulator, call: ApiCall) -> Reply:
    token, kind = call.text("refresh_token"), call.text("grant_type")
    return simulator.machine.refresh(call.text("app_id"), call.text("secret"), token, kind)


def _revoke(simulator: Simulator, call: ApiCall) -> Reply:
    return simulator.machine.revoke(call.text("app_id"), call.text("secret"), call.text("access_token"))


# ---- accounts


def _list_advertisers(simulator: Simulator, call: ApiCall) -> Reply:
    return simulator.machine.list_advertisers(call.text("app_id"), call.text("secret"), call.token)


def _advertiser_info(simulator: Simulator, call: ApiCall) -> Reply:
    ids, fields = texts_of(call.values, "advertiser_ids"), texts_of(call.values, "fields")
    page = page_of(call.values, default=len(ids) or 1) if call.text("page") or call.text("page_size") else None
    return simulator.machine.advertiser_info(call.token, ids, fields, page)


def _user_info(simulator: Simulator, call: ApiCall) -> Reply:
    return simulator.machine.user_info(call.token)


# ---- ads and reports


def _of_account(handle: Callable[[Simulator, Account, ApiCall], Reply]) -> Handler:
    """A call that is about one account within the token's reach."""

    def handler(simulator: Simulator, call: ApiCall) -> Reply:
        [account] = _accounts(simulator, call, [call.text("advertiser_id")])
        return handle(simulator, account, call)

    return handler


def _accounts(simulator: Simulator, call: ApiCall, advertiser_ids: Sequence[str]) -> list[Account]:
    plans = simulator.machine.state.plans
    return [(one, plans.get(one.advertiser_id)) for one in simulator.machine.advertisers(call.token, advertiser_ids)]


def _reported(simulator: Simulator, call: ApiCall) -> list[Account]:
    several = texts_of(call.values, "advertiser_ids")
    if len(several) > MOST_ACCOUNTS:
        raise wrong_parameter(f"advertiser_ids: at most {MOST_ACCOUNTS}.")
    return _accounts(simulator, call, several or [call.text("advertiser_id")])


def _report(simulator: Simulator, call: ApiCall) -> Reply:
    machine, several = simulator.machine, bool(texts_of(call.values, "advertiser_ids"))
    accounts, request, page = _reported(simulator, call), report_request(call.values), page_of(call.values)
    return Report(accounts, request, machine.clock.now(), whole_money=several).page(page, moving=machine.config.moving_rows)


def _create_task(simulator: Simulator, call: ApiCall) -> Reply:
    accounts, request = _reported(simulator, call), report_request(call.values)
    return simulator.tasks.create(accounts, request, simulator.machine.clock.now())


HANDLERS: Final[Mapping[str, tuple[str, Handler]]] = {
    "/oauth2/access_token/": ("POST", _exchange),
    "/oauth2/refresh_token/": ("POST", _refresh),
    "/oauth2/revoke_token/": ("POST", _revoke),
    "/oauth2/advertiser/get/": ("GET", _list_advertisers),
    "/advertiser/info/": ("GET", _advertiser_info),
    "/user/info/": ("GET", _user_info),
    "/campaign/get/": ("GET", _of_account(lambda sim, of, call: list_campaigns(*of, call.values, sim.machine.clock.now()))),
    "/adgroup/get/": ("GET", _of_account(lambda sim, of, call: list_adgroups(*of, call.values, sim.machine.clock.now()))),
    "/ad/get/": ("GET", _of_account(lambda sim, of, call: list_ads(*of, call.values, sim.machine.clock.now()))),
    "/report/integrated/get/": ("GET", _report),
    "/report/task/create/": ("POST", _create_task),
    "/report/task/check/": ("GET", _of_account(lambda sim, of, call: sim.tasks.check(of[0].advertiser_id, call.text("task_id")))),
    "/report/task/download/": (
        "GET",
        _of_account(lambda sim, of, call: sim.tasks.download(of[0].advertiser_id, call.text("task_id"))),
    ),
    "/gmv_max/store/list/": ("GET", _of_account(lambda _, of, __: list_stores(*of))),
    "/gmv_max/report/get/": ("GET", _of_account(lambda sim, of, call: gmv_max_report(*of, call.values, sim.machine.clock.now()))),
}
"""Under any version prefix."""
