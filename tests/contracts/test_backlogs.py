from dataclasses import replace

from application.ports.spend_store import SpendAccount
from domain.events import TokensRotated
from domain.ids import GrantId
from domain.spend_plan import ImportProgress, Purpose
from support.builders import ANNA, BERT, DAY, HOUR, MINUTE, START, account
from support.databases import Kept

HERS, HIS = SpendAccount(ANNA, account(1)), SpendAccount(BERT, account(1))


def test_nothing_waits_where_nothing_is(kept: Kept) -> None:
    backlog = kept.backlogs.look(START, {"mirror"})
    assert backlog.facts == (("mirror", None),)
    assert (backlog.reading_due_since, backlog.read_until, backlog.late_accounts) == (None, None, 0)


def test_a_consumer_lags_by_the_oldest_fact_that_it_has_not_passed(kept: Kept) -> None:
    with kept.store.write() as work:
        work.outbox.add([TokensRotated(GrantId("grant-1"), ANNA, n, at=START + n * MINUTE) for n in (1, 2)])
        work.commit()
    assert kept.backlogs.look(START + HOUR, {"mirror", "webhooks"}).facts == (
        ("mirror", START + MINUTE),
        ("webhooks", START + MINUTE),
    )
    first, last = kept.feed.read("mirror", limit=2)
    kept.feed.passed("mirror", first.position)
    assert dict(kept.backlogs.look(START + HOUR, {"mirror"}).facts) == {"mirror": START + 2 * MINUTE}
    kept.feed.passed("mirror", last.position)
    assert dict(kept.backlogs.look(START + HOUR, {"mirror", "webhooks"}).facts) == {"mirror": None, "webhooks": START + MINUTE}


def test_readings_of_spend_wait_by_the_oldest_that_is_due(kept: Kept) -> None:
    kept.spend.follow([HERS])
    kept.clock.advance(HOUR)
    kept.spend.follow([HIS])
    backlog = kept.backlogs.look(START + 2 * HOUR, ())
    assert (backlog.reading_due_since, backlog.read_until) == (START, None)
    kept.spend.leave(HERS)
    assert kept.backlogs.look(START + 2 * HOUR, ()).reading_due_since == START + HOUR
    assert kept.backlogs.look(START + MINUTE, ()).reading_due_since is None


def test_accounts_are_late_whose_spend_was_not_read_for_a_day(kept: Kept) -> None:
    for one, read_at in ((HERS, START), (HIS, START + 20 * HOUR)):
        kept.spend.follow([one])
        claim = kept.spend.take(one, lease=MINUTE)
        assert claim
        progress = replace(ImportProgress(), recent_read_at=read_at)
        assert kept.spend.settle(claim, progress, due_at=START + 40 * DAY, purpose=Purpose.RECENT)
    backlog = kept.backlogs.look(START + 25 * HOUR, ())
    assert (backlog.late_accounts, backlog.read_until, backlog.reading_due_since) == (1, START, None)
    assert kept.backlogs.look(START + 45 * HOUR, ()).late_accounts == 2
    kept.spend.leave(HERS)
    assert kept.backlogs.look(START + 25 * HOUR, ()).late_accounts == 0
