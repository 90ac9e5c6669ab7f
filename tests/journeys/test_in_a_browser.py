"""The demo as a person meets it: in a real browser, through the simulator's consent page."""

import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from support.demo_in_browser import Demo, consent, sign_in, watched

expect.set_options(timeout=20_000)  # milliseconds; five, the default, are few where a demo and a browser share a busy machine

FAULTY_SECONDS, MANY_FAULTY_SECONDS = 4, 180
"""How long TikTok misbehaves, and in the long form."""

HARMLESS = ("throttle", "unavailable", "http401_throttle", "html504", "timeout_before", "garbage", "misconfigured")
"""Faults after which nothing has changed at TikTok."""

A_FIFTH = 0.2 / len(HARMLESS)
"""The rate of each kind, so that a fifth of all answers are faults."""


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return Demo(tmp_path)


def connections(page: Page, demo: Demo) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = page.request.get(f"{demo.address}/api/platforms").json()["connections"]
    return listed


def renew(page: Page, demo: Demo) -> None:
    """Ask for a rotation now, whatever comes of it."""
    body = {"connectionId": connections(page, demo)[0]["id"]}
    page.request.post(f"{demo.address}/api/auth/tiktok/refresh", data=body, headers={"Origin": demo.address})


def rotated(page: Page, times: int) -> None:
    """Wait until the page, which nobody touches, shows that both accounts' tokens were rotated so often."""
    both = "n => [...document.querySelectorAll('[data-rotations]')].filter(e => e.dataset.rotations >= n).length == 2"
    page.wait_for_function(both, arg=times, timeout=90_000)


@pytest.mark.timeout(150 + MANY_FAULTY_SECONDS)
def test_two_accounts_stay_connected_through_faults_and_a_restart_with_nothing_clicked(
    demo: Demo,
    context: BrowserContext,
    long: bool,
) -> None:
    """Long form: three minutes of faults."""
    page = context.new_page()
    nothing_wrong = watched(page)
    with demo.running():
        sign_in(page, demo, "Nora")
        consent(page, "ana")
        page.get_by_label("Acme Shoes Europe").check()
        page.get_by_label("Acme Shoes Japan").check()
        page.get_by_role("button", name="Connect the chosen accounts").click()
        expect(page.get_by_role("status")).to_contain_text("TikTok Ads is connected")
        expect(page.locator(".account .status")).to_have_text(["Connected", "Connected"])

        rotated(page, 1)
        nothing_wrong()

        demo.plan(*({"endpoint": "*", "kind": kind, "rate": A_FIFTH, "seconds": 1} for kind in HARMLESS))
        until = time.monotonic() + (MANY_FAULTY_SECONDS if long else FAULTY_SECONDS)
        while time.monotonic() < until or not demo.faults():
            renew(page, demo)
            assert [connection["status"] for connection in connections(page, demo)] == ["active", "active"]
        demo.forget_faults()
        before = connections(page, demo)[0]["generation"]

    with demo.running():
        page.goto(f"{demo.address}/dashboard/platforms")
        expect(page.locator(".account h3")).to_have_text(["Acme Shoes Europe", "Acme Shoes Japan"])
        rotated(page, before)
        expect(page.locator(".account .status")).to_have_text(["Connected", "Connected"])


def test_notices_and_questions_go_when_they_are_answered(demo: Demo, context: BrowserContext) -> None:
    page = context.new_page()
    with demo.running():
        sign_in(page, demo, "Nora")
        consent(page, "ana")
        page.get_by_role("button", name="Connect the chosen accounts").click()
        expect(page.get_by_role("alert")).to_have_text("Please choose at least one account.")
        page.get_by_label("Acme Shoes Europe").check()
        expect(page.get_by_role("alert")).to_have_count(0)
        page.get_by_role("button", name="Connect the chosen accounts").click()
        expect(page.get_by_role("status")).to_contain_text("TikTok Ads is connected")
        expect(page).to_have_url(f"{demo.address}/dashboard/platforms")

        page.get_by_label("Disconnect Acme Shoes Europe").click()
        page.get_by_role("link", name="Keep it").click()
        expect(page.get_by_role("link", name="Keep it")).to_be_hidden()
        expect(page.get_by_role("status")).to_be_visible()
        page.reload()
        expect(page.get_by_role("status")).to_have_count(0)


def test_connecting_choosing_and_disconnecting_work_without_a_script(demo: Demo, chromium: Browser) -> None:
    with demo.running(), chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        nothing_wrong = watched(page)
        sign_in(page, demo, "Theo")
        expect(page.get_by_text("No account connected yet")).to_be_visible()

        consent(page, "ben")
        expect(page.get_by_text("This account is closed at TikTok.")).to_be_visible()
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("status")).to_have_text("Nothing was connected.")

        consent(page, "ben")
        page.get_by_label("Bean Street Coffee").check()
        page.get_by_role("button", name="Connect the chosen accounts").click()
        expect(page.locator(".account h3")).to_have_text(["Bean Street Coffee"])
        nothing_wrong()

        page.go_back()
        expect(page.get_by_role("heading", name="This choice has been made")).to_be_visible()
        page.get_by_role("link", name="Back to the platforms").click()

        page.get_by_label("Disconnect Bean Street Coffee").click()
        page.get_by_role("link", name="Keep it").click()
        expect(page.get_by_role("link", name="Keep it")).to_be_hidden()
        page.get_by_label("Disconnect Bean Street Coffee").click()
        page.get_by_role("button", name="Yes, disconnect it").click()
        expect(page.get_by_role("status")).to_contain_text("its tokens are erased")
        expect(page.get_by_text("No account connected yet")).to_be_visible()
