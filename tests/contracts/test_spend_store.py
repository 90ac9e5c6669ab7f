from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from application.ports.spend_store import ImportClaim, SpendAccount
from domain.ids import CampaignId
from domain.spend import Spend, SpendKind, SpendTotals
from domain.spend_calendar import Window
from domain.spend_columns import SpendColumn, lines_by
from domain.spend_day import RESTATEMENTS_KEPT, AccountDay, DayProof, DayState, DayUpdate, Flaw, Restatement
from domain.spend_plan import ImportProgress, Purpose
from support.builders import ANNA, BERT, DAY, HOUR, MINUTE, START, account
from support.databases import Kept

BY_DAY, BY_CAMPAIGN, BY_ACCOUNT = SpendColumn.DAY, SpendColumn.CAMPAIGN, SpendColumn.ACCOUNT
FIRST = date(2029, 12, 1)
ALL = Window(FIRST, FIRST + 60 * DAY)
HERS, HIS = SpendAccount(ANNA, account(1)), SpendAccount(BERT, account(1))
PROGRESS = ImportProgress(
    read_back_to=FIRST, recent_read_at=START, failures=2, last_failure="TikTok is in maintenance", retry_at=START
)


def spent(campaign: str | None, amount: str, *, day: date = FIRST, kind: SpendKind = SpendKind.AUCTION, name: str = "") -> Spend:
    named = name or (f"Name {campaign}" if campaign else "")
    return Spend(account(1), CampaignId(campaign) if campaign else None, named, day, kind, "KWD", Decimal(amount))


def update(
    *rows: Spend, day: date = FIRST, kind: SpendKind = SpendKind.AUCTION, at: datetime = START, state: DayState = DayState.SETTLED
) -> DayUpdate:
    proof = DayProof(at, Decimal("1.125"), Decimal("2.250"), pages=3)
    return DayUpdate(AccountDay(account(1), kind, day, state, proof, was_settled=True), rows)


def taken(kept: Kept, of: SpendAccount = HERS) -> ImportClaim:
    kept.spend.follow([of])
    claim = kept.spend.take(of, lease=MINUTE)
    assert claim is not None
    return claim


def rows(kept: Kept, of: SpendAccount = HERS, window: Window = ALL) -> list[Spend]:
    return kept.spend.rows([of], window)[of]


def amounts(kept: Kept, of: SpendAccount = HERS) -> dict[tuple[str | None, date], Decimal]:
    return {(row.campaign, row.day): row.spend for row in rows(kept, of)}


def test_every_figure_comes_back_exactly(kept: Kept) -> None:
    full = replace(
        spent("12", "999999999999.999999"),
        impressions=2**53 - 1,
        clicks=0,
        conversions=7,
        purchases=3,
        purchase_value=Decimal("-0.000001"),
    )
    bare, beside = spent("13", "0.1"), spent(None, "7.25")
    assert kept.spend.replace(taken(kept), [update(full, bare, beside)])
    assert rows(kept) == [beside, full, bare]
    assert kept.spend.days([HERS], ALL) == {HERS: [update().day]}


def test_a_long_or_strange_name_is_kept_as_it_is(kept: Kept) -> None:
    name = "Sömmer 夏 🏖 'quoted' -- %s" * 400
    kept.spend.replace(taken(kept), [update(spent("12", "1", name=name))])
    assert [row.campaign_name for row in rows(kept)] == [name]


def test_a_day_is_replaced_as_a_whole_and_the_others_stay(kept: Kept) -> None:
    claim, next_day = taken(kept), FIRST + DAY
    kept.spend.replace(claim, [update(spent("1", "1"), spent("2", "2")), update(spent("1", "3", day=next_day), day=next_day)])
    kept.spend.replace(claim, [update(spent("2", "2.5"))])
    assert amounts(kept) == {("2", FIRST): Decimal("2.5"), ("1", next_day): Decimal(3)}
    kept.spend.replace(claim, [update()])
    assert amounts(kept) == {("1", next_day): Decimal(3)}


def test_a_day_whose_rows_stay_has_its_state_changed_alone(kept: Kept) -> None:
    claim = taken(kept)
    kept.spend.replace(claim, [update(spent("1", "1"))])
    doubted = replace(update().day, state=DayState.PARTIAL, flaw=Flaw.CUT)
    kept.spend.replace(claim, [DayUpdate(doubted, None)])
    assert amounts(kept) == {("1", FIRST): Decimal(1)}
    assert kept.spend.days([HERS], ALL)[HERS] == [doubted]
    assert kept.spend.open_days(HERS) == [FIRST]


