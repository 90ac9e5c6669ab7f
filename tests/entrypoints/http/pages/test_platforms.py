import re
from collections.abc import Iterator
from dataclasses import replace as with_changes
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from litestar.testing import TestClient
from msgspec.structs import replace

from adapters.tiktok_simulator.advertisers import Advertiser
from application.ports.spend_store import SpendAccount
from domain.advertiser import Connection
from domain.spend_plan import Purpose
from entrypoints.http.error_codes_and_sentences import ALL, Code
from entrypoints.settings import SpendSettings
from support.scriptless_browser import ADDRESS, NORA, THEO, PlainBrowser, app_over, demo_settings
from support.stored_spend import read_into
from support.world import START, World

DAY = timedelta(days=1)
TODAY = START.date() - DAY
"""In New York, where ana's first account is."""


def test_without_an_account_the_page_says_how_to_begin(nora: PlainBrowser) -> None:
    text = nora.page()
    assert "No account connected yet" in text
    assert re.search(r'href="/api/auth/tiktok">Connect<', text)
    assert text.count("Not available here") == 2


def test_each_connected_account_is_shown_with_what_keeps_it_alive(nora: PlainBrowser, world: World) -> None:
    world.connect("ana", 0, owner=NORA)
    world.pass_time(hours=3)
    text = nora.page()
    for shown in ("Acme Shoes", "7000000000000001000", "USD · America/New York", "Connected", "Connect more accounts"):
        assert shown in text
    assert re.search(r'valid <time datetime="2030-01-02T00:00:00Z" title="[^"]+">21 h</time>', text)
    assert re.search(r">in about \d h</time>", text)
    assert re.search(r'until <time datetime="2031-01-01T00:00:00Z" title="[^"]+">1 Jan 2031</time>', text)


def test_each_renewal_is_counted(nora: PlainBrowser, world: World) -> None:
    world.connect("ana", 0, owner=NORA)
    assert ">not yet</span>" in nora.page()
    for count in ("once", "twice", "3 times"):
        world.pass_time(hours=13)
        world.sweep()
        nora.sign_in()
        assert f">{count}</span>, <time" in nora.page()


def test_what_keeps_a_connection_alive_stands_behind_details(nora: PlainBrowser, world: World) -> None:
    world.connect("ana", 0, owner=NORA)
    before, _, rest = nora.page().partition('<summary aria-label="Details of Acme Shoes">Details</summary>')
    details = rest.partition("</details>")[0]
    for shown in ("Access token", "Next rotation", "Renewed", "Refresh token", "<progress", "Connected"):
        assert shown in details
    assert "Access token" not in before


