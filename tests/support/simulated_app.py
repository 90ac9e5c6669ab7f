"""A developer's app of the tests: against the simulator without HTTP, or over the wire."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from adapters.tiktok_simulator.clock import StandingClock
from adapters.tiktok_simulator.config import Config
from adapters.tiktok_simulator.replies import Reply
from adapters.tiktok_simulator.running_simulator import RunningSimulator
from adapters.tiktok_simulator.state import SimulatorState
from adapters.tiktok_simulator.token_state_machine import Machine

APP = "sim-app"
SECRET = "sim-secret-not-for-production"


@dataclass
class SimulatedApp:
    """A developer's app that calls the machine without HTTP; each call returns TikTok's code, `data` is the last reply's."""

    machine: Machine
    data: Mapping[str, Any] = field(default_factory=dict)

    def connect(self, user: str = "ana", *, of: int | None = None) -> Mapping[str, Any]:
        ids = [account.advertiser_id for account in self.machine.accounts(user)][:of]
        assert self.exchange(self.machine.grant_code(user, ids)) == 0
        return self.data

    def exchange(self, code: str) -> int:
        return self._took(self.machine.exchange(APP, SECRET, code))

    def refresh(self, token: str) -> int:
        return self._took(self.machine.refresh(APP, SECRET, token))

    def revoke(self, token: str) -> int:
        return self._took(self.machine.revoke(APP, SECRET, token))

    def advertisers(self, token: str) -> int:
        return self._took(self.machine.list_advertisers(APP, SECRET, token))

    def info(self, token: str, *ids: str, fields: tuple[str, ...] = ()) -> int:
        return self._took(self.machine.advertiser_info(token, ids, fields))

    def wait(self, **span: float) -> None:
        self.machine.advance(timedelta(**span))

    def _took(self, reply: Reply) -> int:
        self.data = reply["data"]
        return reply["code"]


def an_app(**settings: object) -> SimulatedApp:
    """An app at a TikTok in simulated time, which begins in 2030."""
    clock = StandingClock(datetime(2030, 1, 1, tzinfo=UTC))
    return SimulatedApp(Machine(clock=clock, config=Config().but(**settings), state=SimulatorState(seed="00" * 16)))


class WireApp:
    """A developer's app that calls a running simulator over a real socket."""

    def __init__(self, tiktok: RunningSimulator, client: httpx.Client) -> None:
        self.tiktok = tiktok
        self.client = client

    @property
    def keys(self) -> dict[str, str]:
        return {"app_id": self.tiktok.app_id, "secret": self.tiktok.app_secret}

    def connect(self, user: str = "ana") -> dict[str, Any]:
        ids = [account.advertiser_id for account in self.tiktok.machine.accounts(user)]
        return self.data("/oauth2/access_token/", auth_code=self.tiktok.control.grant_code(user, ids))

    def post(self, endpoint: str, **body: object) -> httpx.Response:
        return self.client.post(self.tiktok.api_url + endpoint, json={**self.keys, **body})

    def ads(self, endpoint: str, token: str, **query: object) -> httpx.Response:
        """A call with a token, at v1.3; lists and objects go as JSON text."""
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in query.items()}
        return self.client.get(self.tiktok.api_url + endpoint, params=texts, headers={"Access-Token": token})

    def refresh(self, token: str) -> httpx.Response:
        return self.post("/oauth2/refresh_token/", refresh_token=token, grant_type="refresh_token")

    def data(self, endpoint: str, **body: object) -> dict[str, Any]:
        envelope = self.post(endpoint, **body).json()
        assert envelope["code"] == 0, envelope
        data: dict[str, Any] = envelope["data"]
        return data

    def sim(self, path: str, content: object = None) -> httpx.Response:
        address = f"{self.tiktok.url}/_sim/{path}"
        return self.client.get(address) if content is None else self.client.post(address, json=content)
