"""Grants by id, with what is asked of them at every turn found without a look at all the others."""

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import UTC, datetime, timedelta

from application.ports.claims_and_settlements import TokenModel
from domain.advertiser import Connection
from domain.grant import Grant
from domain.ids import AppId, ConnectionId, GrantId, OwnerId
from domain.tokens import Expiring, LongTerm

MINUTE = timedelta(minutes=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)

Place = tuple[AppId, TokenModel | None]
"""Which queue a grant waits in; without a token model: in the line of what was refused."""

Entry = tuple[datetime, GrantId, int]
"""A time, a grant, and the version of its row: an entry of an older version is passed over when it is met."""


class DueTimes:
    """The due grants of one app and kind, most urgent first: heaps of those that wait for a time, for a lease, or for nothing."""

    def __init__(self) -> None:
        self.due: set[GrantId] = set()
        self._waiting: list[Entry] = []
        self._leased: list[Entry] = []
        self._free: list[Entry] = []
        self._passed: list[Entry] = []
        self._versions: dict[GrantId, int] = {}
        self._now = LONG_AGO

    def put(self, grant: Grant) -> None:
        """Take in a row that is new or was changed."""
        version = self._versions[grant.id] = self._versions.get(grant.id, 0) + 1
        self.due.discard(grant.id)
        if grant.schedule.due_at is not None:
            heapq.heappush(self._waiting, (grant.schedule.due_at, grant.id, version))

    def drop(self, grant: GrantId) -> None:
        """Forget a grant that is another's now."""
        self._versions[grant] = self._versions.get(grant, 0) + 1
        self.due.discard(grant)

    def look(self, rows: MutableMapping[GrantId, Grant], now: datetime) -> None:
        """Bring it up to this time, for which the clock must not have been turned back."""
        if now < self._now:
            for grant in list(self.due):
                self.put(rows[grant])
        self._now = now
        for entry in self._passed:
            heapq.heappush(self._free, entry)
        self._passed.clear()
        for entry in self._until(self._waiting, now):
            self.due.add(entry[1])
            attempt = rows[entry[1]].schedule.attempt
            heapq.heappush(self._leased, (attempt.lease_until if attempt else now, entry[1], entry[2]))
        for entry in self._until(self._leased, now):
            heapq.heappush(self._free, (urgency(rows[entry[1]]), entry[1], entry[2]))

    def most_urgent(self) -> Iterator[GrantId]:
        """Due grants that nobody has a lease on. Those not taken, so not put again with a lease, are free at the next look."""
        for entry in self._until(self._free, None):
            self._passed.append(entry)
            yield entry[1]

    def _until(self, heap: list[Entry], now: datetime | None) -> Iterator[Entry]:
        while heap and (now is None or heap[0][0] <= now):
            entry = heapq.heappop(heap)
            if self._versions[entry[1]] == entry[2]:
                yield entry


class GrantTable(dict[GrantId, Grant]):
    """Rows by id. A row never changes, another takes its place; none is ever deleted."""

    def __init__(self) -> None:
        super().__init__()
        self._due: defaultdict[Place, DueTimes] = defaultdict(DueTimes)
        self._in_line: defaultdict[AppId, set[GrantId]] = defaultdict(set)
        self._settled: defaultdict[datetime, set[GrantId]] = defaultdict(set)
        self._latest = LONG_AGO
        self._of_owner: defaultdict[OwnerId, set[GrantId]] = defaultdict(set)
        self._of_connection: dict[ConnectionId, GrantId] = {}

    def __setitem__(self, key: GrantId, grant: Grant) -> None:
        before = self.get(key)
        super().__setitem__(key, grant)
        self._index_due(before, grant)
        if before is None or before.schedule.settled_at != grant.schedule.settled_at:
            self._index_settled(before, grant)
        if before is None or before.connections != grant.connections:
            self._index_connections(before, grant)

    def update(self, rows: MutableMapping[GrantId, Grant]) -> None:  # type: ignore[override]  # dict's own would pass the indexes by
        for key, grant in rows.items():
            self[key] = grant

    def due(self, app: AppId, kind: TokenModel | None, now: datetime) -> DueTimes:
        """What is due at this time; `kind` None: of what was refused and waits in line."""
        found = self._due[app, kind]
        found.look(self, now)
        return found

    def in_line(self, app: AppId) -> Iterator[Grant]:
        """Grants that were refused and wait in line, due or not."""
        return (self[grant] for grant in self._in_line[app])

    def settled_since(self, since: datetime) -> Iterator[Grant]:
        """Grants whose last attempt ended then or later."""
        first = since.replace(second=0, microsecond=0)
        minutes = (self._latest - first) // MINUTE + 1
        some = self._settled if minutes > len(self._settled) else [first + n * MINUTE for n in range(minutes)]
        for minute in some:
            grants = self._settled.get(minute, ()) if minute >= first else ()
            yield from (g for i in grants if (at := (g := self[i]).schedule.settled_at) is not None and at >= since)

    def of_owner(self, owner: OwnerId) -> list[GrantId]:
        """Every grant of the owner, in the order of their ids."""
        return sorted(self._of_owner.get(owner, ()))

    def of_connection(self, connection: ConnectionId) -> GrantId | None:
        """The grant that this connection is under."""
        return self._of_connection.get(connection)

    def _index_due(self, before: Grant | None, grant: Grant) -> None:
        if before is not None and place(before) != place(grant):
            self._due[place(before)].drop(grant.id)
        self._due[place(grant)].put(grant)
        (self._in_line[grant.app].add if waits_in_line(grant) else self._in_line[grant.app].discard)(grant.id)

    def _index_settled(self, before: Grant | None, grant: Grant) -> None:
        if before is not None and (was := before.schedule.settled_at) is not None:
            minute = was.replace(second=0, microsecond=0)
            self._settled[minute].discard(grant.id)
            if not self._settled[minute]:
                del self._settled[minute]
        if (at := grant.schedule.settled_at) is not None:
            minute = at.replace(second=0, microsecond=0)
            self._settled[minute].add(grant.id)
            self._latest = max(self._latest, minute)

    def _index_connections(self, before: Grant | None, grant: Grant) -> None:
        gone: dict[ConnectionId, Connection] = before.connections if before is not None else {}
        for name in names_of(gone):
            if self._of_connection.get(name) == grant.id:
                del self._of_connection[name]
        for name in names_of(grant.connections):
            self._of_connection[name] = grant.id
        self._of_owner[grant.owner].add(grant.id)


def names_of(connections: Mapping[ConnectionId, Connection]) -> Iterator[ConnectionId]:
    """Every id that these connections have or had."""
    yield from connections
    yield from (connection.former_id for connection in connections.values() if connection.former_id is not None)


def waits_in_line(grant: Grant) -> bool:
    """Whether its next call is a repeat that shares a tenth of the budget with all others."""
    return grant.schedule.refusals is not None and grant.schedule.refusals.in_line


def place(grant: Grant) -> Place:
    """Which sweeps see this grant."""
    if waits_in_line(grant):
        return grant.app, None
    return grant.app, TokenModel.LONG_TERM if isinstance(grant.tokens, LongTerm) else TokenModel.EXPIRING


def urgency(grant: Grant) -> datetime:
    """The sooner, the more urgent."""
    if isinstance(grant.tokens, Expiring):
        return grant.tokens.access_expires_at
    return grant.schedule.due_at or grant.created_at
