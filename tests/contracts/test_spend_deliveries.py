"""What is kept of deliveries: each version of a day is delivered once, and nothing that changes meanwhile is forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from application.ports.spend_deliveries import VersionedDay
from application.ports.spend_store import SpendAccount
from domain.ids import CampaignId
from domain.spend import Spend, SpendKind
from domain.spend_day import AccountDay, DayProof, DayState, DayUpdate, Flaw
from support.builders import ANNA, BERT, DAY, MINUTE, START, account
from support.databases import Kept

FIRST = date(2029, 12, 1)
SECOND, THIRD = FIRST + DAY, FIRST + 2 * DAY
HERS, HIS = SpendAccount(ANNA, account(1)), SpendAccount(BERT, account(1))


def update(
    day: date,
    *campaigns: str,
    name: str = "Spring",
    at: datetime = START,
    flaw: Flaw | None = None,
    kind: SpendKind = SpendKind.AUCTION,
) -> DayUpdate:
    proof = DayProof(at, Decimal(len(campaigns)), None, pages=1, flaw=flaw)
    rows = tuple(Spend(account(1), CampaignId(one), name, day, kind, "GBP", Decimal(1)) for one in campaigns)
    return DayUpdate(AccountDay(account(1), kind, day, DayState.SETTLED, proof), rows)


def read(kept: Kept, *updates: DayUpdate, of: SpendAccount = HERS) -> None:
    """An import reads days."""
    kept.spend.follow([of])
    claim = kept.spend.take(of, lease=MINUTE)
    assert claim is not None
    assert kept.spend.replace(claim, updates)
    kept.clock.advance(2 * MINUTE)


def waiting(kept: Kept, *, before: date | None = None, most_rows: int = 99) -> list[VersionedDay]:
    return kept.deliveries.undelivered(HERS, before=before, most_rows=most_rows)


def days_waiting(kept: Kept) -> list[date]:
    return [one.day for one in waiting(kept)]


def deliver(kept: Kept) -> None:
    kept.deliveries.mark(HERS, {one.day: one.version for one in waiting(kept)})


def test_a_day_that_was_read_waits_until_it_is_delivered(kept: Kept) -> None:
    assert (kept.deliveries.accounts(), waiting(kept)) == ([], [])
    read(kept, update(FIRST, "1", "2"), update(SECOND), update(THIRD, "1"))
    read(kept, update(FIRST, "1"), of=HIS)
    assert kept.deliveries.accounts() == [HERS, HIS]
    assert [(one.day, [row.campaign for row in one.rows]) for one in waiting(kept)] == [
        (THIRD, ["1"]),
        (SECOND, []),
        (FIRST, ["1", "2"]),
    ]
    assert {row.campaign_name for one in waiting(kept) for row in one.rows} == {"Spring"}
    assert kept.deliveries.delivered(HERS) == []
    deliver(kept)
    assert (kept.deliveries.accounts(), waiting(kept)) == ([HIS], [])
    assert [one.day for one in kept.deliveries.delivered(HERS)] == [THIRD, SECOND, FIRST]


def test_what_is_in_the_way_is_noted_for_the_accounts_person(kept: Kept) -> None:
    kept.deliveries.note_hindrance(HERS, "nobody follows it")
    read(kept, update(FIRST, "1"))
    read(kept, update(FIRST, "1"), of=HIS)
    kept.deliveries.note_hindrance(HERS, "its currency is GBP")
    kept.deliveries.note_hindrance(HERS, "its currency is USD")
    assert {one.of: one.hindrance for one in kept.spend.imports()} == {HERS: "its currency is USD", HIS: None}
    read(kept, update(SECOND, "1"))
    assert [one.hindrance for one in kept.spend.imports(ANNA)] == ["its currency is USD"], "an import changes nothing about it"
    kept.deliveries.note_hindrance(HERS, None)
    assert {one.of: one.hindrance for one in kept.spend.imports()} == {HERS: None, HIS: None}


def test_a_day_that_is_read_again_waits_again_and_alone(kept: Kept) -> None:
    read(kept, update(FIRST, "1"), update(SECOND, "1"))
    deliver(kept)
    read(kept, update(FIRST, "2"))
    assert days_waiting(kept) == [FIRST]


def test_what_changes_while_it_is_delivered_stays_undelivered(kept: Kept) -> None:
    read(kept, update(FIRST, "1"), update(SECOND, "1"))
    versions = {one.day: one.version for one in waiting(kept)}
    read(kept, update(FIRST, "2"))
    kept.deliveries.mark(HERS, versions)
    assert days_waiting(kept) == [FIRST]
    kept.deliveries.mark(HERS, {})
    kept.deliveries.mark(SpendAccount(ANNA, account(9)), versions)
    assert days_waiting(kept) == [FIRST]


def test_days_are_delivered_anew_whatever_was_read_before(kept: Kept) -> None:
    read(kept, update(FIRST, "1"), update(SECOND, "1"))
    read(kept, update(FIRST, "1"), of=HIS)
    versions = {one.day: one.version for one in waiting(kept)}
    kept.deliveries.deliver_anew(HERS)
    kept.deliveries.mark(HERS, versions)
    assert days_waiting(kept) == [SECOND, FIRST], "a mark for what was read before has no effect"
    deliver(kept)
    kept.deliveries.deliver_anew(HIS)
    assert days_waiting(kept) == []
    kept.deliveries.deliver_all_anew()
    assert days_waiting(kept) == [SECOND, FIRST]


def test_pieces_are_as_large_as_asked_and_begin_with_the_newest(kept: Kept) -> None:
    read(kept, update(FIRST, "1", "2"), update(SECOND, "1", "2"), update(THIRD, "1", "2", "3", "4", "5"))
    assert [one.day for one in waiting(kept, most_rows=4)] == [THIRD], "one at least"
    assert [one.day for one in waiting(kept, most_rows=7)] == [THIRD, SECOND]
    assert [one.day for one in waiting(kept, before=THIRD, most_rows=4)] == [SECOND, FIRST]
    assert waiting(kept, before=FIRST) == []


def test_what_was_never_read_as_a_whole_is_not_delivered(kept: Kept) -> None:
    read(kept, update(FIRST, "1", flaw=Flaw.CUT))
    kept.deliveries.deliver_all_anew()
    assert (kept.deliveries.accounts(), waiting(kept)) == ([], [])
    read(kept, update(FIRST, "1", "2"))
    assert days_waiting(kept) == [FIRST]
    deliver(kept)
    read(kept, replace(update(FIRST), rows=None))
    assert days_waiting(kept) == [], "its rows stayed"


def test_gmv_max_is_not_delivered(kept: Kept) -> None:
    read(kept, update(FIRST, "1", kind=SpendKind.GMV_MAX))
    assert (kept.deliveries.accounts(), waiting(kept)) == ([], [])


def test_a_renamed_campaign_is_delivered_again_in_all_its_days(kept: Kept) -> None:
    read(kept, update(FIRST, "1"), update(SECOND, "2"), update(THIRD, "1"))
    deliver(kept)
    read(kept, update(THIRD, "1", name="Summer", at=START + MINUTE))
    assert days_waiting(kept) == [THIRD, FIRST]
    assert {row.campaign_name for one in waiting(kept) for row in one.rows} == {"Summer"}
    deliver(kept)
    read(kept, update(FIRST, "1", name="Spring", at=START))
    assert days_waiting(kept) == [FIRST], "an older name changes nothing"


def test_nothing_of_a_left_account_waits_until_it_is_back(kept: Kept) -> None:
    read(kept, update(FIRST, "1"))
    kept.spend.leave(HERS)
    assert kept.deliveries.accounts() == []
    kept.spend.follow([HERS])
    assert kept.deliveries.accounts() == [HERS]
    kept.spend.forget(ANNA)
    assert (kept.deliveries.accounts(), waiting(kept)) == ([], [])
