from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.ids import CampaignId
from domain.spend import Spend, SpendKind
from domain.spend_day import AccountDay, DayReading, DayState, DayTimes, DayUpdate, Flaw, update_by
from support.builders import account

DAY = date(2030, 3, 1)
ENDS = datetime(2030, 3, 2, 5, tzinfo=UTC)
SETTLES = datetime(2030, 3, 2, 12, 30, tzinfo=UTC)
TIMES = DayTimes(ENDS, SETTLES)
EARLY, LATE, LATER = ENDS - timedelta(hours=3), SETTLES, SETTLES + timedelta(days=3)
MINUTE = timedelta(minutes=1)

cents = st.integers(0, 10**6).map(lambda amount: Decimal(amount).scaleb(-2))


def spent(campaign: str, amount: str | Decimal, *, currency: str = "EUR", clicks: int | None = 1) -> Spend:
    return Spend(
        account(1), CampaignId(campaign), f"Name {campaign}", DAY, SpendKind.AUCTION, currency, Decimal(amount), clicks=clicks
    )


def read(*rows: Spend, at: datetime = LATE, total: str | Decimal | None = None, confirmed: bool = False) -> DayReading:
    control_total = None if total is None else Decimal(total)
    return DayReading(account(1), SpendKind.AUCTION, DAY, at, rows, control_total, confirmed)


def take_in(reading: DayReading, before: DayUpdate | None = None, kept: tuple[Spend, ...] = ()) -> DayUpdate:
    return update_by(reading, TIMES, earlier=before.day if before else None, kept=(before.rows if before else kept) or ())


def test_a_day_whose_campaigns_are_all_of_the_account_settles_after_the_correction() -> None:
    before = take_in(read(spent("1", "2.50"), at=SETTLES - MINUTE, total="2.50"))
    assert before.day.state is DayState.PROVISIONAL
    after = take_in(read(spent("1", "2.50"), at=SETTLES, total="2.50"), before)
    assert (after.day.state, after.rows, after.restatement) == (DayState.SETTLED, before.rows, None)


def test_a_day_without_spend_settles_like_any_other() -> None:
    update = take_in(read(spent("1", "0", clicks=0), total="0"))
    assert (update.day.state, update.rows) == (DayState.SETTLED, ())


def test_a_day_without_control_total_is_unchecked() -> None:
    update = take_in(read(spent("1", "2.50")))
    assert update.day.state is DayState.SETTLED
    assert update.day.proof is not None
    assert update.day.proof.is_unchecked


def test_what_no_campaign_has_is_a_row_of_its_own_once_it_was_seen_twice() -> None:
    moving = take_in(read(spent("1", "2.50"), total="9.75"))
    assert (moving.day.state, moving.day.flaw) == (DayState.PARTIAL, Flaw.STILL_MOVING)
    still = take_in(read(spent("1", "2.50"), total="9.75", confirmed=True), moving)
    assert still.rows is not None
    assert [(row.campaign, row.spend, row.currency) for row in still.rows] == [
        ("1", Decimal("2.50"), "EUR"),
        (None, Decimal("7.25"), "EUR"),
    ]
    assert still.day.state is DayState.SETTLED


def test_campaigns_with_more_than_the_account_are_never_whole() -> None:
    update = take_in(read(spent("1", "2.50"), total="2.49", confirmed=True))
    assert (update.day.state, update.day.flaw) == (DayState.PARTIAL, Flaw.MORE_THAN_ACCOUNT)


def test_two_currencies_in_one_day_are_not_added() -> None:
    update = take_in(read(spent("1", "2.50"), spent("2", "1", currency="USD"), total="3.50"))
    assert (update.day.state, update.day.flaw) == (DayState.PARTIAL, Flaw.UNLIKE_CURRENCIES)


@given(amounts=st.lists(cents, min_size=1, max_size=8), lost=st.integers(0, 7), beside=cents)
def test_a_lost_row_of_any_amount_settles_nothing(amounts: list[Decimal], lost: int, beside: Decimal) -> None:
    rows = [spent(str(number), amount) for number, amount in enumerate(amounts)]
    total = sum(amounts, beside)
    gone = rows.pop(lost % len(rows))
    update = take_in(read(*rows, total=total))
    assert update.day.state.is_closed == (gone.spend + beside == 0)


