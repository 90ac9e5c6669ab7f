"""Erased users, in a dictionary."""

from datetime import datetime

from adapters.memory.database import Changes
from domain.erasure import Erasure


class MemoryErasures:
    """By the digests of their ids."""

    def __init__(self, rows: Changes) -> None:
        self._rows = rows

    def note(self, erasure: Erasure) -> None:
        self._rows.erasures[erasure.owner_digest] = erasure

    def of(self, *owner_digests: str) -> Erasure | None:
        known = (self._rows.erasures.get(digest) for digest in owner_digests)
        return max((erasure for erasure in known if erasure), key=lambda erasure: erasure.at, default=None)

    def forget(self, before: datetime) -> int:
        old = [digest for digest, erasure in self._rows.erasures.items() if erasure.at < before]
        for digest in old:
            del self._rows.erasures[digest]
        return len(old)
