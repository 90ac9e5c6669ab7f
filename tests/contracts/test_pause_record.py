from domain.pause import Pause
from support.builders import MINUTE
from support.databases import Kept


def test_there_is_no_pause_until_somebody_begins_one(kept: Kept) -> None:
    assert kept.pauses.read() is None
    assert kept.pauses.end() is None


def test_a_pause_lasts_until_it_is_ended_and_can_be_begun_again(kept: Kept) -> None:
    pause = kept.pauses.begin("anna@host")
    assert pause == Pause(kept.clock.now(), "anna@host")
    kept.clock.advance(MINUTE)
    assert kept.pauses.read() == pause
    assert kept.pauses.end() == pause
    assert (kept.pauses.read(), kept.pauses.end()) == (None, None)
    assert kept.pauses.begin("bert") == Pause(kept.clock.now(), "bert")


def test_who_pauses_what_is_paused_learns_since_when_and_by_whom(kept: Kept) -> None:
    first = kept.pauses.begin("anna@host")
    kept.clock.advance(MINUTE)
    assert kept.pauses.begin("bert") == first
    assert kept.pauses.read() == first