def spend_of(text: str) -> str:
    """What the page says of the spend of its only account, without its marks."""
    [shown] = re.findall(r'<div id="spend-[^"]+" data-live>(.*?)</div>\s*<div class="folds">', text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", shown).split())


def read_back(world: World, connection: Connection, days: int) -> None:
    """Read from today to so many days back."""
    of = SpendAccount(NORA, connection.advertiser.id)
    read_into(world.container.spend_store(), of, [], at=START, days=[TODAY], back_to=TODAY - (days - 1) * DAY)


def fail(world: World, connection: Connection, why: str) -> None:
    """Its next reading fails, and is tried again after 20 minutes."""
    store = world.container.spend_store()
    claim = store.take(SpendAccount(NORA, connection.advertiser.id), lease=DAY)
    assert claim is not None
    failed = claim.progress.failed(why, START, pause=timedelta(minutes=20))
    assert store.settle(claim, failed, due_at=START, purpose=Purpose.RECENT)


def test_an_account_says_how_far_its_spend_is_read(nora: PlainBrowser, world: World) -> None:
    [shop] = world.connect("ana", 0, owner=NORA)
    assert spend_of(nora.page()) == "Reading spend: 0 of 90 days"
    read_back(world, shop, 34)
    assert spend_of(nora.page()) == "Spend read until yesterday reading: 34 of 90 days"
    assert f'until <time datetime="{TODAY - DAY}">yesterday</time>' in nora.page()
    read_back(world, shop, 90)
    assert spend_of(nora.page()) == "Spend read until yesterday"
    world.pass_time(hours=72)
    assert spend_of(nora.sign_in().page()).startswith("Spend read until 30 Dec 2029")


def test_spend_that_could_not_be_read_is_told_with_its_reason_and_the_next_try(nora: PlainBrowser, world: World) -> None:
    [shop] = world.connect("ana", 0, owner=NORA)
    read_back(world, shop, 90)
    fail(world, shop, "a report took <b>too long</b>")
    text = nora.page()
    told = "Spend could not be read the last time: a report took &lt;b&gt;too long&lt;/b&gt;. It is tried again in about 20 min ."
    assert spend_of(text) == f"Spend read until yesterday {told}"
    assert "Connected" in text


def test_where_a_person_has_to_reconnect_that_alone_is_asked(nora: PlainBrowser, world: World) -> None:
    [shop] = world.connect("ana", 0, owner=NORA)
    read_back(world, shop, 34)
    fail(world, shop, "the connection has to be made again")
    world.machine.revoke_user("ana")
    world.pass_time(hours=13)
    world.sweep()
    world.pass_time(minutes=10)
    world.sweep()
    text = nora.sign_in().page()
    assert "Needs reconnection" in text
    assert spend_of(text) == "Spend read until 30 Dec 2029"


@pytest.fixture
def without_import(world: World, tmp_path: Path) -> Iterator[PlainBrowser]:
    """Nora's browser at a service with SPEND_IMPORT=off."""
    settings = with_changes(demo_settings(tmp_path), spend=SpendSettings(importing=False))
    with TestClient(app_over(world, settings), base_url=ADDRESS) as client:
        yield PlainBrowser(client, world).sign_in()


def test_where_spend_is_not_imported_nothing_is_said_of_it(without_import: PlainBrowser, world: World) -> None:
    [shop] = world.connect("ana", 0, owner=NORA)
    read_back(world, shop, 34)
    assert spend_of(without_import.page()) == ""
    assert "Spend last read" not in without_import.page()


def test_nobody_sees_the_accounts_of_others(nora: PlainBrowser, world: World) -> None:
    world.connect("ben", 0, owner=THEO)
    assert "Bean Street" not in nora.page()


def test_an_account_that_needs_a_person_says_why_and_leads_to_a_guarded_reconnect(nora: PlainBrowser, world: World) -> None:
    [connection] = world.connect("ana", 0, owner=NORA)
    world.machine.revoke_user("ana")
    world.pass_time(hours=13)
    world.sweep()
    world.pass_time(minutes=10)
    world.sweep()
    text = nora.sign_in().page()
    assert "Needs reconnection" in text
    assert f'href="/api/auth/tiktok?connectionId={connection.id}"' in text
    assert "No account connected, 1 needs you" in text
    assert "<progress" not in text


def test_one_click_reconnects_all_accounts_of_a_permission(nora: PlainBrowser, world: World) -> None:
    connections = world.connect("ana", owner=NORA)
    world.connect("chloe", owner=NORA)
    assert re.search(r'class="button main" href="/api/auth/tiktok">Connect more accounts', nora.page())
    world.machine.revoke_user("ana")
    world.pass_time(hours=13)
    world.sweep()
    world.pass_time(minutes=10)
    world.sweep()
    text = nora.sign_in().page()
    assert re.findall(r"Reconnect all (\d+)<", text) == [str(len(connections))]
    [link] = re.findall(r'<a class="button main[^"]*" href="([^"]+)"', text)
    assert link == f"/api/auth/tiktok?connectionId={connections[0].id}"
    assert re.search(r'class="button" href="/api/auth/tiktok">Connect more accounts', text)
    assert text.index("share one permission") < text.index("Chloe")


def test_while_nothing_is_broken_connecting_more_is_the_first_thing_to_do(nora: PlainBrowser, world: World) -> None:
    world.machine.config = replace(world.machine.config, refresh_token_seconds=30 * 86_400)
    world.connect("ana", 0, 1, owner=NORA)
    text = nora.page()
    assert "Reconnect all 2" in text
    assert re.findall(r'<a class="button main[^"]*"[^>]*>([^<]+)', text) == ["Connect more accounts"]


def test_hostile_names_stay_text(nora: PlainBrowser, world: World) -> None:
    name = """<script>alert(1)</script>"'{{7*7}}"""
    world.machine.set_accounts("eve", [Advertiser(advertiser_id="1", name=name, currency="<b>", timezone='"><img src=x>')])
    world.connect("eve", owner=NORA)
    text = nora.page()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;{{7*7}}" in text
    assert "<script>" not in text
    assert "<img src=x" not in text


TURNING = {
    "an override": "Acme \u202eevil shop",
    "isolates": "\u2067Acme\u2068 shop",
    "marks": "Acme\u200f shop\u061c",
    "controls": "Acme\r\nshop\x1b[31m",
    "half a character": "Acme \ud83d shop",
}
"""Names that would turn or break the sentences around them."""


@pytest.mark.parametrize("name", TURNING.values(), ids=TURNING)
def test_no_name_turns_our_sentences_around(nora: PlainBrowser, world: World, name: str) -> None:
    accounts = [Advertiser(advertiser_id=str(n), name=name, currency="\u202eEUR", timezone="\u2066Mars") for n in range(2)]
    world.machine.set_accounts("eve", accounts)
    offered = nora.get("/dashboard/platforms/tiktok/select", pendingTokenId=nora.offer("eve")).text
    world.connect("eve", 0, owner=NORA)
    for text in (offered, nora.page()):
        assert not re.search("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\x1b\r]", text)
        assert re.search(r"<bdi>(<b>)?Acme", text)
        assert "<bdi>EUR · Mars</bdi>" in text


def test_a_name_of_900_000_characters_makes_no_large_page(nora: PlainBrowser, world: World) -> None:
    world.machine.set_accounts("eve", [Advertiser(advertiser_id=str(n), name="X" * 900_000) for n in range(2)])
    offered = nora.get("/dashboard/platforms/tiktok/select", pendingTokenId=nora.offer("eve")).text
    world.connect("eve", 0, owner=NORA)
    assert len(offered) < 8_000
    assert len(nora.page()) < 8_000


@pytest.mark.parametrize("code", ALL, ids=lambda code: code.name)
def test_a_known_code_is_shown_by_its_sentence(nora: PlainBrowser, code: Code) -> None:
    text = nora.get("/dashboard/platforms", code=code.name, error="Call 0900-EVIL now").text
    assert code.sentence.replace("'", "&#39;") in text
    assert "EVIL" not in text


def test_what_an_address_says_is_never_shown(nora: PlainBrowser) -> None:
    text = nora.get("/dashboard/platforms", code="<b>EVIL", error="EVIL", success="EVIL", notice="EVIL", platform="EVIL").text
    assert "EVIL" not in text
    assert not re.search(r'role="\w+">', text)


@pytest.mark.parametrize("code", ["TIKTOK_AUTH_DENIED", "TIKTOK_INVALID_STATE", "UNAVAILABLE"])
def test_what_went_wrong_is_an_alert_and_what_went_well_is_told(nora: PlainBrowser, code: str) -> None:
    assert re.search(r'class="flash bad" role="alert">', nora.get("/dashboard/platforms", code=code).text)
    assert re.search(r'class="flash good" role="status">', nora.get("/dashboard/platforms", notice="cancelled").text)


def test_success_is_announced_while_something_is_connected(nora: PlainBrowser, world: World) -> None:
    [connection] = world.connect("chloe", owner=NORA)
    announced = r'role="status">TikTok Ads is connected'
    assert re.search(announced, nora.get("/dashboard/platforms", success="true", platform="tiktok_ads").text)
    nora.post(f"/dashboard/platforms/{connection.id}/disconnect")
    assert not re.search(announced, nora.get("/dashboard/platforms", success="true", platform="tiktok_ads").text)


def test_a_notice_brings_the_script_that_lets_it_go(nora: PlainBrowser) -> None:
    assert "notices.js" in nora.get("/dashboard/platforms", notice="cancelled").text
    assert "notices.js" not in nora.page()


def test_the_question_before_disconnecting_has_a_way_out_that_needs_no_script(nora: PlainBrowser, world: World) -> None:
    world.connect("chloe", owner=NORA)
    assert re.search(r'<a class="button" href="/dashboard/platforms"[^>]*>Keep it</a>', nora.page())


def test_disconnecting_takes_the_account_and_says_what_became_of_the_permission(nora: PlainBrowser, world: World) -> None:
    first, second = world.connect("ana", 0, 1, owner=NORA)
    assert f'action="/dashboard/platforms/{first.id}/disconnect"' in nora.page()

    answer = nora.post(f"/dashboard/platforms/{first.id}/disconnect")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ADDRESS}/dashboard/platforms?notice=disconnected")
    assert [view.connection.id for view in world.list_connections(NORA)] == [second.id]

    answer = nora.post(f"/dashboard/platforms/{second.id}/disconnect")
    assert answer.headers["location"].endswith("?notice=revoked")
    assert "its tokens are erased" in nora.get("/dashboard/platforms", notice="revoked").text


