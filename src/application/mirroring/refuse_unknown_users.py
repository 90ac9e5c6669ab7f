"""Whether the dashboard knows a user, asked only where the answer comes at once."""

from dataclasses import dataclass
from datetime import timedelta

from application.mirroring.bounded_calls import BoundedCalls
from application.ports.connection_mirror import ConnectionMirror, MirrorUnavailable
from application.ports.store import Store
from domain.errors import UnknownUser
from domain.ids import OwnerId

TOLD_WITHIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class RefuseUnknownUsers:
    """A connection of nobody could never be shown. Without an answer everybody is taken for a user."""

    mirror: ConnectionMirror
    store: Store
    calls: BoundedCalls

    def __call__(self, owner: OwnerId) -> None:
        """Raises UnknownUser, StoreUnavailable."""
        if not self.mirror.configured:
            return
        with self.store.read() as work:
            if not work.mirror.note().writes:
                return
        try:
            is_user = self.calls.call(lambda _: self.mirror.is_user(owner), within=TOLD_WITHIN)
        except MirrorUnavailable:
            return
        if not is_user:
            raise UnknownUser
