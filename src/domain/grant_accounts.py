"""The accounts of a grant: connected, moved, released, missing in the dashboard, and which ones its token reaches today."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.advertiser import Advertiser, Connection
from domain.allowance import EPOCH
from domain.errors import ConnectionNotFound, Erased
from domain.events import AccountsAdded, AccountsConnected, Event
from domain.grant_health import Active, Health, Revoked, Superseded
from domain.ids import AdvertiserId, ConnectionId, GrantId, OwnerId
from domain.reached_accounts import account_changes, seen_again


@dataclass(slots=True)
class GrantAccounts:
    """The part of the aggregate `Grant` that needs no token: whose it is, whether it lives, and its accounts."""

    id: GrantId
    owner: OwnerId
    health: Health = field(default_factory=Active, kw_only=True)
    reach: frozenset[AdvertiserId] = field(default=frozenset(), kw_only=True)
    """Every account that the token reaches, connected or not."""
    connections: dict[ConnectionId, Connection] = field(default_factory=dict, kw_only=True)
    reach_read_at: datetime | None = field(default=None, kw_only=True)
    """When the platform was last asked which accounts the token reaches; None: at the consent."""
    events: list[Event] = field(default_factory=list, repr=False, kw_only=True)

    @property
    def erased(self) -> bool:
        return isinstance(self.health, Revoked | Superseded)

    def connect(self, connection: ConnectionId, advertiser: Advertiser, now: datetime) -> Connection:
        """Give this grant an account that its owner had not connected."""
        self._alive()
        made = self.connections[connection] = Connection(connection, self.owner, advertiser, created_at=now)
        self.events.append(AccountsConnected(self.id, self.owner, (connection,), at=now))
        return made

    def adopt(self, connection: Connection, now: datetime) -> None:
        """Take over a connection from an older grant of the same owner, under its old id: its owner has consented once more."""
        self._alive()
        self.connections[connection.id] = connection.reconnected()
        self.events.append(AccountsConnected(self.id, self.owner, (connection.id,), at=now))

    def take_over(self, connection: Connection, now: datetime) -> None:
        """Take in a connection that was made elsewhere, as it is: no consent of its owner brought it here."""
        self._alive()
        self.connections[connection.id] = connection
        self.reach |= {connection.advertiser.id}
        self.events.append(AccountsConnected(self.id, self.owner, (connection.id,), at=now))

    def release(self, connection: ConnectionId) -> Connection:
        """Let go of an account, known by its id or its former one; whether that ends the grant is the caller's next question."""
        return self.connections.pop(self.connection(connection).id)

    def connection(self, connection: ConnectionId) -> Connection:
        """The connection of this id, or that had it formerly. Raises ConnectionNotFound."""
        if (current := self.connections.get(connection)) is not None:
            return current
        former = (c for c in self.connections.values() if c.former_id == connection)
        if (renamed := next(former, None)) is None:
            raise ConnectionNotFound
        return renamed

    def miss_rows(self, times_connected: Mapping[ConnectionId, int], since: datetime) -> None:
        """Their rows are missing in the dashboard. What their owner has connected once more since stays as it is."""
        for connection in self._still(times_connected):
            self.connections[connection.id] = replace(connection, missing_since=since)

    def find_rows(self, times_connected: Mapping[ConnectionId, int]) -> None:
        """Their rows are there again, or nothing can be concluded from what is missing."""
        for connection in self._still(times_connected):
            self.connections[connection.id] = replace(connection, missing_since=None)

    def _still(self, times_connected: Mapping[ConnectionId, int]) -> list[Connection]:
        return [c for c in self.connections.values() if times_connected.get(c.id) == c.times_connected]

    @property
    def by_account(self) -> dict[AdvertiserId, Connection]:
        """The connections by their accounts: for many look-ups at once."""
        return {c.advertiser.id: c for c in self.connections.values()}

    def connection_to(self, advertiser: AdvertiserId) -> Connection | None:
        return next((c for c in self.connections.values() if c.advertiser.id == advertiser), None)

    def look_again(
        self,
        reached: Mapping[AdvertiserId, Advertiser],
        now: datetime,
        *,
        lost: Collection[AdvertiserId] = (),
        complete: bool = True,
    ) -> None:
        """Take in which accounts the token reaches today, and how they stand.

        Absence proves nothing: a connected account that is missing stays as it was unless it is among the `lost`. Then, and where
        not everything that can be read was (`complete`), the next audit looks again.
        """
        self._alive()
        seen = {c.id: seen_again(c, reached, lost, now) for c in self.connections.values()}
        for connection in list(self.connections.values()):
            if (today := seen[connection.id]) is not None:
                self.connections[connection.id] = today
                self.events += account_changes(self.id, self.owner, connection, today, now)
        missed = None in seen.values()
        if added := tuple(sorted(reached.keys() - self.reach)):
            self.events.append(AccountsAdded(self.id, self.owner, added, at=now))
        self.reach = frozenset(reached) | self.reach if missed else frozenset(reached)
        self.reach_read_at = now if complete and not missed else self.reach_read_at

    def read_reach_soon(self) -> None:
        """Not all was read about the accounts of a new grant: the next audit goes on."""
        self.reach_read_at = EPOCH

    def _alive(self) -> None:
        if self.erased:
            raise Erased(self.id)
