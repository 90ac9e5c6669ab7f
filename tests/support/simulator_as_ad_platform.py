"""The simulator's state machine behind the port `AdPlatform`, in process, with accidents on the way there and back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.tiktok_simulator.replies import Reply
from adapters.tiktok_simulator.token_state_machine import Machine
from domain.advertiser import Advertiser, Standing
from domain.ids import AdvertiserId, AppId
from domain.outcomes import (
    Failure,
    InDoubt,
    Issued,
    Misconfigured,
    NotPermitted,
    OurFault,
    Reason,
    Refused,
    Throttled,
    Unavailable,
    Unread,
)
from domain.tokens import FIRST_VERSION, Lifetimes, Secret

APP = AppId("sim-app")

REFUSALS = {
    40103: Reason.REFRESH_TOKEN_EXPIRED,
    40104: Reason.REFRESH_TOKEN_REFUSED,
    40105: Reason.REFRESH_TOKEN_REFUSED,
    40106: Reason.AUTHORISATION_WITHDRAWN,
    40107: Reason.REFRESH_TOKEN_REFUSED,
    40110: Reason.AUTHORISATION_WITHDRAWN,
}


@dataclass
class SimulatorAsAdPlatform:
    """The simulator's pure machine as an ad platform, with planned accidents on the way there and back."""

    machine: Machine
    secret: str = "sim-secret-not-for-production"
    app: AppId = APP
    refresh_plan: deque[Failure | Unread | str | None] = field(default_factory=deque)
    """What happens to the next refreshes: a failure instead of the call, "lost" (done, the answer lost), None (nothing)."""
    on_refresh: Callable[[], None] = lambda: None
    """Called between the platform's answer and its arrival here: the place for a race."""
    withheld: bool = False
    """Whether account details are refused (the app lacks that scope)."""
    away: Failure | None = None
    unlisted: Failure | tuple[Advertiser, ...] | None = None
    """What a look-up of the reached accounts comes to, if it fails, or lists too few."""
    untold: Failure | None = None
    """What a look-up of details comes to, if it fails."""
    on_exchange: Callable[[], None] = lambda: None
    on_reach: Callable[[], None] = lambda: None
    on_details: Callable[[], None] = lambda: None
    on_revoke: Callable[[], None] = lambda: None
    refreshes: int = 0
    probes: int = 0

    def consent_url(self, state: str) -> str:
        return f"https://platform.invalid/consent?state={state}"

    def exchange(self, code: Secret) -> Issued | Failure:
        self.on_exchange()
        if self.away:
            return self.away
        reply = self.machine.exchange(self.app, self.secret, code.reveal())
        return issued(reply) if reply["code"] == 0 else failure_of(reply["code"])

    def refresh(self, token: Secret, version: str = FIRST_VERSION) -> Issued | Unread | Failure:
        self.refreshes += 1
        planned = self.refresh_plan.popleft() if self.refresh_plan else None
        if self.away:
            return self.away
        if not (planned is None or isinstance(planned, str)):
            return planned
        reply = self.machine.refresh(self.app, self.secret, token.reveal())
        self.on_refresh()
        if planned == "lost":
            return InDoubt("the answer was lost")
        return issued(reply) if reply["code"] == 0 else failure_of(reply["code"])

    def reach(self, access: Secret) -> tuple[Advertiser, ...] | Failure:
        self.probes += 1
        self.on_reach()
        if self.away or self.unlisted is not None:
            return self.away or self.unlisted or ()
        reply = self.machine.list_advertisers(self.app, self.secret, access.reveal())
        if reply["code"]:
            return access_failure_of(reply["code"])
        listed = reply["data"]["list"]
        assert isinstance(listed, list)
        return tuple(Advertiser(AdvertiserId(a["advertiser_id"]), a["advertiser_name"]) for a in listed)

    def details(self, access: Secret, advertisers: tuple[AdvertiserId, ...]) -> tuple[Advertiser, ...] | Failure:
        self.on_details()
        if failure := NotPermitted(40001) if self.withheld else self.untold:
            return failure
        if not advertisers:
            return ()
        reply = self.machine.advertiser_info(access.reveal(), advertisers)
        if reply["code"]:
            return access_failure_of(reply["code"])
        listed = reply["data"]["list"]
        assert isinstance(listed, list)
        return tuple(
            Advertiser(
                AdvertiserId(a["advertiser_id"]),
                a["name"],
                a["currency"],
                a["display_timezone"],
                a["status"],
                Standing.OPEN if a["status"] == "STATUS_ENABLE" else Standing.CLOSED,
            )
            for a in listed
        )

    def revoke(self, access: Secret) -> Failure | None:
        self.on_revoke()
        if self.away:
            return self.away
        reply = self.machine.revoke(self.app, self.secret, access.reveal())
        return None if reply["code"] in {0, 40102, 40105} else access_failure_of(reply["code"])


def issued(reply: Reply) -> Issued:
    """The tokens of a reply."""
    data = reply["data"]
    refresh = data.get("refresh_token")
    spans = [data.get("access_token_expire_in"), data.get("refresh_token_expire_in")]
    access_life, refresh_life = (timedelta(seconds=s) if isinstance(s, int) else None for s in spans)
    ids = data.get("advertiser_ids", [])
    assert isinstance(ids, list)
    return Issued(
        Secret(str(data["access_token"])),
        Secret(str(refresh)) if refresh else None,
        Lifetimes(access_life, refresh_life),
        tuple(AdvertiserId(a) for a in ids),
    )


def failure_of(code: int) -> Failure:
    """TikTok's code on an exchange or a refresh, said for these tests once more, apart from the client."""
    if code in REFUSALS:
        return Refused(REFUSALS[code], code)
    known: dict[int, Failure] = {40100: Throttled(), 40101: Misconfigured("secret"), 40002: OurFault(code)}
    return known.get(code, Unavailable(str(code)))


def access_failure_of(code: int) -> Failure:
    """TikTok's code on a call with an access token."""
    if code in {40102, 40105}:
        return Refused(Reason.ACCESS_TOKEN_REFUSED, code)
    if code == 40001:
        return NotPermitted(code)
    return failure_of(code)
