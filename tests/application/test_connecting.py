from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.memory.store import MemoryStore
from application.begin_connect import MOST_OPEN
from application.connecting.one_use_state import InProgress
from domain.consent import Choosing, Connected, ConsentFailure, Failed
from domain.errors import (
    AccountNotOnOffer,
    BudgetSpent,
    ConnectionNotFound,
    InvalidRequest,
    OfferExpired,
    OfferNotFound,
    OfferUsed,
    StoreUnavailable,
)
from domain.grant_health import Active, Revoked, Superseded
from domain.ids import AdvertiserId, ConnectionId, OfferId, OwnerId
from domain.outcomes import Failure, Misconfigured, Throttled, Unavailable
from domain.tokens import Secret
from support.world import ANNA, BERT, BROWSER, World


class ShuffledIds:
    """Ids in no order, as random ones are."""

    def __init__(self) -> None:
        self.left = ["b", "d", "a", "c"]

    def new(self) -> str:
        return self.left.pop()

    def connection(self) -> str:
        return self.new()


def an_open_choice(world: World) -> OfferId:
    ending = world.consent("ana")
    assert isinstance(ending, Choosing)
    return ending.offer


def ids(world: World, *indices: int, user: str = "ana") -> tuple[AdvertiserId, ...]:
    return tuple(AdvertiserId(world.machine.accounts(user)[i].advertiser_id) for i in indices)


def test_a_single_account_is_connected_at_once() -> None:
    world = World()
    assert world.consent("chloe") == Connected()
    [view] = world.list_connections(ANNA)
    assert (view.connection.advertiser.name, view.connection.advertiser.currency) == ("Chloe's Candles", "EUR")


def test_several_accounts_are_offered_and_the_chosen_ones_share_one_grant() -> None:
    world = World()
    offer = an_open_choice(world)
    made = world.select(ANNA, offer, ids(world, 0, 2))
    assert [c.advertiser.name for c in made] == ["Acme Shoes", "Acme Shoes UK"]
    assert len({world.grant_of(c).id for c in made}) == 1
    assert world.machine.live_refresh_tokens() == 1


def test_accounts_chosen_together_are_listed_in_the_order_in_which_they_were_chosen() -> None:
    world = World()
    offer = an_open_choice(world)
    chosen = list(ids(world, 3, 0, 2, 1))
    made = replace(world.select, ids=ShuffledIds())(ANNA, offer, [*chosen, chosen[0]])
    listed = [view.connection for view in world.list_connections(ANNA)]
    assert [c.advertiser.id for c in listed] == chosen
    assert {c.created_at for c in listed} == {world.clock.now()}
    assert [c.advertiser.id for c in made] == sorted(chosen), "the answer goes by the accounts' ids"


def test_more_accounts_than_one_call_takes_are_all_offered_with_details() -> None:
    world = World()
    ending = world.consent("agency")
    assert isinstance(ending, Choosing)
    offered = world.select.offered(ANNA, ending.offer)
    assert len(offered.selectable) == 120
    assert {a.currency for a in offered.selectable} == {"USD"}


def test_closed_accounts_are_shown_and_cannot_be_chosen() -> None:
    world = World()
    ending = world.consent("ben")
    assert isinstance(ending, Choosing)
    offered = world.select.offered(ANNA, ending.offer)
    assert [a.name for a in offered.unavailable] == ["Bean Street (closed)"]
    with pytest.raises(AccountNotOnOffer):
        world.select(ANNA, ending.offer, ids(world, 3, user="ben"))


def test_accounts_whose_details_are_withheld_can_be_chosen_by_name() -> None:
    world = World()
    world.platform.withheld = True
    ending = world.consent("emma")
    assert isinstance(ending, Choosing)
    assert [a.name for a in world.select.offered(ANNA, ending.offer).selectable] == [
        "Emma Outdoor (closed)",
        "Emma Outdoor (punished)",
    ]


@pytest.mark.parametrize("user", ["dan", "emma"])
def test_no_usable_account_ends_the_consent_and_queues_the_token_for_revocation(user: str) -> None:
    world = World()
    assert world.consent(user) == Failed(ConsentFailure.NO_ADVERTISERS)
    [grant] = world.database.rows.grants.values()
    assert (grant.health, grant.tokens) == (Revoked(), None)
    assert world.revoke() == 1
    assert world.machine.live_refresh_tokens() == 0


