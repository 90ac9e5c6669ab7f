"""An answer that nobody can read may hold the only live pair: it is kept for a person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.ports.journal import JournalUnavailable
from application.rotation.claim_results import Ended
from application.rotation.journal_upkeep import JournalUpkeep
from domain.consent import ConsentFailure, Failed
from domain.outcomes import InDoubt, Unread
from domain.seal_place import SealPlace
from domain.tokens import Secret, TokenKind
from support.world import ANNA, World

BODY = '{"code": 0, "result": {"access_token": "act.new", "refresh_token": "rft.néw"'


def unread() -> Unread:
    return Unread(InDoubt("HTTP 200 without TikTok's envelope"), Secret(BODY.encode().decode("latin-1")))


def test_a_refresh_whose_answer_nobody_can_read_is_in_doubt_and_its_answer_lies_sealed_beside_the_journal() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.platform.refresh_plan.append(unread())
    rotation = world.carry_out_now(acme)
    assert rotation.ended is Ended.IN_DOUBT
    [(name, answer)] = world.journal.unread.items()
    grant = world.grant_of(acme)
    assert (answer.grant, answer.owner, grant.schedule.in_doubt) == (grant.id, ANNA, True)
    opened = world.sealer.open(answer.answer, SealPlace(ANNA, answer.grant, 0), TokenKind.ANSWER)
    assert opened.reveal().encode("latin-1").decode() == BODY
    failure = grant.schedule.last_failure
    assert isinstance(failure, InDoubt)
    assert name in failure.detail, "history names the file"
    assert world.journal.empty(), "it does not count as undrained"


def test_an_exchange_whose_answer_nobody_can_read_keeps_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    monkeypatch.setattr(world.platform, "exchange", lambda _: unread())
    assert world.consent("chloe") == Failed(ConsentFailure.UNAVAILABLE)
    [answer] = world.journal.unread.values()
    assert answer.owner == ANNA
    assert world.sealer.open(answer.answer, SealPlace(ANNA, answer.grant, 0), TokenKind.ANSWER).reveal()


def test_a_journal_that_is_full_hinders_no_settlement() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.journal.full = True
    world.platform.refresh_plan.append(unread())
    assert world.carry_out_now(acme).ended is Ended.IN_DOUBT
    assert world.grant_of(acme).schedule.last_failure == unread().failure


def test_an_unread_answer_is_kept_for_thirty_days() -> None:
    world = World()
    [acme] = world.connect("chloe")
    world.platform.refresh_plan.append(unread())
    world.carry_out_now(acme)
    upkeep = JournalUpkeep(world.careful_claims, world.journal, world.journals, world.clock, "here")
    for days, kept in ((29, 1), (2, 0)):
        world.clock.advance(timedelta(days=days))
        upkeep()
        assert len(world.journal.unread) == kept


def test_a_journal_that_is_full_is_told_every_time_until_it_is_not() -> None:
    world = World()
    upkeep = world.container.journal_upkeep()
    upkeep()
    world.journal.full = True
    upkeep()  # it was tried less than a minute ago
    world.pass_time(minutes=1)
    for _ in range(3):
        with pytest.raises(JournalUnavailable):
            upkeep()
        world.pass_time(seconds=2)
    world.journal.full = False
    upkeep()
