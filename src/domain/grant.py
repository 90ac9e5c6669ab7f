"""Grant: what one consent gave us, the aggregate that owns the tokens, their version and the claim on their rotation."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from domain.attempts_and_failures import Attempt, Schedule, after_failure, counted
from domain.due_times import due_at, probe_due_at
from domain.errors import AlreadyRotated
from domain.events import (
    GrantDegraded,
    GrantErased,
    GrantRecovered,
    ReauthorisationRequired,
    RefreshTokenEnding,
    TokensRotated,
)
from domain.expiry_announcements import announced_days
from domain.grant_accounts import GrantAccounts
from domain.grant_health import Active, Degraded, Health, NeedsReauth, Revoked, Superseded
from domain.ids import AdvertiserId, AppId, GrantId, OwnerId
from domain.outcomes import Failure, NotPermitted, Reason, Refused, Unavailable
from domain.refusal_judgement import Judgement, after_refusal, is_asked, judgement, refused_for
from domain.refusal_repeats import REPEATS_APART
from domain.restored_grants import Restored
from domain.rotation_policy import RotationPolicy
from domain.seal_place import FIRST_GENERATION, SealPlace
from domain.tokens import FIRST_ORIGIN, LONGEST_ACCESS_LIFE, Expiring, LongTerm, TokenOrigin, Tokens

TIKTOK_ADS = "tiktok_ads"
"""The one provider so far; a grant says whose it is, so that others can follow."""


@dataclass(slots=True)
class Grant(GrantAccounts):
    """One token pair over many connections. Its fields change through its verbs alone."""

    app: AppId
    tokens: Tokens | None
    fingerprint: str
    """Keyed digest of the access token: equal fingerprints are one and the same token, even under two owners."""
    created_at: datetime
    generation: int = FIRST_GENERATION
    schedule: Schedule = field(default_factory=lambda: Schedule(due_at=None))
    provider: str = TIKTOK_ADS
    origin: TokenOrigin = FIRST_ORIGIN
    """How its tokens were obtained: every rotation goes to the same version."""

    @classmethod
    def consented(
        cls,
        grant: GrantId,
        owner: OwnerId,
        app: AppId,
        tokens: Tokens,
        fingerprint: str,
        reach: frozenset[AdvertiserId],
        policy: RotationPolicy,
        origin: TokenOrigin = FIRST_ORIGIN,
    ) -> Self:
        """A new grant, as an offer: it has tokens to keep alive, and no connection yet."""
        at = tokens.issued_at
        schedule = Schedule(due_at(policy, tokens, grant))
        return cls(grant, owner, app, tokens, fingerprint, at, schedule=schedule, reach=reach, origin=origin)

    def ending(self, now: datetime) -> RefreshTokenEnding | None:
        """The announcement that is due of the end of the refresh token's year, if one is."""
        if not isinstance(self.tokens, Expiring) or (days := announced_days(self.tokens.refresh_expires_at, now)) is None:
            return None
        return RefreshTokenEnding(self.id, self.owner, days, self.tokens.refresh_expires_at, at=now)

    # ---- one rotation: claim, then exactly one of the verbs below

    def claim(self, attempt: Attempt) -> None:
        """Reserve the rotation. A claim that nobody ended means that the refresh token may be spent."""
        self.schedule = replace(self.schedule, attempt=attempt, in_doubt=self.schedule.doubtful)

    def rotate(self, fresh: Expiring, fingerprint: str, *, from_generation: int, policy: RotationPolicy, now: datetime) -> None:
        """Take the new pair. A late answer is still the only live pair in the world: it heals whatever was written since."""
        if self.generation != from_generation:
            raise AlreadyRotated(self.id, newest=self.generation)
        self._alive()
        self.tokens, self.fingerprint = fresh, fingerprint
        self.generation = from_generation + 1
        self.schedule = Schedule(due_at(policy, fresh, self.id), settled_at=now)
        self.events.append(TokensRotated(self.id, self.owner, self.generation, at=now))
        self._heal(now)

    def recover(self, pair: Expiring, fingerprint: str, *, spent: int, policy: RotationPolicy, now: datetime) -> None:
        """Take a pair that the journal kept. `spent`: the generation that was spent for it.

        The grant may be further back, since it came with a backup.
        """
        if self.generation > spent:
            raise AlreadyRotated(self.id, newest=self.generation)
        self.generation = spent
        self.rotate(pair, fingerprint, from_generation=spent, policy=policy, now=now)

    def fail(
        self, failure: Failure, policy: RotationPolicy, now: datetime, *, pause: timedelta | None = None, credible: bool = False
    ) -> None:
        """Note that the refresh brought no tokens. `pause`: how long the whole app has to wait, where it must.

        `credible`: others' answers say that a second refusal is the doing of this grant's user alone.
        """
        failure = counted(failure, self.schedule.last_failure)
        if isinstance(failure, Refused):
            self._refused(failure.reason, self.schedule.settled(now, failure), now, credible=credible)
        else:
            self.schedule = after_failure(self.schedule, failure, self.tokens, self.id, now, pause)

    def note_probe(
        self,
        failure: Failure | None,
        policy: RotationPolicy,
        now: datetime,
        *,
        pause: timedelta | None = None,
        credible: bool = False,
    ) -> None:
        """Take in what a look at the access token came to (None: it works). `pause` and `credible` as in `fail`."""
        was = self.schedule
        settled = was.settled(now, failure)
        unknown = was.last_failure.code if isinstance(was.last_failure, Unavailable) else None
        match self.tokens, failure:
            case Expiring(), None | Refused() if was.restored and isinstance(self.health, Active):
                restored = Restored.ACCESS_DEAD if failure else Restored.ACCESS_WORKS
                self.schedule = replace(settled, restored=restored, due_at=now)
            case Expiring(), _ if was.refusals is not None:
                works = {Refused: False, NotPermitted: True, type(None): True}.get(type(failure))
                refusals = was.refusals.probed(works=works)
                reason = refused_for(self.health) or Reason.REFRESH_TOKEN_REFUSED
                settled = replace(settled, refusals=refusals)
                self._stand(judgement(self.health, self.tokens, settled, reason, now), now)
            case _, Refused():
                reason = Reason.ACCESS_TOKEN_REFUSED if unknown is None else Reason.of_code(unknown)
                self._refused(reason, settled, now, credible=credible)
            case LongTerm(), None:
                self.schedule = Schedule(probe_due_at(policy, self.id, now), settled_at=now)
                self._heal(now)
            case _, _:
                settled = replace(settled, last_failure=failure or Unavailable("the access token works"))
                self.schedule = settled.backed_off(self.tokens, self.id, now, pause)

    def hasten(self, now: datetime) -> None:
        """Have a refused token sent again at once: another one was taken after all."""
        if self.schedule.refusals is not None:
            refusals = self.schedule.refusals
            due_at = max(now, refusals.last_at + REPEATS_APART)
            self.schedule = replace(self.schedule, due_at=due_at, refusals=refusals.hastened())

    def wake(self, now: datetime) -> bool:
        """Have a pair renewed at once of which an earlier version believed that it lives for years. Whether it was one."""
        if not isinstance(self.tokens, Expiring) or self.tokens.access_expires_at <= now + LONGEST_ACCESS_LIFE:
            return False
        self.schedule = replace(self.schedule, due_at=now)
        return True

    def leave(self, now: datetime) -> None:
        """End a claim under which there was nothing to do."""
        self.schedule = self.schedule.settled(now)

    def lapse(self, reason: Reason, now: datetime) -> None:
        """The last token that could be served has ended."""
        self._stand(judgement(self.health, self.tokens, self.schedule.settled(now), reason, now, lapsed=True), now)

    # ---- the end

    def revoke(self, now: datetime) -> None:
        """Erase the tokens: nobody needs them any more. The generation moves on, so that no attempt in flight can settle."""
        self._erase(Revoked(), now)

    def supersede(self, now: datetime) -> None:
        """Erase the tokens because a newer grant took over. A late pair is forgotten, so nobody asks what it reaches."""
        self._erase(Superseded(), now)
        self.reach = frozenset()

    def give_up(self, before: datetime) -> bool:
        """Erase the tokens if a person has been asked to authorise again since before this time. Whether they were.

        The accounts stay, and so does the generation: an answer that comes late is still the only live pair, and heals.
        """
        if not isinstance(self.health, NeedsReauth) or self.health.since >= before:
            return False
        self.tokens, self.fingerprint = None, ""
        return True

    # ---- a database that is not what it was

    def distrust(self, now: datetime) -> bool:
        """Have the tokens of a restored backup show whether they live: by a probe, then by one try. Whether there are any.

        What was refused before stays so.
        """
        if self.tokens is None or not isinstance(self.health, Active):
            return False
        self.schedule = Schedule(due_at=now, settled_at=self.schedule.settled_at, restored=Restored.UNPROBED)
        return True

    def disown(self, now: datetime) -> bool:
        """Forget tokens that are another database's, of which this one is a copy. Whether its people have to authorise again.

        Nothing is revoked, and no event tells of it: its people are the other database's.
        """
        if self.erased:
            return False
        self.tokens, self.fingerprint, self.health = None, "", NeedsReauth(Reason.COPIED_DATABASE, since=now)
        self.generation += 1
        self.schedule = Schedule(due_at=None)
        return True

    def lose_key(self, now: datetime) -> bool:
        """Forget tokens that nobody can open any more. Whether its people have to authorise again.

        The accounts stay, and so does the generation: an answer on its way is sealed by another key, and heals.
        """
        if self.erased or self.tokens is None:
            return False
        self.tokens, self.fingerprint = None, ""
        if not isinstance(self.health, NeedsReauth):
            self.events.append(ReauthorisationRequired(self.id, self.owner, Reason.KEY_LOST, at=now))
        self.health = NeedsReauth(Reason.KEY_LOST, since=now)
        self.schedule = Schedule(due_at=None, settled_at=now)
        return True

    # ---- what callers ask

    @property
    def place(self) -> SealPlace:
        """What its tokens are sealed for."""
        return SealPlace(self.owner, self.id, self.generation)

    @property
    def access_found_alive(self) -> bool:
        """Whether the last look at the access token found that the platform takes it."""
        match self.tokens, self.health:
            case LongTerm(), Active():
                return self.schedule.settled_at is not None and self.schedule.last_failure is None
            case Expiring(), Degraded():
                return self.schedule.refusals is not None and self.schedule.refusals.access_works is True
            case _:
                return False

    @property
    def asked_because(self) -> Reason | None:
        """Why its person is asked to authorise again, if they are."""
        return refused_for(self.health) if is_asked(self.health) else None

    def in_flight(self, now: datetime) -> bool:
        """Whether somebody is renewing this grant now."""
        return self.schedule.attempt is not None and self.schedule.attempt.lease_until > now

    def _erase(self, health: Health, now: datetime) -> None:
        self._alive()
        self.tokens, self.fingerprint, self.health = None, "", health
        self.generation += 1
        self.schedule = Schedule(due_at=None, settled_at=now)
        self.events.append(GrantErased(self.id, self.owner, revoked=isinstance(health, Revoked), at=now))

    def _heal(self, now: datetime) -> None:
        """Its tokens work. Who was asked to authorise again is told that nobody has to."""
        if is_asked(self.health):
            self.events.append(GrantRecovered(self.id, self.owner, self.generation, at=now))
        self.health = Active()

    def _refused(self, reason: Reason, settled: Schedule, now: datetime, *, credible: bool) -> None:
        self._stand(after_refusal(self.health, self.tokens, settled, reason, now, credible=credible), now)

    def _stand(self, judgement: Judgement, now: datetime) -> None:
        """Take in how it stands after a refusal. Who was asked once is not asked again."""
        was, self.health, self.schedule = self.health, judgement.health, judgement.schedule
        match self.health:
            case NeedsReauth(reason=reason) if not isinstance(was, NeedsReauth):
                self.events.append(ReauthorisationRequired(self.id, self.owner, reason, at=now))
            case Degraded(usable_until=until, reason=reason) if is_asked(self.health) and not is_asked(was):
                self.events.append(GrantDegraded(self.id, self.owner, reason, until, at=now))
