"""The mirror of an installation without a dashboard's database: it shows nothing anywhere."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from application.ports.connection_mirror import Lack, MirrorUnavailable, RowReport
from domain.ids import ConnectionId, OwnerId
from domain.mirror_look import Look, MirrorIdentity
from domain.mirrored_row import Intent


class NullConnectionMirror:
    """Says that it is not configured; whoever asks it for more all the same is told that it is away."""

    configured = False

    def settle(self, connection: ConnectionId, intent: Callable[[MirrorIdentity], Intent]) -> RowReport:
        raise MirrorUnavailable("not configured")

    def row_is_there(self, connection: ConnectionId, owner: OwnerId) -> bool:
        raise MirrorUnavailable("not configured")

    def is_user(self, owner: OwnerId) -> bool:
        raise MirrorUnavailable("not configured")

    def look(self, owners: Collection[OwnerId]) -> Look:
        raise MirrorUnavailable("not configured")

    def lacks(self) -> Sequence[Lack]:
        raise MirrorUnavailable("not configured")

    def mark_stale(self, connection: ConnectionId, owner: OwnerId, now: datetime) -> None:
        raise MirrorUnavailable("not configured")