def test_kinds_are_kept_apart(kept: Kept) -> None:
    shop, claim = SpendKind.GMV_MAX, taken(kept)
    kept.spend.replace(claim, [update(spent("1", "1")), update(spent("1", "2", kind=shop), kind=shop)])
    kept.spend.replace(claim, [update()])
    assert [(row.kind, row.spend) for row in rows(kept)] == [(shop, Decimal(2))]
    assert kept.spend.rows([HERS], ALL, [SpendKind.AUCTION]) == {HERS: []}
    assert [day.kind for day in kept.spend.days([HERS], ALL, [shop])[HERS]] == [shop]


def test_an_account_of_two_owners_is_kept_twice(kept: Kept) -> None:
    kept.spend.replace(taken(kept), [update(spent("1", "1"))])
    kept.spend.replace(taken(kept, HIS), [update(spent("1", "2"))])
    together = kept.spend.rows([HERS, HIS], ALL)
    assert [[row.spend for row in together[of]] for of in (HERS, HIS)] == [[Decimal(1)], [Decimal(2)]]
    kept.spend.forget(ANNA)
    assert (rows(kept), amounts(kept, HIS)) == ([], {("1", FIRST): Decimal(2)})


def test_a_renamed_campaign_is_renamed_in_all_its_days_and_not_back_by_an_older_reading(kept: Kept) -> None:
    claim, next_day = taken(kept), FIRST + DAY
    kept.spend.replace(claim, [update(spent("1", "1", name="Old"))])
    later = update(spent("1", "1", day=next_day, name="New"), spent("2", "1", day=next_day), day=next_day, at=START + HOUR)
    kept.spend.replace(claim, [later])
    kept.spend.replace(claim, [update(spent("1", "1", name="Older"), at=START - HOUR)])
    kept.spend.replace(claim, [update(replace(spent("1", "1"), campaign_name=""), at=START + 2 * HOUR)])
    assert {row.campaign: row.campaign_name for row in rows(kept)} == {"1": "New", "2": "Name 2"}


def test_changes_are_told_newest_first_and_the_oldest_are_dropped(kept: Kept) -> None:
    claim = taken(kept)
    changes = [
        Restatement(
            account(1), SpendKind.AUCTION, FIRST, START + number * HOUR,
            SpendTotals(Decimal(number)), SpendTotals(Decimal(number + 1), clicks=1, purchase_value=Decimal("0.125")), 1,
        )
        for number in range(RESTATEMENTS_KEPT + 3)
    ]  # fmt: skip
    for change in changes:
        kept.spend.replace(claim, [replace(update(spent("1", "1")), restatement=change)])
    told = [(HERS, change) for change in changes[: -RESTATEMENTS_KEPT - 1 : -1]]
    assert kept.spend.restatements([HERS, HIS], ALL, most=99) == told
    assert kept.spend.restatements([HERS], ALL, most=2) == told[:2]
    assert kept.spend.restatements([HERS], ALL, [SpendKind.GMV_MAX], most=99) == []
    assert kept.spend.restatements([HERS], Window(FIRST + DAY, FIRST + DAY), most=99) == []
    assert kept.spend.restatements([HIS], ALL, most=99) == []


def test_only_what_was_asked_for_is_told(kept: Kept) -> None:
    days = [FIRST + number * DAY for number in range(4)]
    kept.spend.replace(taken(kept), [update(spent("1", "1", day=day), day=day) for day in days])
    middle = Window(days[1], days[2])
    assert [row.day for row in rows(kept, window=middle)] == days[1:3]
    assert [day.day for day in kept.spend.days([HERS], middle)[HERS]] == days[1:3]
    assert kept.spend.rows([], ALL) == {}
    assert kept.spend.rows([HIS], ALL) == {HIS: []}


def test_rows_are_counted_by_day(kept: Kept) -> None:
    claim, next_day = taken(kept), FIRST + DAY
    two, one = [spent("1", "1"), spent("2", "2")], [spent("1", "3", day=next_day)]
    kept.spend.replace(claim, [update(*two), update(*one, day=next_day), update(day=next_day + DAY)])
    kept.spend.replace(taken(kept, HIS), [update(*two)])
    shop = spent("9", "1", kind=SpendKind.GMV_MAX)
    kept.spend.replace(claim, [update(shop, kind=SpendKind.GMV_MAX)])
    assert kept.spend.row_counts([HERS], ALL, SpendKind.AUCTION) == {FIRST: 2, next_day: 1}
    assert kept.spend.row_counts([HERS, HIS], ALL, SpendKind.AUCTION) == {FIRST: 4, next_day: 1}
    assert kept.spend.row_counts([HERS], Window(next_day, next_day), SpendKind.AUCTION) == {next_day: 1}
    assert kept.spend.row_counts([], ALL, SpendKind.AUCTION) == {}


