"""Sealed tokens of a database of this process."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from adapters.memory.database import MemoryDatabase, Rows, copy_of
from application.ports.sealed_rows import Resealed, SealedIn, SealedRow, SealHead
from domain.grant import Grant
from domain.ids import GrantId, RevocationId
from domain.key_use import RowSeals
from domain.seal_place import FIRST_FORMAT
from domain.tokens import Expiring, LongTerm, Sealed


class MemorySealedRows:
    """Rows one by one, under the database's lock."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def counts(self) -> RowSeals:
        with self._database.lock:
            rows = self._database.answer()
            return RowSeals(
                grants=Counter(g.tokens.key_id for g in rows.grants.values() if g.tokens),
                revocations=Counter(r.access.key_id for r in rows.revocations.values()),
            )

    def of_first_format(self) -> bool:
        return any(text.format == FIRST_FORMAT for row in self._all() for text in texts_of(row))

    def besides(self, head: SealHead) -> int:
        return sum(any((text.format, text.key_id) != (head.format, head.key) for text in texts_of(row)) for row in self._all())

    def _all(self) -> list[SealedRow]:
        with self._database.lock:
            rows = self._database.answer()
            ids: dict[SealedIn, Sequence[str]] = {
                SealedIn.GRANTS: list(rows.grants),
                SealedIn.REVOCATIONS: list(rows.revocations),
            }
            return [row for where in SealedIn for row in sealed_rows(rows, where, ids[where])]

    def reseal(
        self, where: SealedIn, head: SealHead, change: Callable[[SealedRow], SealedRow | None], *, after: str | None, limit: int
    ) -> Resealed:
        with self._database.lock:
            rows = self._database.answer()
            ids: Sequence[str] = sorted(rows.grants) if where is SealedIn.GRANTS else sorted(rows.revocations)
            step = [i for i in ids if after is None or i > after][:limit]
            resealed = [new for row in sealed_rows(rows, where, step) if (new := change(row)) is not None]
            for new in resealed:
                put(rows, where, new)
        return Resealed(len(resealed), step[-1] if len(step) == limit else None)

    def grants_of(self, key: str, *, after: GrantId | None, limit: int) -> list[GrantId]:
        return self._ids(lambda g: g.tokens is not None and g.tokens.key_id == key, after, limit)

    def long_term(self, *, after: GrantId | None, limit: int) -> list[GrantId]:
        return self._ids(lambda g: isinstance(g.tokens, LongTerm), after, limit)

    def _ids(self, which: Callable[[Grant], bool], after: GrantId | None, limit: int) -> list[GrantId]:
        with self._database.lock:
            ids = sorted(g.id for g in self._database.answer().grants.values() if which(g))
        return [i for i in ids if after is None or i > after][:limit]


def sealed_rows(rows: Rows, where: SealedIn, ids: Sequence[str]) -> Iterator[SealedRow]:
    """Those that hold anything sealed."""
    for name in ids:
        if where is SealedIn.REVOCATIONS:
            queued = rows.revocations[RevocationId(name)]
            yield SealedRow(name, queued.grant, queued.owner, queued.generation, queued.access)
        elif tokens := (grant := rows.grants[GrantId(name)]).tokens:
            refresh = tokens.refresh if isinstance(tokens, Expiring) else None
            yield SealedRow(name, grant.id, grant.owner, grant.generation, tokens.access, refresh)


def texts_of(row: SealedRow) -> list[Sealed]:
    """One or two."""
    return [row.access, *([row.refresh] if row.refresh else [])]


def put(rows: Rows, where: SealedIn, row: SealedRow) -> None:
    """Its texts in the place of the row's."""
    if where is SealedIn.REVOCATIONS:
        name = RevocationId(row.id)
        rows.revocations[name] = replace(rows.revocations[name], access=row.access)
        return
    resealed = copy_of(rows.grants[row.grant])
    match resealed.tokens:
        case Expiring() as pair:
            resealed.tokens = replace(pair, access=row.access, refresh=row.refresh or pair.refresh)
        case LongTerm() as token:
            resealed.tokens = replace(token, access=row.access)
        case None:
            return
    rows.grants[row.grant] = resealed
