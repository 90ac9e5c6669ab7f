"""During a rolling upgrade a newer version writes rows that this one has no word for: it goes on, and leaves them as they are."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import column, table, text, update

from adapters.sql.claims_and_settlements import SqlClaims
from adapters.sql.database import Database
from adapters.sql.database_identity import SqlIdentityRecord
from adapters.sql.fleet import SqlFleet
from adapters.sql.store import SqlStore
from application.ports.claims_and_settlements import Due
from domain.advertiser import Standing
from domain.consent import Connected, ConsentFailure, Ending, Failed
from domain.errors import StoreUnavailable
from domain.grant import Grant
from domain.grant_health import Degraded, NeedsReauth
from domain.ids import GrantId, OfferId
from domain.offer import Offer
from domain.outcomes import Failure, InDoubt, Reason, Refused, Throttled
from support.builders import ANNA, APP, HOUR, MINUTE, START, a_consent, a_due_grant, a_grant, an_advertiser
from support.world import CountedIds, SimulatedClock

NAME = GrantId("grant-1")


def add(database: Database, grant: Grant | None = None) -> None:
    with SqlStore(database).write() as work:
        work.grants.add(grant or a_due_grant(NAME))
        work.commit()


def a_newer_version_writes(database: Database, **values: str | None) -> None:
    with database.writing() as connection:
        untyped = table("grants", *map(column, values))
        connection.execute(update(untyped).values(values))
        connection.commit()


def read(database: Database) -> Grant:
    with SqlStore(database).read() as work:
        [grant] = work.grants.get([NAME])
    return grant


def claimed(database: Database) -> list[GrantId]:
    claims = SqlClaims(database, host="here", ids=CountedIds(), clock=SimulatedClock())
    return [claim.grant.id for claim in claims.take_due(APP, limit=10, lease=MINUTE, due=Due())]


@pytest.mark.parametrize(
    ("written", "failure"),
    (
        ({"kind": "Quarantined", "until": 17}, InDoubt("told by a newer version")),
        ({"kind": "Throttled", "retry_after": "soon"}, InDoubt("told by a newer version")),
        ({"no": "kind"}, InDoubt("told by a newer version")),
        (["another", "form"], InDoubt("told by a newer version")),
        ({"kind": "Refused", "reason": "password_changed", "code": 40199}, Refused(Reason.REFRESH_TOKEN_REFUSED, 40199)),
        ({"kind": "Throttled", "retry_after": None, "of_whom": "the login"}, Throttled()),
    ),
)
def test_an_unknown_failure_stops_nobody(database: Database, written: object, failure: Failure) -> None:
    add(database)
    a_newer_version_writes(database, last_failure=json.dumps(written))
    assert read(database).schedule.last_failure == failure
    assert claimed(database) == [NAME]


@pytest.mark.parametrize("health", ("suspended", "quarantined", ""))
def test_an_unknown_health_is_served_to_its_end_and_left_alone(database: Database, health: str) -> None:
    add(database)
    a_newer_version_writes(database, health=health, reason="restored_from_mars")
    assert read(database).health == Degraded(START + HOUR, Reason.REFRESH_TOKEN_REFUSED, believed=True)
    assert claimed(database) == []


def test_an_unknown_health_without_tokens_needs_a_person(database: Database) -> None:
    add(database)
    a_newer_version_writes(database, health="archived", kind=None, access=None, refresh=None)
    assert isinstance(read(database).health, NeedsReauth)
    assert read(database).tokens is None


def test_an_unknown_reason_is_a_refusal(database: Database) -> None:
    add(database)
    a_newer_version_writes(database, health="needs_reauth", reason="password_changed")
    assert read(database).health == NeedsReauth(Reason.REFRESH_TOKEN_REFUSED, None)  # type: ignore[arg-type]  # the row says no time


def test_an_unknown_token_model_is_known_by_its_tokens(database: Database) -> None:
    add(database)
    a_newer_version_writes(database, kind="year_long")
    assert read(database).tokens == a_due_grant(NAME).tokens
    assert claimed(database) == []


def test_what_was_not_understood_is_not_written_back(database: Database) -> None:
    add(database, a_grant(NAME, connects=(1, 2)))
    newer = {"health": "suspended", "reason": "restored_from_mars", "last_failure": '{"kind":"Quarantined"}'}
    a_newer_version_writes(database, **newer)
    with SqlStore(database).write() as work:
        [grant] = work.grants.get([NAME])
        grant.release(next(iter(grant.connections)))
        work.grants.save(grant)
        work.commit()
    with database.reading() as connection:
        row = connection.execute(text("SELECT health, reason, last_failure FROM grants")).one()
    assert row._asdict() == newer


def test_the_figures_count_what_they_have_no_word_for(database: Database) -> None:
    add(database)
    a_newer_version_writes(database, health="suspended")
    [count] = SqlFleet(database).counts(START, overdue_after=MINUTE).grants
    assert (count.health, count.grants) == ("suspended", 1)


@pytest.mark.parametrize(
    ("written", "ending"),
    (
        ({"kind": "ConnectedSome", "left_out": 3}, Failed(ConsentFailure.UNAVAILABLE)),
        ({"kind": "Failed", "why": "on_hold"}, Failed(ConsentFailure.EXCHANGE_FAILED)),
        ({"kind": "Connected", "how": "well"}, Connected()),
    ),
)
def test_an_unknown_ending_of_a_consent_is_a_failure(database: Database, written: object, ending: Ending) -> None:
    with SqlStore(database).write() as work:
        work.consents.add(a_consent())
        work.commit()
    with database.writing() as connection:
        connection.execute(text("UPDATE consents SET ending = :ending"), {"ending": json.dumps(written)})
        connection.commit()
    with SqlStore(database).read() as work:
        known = work.consents.get(a_consent().state_digest)
    assert known is not None
    assert known.ending == ending


def test_an_account_whose_standing_is_unknown_cannot_be_chosen_and_costs_no_list(database: Database) -> None:
    grant = a_grant(NAME, connects=(1,))
    with SqlStore(database).write() as work:
        work.grants.add(grant)
        work.offers.add(Offer(OfferId("offer-1"), ANNA, NAME, START + HOUR, (an_advertiser(1), an_advertiser(2))))
        work.commit()
    with database.writing() as connection:
        connection.execute(text("UPDATE connections SET standing = 'sold'"))
        told = connection.execute(text("SELECT advertisers FROM offers")).scalar_one()
        newer = json.dumps([{**json.loads(told)[0], "standing": "sold", "owner_bc": "17"}, json.loads(told)[1]])
        connection.execute(text("UPDATE offers SET advertisers = :newer"), {"newer": newer})
        connection.commit()
    [connected] = read(database).connections.values()
    assert connected.advertiser.standing is Standing.OTHER
    with SqlStore(database).write() as work:
        offer = work.offers.get(OfferId("offer-1"))
        assert offer is not None
        assert [a.standing for a in offer.advertisers] == [Standing.OTHER, an_advertiser(2).standing]
        offer.close()
        work.offers.save(offer)
        work.commit()
    with database.reading() as connection:
        assert connection.execute(text("SELECT advertisers FROM offers")).scalar_one() == newer


def test_columns_that_a_newer_version_added_are_passed_by(database: Database) -> None:
    with database.writing() as connection:
        for name in ("grants", "connections", "offers", "consents", "revocations", "outbox", "heartbeats"):
            connection.execute(text(f"ALTER TABLE {name} ADD COLUMN newer TEXT"))
        connection.commit()
    add(database)
    assert claimed(database) == [NAME]


def test_accounts_in_another_form_offer_nothing_and_cost_no_other_offer(database: Database) -> None:
    with SqlStore(database).write() as work:
        work.grants.add(a_grant(NAME))
        work.offers.add(Offer(OfferId("offer-1"), ANNA, NAME, START + HOUR, (an_advertiser(1),)))
        work.offers.add(Offer(OfferId("offer-2"), ANNA, NAME, START + HOUR, (an_advertiser(2),)))
        work.commit()
    with database.writing() as connection:
        connection.execute(text("UPDATE offers SET advertisers = '{\"shops\": 3}' WHERE id = 'offer-1'"))
        connection.commit()
    with SqlStore(database).read() as work:
        over = {offer.id: offer.advertisers for offer in work.offers.ended(START + 2 * HOUR, limit=9)}
    assert over == {"offer-1": (), "offer-2": (an_advertiser(2),)}


def test_what_the_database_is_in_another_form_stops_whoever_asks(database: Database) -> None:
    identity = SqlIdentityRecord(database, clock=SimulatedClock())
    identity.read()
    with database.writing() as connection:
        connection.execute(text('UPDATE database_identity SET record = \'{"name": "newer"}\''))
        connection.commit()
    with pytest.raises(StoreUnavailable, match="newer version"):
        identity.read()
    with pytest.raises(StoreUnavailable, match="newer version"):
        identity.change(lambda known, _: known)