@pytest.mark.parametrize("columns", [(), (BY_DAY,), (BY_CAMPAIGN,), (BY_DAY, BY_CAMPAIGN), (BY_CAMPAIGN, BY_ACCOUNT)], ids=str)
def test_lines_are_the_rows_added_up_exactly(kept: Kept, columns: tuple[SpendColumn, ...]) -> None:
    next_day = FIRST + DAY
    largest = replace(spent("1", "999999999999.999999"), impressions=2**53 - 1, purchase_value=Decimal("-0.000001"))
    on_first = [largest, replace(spent("2", "0.000001"), clicks=0), spent(None, "-7.25")]
    on_next = [replace(spent("1", "3", day=next_day), currency=""), replace(spent("2", "5", day=next_day), impressions=7)]
    mine, his = taken(kept), taken(kept, HIS)
    kept.spend.replace(mine, [update(*on_first), update(*on_next, day=next_day)])
    kept.spend.replace(his, [update(spent("1", "100", name="Another's"))])
    kept.spend.replace(mine, [update(spent("9", "1", kind=SpendKind.GMV_MAX), kind=SpendKind.GMV_MAX)])
    apart = {*columns, SpendColumn.ACCOUNT}
    lines = kept.spend.lines([HERS, HIS], ALL, SpendKind.AUCTION, columns)
    assert lines[HERS] == lines_by(apart, [*on_first, *on_next])
    assert [line.figures.spend for line in lines[HIS]] == [Decimal(100)]
    assert kept.spend.lines([HERS], Window(FIRST + 9 * DAY, FIRST + 9 * DAY), SpendKind.AUCTION, columns) == {HERS: []}


def test_one_importer_has_an_account_until_it_gives_it_back_or_its_lease_ends(kept: Kept) -> None:
    kept.spend.follow([HERS])
    [claim] = kept.spend.take_due(limit=5, lease=MINUTE)
    assert (claim.of, claim.progress, claim.lease_until) == (HERS, ImportProgress(), kept.clock.now() + MINUTE)
    assert kept.spend.take_due(limit=5, lease=MINUTE) == []
    assert kept.spend.take(HERS, lease=MINUTE) is None
    kept.clock.advance(MINUTE / 2)
    assert kept.spend.extend(claim, lease=MINUTE)
    kept.clock.advance(MINUTE / 2)
    assert kept.spend.take(HERS, lease=MINUTE) is None
    kept.clock.advance(MINUTE)
    later = kept.spend.take(HERS, lease=MINUTE)
    assert later is not None
    assert not kept.spend.replace(claim, [update(spent("1", "1"))])
    assert not kept.spend.settle(claim, PROGRESS, due_at=START, purpose=Purpose.RECENT)
    assert not kept.spend.extend(claim, lease=MINUTE)
    assert rows(kept) == []
    assert kept.spend.settle(later, PROGRESS, due_at=kept.clock.now() + HOUR, purpose=Purpose.RECENT)
    assert kept.spend.take_due(limit=5, lease=MINUTE) == []
    again = kept.spend.take(HERS, lease=MINUTE)
    assert again is not None
    assert again.progress == PROGRESS


def test_two_importers_at_once_never_have_the_same_account(kept: Kept) -> None:
    several = [SpendAccount(ANNA, account(number)) for number in range(12)]
    kept.spend.follow(several)
    with ThreadPoolExecutor(4) as importers:
        batches = list(importers.map(lambda _: kept.spend.take_due(limit=4, lease=MINUTE), range(4)))
    claimed = [claim.of for batch in batches for claim in batch]
    assert len(claimed) == len(set(claimed))
    left = kept.spend.take_due(limit=20, lease=MINUTE)
    assert {*claimed, *(claim.of for claim in left)} == set(several)