def test_disconnecting_what_is_gone_or_not_ones_own_or_nothing_leads_to_what_is_there(nora: PlainBrowser, world: World) -> None:
    [foreign] = world.connect("chloe", owner=THEO)
    [gone] = world.connect("chloe", owner=NORA)
    nora.post(f"/dashboard/platforms/{gone.id}/disconnect")
    for unknown in (gone.id, foreign.id, str(uuid4()), "1", "%2e%2e"):
        answer = nora.post(f"/dashboard/platforms/{unknown}/disconnect")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{ADDRESS}/dashboard/platforms?notice=gone")
    assert "was not connected any more" in nora.get("/dashboard/platforms", notice="gone").text
    assert world.list_connections(THEO)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8001", None])
def test_a_form_from_elsewhere_disconnects_nothing(nora: PlainBrowser, world: World, origin: str | None) -> None:
    [connection] = world.connect("chloe", owner=NORA)
    answer = nora.post(f"/dashboard/platforms/{connection.id}/disconnect", origin=origin)
    assert answer.status_code == 403
    assert "This form was refused" in answer.text
    assert world.list_connections(NORA)


def test_pages_are_never_stored_and_hold_nothing_inline(nora: PlainBrowser, world: World) -> None:
    world.connect("ana", 0, owner=NORA)
    answer = nora.get("/dashboard/platforms")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src=)", answer.text)
    assert not re.search(r'(?:src|href|action)="(?!/[^/]|#)', answer.text)


def test_the_style_sheet_may_be_kept_since_its_address_changes_with_it(browser: PlainBrowser) -> None:
    address = re.search(r'href="(/static/connect/pages\.css\?v=\w+)"', browser.get("/login").text)
    assert address
    answer = browser.client.get(address[1])
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