def test_the_pair_is_committed_before_any_look_up() -> None:
    world, seen = World(), []
    world.platform.on_reach = lambda: seen.append(len(world.database.rows.grants))
    world.consent("ana")
    assert seen == [1]


def test_the_exchanges_own_list_does_where_the_accounts_cannot_be_looked_up() -> None:
    world = World()
    world.platform.unlisted, world.platform.withheld = Unavailable("away"), True
    ending = world.consent("ana")
    assert isinstance(ending, Choosing)
    assert {a.name for a in world.select.offered(ANNA, ending.offer).selectable} == {*ids(world, 0, 1, 2, 3)}


@pytest.mark.parametrize(
    ("failure", "consent_failure"),
    [
        (Throttled(), ConsentFailure.THROTTLED),
        (Unavailable("x"), ConsentFailure.UNAVAILABLE),
        (Misconfigured("x"), ConsentFailure.MISCONFIGURED),
    ],
)
def test_a_platform_that_will_not_answer_fails_the_consent_kindly(failure: Failure, consent_failure: ConsentFailure) -> None:
    world = World()
    world.platform.away = failure
    assert world.consent("ana") == Failed(consent_failure)
    assert world.database.rows.grants == {}


def test_a_spent_code_fails_the_exchange() -> None:
    world = World()
    code = world.code("ana")
    world.complete(ANNA, BROWSER, state=world.state_of(ANNA), code=code)
    assert world.complete(ANNA, BROWSER, state=world.state_of(ANNA), code=code) == Failed(ConsentFailure.EXCHANGE_FAILED)


def test_no_code_means_not_granted_and_uses_the_state_up() -> None:
    world = World()
    state = world.state_of(ANNA)
    assert world.complete(ANNA, BROWSER, state=state, code=None) == Failed(ConsentFailure.DENIED)
    assert world.complete(ANNA, BROWSER, state=state, code=world.code("ana")) == Failed(ConsentFailure.DENIED)
    assert world.database.rows.grants == {}


@pytest.mark.parametrize(("owner", "browser"), [(BERT, BROWSER), (ANNA, "another-browser")])
def test_a_state_is_worth_nothing_to_another_user_or_browser_and_stays_good_for_its_own(owner: OwnerId, browser: str) -> None:
    world = World()
    state, code = world.state_of(ANNA), world.code("chloe")
    assert world.complete(owner, browser, state=state, code=code) == Failed(ConsentFailure.INVALID_STATE)
    assert world.complete(ANNA, BROWSER, state=state, code=code) == Connected()


def test_a_state_is_good_for_ten_minutes() -> None:
    world = World()
    state = world.state_of(ANNA)
    world.pass_time(minutes=10)
    assert world.complete(ANNA, BROWSER, state=state, code=world.code("ana")) == Failed(ConsentFailure.INVALID_STATE)


def test_an_unknown_state_is_invalid() -> None:
    assert World().complete(ANNA, BROWSER, state="made-up", code=None) == Failed(ConsentFailure.INVALID_STATE)


def test_a_repeat_within_ten_minutes_gets_the_first_answer_without_an_exchange() -> None:
    world = World()
    state, code = world.state_of(ANNA), world.code("ana")
    first = world.complete(ANNA, BROWSER, state=state, code=code)
    assert world.complete(ANNA, BROWSER, state=state, code=code) == first
    assert len(world.database.rows.grants) == 1
    world.pass_time(minutes=10)
    assert world.complete(ANNA, BROWSER, state=state, code=code) == Failed(ConsentFailure.INVALID_STATE)


def test_a_repeat_during_the_exchange_is_told_to_wait() -> None:
    world = World()
    state, code = world.state_of(ANNA), world.code("chloe")
    inside: list[object] = []
    world.platform.on_exchange = lambda: inside.append(world.complete(ANNA, BROWSER, state=state, code=code))
    assert world.complete(ANNA, BROWSER, state=state, code=code) == Connected()
    assert inside == [InProgress()]


