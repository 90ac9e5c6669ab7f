"""The pages in a real browser, on a desk and on a phone, over a world whose time passes when a test says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from adapters.tiktok_simulator.advertisers import Advertiser
from domain.consent import Choosing
from support import servers
from support.application_on_a_socket import served
from support.scriptless_browser import NORA, app_over, demo_settings
from support.world import World

DESK, PHONE = {"width": 1000, "height": 800}, {"width": 360, "height": 700}
SIZES = {
    "desk": (DESK, 100),
    "phone": (PHONE, 100),
    "phone, text at 200 %": (PHONE, 200),
    "narrow": ({"width": 320, "height": 600}, 100),
}
"""Windows, and how large their text is, of 100."""

NAMES = (
    "Acme Shoes Europe",
    "Größte Straßenschuhsonderpostenhandelsgesellschaft",
    "متجر الأحذية",
    "Acme \u202eevil shop",
    "X" * 3000,
)


@dataclass
class Site:
    """The pages, served, and who looks at them."""

    world: World
    address: str
    browser: Browser
    closing: ExitStack
    serving: ExitStack

    def open(self, size: str = "desk") -> Page:
        """Nora's browser, signed in."""
        viewport, text = SIZES[size]
        context = self.closing.enter_context(self.browser.new_context(viewport=viewport))  # type: ignore[arg-type] # a TypedDict
        if text != 100:
            enlarge = f"document.documentElement.style.fontSize = '{text}%'"
            context.add_init_script(f'addEventListener("DOMContentLoaded", () => {{ {enlarge} }})')
        page = context.new_page()
        page.goto(f"{self.address}/login")
        page.get_by_role("button", name="Nora").click()
        expect(page.get_by_role("heading", name="Ad platforms")).to_be_visible()
        return page

    def choice(self, user: str) -> str:
        """The address of a choice among a user's accounts."""
        ending = self.world.consent(user, owner=NORA)
        assert isinstance(ending, Choosing)
        return f"{self.address}/dashboard/platforms/tiktok/select?pendingTokenId={ending.offer}"


@pytest.fixture
def site(chromium: Browser, tmp_path: Path) -> Iterator[Site]:
    world, port = World(), servers.free_port()
    for user, count in (("many", 300), ("several", 6)):
        accounts = [
            Advertiser(advertiser_id=str(7_000_000_000_000_000_000 + n), name=f"{NAMES[n % 5]} {n}") for n in range(count)
        ]
        world.machine.set_accounts(user, accounts)
    address = f"http://127.0.0.1:{port}"
    app = app_over(world, demo_settings(tmp_path, address=address))
    with ExitStack() as serving, ExitStack() as closing:
        serving.enter_context(served(app, port=port))
        yield Site(world, address, chromium, closing, serving)


def withdraw(site: Site, user: str) -> None:
    """The user withdraws the permission at TikTok, and the next rotations meet that."""
    site.world.machine.revoke_user(user)
    for _ in range(3):
        site.world.pass_time(hours=13)
        site.world.sweep()


