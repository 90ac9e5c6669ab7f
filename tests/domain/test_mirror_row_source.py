from datetime import timedelta

import pytest

from domain.advertiser import Connection
from domain.connection_state import condition
from domain.grant_health import Active, Degraded, Health, NeedsReauth
from domain.ids import ConnectionId
from domain.mirror_row_source import MirrorRowSource
from domain.outcomes import Reason
from support.builders import HOUR, SECOND, START, a_grant, an_advertiser

REASON = Reason.REFRESH_TOKEN_REFUSED
HEALTHS: list[Health] = [
    Active(),
    Degraded(START + HOUR, REASON, believed=True),
    Degraded(START + HOUR, REASON, believed=False),
    NeedsReauth(REASON, since=START),
]


def shown(connection: Connection, health: Health, earlier: int = 0) -> MirrorRowSource:
    return MirrorRowSource(
        connection.id,
        a_grant().id,
        connection.owner,
        connection.advertiser.id,
        connection.advertiser.label,
        health,
        connection.created_at,
        earlier,
        connection.times_connected,
        connection.lost_at,
    )


@pytest.mark.parametrize("health", HEALTHS)
@pytest.mark.parametrize("lost", (False, True))
@pytest.mark.parametrize("later", (timedelta(0), HOUR - SECOND, HOUR, 30 * HOUR))
def test_a_row_says_what_the_list_says(health: Health, lost: bool, later: timedelta) -> None:
    grant = a_grant()
    grant.health = health
    connection = grant.connect(ConnectionId("c"), an_advertiser(1), START)
    connection = connection.missed(START) if lost else connection
    state, _, _ = condition(grant, connection, START + later)
    assert shown(connection, health).row(START + later).needs_reauth is state.needs_reauth


def test_rows_of_one_moment_differ_by_a_microsecond() -> None:
    connection = Connection(ConnectionId("c"), a_grant().owner, an_advertiser(1), START)
    made = [shown(connection, Active(), earlier).row(START).created_at for earlier in range(3)]
    assert made == [START, START + timedelta(microseconds=1), START + timedelta(microseconds=2)]