def test_a_state_that_came_back_without_a_session_is_used_up() -> None:
    world = World()
    state = world.state_of(ANNA)
    world.container.abandon_consent()(state)
    world.container.abandon_consent()("never heard of")
    assert world.complete(ANNA, BROWSER, state=state, code=world.code("ana")) == Failed(ConsentFailure.INVALID_STATE)


def test_consenting_again_moves_the_connections_under_their_old_ids_and_forgets_the_old_token() -> None:
    world = World()
    before = world.connect("ana", 0, 1)
    old = world.grant_of(before[0])
    assert world.consent("ana", 0, 1) == Connected()
    after = tuple(v.connection for v in world.list_connections(ANNA))
    assert [c.id for c in after] == [c.id for c in before]
    assert world.grant(old.id).health == Superseded()
    assert world.grant_of(after[0]).id != old.id
    assert world.revoke() == 0, "the old token is forgotten, not revoked"


def test_connections_move_at_the_callback_whatever_is_ticked_later() -> None:
    world = World()
    [first, *_] = world.connect("ana", 0)
    old = world.grant_of(first)
    ending = world.consent("ana")
    assert isinstance(ending, Choosing)
    assert world.grant_of(first).id != old.id
    world.select.cancel(ANNA, ending.offer)
    assert world.grant_of(first).health == Active(), "the offer's end leaves a grant alone that a connection points at"


def test_choosing_a_connected_account_gives_its_old_id() -> None:
    world = World()
    [first] = world.connect("ana", 0)
    ending = world.consent("ana")
    assert isinstance(ending, Choosing)
    made = world.select(ANNA, ending.offer, ids(world, 0, 1))
    assert made[0].id == first.id
    assert len(world.list_connections(ANNA)) == 2


def test_an_account_connected_elsewhere_between_offer_and_choice_is_relinked() -> None:
    world = World()
    offer = an_open_choice(world)
    [other] = world.connect("ana", 0)
    [made] = world.select(ANNA, offer, ids(world, 0))
    assert made.id == other.id
    assert len(world.list_connections(ANNA)) == 1


def test_two_owners_may_connect_the_same_account() -> None:
    world = World()
    [annas] = world.connect("chloe")
    [berts] = world.connect("chloe", owner=BERT)
    assert annas.id != berts.id
    assert world.grant_of(annas).health == Active()


def test_a_guarded_reconnect_reaches_its_account_or_moves_nothing() -> None:
    world = World()
    [acme, *_] = world.connect("ana", 0, 1)
    old = world.grant_of(acme).id
    assert world.consent("ben", reconnects=acme.id) == Failed(ConsentFailure.ACCOUNT_MISMATCH)
    assert world.grant_of(acme).id == old
    assert world.revoke() == 1, "the stranger's token is taken back"
    assert world.consent("ana", 0, 1, 2, reconnects=acme.id) == Connected()
    assert world.grant_of(acme).id != old
    assert len(world.list_connections(ANNA)) == 2, "what was not connected before is not connected now"


def test_a_reconnect_of_a_foreign_or_unknown_connection_does_not_begin() -> None:
    world = World()
    [acme] = world.connect("ana", 0)
    for owner, connection in [(BERT, acme.id), (ANNA, ConnectionId("unknown"))]:
        with pytest.raises(ConnectionNotFound):
            world.begin(owner, BROWSER, reconnects=connection)


def test_the_same_choice_twice_is_answered_twice_and_another_is_refused() -> None:
    world = World()
    offer = an_open_choice(world)
    first = world.select(ANNA, offer, ids(world, 0, 1))
    assert world.select(ANNA, offer, ids(world, 1, 0)) == first
    with pytest.raises(OfferUsed):
        world.select(ANNA, offer, ids(world, 0))


def test_a_choice_of_nothing_or_of_anothers_offer_or_too_late_is_refused() -> None:
    world = World()
    offer = an_open_choice(world)
    with pytest.raises(InvalidRequest):
        world.select(ANNA, offer, ())
    for call in (world.select.offered, world.select.cancel):
        with pytest.raises(OfferNotFound):
            call(BERT, offer)
    with pytest.raises(OfferNotFound):
        world.select(BERT, offer, ids(world, 0))
    world.pass_time(minutes=10)
    with pytest.raises(OfferExpired):
        world.select(ANNA, offer, ids(world, 0))
    with pytest.raises(OfferExpired):
        world.select.offered(ANNA, offer)