def look_again(page: Page) -> None:
    """As if the person came back to the page from another tab."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))")


def assert_fits(page: Page) -> None:
    """Nothing is wider than the window, and nothing stands out of what it is in."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    outside = """[...document.querySelectorAll('.button, .tag, .status, h1, h2, h3, .note, dd')].filter((e) => {
      const box = e.getBoundingClientRect();
      return box.width && (box.left < -1 || box.right > innerWidth + 1);
    }).map((e) => e.textContent)"""
    assert page.evaluate(outside) == []


@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_the_window(site: Site, size: str) -> None:
    site.world.connect("several", 0, 1, owner=NORA)
    page = site.open(size)
    assert_fits(page)
    page.get_by_text("Details", exact=True).first.click()
    assert_fits(page)
    page.get_by_text("Disconnect", exact=True).first.click()
    assert_fits(page)
    page.goto(site.choice("several"))
    assert_fits(page)
    page.get_by_role("button", name="Connect the chosen accounts").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_fits(page)
    page.goto(f"{site.address}/nothing")
    expect(page.get_by_text("Signed in as Nora")).to_be_visible()
    assert_fits(page)
    withdraw(site, "several")
    page = site.open(size)
    expect(page.get_by_role("link", name="Reconnect all 2")).to_be_visible()
    assert_fits(page)


def test_already_connected_stands_in_one_line_on_a_phone(site: Site) -> None:
    site.world.connect("several", 0, 1, 2, owner=NORA)
    page = site.open("phone")
    page.goto(site.choice("several"))
    tags = page.get_by_text("Already connected")
    expect(tags).to_have_count(3)
    for tag in tags.all():
        box = tag.bounding_box()
        assert box is not None
        assert box["height"] < 40
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360


@pytest.mark.parametrize("size", SIZES)
def test_the_button_is_in_sight_however_many_accounts_there_are(site: Site, size: str) -> None:
    page = site.open(size)
    page.goto(site.choice("many"))
    button = page.get_by_role("button", name="Connect the chosen accounts")
    page.get_by_role("checkbox", name="Acme Shoes Europe 0").scroll_into_view_if_needed()
    expect(button).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("0 of 300 chosen")).to_be_in_viewport()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight / 2)")
    expect(button).to_be_in_viewport(ratio=1)


def test_searching_choosing_all_and_the_count(site: Site) -> None:
    page = site.open()
    page.goto(site.choice("many"))
    search, chosen = page.get_by_role("searchbox"), page.locator("#count")
    search.fill("nothing like it")
    expect(page.get_by_text("No account matches")).to_be_visible()
    search.fill("GROSSTE strassen")
    expect(page.locator(".choice:visible")).to_have_count(60)
    search.press("Enter")
    expect(page.get_by_role("heading", name="Choose accounts")).to_be_visible()
    page.get_by_label("Select the 60 found").check()
    expect(chosen).to_have_text("60 of 300 chosen")
    search.fill("7000000000000000000")
    expect(page.locator(".choice:visible")).to_have_count(1)
    page.get_by_label("Acme Shoes Europe 0").check()
    expect(chosen).to_have_text("61 of 300 chosen")
    search.fill("")
    page.get_by_label("Select all 300").check()
    expect(chosen).to_have_text("300 of 300 chosen")
    page.get_by_label("Select all 300").uncheck()
    page.get_by_label("Acme Shoes Europe 5", exact=False).first.check()
    expect(chosen).to_have_text("1 of 300 chosen")
    page.get_by_role("button", name="Connect the chosen accounts").click()
    expect(page.get_by_text("1 account connected")).to_be_visible()


def test_an_empty_choice_leaves_a_page_that_can_be_reloaded(site: Site) -> None:
    page = site.open()
    page.goto(site.choice("several"))
    page.get_by_role("button", name="Connect the chosen accounts").click()
    expect(page.get_by_role("alert")).to_have_text("Please choose at least one account.")
    page.goto(page.url)
    expect(page.get_by_role("heading", name="Choose accounts")).to_be_visible()
    page.get_by_label("Acme Shoes Europe").first.check()
    page.get_by_role("button", name="Connect the chosen accounts").click()
    expect(page.get_by_text("1 account connected")).to_be_visible()


def test_escape_closes_the_question_and_stays_where_one_was(site: Site) -> None:
    site.world.connect("several", 0, 1, owner=NORA)
    page = site.open()
    question = page.get_by_label("Disconnect Acme Shoes Europe 0")
    question.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Yes, disconnect it")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Yes, disconnect it")).to_be_hidden()
    expect(question).to_be_focused()
    question.click()
    page.mouse.click(5, 5)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Yes, disconnect it")).to_be_hidden()


def test_details_open_by_keyboard_and_stay_open_while_the_page_is_kept_up_to_date(site: Site) -> None:
    site.world.connect("chloe", owner=NORA)
    page = site.open()
    expect(page.get_by_text("Access token")).to_be_hidden()
    page.get_by_label("Details of Chloe's Candles").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Access token")).to_be_visible()
    site.world.pass_time(hours=11)
    site.world.sweep()
    site.world.pass_time(hours=2)
    site.world.sweep()
    page.context.clear_cookies()
    page.context.add_cookies(site.open().context.cookies())  # type: ignore[arg-type] # the same cookies under another name
    look_again(page)
    expect(page.locator("[data-rotations='1']")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Disconnect Chloe's Candles")).to_be_focused()


def test_the_list_follows_what_happens_elsewhere(site: Site) -> None:
    first, _ = site.world.connect("several", 0, 1, owner=NORA)
    page = site.open()
    elsewhere = site.open()
    elsewhere.get_by_label("Disconnect Acme Shoes Europe 0").click()
    elsewhere.get_by_role("button", name="Yes, disconnect it").click()
    expect(elsewhere.get_by_role("status")).to_be_visible()
    site.world.connect("chloe", owner=NORA)

    look_again(page)
    expect(page.locator(".account h3")).to_have_text([re.compile("Größte"), "Chloe's Candles"])
    expect(page.locator("#summary")).to_have_text("2 accounts connected")
    expect(page.locator(f"[id='{first.id}']")).to_have_count(0)


def test_a_list_that_becomes_empty_says_how_to_begin(site: Site) -> None:
    site.world.connect("chloe", owner=NORA)
    page, elsewhere = site.open(), site.open()
    elsewhere.get_by_text("Disconnect", exact=True).click()
    elsewhere.get_by_role("button", name="Yes, disconnect it").click()
    expect(elsewhere.get_by_text("No account connected yet")).to_be_visible()
    look_again(page)
    expect(page.get_by_text("No account connected yet")).to_be_visible()


def test_what_breaks_comes_to_the_top_by_itself_and_an_open_question_stays(site: Site) -> None:
    site.world.connect("chloe", owner=NORA)
    site.world.connect("several", 0, 1, owner=NORA)
    page = site.open()
    page.get_by_label("Disconnect Chloe's Candles").click()
    site.world.machine.revoke_user("several")
    site.world.pass_time(hours=13)
    site.world.sweep()
    site.world.pass_time(minutes=10)
    site.world.sweep()  # a person is asked at the second refusal
    page.context.clear_cookies()
    other = site.open()
    page.context.add_cookies(other.context.cookies())  # type: ignore[arg-type] # the same cookies under another name
    look_again(page)
    expect(page.get_by_role("link", name="Reconnect all 2")).to_be_visible()
    expect(page.locator("#accounts > li").first).to_have_class("permission")
    expect(page.get_by_role("button", name="Yes, disconnect it")).to_be_visible()


@pytest.mark.parametrize("ended", ["signed out", "signed in as nobody known"])
def test_a_session_that_ended_is_told(site: Site, ended: str) -> None:
    site.world.connect("chloe", owner=NORA)
    page = site.open()
    if ended == "signed out":
        page.context.clear_cookies()
    else:
        site.world.pass_time(hours=1000)
    look_again(page)
    expect(page.get_by_role("alert")).to_contain_text("You are no longer signed in")
    page.get_by_role("link", name="Sign in again").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_service_that_is_away_is_told_until_it_is_back(site: Site) -> None:
    site.world.connect("chloe", owner=NORA)
    page = site.open()
    page.route("**/dashboard/platforms", lambda route: route.abort())
    for _ in range(2):
        look_again(page)
        page.wait_for_timeout(200)
    expect(page.get_by_role("alert")).to_contain_text("can't be reached")
    page.unroute("**/dashboard/platforms")
    look_again(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".account h3")).to_have_text(["Chloe's Candles"])
