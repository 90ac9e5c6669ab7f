from support.builders import DAY, MINUTE, START
from support.databases import Kept


def test_the_latest_sign_of_life_of_any_process_counts(kept: Kept) -> None:
    assert kept.heartbeats.latest("worker") is None
    kept.heartbeats.beat("worker", "host-1", 17)
    kept.clock.advance(MINUTE)
    kept.heartbeats.beat("worker", "host-2", 17)
    kept.heartbeats.beat("worker", "host-2", 18)
    kept.clock.advance(MINUTE)
    kept.heartbeats.beat("beat", "host-1", 17)
    assert kept.heartbeats.latest("worker") == START + MINUTE
    assert kept.heartbeats.latest("beat") == START + 2 * MINUTE


def test_a_process_beats_again_and_again(kept: Kept) -> None:
    for _ in range(3):
        kept.heartbeats.beat("worker", "host-1", 17)
        kept.clock.advance(MINUTE)
    assert kept.heartbeats.latest("worker") == START + 2 * MINUTE


def test_signs_of_life_are_forgotten_after_a_day(kept: Kept) -> None:
    kept.heartbeats.beat("worker", "host-1", 17)
    kept.clock.advance(DAY)
    assert kept.heartbeats.latest("worker") is None
    kept.heartbeats.beat("worker", "host-1", 18)
    assert kept.heartbeats.latest("worker") == START + DAY
