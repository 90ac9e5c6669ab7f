"""The demo and a browser at it, for journeys."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Page, expect

from support import processes, servers

LIFE = 10
"""Seconds that an access token lives: about two renewals fit into one."""


class Demo:
    """`tiktok-connect demo` in a folder, on a port of its own; it can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, servers.free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.simulator = ""

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        arguments = ("demo", "--port", str(self.port), "--access-token-seconds", str(LIFE))
        with processes.running(*arguments, folder=self.folder) as demo:
            demo.says("Ctrl-C")
            self.simulator = next(line.split()[1] for line in demo.told().splitlines() if "simulator " in line).rstrip("/")
            yield
            assert demo.terminate() == 0

    def plan(self, *faults: dict[str, object]) -> None:
        httpx.post(f"{self.simulator}/_sim/faults", json=faults).raise_for_status()

    def faults(self) -> list[str]:
        """The kinds that happened, in order."""
        calls = httpx.get(f"{self.simulator}/_sim/log").json()
        return [call["fault"] for call in calls if call.get("fault")]

    def forget_faults(self) -> None:
        httpx.delete(f"{self.simulator}/_sim/faults").raise_for_status()


def watched(page: Page) -> Callable[[], None]:
    """Look out for errors of scripts and for anything asked of another host; the answer checks that there were none."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: wrong.append(request.url) if urlsplit(request.url).hostname != "127.0.0.1" else None)

    def check() -> None:
        assert not wrong

    return check


def sign_in(page: Page, demo: Demo, name: str) -> None:
    page.goto(demo.address)
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("heading", name="Ad platforms")).to_be_visible()


def consent(page: Page, user: str) -> None:
    page.get_by_role("link", name="Connect", exact=True).click()
    page.get_by_role("link", name=user).click()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("heading", name="Choose accounts")).to_be_visible()
