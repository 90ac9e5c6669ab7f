"""Claims over a database of this process."""

import heapq
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from adapters.memory.database import MemoryDatabase, Rows, copy_of
from adapters.memory.grant_table import urgency, waits_in_line
from application.ports.claims_and_settlements import Claim, Due, Settlement, TokenModel, fenced_out
from application.ports.clock import Clock
from application.ports.fleet import HEALTH_WORDS
from application.ports.ids_and_nonces import Ids
from application.ports.journal_register import machine_of
from domain.attempts_and_failures import Attempt
from domain.due_times import urgent_at
from domain.grant import Grant
from domain.grant_health import Active
from domain.ids import AppId, AttemptId, GrantId, OwnerId
from domain.owner_turns import in_turns
from domain.refusal_repeats import HASTENED_AT_ONCE
from domain.rotation_attempt import RotationAttempt
from domain.tokens import Expiring, LongTerm


class MemoryClaims:
    """Leases in the rows, by the given clock."""

    def __init__(self, database: MemoryDatabase, *, clock: Clock, ids: Ids, host: str = "here") -> None:
        self._database, self._clock, self._ids, self._host = database, clock, ids, host

    def take_due(self, app: AppId, *, limit: int, lease: timedelta, due: Due) -> list[Claim]:
        with self._database.lock:
            rows, now = self._database.answer(), self._clock.now()
            if due.repeats:
                waiting = (rows.grants[grant] for grant in rows.grants.due(app, None, now).due)
                chosen = in_turns(in_line(g for g in waiting if is_wanted(g, due) and not g.in_flight(now)), rows.repeated, limit)
                return [self._repeat(rows, grant, now, lease) for grant in chosen]
            if is_ordinary(due):
                urgent = (rows.grants[grant] for grant in rows.grants.due(app, due.kind, now).most_urgent())
                taken = list(islice((g for g in urgent if is_wanted(g, due)), limit))
                return [self._claim(rows, grant, now, lease) for grant in taken]
            free = (g for g in rows.grants.values() if is_due(g, app, due, now) and not g.in_flight(now))
            return [self._claim(rows, g, now, lease) for g in heapq.nsmallest(limit, free, key=urgency)]

    def take(self, grant: GrantId, *, generation: int, lease: timedelta, doubtful: bool = True) -> Claim | None:
        with self._database.lock:
            rows, now = self._database.answer(), self._clock.now()
            row = rows.grants.get(grant)
            if row is None or row.erased or row.generation != generation or row.in_flight(now):
                return None
            if row.schedule.doubtful and not doubtful:
                return None
            return self._claim(rows, row, now, lease)

    def current(self, claim: Claim) -> bool:
        with self._database.lock:
            row = self._database.answer().grants.get(claim.grant.id)
            return row is not None and row.generation == claim.generation

    def settle(self, grant: Grant, claim: Claim) -> Settlement:
        with self._database.lock:
            rows = self._database.answer()
            row = rows.grants.get(grant.id)
            if row is None or row.generation != claim.generation or row.erased:
                return fenced_out(row.health if row else None)
            mine = row.schedule.attempt is not None and row.schedule.attempt.id == claim.attempt
            if grant.generation == claim.generation and not mine:
                return Settlement.OVERTAKEN
            stored = copy_of(row)
            if grant.generation > claim.generation:
                stored.tokens, stored.fingerprint, stored.generation = grant.tokens, grant.fingerprint, grant.generation
            stored.health, stored.schedule = grant.health, grant.schedule
            if grant.generation > claim.generation and row.schedule.attempt is not None and not mine:
                stored.schedule = replace(stored.schedule, in_doubt=True)
            rows.grants[grant.id] = stored
            rows.events.extend(grant.events)
            grant.events.clear()
            if claim.came_to and (at := grant.schedule.settled_at):
                health = HEALTH_WORDS[type(grant.health)]
                rows.attempts.append(RotationAttempt(grant.id, claim.attempt, at, claim.generation, claim.came_to, health))
            return Settlement.STORED

    def release(self, claims: list[Claim]) -> None:
        with self._database.lock:
            rows = self._database.answer()
            for claim in claims:
                row = rows.grants.get(claim.grant.id)
                if row and row.schedule.attempt and row.schedule.attempt.id == claim.attempt:
                    returned = copy_of(row)
                    returned.schedule = replace(claim.before, attempt=None, in_doubt=row.schedule.in_doubt)
                    rows.grants[row.id] = returned

    def hasten(self, app: AppId, count: int) -> None:
        with self._database.lock:
            rows, now = self._database.answer(), self._clock.now()
            ahead = (rows.grants[grant] for model in TokenModel for grant in rows.grants.due(app, model, now).due)
            if sum(g.schedule.refusals is not None and not g.in_flight(now) for g in ahead) >= HASTENED_AT_ONCE:
                return
            waiting = [g for g in rows.grants.in_line(app) if may_be_hastened(g, now)]
            for grant in in_turns(in_line(waiting), (), count):
                hastened = copy_of(grant)
                hastened.hasten(now)
                rows.grants[grant.id] = hastened

    def skew(self) -> timedelta:
        with self._database.lock:
            self._database.answer()
            return timedelta(0)

    def count_due(self, app: AppId, due: Due) -> int:
        with self._database.lock:
            rows, now = self._database.answer(), self._clock.now()
            if is_ordinary(due):
                waiting = rows.grants.due(app, None if due.repeats else due.kind, now).due
                if not due.doubtful:
                    return sum(is_wanted(rows.grants[g], due) for g in waiting)
                done = rows.grants.settled_since(due.since) if due.since else ()
                return len(waiting) - sum(g.id in waiting and not is_wanted(g, due) for g in done)
            return sum(is_due(g, app, due, now) for g in rows.grants.values())

    def _repeat(self, rows: Rows, grant: Grant, now: datetime, lease: timedelta) -> Claim:
        rows.repeated.append(grant.owner)
        return self._claim(rows, grant, now, lease)

    def _claim(self, rows: Rows, grant: Grant, now: datetime, lease: timedelta) -> Claim:
        attempt, before = Attempt(AttemptId(self._ids.new()), self._host, now, now + lease), grant.schedule
        if before.attempt:
            rows.lost_claims[machine_of(before.attempt.host)] = now
        claimed = copy_of(grant)
        claimed.claim(attempt)
        rows.grants[grant.id] = claimed
        return Claim(copy_of(claimed), claimed.generation, attempt.id, before)


