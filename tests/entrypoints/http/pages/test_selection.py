import re
from datetime import timedelta
from uuid import uuid4

import pytest

from adapters.tiktok_simulator.advertisers import Advertiser
from support.scriptless_browser import ADDRESS, NORA, THEO, PlainBrowser
from support.world import World

SELECT, CANCEL = "/dashboard/platforms/tiktok/select", "/dashboard/platforms/tiktok/cancel"


def test_every_account_can_be_ticked_and_none_is_beforehand(nora: PlainBrowser) -> None:
    text = nora.get(SELECT, pendingTokenId=nora.offer()).text
    assert re.findall(r'name="accountIds" value="(\d+)"(.*)>', text) == [(account, "") for account in nora.accounts()]
    assert "10 min</time>" in text


def test_a_closed_account_is_shown_with_why_and_can_not_be_ticked(nora: PlainBrowser) -> None:
    text = nora.get(SELECT, pendingTokenId=nora.offer("ben")).text
    assert "Bean Street (closed)" in text
    assert "This account is closed at TikTok." in text
    assert f'value="{nora.accounts("ben")[3]}"' not in text


def test_what_is_connected_already_is_said_to_be(nora: PlainBrowser, world: World) -> None:
    world.connect("ana", 1, owner=NORA)
    text = nora.get(SELECT, pendingTokenId=nora.offer()).text
    assert text.count("Already connected") == 1
    assert len(re.findall('name="accountIds"', text)) == 3


def test_two_of_four_are_connected_and_the_same_choice_again_is_no_error(nora: PlainBrowser, world: World) -> None:
    offer, [first, second, *_] = nora.offer(), nora.accounts()
    for _ in range(2):
        answer = nora.post(SELECT, pendingTokenId=offer, accountIds=[first, second, first])
        assert answer.status_code == 303
        assert answer.headers["location"] == f"{ADDRESS}/dashboard/platforms?success=true&platform=tiktok_ads"
    assert [view.connection.advertiser.id for view in world.list_connections(NORA)] == [first, second]


def test_one_account_is_a_choice_too(nora: PlainBrowser, world: World) -> None:
    assert nora.post(SELECT, pendingTokenId=nora.offer(), accountIds=nora.accounts()[2]).status_code == 303
    assert len(world.list_connections(NORA)) == 1


def test_choosing_nothing_asks_again(nora: PlainBrowser, world: World) -> None:
    answer = nora.post(SELECT, pendingTokenId=nora.offer())
    assert answer.status_code == 400
    assert "Please choose at least one account." in answer.text
    assert answer.text.count('name="accountIds"') == 4
    assert 'role="alert"' in answer.text
    assert not world.list_connections(NORA)


@pytest.mark.parametrize("user", ["ana", "ben"])
def test_a_refused_choice_keeps_an_address_that_can_be_reloaded(nora: PlainBrowser, user: str) -> None:
    offer = nora.offer(user)
    [action] = re.findall(r'id="choose" method="post" action="([^"]+)"', nora.get(SELECT, pendingTokenId=offer).text)
    for ticked in ([], nora.accounts(user)[-1:] if user == "ben" else ["1"]):
        answer = nora.post(action, pendingTokenId=offer, accountIds=ticked)
        assert answer.status_code == 400
        assert nora.client.get(answer.request.url).status_code == 200


def test_all_can_be_ticked_without_a_script(nora: PlainBrowser, world: World) -> None:
    world.connect("ana", 1, owner=NORA)
    text = nora.get(SELECT, pendingTokenId=nora.offer()).text
    [link] = re.findall(r'<noscript><a [^>]*href="([^"]+)">Select all 3</a>', text)
    ticked = nora.client.get(link.replace("&amp;", "&")).text
    assert len(re.findall(r'name="accountIds" value="\d+" checked', ticked)) == 3
    assert "3 of 3 chosen" in ticked


def test_among_many_accounts_one_can_search_and_the_button_is_always_in_sight(nora: PlainBrowser, world: World) -> None:
    world.machine.set_accounts("eve", [Advertiser(advertiser_id=str(n), name=f"Shop {n}") for n in range(300)])
    many, few = (nora.get(SELECT, pendingTokenId=nora.offer(user)).text for user in ("eve", "ana"))
    assert 'type="search"' in many
    assert 'type="search"' not in few
    for text, count in ((many, 300), (few, 4)):
        assert f"0 of {count} chosen" in text
        assert re.search(r'<div class="decide">.*?<button class="button main">', text, re.DOTALL)
    assert len(many) < 120_000


def test_ten_thousand_accounts_can_be_chosen_at_once(nora: PlainBrowser, world: World) -> None:
    accounts = [Advertiser(advertiser_id=str(7_000_000_000_000_000_000 + n), name=f"Shop {n}") for n in range(10_000)]
    world.machine.set_accounts("eve", accounts)
    chosen = [account.advertiser_id for account in accounts]
    assert nora.post(SELECT, pendingTokenId=nora.offer("eve"), accountIds=chosen).status_code == 303
    assert len(world.list_connections(NORA)) == 10_000


def test_choosing_a_closed_account_asks_again_and_keeps_the_ticks(nora: PlainBrowser, world: World) -> None:
    [first, *_, closed] = nora.accounts("ben")
    answer = nora.post(SELECT, pendingTokenId=nora.offer("ben"), accountIds=[first, closed])
    assert answer.status_code == 400
    assert re.findall(r'value="(\d+)" checked', answer.text) == [first]
    assert not world.list_connections(NORA)


