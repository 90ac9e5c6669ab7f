from datetime import timedelta

import pytest

from adapters.memory.claims_and_settlements import MemoryClaims
from adapters.memory.database import MemoryDatabase
from adapters.memory.store import MemoryStore
from domain.errors import ClockSkewed
from support.world import CountedIds, SimulatedClock, World


class SkewedClaims(MemoryClaims):
    """Claims in a store whose clock goes wrong when the test says so."""

    by = timedelta(0)

    def skew(self) -> timedelta:
        return self.by


@pytest.mark.parametrize("seconds", [-5.1, 5.1, 3600])
def test_a_process_whose_clock_is_wrong_claims_nothing_and_says_so(seconds: float) -> None:
    database, clock = MemoryDatabase(), SimulatedClock()
    claims = SkewedClaims(database, clock=clock, ids=CountedIds())
    world = World(clock, store=MemoryStore(database), claims=claims)
    [connection] = world.connect("chloe")
    world.pass_time(hours=13)
    claims.by = timedelta(seconds=seconds)
    for sweep in (world.sweep, world.audit):
        with pytest.raises(ClockSkewed) as refused:
            sweep()
        assert ("behind" in str(refused.value)) is (seconds > 0)
    assert world.platform.refreshes == 0
    assert world.grant_of(connection).schedule.attempt is None
    claims.by = timedelta(seconds=4.9)
    world.sweep()
    assert world.platform.refreshes == 1
