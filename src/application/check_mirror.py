"""Check the dashboard's rows for an operator. Nothing is changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from application.ports.clock import Clock
from application.ports.connection_mirror import ConnectionMirror, Lack
from application.ports.store_of_all_owners import StoreOfAllOwners
from domain.mirror_differences import MirrorDifferences, differences
from domain.mirror_freeze_judgement import judged, ours_without_token
from domain.mirror_freeze_reasons import FreezeReason
from domain.mirror_state import MirrorState


@dataclass(frozen=True, slots=True)
class MirrorCounts:
    """What is kept here of the mirror."""

    note: MirrorState
    connections: int
    confirmed: int
    """Connections whose rows were there when last seen."""
    missing: int
    """Connections whose rows were there before, and were missing when last looked for."""


@dataclass(frozen=True, slots=True)
class MirrorCheck:
    """What an operator is told."""

    counts: MirrorCounts
    lacks: Sequence[Lack]
    would_freeze: FreezeReason | None
    """What a look would freeze it for now."""
    differences: MirrorDifferences
    users_gone: int
    """Owners of connections who are no users there."""
    on_hold: bool = False
    """Our own database is on hold: it is to be adopted before anything else."""


@dataclass(frozen=True, slots=True)
class CheckMirror:
    """Lacks, what would freeze it, differences and counts."""

    mirror: ConnectionMirror
    store: StoreOfAllOwners
    clock: Clock
    hold: Callable[[], object | None]
    """Why nothing may be concluded from our own database; None: it is what it was."""

    @property
    def configured(self) -> bool:
        return self.mirror.configured

    def counts(self) -> MirrorCounts:
        """What is known without asking the dashboard. Raises StoreUnavailable."""
        with self.store.read() as work:
            note, known, connections = work.mirror.note(), work.mirror.known_rows(), work.mirror.connections()
        return MirrorCounts(
            note=note,
            connections=len(connections),
            confirmed=sum(row.is_expected and row.missing_since is None for row in known),
            missing=sum(connection.missing_since is not None for connection in connections),
        )

    def lacks(self) -> Sequence[Lack]:
        """Raises MirrorUnavailable."""
        return self.mirror.lacks()

    def __call__(self) -> MirrorCheck:
        """Raises MirrorUnavailable, StoreUnavailable."""
        counts, on_hold = self.counts(), self.hold() is not None
        if lacks := self.mirror.lacks():
            return MirrorCheck(counts, lacks, None, MirrorDifferences((), (), (), (), ()), 0, on_hold)
        with self.store.read() as work:
            known, connections = work.mirror.known_rows(), work.mirror.connections()
        look = self.mirror.look({connection.owner for connection in connections})
        with self.store.read() as work:
            noted_since = [c for c in ours_without_token(look) if work.mirror.written(c) is not None]
        now = self.clock.now()
        frozen = judged(counts.note, known, noted_since, look, now).frozen
        found = differences(connections, known, look, now)
        there = {row.connection for row in look.rows}.difference(connection for _, connection in found.foreign)
        shown = sum(connection.connection in there for connection in connections)
        counts = replace(counts, connections=len(connections), confirmed=shown, missing=len(found.missing))
        return MirrorCheck(counts, lacks, frozen.reason if frozen else None, found, len(look.gone_users), on_hold)