def test_back_after_the_choice_and_another_one_both_say_that_it_was_made(nora: PlainBrowser, world: World) -> None:
    offer, [first, second, *_] = nora.offer(), nora.accounts()
    nora.post(SELECT, pendingTokenId=offer, accountIds=[first])
    for answer in (nora.get(SELECT, pendingTokenId=offer), nora.post(SELECT, pendingTokenId=offer, accountIds=[second])):
        assert answer.status_code == 409
        assert "This choice has been made" in answer.text
        assert 'href="/api/auth/tiktok"' in answer.text
    assert len(world.list_connections(NORA)) == 1


def test_the_same_choice_again_is_no_success_once_its_accounts_are_disconnected(nora: PlainBrowser, world: World) -> None:
    offer, [account, *_] = nora.offer(), nora.accounts()
    nora.post(SELECT, pendingTokenId=offer, accountIds=[account])
    assert nora.post(SELECT, pendingTokenId=offer, accountIds=[account]).status_code == 303
    [view] = world.list_connections(NORA)
    nora.post(f"/dashboard/platforms/{view.connection.id}/disconnect")
    answer = nora.post(SELECT, pendingTokenId=offer, accountIds=[account])
    assert answer.status_code == 409
    assert "This choice has been made" in answer.text


def test_after_ten_minutes_the_choice_is_over(nora: PlainBrowser, world: World) -> None:
    offer = nora.offer()
    world.pass_time(minutes=10)
    for answer in (
        nora.get(SELECT, pendingTokenId=offer),
        nora.post(SELECT, pendingTokenId=offer, accountIds=nora.accounts()[:1]),
    ):
        assert answer.status_code == 410
        assert "This choice is over" in answer.text
    assert not world.list_connections(NORA)


def test_an_unknown_choice_and_another_users_look_the_same(nora: PlainBrowser) -> None:
    theirs = nora.offer(owner=THEO)
    pages = []
    for unknown in (theirs, str(uuid4()), "1", "x" * 5000):
        for answer in (
            nora.get(SELECT, pendingTokenId=unknown),
            nora.post(SELECT, pendingTokenId=unknown, accountIds=["1"]),
            nora.post(CANCEL, pendingTokenId=unknown),
        ):
            assert answer.status_code == 404
            pages.append(answer.text)
    assert len(set(pages)) == 1


@pytest.mark.parametrize("path", [SELECT, CANCEL])
def test_a_form_without_a_choice_is_refused_as_incomplete(nora: PlainBrowser, path: str) -> None:
    assert nora.get(SELECT).status_code == 400
    assert nora.post(path).status_code == 400
    assert nora.client.post(path, json={"pendingTokenId": "x"}, headers={"Origin": ADDRESS}).status_code == 400


def test_cancelling_ends_the_choice_and_erases_what_it_held(nora: PlainBrowser, world: World) -> None:
    offer = nora.offer()
    for _ in range(2):
        answer = nora.post(CANCEL, pendingTokenId=offer)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{ADDRESS}/dashboard/platforms?notice=cancelled")
    assert nora.get(SELECT, pendingTokenId=offer).status_code == 410
    assert world.store is not None
    with world.store.read() as work:
        [grant] = work.grants.get([ended.grant for ended in [work.offers.get(offer)] if ended])
    assert grant.erased


def test_cancelling_after_the_choice_undoes_nothing_and_says_so(nora: PlainBrowser, world: World) -> None:
    offer = nora.offer()
    nora.post(SELECT, pendingTokenId=offer, accountIds=nora.accounts()[:1])
    answer = nora.post(CANCEL, pendingTokenId=offer)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ADDRESS}/dashboard/platforms?notice=chosen-before")
    text = nora.get("/dashboard/platforms", notice="chosen-before").text
    assert "Nothing was cancelled" in text
    assert "Nothing was connected" not in text
    assert len(world.list_connections(NORA)) == 1


@pytest.mark.parametrize("path", [SELECT, CANCEL])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_a_form_from_elsewhere_chooses_and_cancels_nothing(nora: PlainBrowser, path: str, origin: str | None) -> None:
    offer = nora.offer()
    answer = nora.post(path, pendingTokenId=offer, accountIds=nora.accounts()[:1], origin=origin)
    assert answer.status_code == 403
    assert nora.get(SELECT, pendingTokenId=offer).status_code == 200


def test_a_form_that_is_too_large_is_refused_with_a_page(nora: PlainBrowser) -> None:
    answer = nora.post(SELECT, pendingTokenId=nora.offer(), accountIds=["9" * 600_000])
    assert answer.status_code == 413
    assert "That is too much at once" in answer.text


def test_all_of_ten_thousand_accounts_can_be_ticked(nora: PlainBrowser) -> None:
    accounts = [Advertiser(advertiser_id=str(7_000_000_000_000_000_000 + n), name="Client") for n in range(10_000)]
    nora.world.machine.set_accounts("agency", accounts)
    answer = nora.post(SELECT, pendingTokenId=nora.offer("agency"), accountIds=nora.accounts("agency"))
    assert answer.status_code == 303
    assert len(nora.world.list_connections(NORA)) == 10_000


def test_who_sends_the_form_too_often_reads_a_page_and_the_choice_stays(nora: PlainBrowser) -> None:
    offer, [first, *_] = nora.offer(), nora.accounts()
    for _ in range(30):
        assert nora.post(SELECT, pendingTokenId=offer).status_code == 400
    answer = nora.post(SELECT, pendingTokenId=offer, accountIds=first)
    assert (answer.status_code, answer.headers["content-type"]) == (429, "text/html; charset=utf-8")
    assert answer.headers["retry-after"] == "1"
    nora.world.clock.advance(timedelta(seconds=1))
    assert nora.post(SELECT, pendingTokenId=offer, accountIds=first).status_code == 303