def test_a_later_reading_restates_a_settled_day_and_says_what_changed() -> None:
    before = take_in(read(spent("1", "2.50"), spent("2", "1.00"), total="3.50"))
    after = take_in(read(spent("1", "2.75"), at=LATER, total="2.75"), before)
    assert after.day.state is DayState.RESTATED
    assert [row.campaign for row in after.rows or ()] == ["1"], "the other campaign vanished from the day"
    change = after.restatement
    assert change is not None
    assert (change.at, change.before.spend, change.after.spend, change.campaigns_changed) == (
        LATER, Decimal("3.50"), Decimal("2.75"), 2,
    )  # fmt: skip
    assert take_in(read(spent("1", "2.75"), at=LATER + MINUTE, total="2.75"), after).day.state is DayState.RESTATED


def test_spend_that_moves_between_campaigns_restates_the_day_too() -> None:
    before = take_in(read(spent("1", "2.50"), total="2.50"))
    assert take_in(read(spent("2", "2.50"), at=LATER, total="2.50"), before).day.state is DayState.RESTATED


def test_late_conversions_are_noted_and_restate_no_spend() -> None:
    before = take_in(read(spent("1", "2.50"), total="2.50"))
    grown = replace(spent("1", "2.50"), conversions=4)
    after = take_in(read(grown, at=LATER, total="2.50"), before)
    assert after.day.state is DayState.SETTLED
    assert after.restatement is not None
    assert (after.restatement.before.conversions, after.restatement.after.conversions) == (None, 4)


def test_a_day_that_is_not_over_changes_without_a_note() -> None:
    before = take_in(read(spent("1", "2.50"), at=EARLY, total="2.50"))
    assert take_in(read(spent("1", "3.50"), total="3.50"), before).restatement is None


def test_a_new_name_is_no_change() -> None:
    before = take_in(read(spent("1", "2.50"), total="2.50"))
    renamed = replace(spent("1", "2.50"), campaign_name="Another")
    after = take_in(read(renamed, at=LATER, total="2.50"), before)
    assert (after.day.state, after.restatement) == (DayState.SETTLED, None)
    assert after.rows == (renamed,)


def test_a_flawed_reading_never_replaces_a_whole_one() -> None:
    before = take_in(read(spent("1", "2.50"), spent("2", "1.00"), total="3.50"))
    flawed = replace(read(spent("1", "2.50"), at=LATER, total="3.50"), flaw=Flaw.CUT)
    after = update_by(flawed, TIMES, earlier=before.day, kept=before.rows or ())
    assert (after.rows, after.day.state, after.day.flaw) == (None, DayState.SETTLED, Flaw.CUT)


def test_a_settled_day_is_doubted_once_the_account_has_another_total() -> None:
    before = take_in(read(spent("1", "2.50"), total="2.50"))
    flawed = replace(read(spent("1", "1.00"), at=LATER, total="4.00"), flaw=Flaw.CUT)
    doubted = update_by(flawed, TIMES, earlier=before.day, kept=before.rows or ())
    assert (doubted.rows, doubted.day.state) == (None, DayState.PARTIAL)
    mended = update_by(
        read(spent("1", "4.00"), at=LATER + MINUTE, total="4.00"), TIMES, earlier=doubted.day, kept=before.rows or ()
    )
    assert mended.day.state is DayState.RESTATED
    assert mended.restatement is not None


def test_rows_of_a_flawed_reading_are_kept_until_a_better_one_comes() -> None:
    first = take_in(replace(read(spent("1", "2.50"), at=EARLY, total="9"), flaw=Flaw.CUT))
    assert (first.day.state, first.rows) == (DayState.PARTIAL, (spent("1", "2.50"),))
    second = take_in(read(spent("1", "9"), total="9"), first)
    assert (second.day.state, second.day.flaw, second.restatement) == (DayState.SETTLED, None, None)


def test_an_older_reading_changes_nothing() -> None:
    before = take_in(read(spent("1", "2.50"), at=LATER, total="2.50"))
    assert take_in(read(spent("1", "1.00"), total="1.00"), before) == DayUpdate(before.day, None)


def test_words_of_a_newer_version_are_not_relied_on() -> None:
    assert not DayState("sealed").is_whole
    assert SpendKind("hologram") is not SpendKind.AUCTION
    assert AccountDay(account(1), SpendKind.AUCTION, DAY).state is DayState.MISSING