def test_a_cancelled_offer_takes_its_unused_grant_along() -> None:
    world = World()
    offer = an_open_choice(world)
    assert world.select.cancel(ANNA, offer)
    assert world.select.cancel(ANNA, offer)
    assert world.revoke() == 1
    assert world.machine.live_refresh_tokens() == 0


def test_a_missed_offer_is_cleared_away_and_its_token_revoked() -> None:
    world = World()
    an_open_choice(world)
    assert world.clear_offers() == 0
    world.pass_time(minutes=10)
    assert world.clear_offers() == 1
    assert world.clear_offers() == 0
    assert world.revoke() == 1
    assert world.machine.live_refresh_tokens() == 0


def test_a_long_term_token_that_two_users_share_is_not_revoked_for_one() -> None:
    world = World()
    world.machine.config = world.config.but(profile="long-term")
    [annas] = world.connect("chloe")
    world.connect("chloe", owner=BERT)
    world.disconnect(ANNA, annas.id)
    assert world.revoke() == 1
    assert world.machine.state.counters.revocations == 0


def test_a_database_that_is_away_says_so() -> None:
    world = World()
    world.database.away = True
    with pytest.raises(StoreUnavailable):
        world.state_of(ANNA)


def test_the_offer_lasts_ten_minutes_from_the_exchange() -> None:
    world = World()
    offer = world.select.offered(ANNA, an_open_choice(world))
    assert offer.expires_at - world.clock.now() == timedelta(minutes=10)


@pytest.mark.parametrize("state", ["x", "", "state-99", "s" * 8_000])
def test_a_state_that_nobody_was_given_locks_and_writes_nothing(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.begin(ANNA, BROWSER)
    monkeypatch.setattr(MemoryStore, "write", None)
    assert world.complete(ANNA, BROWSER, state=state, code=Secret("c")) == Failed(ConsentFailure.INVALID_STATE)
    world.container.abandon_consent()(state)


def test_a_consent_whose_code_was_never_sent_is_not_spent() -> None:
    world = World()
    state, code = world.state_of(ANNA), world.code("chloe")
    world.budget.spent = True
    for _ in range(2):
        with pytest.raises(BudgetSpent) as spent:
            world.complete(ANNA, BROWSER, state=state, code=code)
        assert spent.value.retry_after == timedelta(seconds=3)
    world.budget.spent = False
    assert world.complete(ANNA, BROWSER, state=state, code=code) == Connected()
    assert world.complete(ANNA, BROWSER, state=state, code=code) == Connected()
    assert len(world.database.rows.grants) == 1


@pytest.mark.parametrize("stop", [Throttled(), Unavailable("away"), Misconfigured("secret")])
def test_nor_is_one_while_all_calls_are_stopped_though_its_person_is_told_why(stop: Failure) -> None:
    world = World()
    state, code = world.state_of(ANNA), world.code("chloe")
    world.budget.stop = stop
    assert isinstance(world.complete(ANNA, BROWSER, state=state, code=code), Failed)
    world.budget.stop = None
    assert world.complete(ANNA, BROWSER, state=state, code=code) == Connected()


def test_open_consents_of_one_user_are_bounded_and_the_newest_stay() -> None:
    world = World()
    berts = world.state_of(BERT)
    states = []
    for _ in range(MOST_OPEN + 5):
        world.clock.advance(timedelta(seconds=1))
        states.append(world.state_of(ANNA))
    assert len(world.database.rows.consents) == MOST_OPEN + 1
    assert world.complete(ANNA, BROWSER, state=states[0], code=world.code("chloe")) == Failed(ConsentFailure.INVALID_STATE)
    assert world.complete(ANNA, BROWSER, state=states[-1], code=world.code("chloe")) == Connected()
    assert world.complete(BERT, BROWSER, state=berts, code=world.code("ana", 0)) == Connected()
