from application.ports.journal_register import Undrained
from support.builders import DAY, MINUTE, START, a_due_grant
from support.databases import Kept

AGO = START - MINUTE


def lose_a_claim(kept: Kept, name: str) -> None:
    """A claim of the host `here` is found without outcome a minute later."""
    kept.add(a_due_grant(name))
    assert len(kept.take_due()) == 1
    kept.clock.advance(MINUTE)
    assert [claim.grant.schedule.in_doubt for claim in kept.take_due()] == [True]


def test_while_every_claim_has_its_outcome_no_journal_matters(kept: Kept) -> None:
    kept.journals.drained("journal-1", "there")
    kept.add(a_due_grant())
    claims = kept.take_due()
    kept.claims.release(claims)
    kept.take_due()
    assert kept.journals.undrained(AGO) == ()


def test_a_host_that_never_told_of_its_journal_is_named(kept: Kept) -> None:
    kept.journals.drained("journal-1", "there")
    lose_a_claim(kept, "grant-1")
    assert kept.journals.undrained(AGO) == (Undrained("here", START + MINUTE),)


def test_a_journal_counts_as_drained_only_after_the_loss_was_found(kept: Kept) -> None:
    kept.journals.drained("journal-1", "here:4711")
    lose_a_claim(kept, "grant-1")
    found_at = START + MINUTE
    assert kept.journals.undrained(AGO) == (Undrained("here", found_at, "journal-1", drained_at=START),)
    kept.journals.drained("journal-2", "there")
    assert len(kept.journals.undrained(AGO)) == 1
    kept.journals.drained("journal-1", "here:4712")
    assert kept.journals.undrained(AGO) == ()
    kept.clock.advance(MINUTE)
    assert len(kept.take_due()) == 1, "a second loss"
    assert len(kept.journals.undrained(AGO)) == 1


def test_a_journal_that_another_host_found_empty_is_drained(kept: Kept) -> None:
    kept.journals.drained("journal-1", "here")
    lose_a_claim(kept, "grant-1")
    kept.journals.drained("journal-1", "the host's successor")
    assert kept.journals.undrained(AGO) == ()


def test_each_journal_of_a_host_is_to_be_drained(kept: Kept) -> None:
    for journal in ("journal-2", "journal-1"):
        kept.journals.drained(journal, "here")
    lose_a_claim(kept, "grant-1")
    assert [lost.journal for lost in kept.journals.undrained(AGO)] == ["journal-1", "journal-2"]
    kept.journals.drained("journal-1", "here")
    assert [lost.journal for lost in kept.journals.undrained(AGO)] == ["journal-2"]


def test_what_was_found_long_ago_can_be_left_out(kept: Kept) -> None:
    lose_a_claim(kept, "grant-1")
    assert kept.journals.undrained(START + 2 * MINUTE) == ()


def test_a_claim_of_one_grant_finds_a_loss_too(kept: Kept) -> None:
    kept.add(a_due_grant())
    assert kept.take()
    kept.clock.advance(MINUTE)
    assert kept.take()
    assert kept.journals.undrained(AGO) == (Undrained("here", START + MINUTE),)


def test_hosts_of_which_nothing_was_heard_for_long_are_forgotten(kept: Kept) -> None:
    kept.journals.drained("journal-1", "old-host:1")
    kept.clock.advance(2 * DAY)
    kept.journals.drained("journal-2", "new-host:1")
    assert kept.journals.forget(kept.clock.now() - DAY) == 1
    assert kept.journals.forget(kept.clock.now() - DAY) == 0