def test_the_most_urgent_purpose_comes_first_and_then_who_waits_longest(kept: Kept) -> None:
    several = [SpendAccount(ANNA, account(number)) for number in range(5)]
    kept.spend.follow(several[:4])
    claims = {claim.of: claim for claim in kept.spend.take_due(limit=9, lease=MINUTE)}
    kept.clock.advance(HOUR)
    now = kept.clock.now()
    plans = [
        (now - MINUTE, Purpose.MATURING),
        (now - 2 * MINUTE, Purpose.BACKFILL),
        (now - MINUTE, Purpose.RECENT),
        (now, Purpose.RECENT),
    ]
    for of, (due_at, purpose) in zip(several[:4], plans, strict=True):
        kept.spend.settle(claims[of], PROGRESS, due_at=due_at, purpose=purpose)
    kept.spend.follow(several[4:])
    order = [kept.spend.take_due(limit=1, lease=MINUTE)[0].of for _ in range(5)]
    assert order == [several[4], several[2], several[3], several[1], several[0]]


def test_of_first_days_the_newest_connection_comes_first_and_who_yields_comes_after_all_others(kept: Kept) -> None:
    hers, his = [SpendAccount(ANNA, account(n)) for n in (1, 2)], [SpendAccount(BERT, account(n)) for n in (3, 4)]
    for of in (hers[0], his[0], hers[1]):
        kept.spend.follow([of])
        kept.clock.advance(MINUTE)
    kept.spend.follow([his[1]])
    [claim] = kept.spend.take_due(limit=1, lease=MINUTE)
    assert claim.of == his[1]
    kept.spend.settle(claim, PROGRESS, due_at=START, purpose=Purpose.MATURING)
    order = [kept.spend.take_due(limit=1, lease=MINUTE, yielding=[ANNA])[0].of for _ in range(4)]
    assert order == [his[0], his[1], hers[1], hers[0]]


def test_a_left_account_is_imported_no_more_and_comes_back_with_all_it_had(kept: Kept) -> None:
    claim = taken(kept)
    kept.spend.replace(claim, [update(spent("1", "1"))])
    kept.spend.settle(claim, PROGRESS, due_at=kept.clock.now(), purpose=Purpose.RECENT)
    claim = taken(kept)
    kept.spend.leave(HERS)
    assert not kept.spend.replace(claim, [update()])
    assert kept.spend.take(HERS, lease=MINUTE) is None
    assert kept.spend.take_due(limit=5, lease=MINUTE) == []
    left_at = kept.clock.now()
    kept.clock.advance(HOUR)
    kept.spend.leave(HERS)
    assert [one.left_at for one in kept.spend.imports(ANNA)] == [left_at]
    kept.spend.follow([HERS])
    [back] = kept.spend.take_due(limit=5, lease=MINUTE)
    assert back.progress == PROGRESS
    assert amounts(kept) == {("1", FIRST): Decimal(1)}
    assert not kept.spend.replace(claim, [update()])


def test_what_was_left_long_ago_is_erased(kept: Kept) -> None:
    for of in (HERS, HIS):
        kept.spend.replace(taken(kept, of), [update(spent("1", "1"))])
    kept.spend.leave(HERS)
    left_at = kept.clock.now()
    assert kept.spend.forget_left(left_at, limit=9) == 0
    assert kept.spend.forget_left(left_at + MINUTE, limit=9) == 1
    assert [one.of for one in kept.spend.imports()] == [HIS]
    assert (rows(kept), len(rows(kept, HIS))) == ([], 1)
    assert rows(kept, SpendAccount(ANNA, account(9))) == []


def test_following_twice_changes_nothing_and_leaving_a_stranger_neither(kept: Kept) -> None:
    claim = taken(kept)
    kept.spend.settle(claim, PROGRESS, due_at=START + 9 * DAY, purpose=Purpose.RECENT)
    kept.spend.follow([HERS, HERS])
    kept.spend.follow([])
    kept.spend.leave(HIS)
    [one] = kept.spend.imports()
    assert (one.of, one.progress, one.due_at, one.left_at) == (HERS, PROGRESS, START + 9 * DAY, None)


@pytest.mark.parametrize("number", [90])
def test_a_whole_backfill_goes_in_at_once(kept: Kept, number: int) -> None:
    days = [FIRST - place * timedelta(days=1) for place in range(number)]
    updates = [update(*(spent(str(campaign), "1.5", day=day) for campaign in range(20)), day=day) for day in days]
    assert kept.spend.replace(taken(kept), updates)
    assert len(rows(kept, window=Window(days[-1], days[0]))) == 20 * number