def is_ordinary(due: Due) -> bool:
    """Whether only due times count: what sweeps ask, all the time. Other ways look at every grant."""
    return due.repeats or (due.urgent_within is None and not due.everything)


def is_wanted(grant: Grant, due: Due) -> bool:
    """Whether a grant that is due is also wanted now."""
    settled_at = grant.schedule.settled_at
    done = due.since is not None and settled_at is not None and settled_at >= due.since and not awaits_probe(grant)
    return not done and (due.doubtful or not grant.schedule.doubtful)


def awaits_probe(grant: Grant) -> bool:
    """Whether the refresh was refused and nobody has looked at the access token yet."""
    return grant.schedule.refusals is not None and grant.schedule.refusals.awaits_probe


def is_due(grant: Grant, app: AppId, due: Due, now: datetime) -> bool:
    """What `Due` means, said once for this adapter."""
    if grant.app != app or waits_in_line(grant) or grant.schedule.due_at is None:
        return False
    if isinstance(grant.tokens, LongTerm) is not (due.kind is TokenModel.LONG_TERM) or not is_wanted(grant, due):
        return False
    anyway = due.everything and isinstance(grant.health, Active)
    return grant.schedule.due_at <= now or anyway or is_urgent(grant, due, now)


def is_urgent(grant: Grant, due: Due, now: datetime) -> bool:
    """Whether an untroubled grant comes into its last hour before it is looked at again."""
    if due.urgent_within is None or not isinstance(grant.tokens, Expiring) or grant.schedule.failures:
        return False
    return isinstance(grant.health, Active) and urgent_at(grant.tokens) <= now + due.urgent_within


def in_line(grants: Iterable[Grant]) -> list[tuple[OwnerId, Grant]]:
    """Refused grants with their owners: those not believed first, then the most urgent."""
    return [(g.owner, g) for g in sorted(grants, key=lambda g: (g.asked_because is not None, urgency(g), g.id))]


def may_be_hastened(grant: Grant, now: datetime) -> bool:
    """Whether it is a pair that is to be sent again at all, and nobody sends it now."""
    was_probed = grant.schedule.refusals is not None and grant.schedule.refusals.access_works is not None
    return was_probed and isinstance(grant.tokens, Expiring) and grant.schedule.due_at is not None and not grant.in_flight(now)
