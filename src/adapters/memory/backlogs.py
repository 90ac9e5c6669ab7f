"""What waits, in memory."""

from collections.abc import Collection
from datetime import datetime

from adapters.memory.database import MemoryDatabase
from adapters.memory.outbox_reading import MemoryOutboxFeed
from application.ports.backlogs import LATE_AFTER, Backlog


class MemoryBacklogs:
    """Figures from the rows of this process."""

    def __init__(self, database: MemoryDatabase, feed: MemoryOutboxFeed) -> None:
        self._database, self._feed = database, feed

    def look(self, now: datetime, consumers: Collection[str]) -> Backlog:
        with self._database.lock:
            rows = self._database.answer()
            followed = [kept for kept in rows.spend.values() if kept.left_at is None]
            read = [at for kept in followed if (at := kept.progress.recent_read_at) is not None]
            return Backlog(
                facts=tuple((consumer, self._oldest_fact(consumer)) for consumer in sorted(consumers)),
                reading_due_since=min((kept.due_at for kept in followed if kept.due_at <= now), default=None),
                read_until=min(read, default=None),
                late_accounts=sum(at < now - LATE_AFTER for at in read),
            )

    def _oldest_fact(self, consumer: str) -> datetime | None:
        waiting = self._feed.read(consumer, limit=1)
        return waiting[0].event.at if waiting and waiting[0].event else None
