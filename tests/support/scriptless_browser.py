"""A browser without a script, at the application over a world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
from litestar import Litestar
from litestar.testing import TestClient

from domain.consent import Choosing
from domain.ids import OfferId, OwnerId
from domain.tokens import Secret
from entrypoints.settings import Settings
from entrypoints.settings.setting_values import EncryptionKey
from support.world import World

ADDRESS = "http://127.0.0.1:8000"
NORA, THEO = OwnerId("demo-nora"), OwnerId("demo-theo")


@dataclass
class PlainBrowser:
    """One person's browser at the pages, without a script; redirects are looked at, not followed."""

    client: TestClient[Litestar]
    world: World

    def get(self, path: str, **query: str) -> httpx.Response:
        return self.client.get(path, params=query or None, follow_redirects=False)

    def post(self, path: str, *, origin: str | None = ADDRESS, **form: str | Sequence[str]) -> httpx.Response:
        headers = {"Origin": origin} if origin else {}
        return self.client.post(path, data=form, headers=headers, follow_redirects=False)

    def sign_in(self, owner: OwnerId = NORA) -> PlainBrowser:
        assert self.post("/login", user=owner).status_code == 303
        return self

    def page(self) -> str:
        """The platforms page."""
        answer = self.get("/dashboard/platforms")
        assert answer.status_code == 200
        return answer.text

    def offer(self, user: str = "ana", owner: OwnerId = NORA) -> OfferId:
        """A choice that is open, after the user's consent to everything."""
        ending = self.world.consent(user, owner=owner)
        assert isinstance(ending, Choosing)
        return ending.offer

    def accounts(self, user: str = "ana") -> list[str]:
        return [account.advertiser_id for account in self.world.machine.accounts(user)]


def demo_settings(folder: Path, *, address: str = ADDRESS) -> Settings:
    return Settings.for_demo(
        address=address,
        simulator_address="http://127.0.0.1:9000",
        folder=folder,
        encryption_key=EncryptionKey("k1", Secret("00" * 32)),
        session_key=Secret("a session key of these tests, for nothing else"),
        sweep_interval=timedelta(seconds=15),
    )


def app_over(world: World, settings: Settings) -> Litestar:
    """The application with these settings over a world."""
    return world.over(settings).app
