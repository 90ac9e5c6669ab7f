"""Ways to lose a token, each planted in the code as it is: one function replaced by a wrong one, and the story that shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.crypto.sealer import AesGcmSealer
from adapters.memory import claims_and_settlements as claims
from adapters.memory import grant_table
from adapters.memory.claims_and_settlements import MemoryClaims
from adapters.memory.database import copy_of
from adapters.memory.store import MemoryGrants
from application.connecting import erase_and_revoke_unused_grant, relink
from application.connecting.exchange_code import ExchangeCode
from application.ports.claims_and_settlements import Claim, Settlement
from application.rotation.call_and_settle import CallAndSettle
from application.rotation.outage_aware_claims import Contact, OutageAwareClaims
from application.rotation.revoke_late_pair import RevokeLatePair
from application.rotation.store_outcome import StoreOutcome
from application.select_accounts import SelectAccounts
from application.vend_token import VendToken
from chaos import scenarios
from chaos.fleet import Fleet
from domain import allowance, back_off, breaker
from domain.errors import PlatformUnavailable
from domain.grant import Grant
from domain.grant_health import Revoked, Superseded
from domain.ids import GrantId, OwnerId
from domain.outcomes import Failure, InDoubt, Reason, Refused, Unavailable
from domain.pacing import Pace
from domain.refusal_repeats import Refusals
from domain.rotation_policy import RotationPolicy
from domain.seal_place import SealPlace
from domain.tokens import Sealed, Secret, TokenKind
from support.world import START

Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, how it is planted, and where it is seen. `way`: its number among the known ways to lose a token."""

    plant: Plant
    scenario: Callable[[], None]
    way: int | None = None


def replaced(owner: object, name: str, wrong: object) -> Plant:
    return lambda patch: patch.setattr(owner, name, wrong)


# ---- the wrong functions


def one_row_a_connection(patch: pytest.MonkeyPatch) -> None:
    """Every account gets a copy of the pair, which the sealer does not mind."""
    choose = SelectAccounts.__call__

    def split(self: SelectAccounts, *args: Any) -> Any:  # noqa: ANN401 -- passed on as it comes
        chosen = choose(self, *args)
        with self.store.write() as work:
            [grant] = {g.id: g for c in chosen if (g := work.grants.of_connection(c.id, owner=c.owner))}.values()
            for number, connection in enumerate(chosen[1:]):
                copy = copy_of(grant)
                copy.id, copy.connections = GrantId(f"{grant.id}-{number}"), {connection.id: connection}
                grant.release(connection.id)
                work.grants.add(copy)
            work.grants.save(grant)
            work.commit()
        return chosen

    seal, unseal = AesGcmSealer.seal, AesGcmSealer.open

    def seal_anywhere(self: AesGcmSealer, token: Secret, _: SealPlace, kind: TokenKind) -> Sealed:
        return seal(self, token, SealPlace(OwnerId("anybody"), GrantId("anywhere"), 1), kind)

    def open_anywhere(self: AesGcmSealer, sealed: Sealed, _: SealPlace, kind: TokenKind) -> Secret:
        return unseal(self, sealed, SealPlace(OwnerId("anybody"), GrantId("anywhere"), 1), kind)

    patch.setattr(SelectAccounts, "__call__", split)
    patch.setattr(AesGcmSealer, "seal", seal_anywhere)
    patch.setattr(AesGcmSealer, "open", open_anywhere)


def no_lease(patch: pytest.MonkeyPatch) -> None:
    claim = MemoryClaims._claim  # noqa: SLF001 -- the very line that is wrong

    def unleased(self: MemoryClaims, rows: Any, grant: Grant, now: datetime, lease: timedelta) -> Claim:  # noqa: ANN401 -- passed on as it comes
        return claim(self, rows, grant, now, lease * 0)

    patch.setattr(MemoryClaims, "_claim", unleased)


def forget_the_doubt(self: Grant, attempt: Any) -> None:  # noqa: ANN401 -- passed on as it comes
    self.schedule = replace(self.schedule, attempt=attempt)


def failing_as(other: Callable[[Failure], Failure]) -> Plant:
    """Failures are taken for other ones."""
    fail = Grant.fail

    def failed(self: Grant, failure: Failure, *args: Any, **kwargs: Any) -> None:
        fail(self, other(failure), *args, **kwargs)

    return replaced(Grant, "fail", failed)


def silence_as_not_sent(failure: Failure) -> Failure:
    return Unavailable(failure.detail) if isinstance(failure, InDoubt) else failure


def silence_as_refused(failure: Failure) -> Failure:
    return Refused(Reason.REFRESH_TOKEN_EXPIRED, 0) if isinstance(failure, InDoubt) else failure


def anything_as_refused(_: Failure) -> Failure:
    return Refused(Reason.REFRESH_TOKEN_EXPIRED, 0)


def withhold(self: VendToken, grant: Grant, *_: object, **__: object) -> None:
    del self, grant
    raise PlatformUnavailable(timedelta(minutes=1))


def twice_a_day(patch: pytest.MonkeyPatch) -> None:
    """Every twelve hours, whatever ends within six."""
    patch.setattr("domain.grant.due_at", lambda _policy, tokens, _grant: tokens.access_expires_at - timedelta(hours=6))
    patch.setattr(Fleet, "sweep_every", timedelta(hours=12))


def no_end(self: Refusals, _: object) -> datetime:
    return self.last_at + timedelta(minutes=15)


def keep_the_generation(patch: pytest.MonkeyPatch) -> None:
    """Erasing empties the tokens alone; the generation is what settles are held to."""
    erase, settle = Grant._erase, MemoryClaims.settle  # noqa: SLF001 -- the very line that is wrong

    def erased(self: Grant, health: Revoked | Superseded, now: datetime) -> None:
        erase(self, health, now)
        self.generation -= 1

    def settled(self: MemoryClaims, grant: Grant, claim: Claim) -> Settlement:
        patch.setattr(Grant, "erased", False)
        try:
            return settle(self, grant, claim)
        finally:
            patch.setattr(Grant, "erased", property(lambda g: isinstance(g.health, Revoked | Superseded)))

    patch.setattr(Grant, "_erase", erased)
    patch.setattr(MemoryClaims, "settle", settled)


def old_grant_first(patch: pytest.MonkeyPatch) -> None:
    """A reconnect clears the way before the new pair is there."""
    exchange = ExchangeCode.__call__

    def cleared(self: ExchangeCode, consent: Any, code: Secret) -> Any:  # noqa: ANN401 -- passed on as it comes
        with self.store.write() as work:
            for grant in work.grants.of_owner(consent.owner):
                grant.supersede(self.clock.now())
                work.grants.save(grant)
            work.commit()
        return exchange(self, consent, code)

    patch.setattr(ExchangeCode, "__call__", cleared)


def fence_by_attempt(patch: pytest.MonkeyPatch) -> None:
    settle = MemoryClaims.settle

    def settled(self: MemoryClaims, grant: Grant, claim: Claim) -> Settlement:
        row = self._database.rows.grants.get(grant.id)
        if row and not (row.schedule.attempt and row.schedule.attempt.id == claim.attempt):
            return Settlement.OVERTAKEN
        return settle(self, grant, claim)

    patch.setattr(MemoryClaims, "settle", settled)


def reload_then_write(patch: pytest.MonkeyPatch) -> None:
    """A refusal is written to whatever grant is there."""
    settle = MemoryClaims.settle

    def settled(self: MemoryClaims, grant: Grant, claim: Claim) -> Settlement:
        row = self._database.rows.grants[grant.id]
        if grant.generation > claim.generation or row.erased:
            return settle(self, grant, claim)
        written = copy_of(row)
        written.health, written.schedule = grant.health, grant.schedule
        self._database.rows.grants[grant.id] = written
        return Settlement.STORED

    patch.setattr(MemoryClaims, "settle", settled)


def rotate_without_healing(patch: pytest.MonkeyPatch) -> None:
    settle = MemoryClaims.settle

    def settled(self: MemoryClaims, grant: Grant, claim: Claim) -> Settlement:
        if grant.generation > claim.generation:
            grant.health = self._database.rows.grants[grant.id].health
        return settle(self, grant, claim)

    patch.setattr(MemoryClaims, "settle", settled)


def supersede_by_revoking(patch: pytest.MonkeyPatch) -> None:
    """And whoever revokes does not ask who shares the login."""

    def revoke(work: Any, grant: Grant, now: datetime) -> None:  # noqa: ANN401 -- passed on as it comes
        if not grant.connections:
            erase_and_revoke_unused_grant.erase_and_revoke_if_unused(work, grant, scenarios.IDS, now)

    patch.setattr(relink, "supersede_if_unused", revoke)
    patch.setattr(MemoryGrants, "another_live_grant_shares", lambda *_, **__: False)


def release_without_doubt(patch: pytest.MonkeyPatch) -> None:
    def released(self: MemoryClaims, claims: list[Claim]) -> None:
        for claim in claims:
            row = copy_of(self._database.rows.grants[claim.grant.id])
            row.schedule = replace(claim.before, attempt=None, in_doubt=False)
            self._database.rows.grants[row.id] = row

    patch.setattr(MemoryClaims, "release", released)


def longest_left_first(patch: pytest.MonkeyPatch) -> None:
    urgency = grant_table.urgency
    patch.setattr(grant_table, "urgency", lambda grant: START - (urgency(grant) - START))


# ---- all of them


FAULTS: dict[str, Fault] = {
    "One row a connection, so several copies of one refresh token": Fault(
        one_row_a_connection, scenarios.three_accounts_of_one_consent_share_one_pair, way=1
    ),
    "A claim reserves nothing": Fault(no_lease, scenarios.two_workers_meet_over_one_grant, way=2),
    "A claim over an unsettled attempt marks no doubt": Fault(
        replaced(Grant, "claim", forget_the_doubt), scenarios.a_process_dies_with_the_answer_in_its_hand, way=3
    ),
    "No journal": Fault(
        replaced(StoreOutcome, "_keep", lambda *_: True), scenarios.the_database_is_away_when_the_answer_comes, way=4
    ),
    "The journal is not drained before claiming": Fault(
        replaced(OutageAwareClaims, "_steady", lambda *_: True), scenarios.a_process_starts_with_an_answer_in_its_journal, way=4
    ),
    "Nobody waits for another host's journal": Fault(
        replaced(Contact, "steady_in", lambda *_: timedelta(0)), scenarios.another_hosts_journal_holds_the_answer, way=4
    ),
    "A time-out counts as not sent": Fault(
        failing_as(silence_as_not_sent), scenarios.a_reply_is_lost_on_a_strict_platform, way=5
    ),
    "A time-out counts as refused": Fault(
        failing_as(silence_as_refused), scenarios.a_reply_is_lost_on_a_platform_with_a_grace_period, way=5
    ),
    "Any failure disconnects": Fault(failing_as(anything_as_refused), scenarios.nothing_but_a_refusal_disconnects, way=6),
    "A token is withheld when its renewal failed": Fault(
        replaced(VendToken, "_best", withhold), scenarios.a_token_that_still_lives_is_served_whatever_its_renewal_does, way=7
    ),
    "Every twelve hours, whatever ends within six": Fault(twice_a_day, scenarios.a_few_days_pass, way=8),
    "A refused grant is tried for ever": Fault(
        replaced(Refusals, "repeat_at", no_end), scenarios.a_dead_connection_is_left_in_peace, way=9
    ),
    "Erasing leaves the generation": Fault(
        keep_the_generation, scenarios.a_person_disconnects_while_the_call_is_under_way, way=10
    ),
    "The old grant goes before the new one is stored": Fault(
        old_grant_first, scenarios.a_person_consents_again_and_the_platform_is_away, way=10
    ),
    "A success is fenced by its attempt too": Fault(
        fence_by_attempt, scenarios.an_answer_comes_after_another_attempt_was_refused
    ),
    "A refusal is looked up, then written": Fault(reload_then_write, scenarios.a_refusal_comes_after_another_attempt_succeeded),
    "A late success leaves the grant degraded": Fault(
        rotate_without_healing, scenarios.an_answer_comes_after_another_attempt_was_refused
    ),
    "A late pair of a disconnected grant is dropped": Fault(
        replaced(RevokeLatePair, "__call__", lambda *_: None), scenarios.a_person_disconnects_while_the_call_is_under_way
    ),
    "A superseded grant is revoked": Fault(supersede_by_revoking, scenarios.a_person_consents_again),
    "A revocation does not ask who shares the login": Fault(
        replaced(MemoryGrants, "another_live_grant_shares", lambda *_, **__: False),
        scenarios.two_people_share_a_login_and_one_disconnects,
    ),
    "Giving a claim back forgets the doubt": Fault(release_without_doubt, scenarios.a_doubtful_claim_is_given_back),
    "No look at the clock before sending": Fault(
        replaced(RotationPolicy, "last_moment", timedelta(hours=1)), scenarios.a_claim_is_waited_out
    ),
    "No second look at a generation in doubt": Fault(
        replaced(MemoryClaims, "current", lambda *_: True), scenarios.a_claim_is_resumed_after_another_attempt_succeeded
    ),
    "A second refusal is believed however soon": Fault(
        replaced(Refusals, "may_be_believed", lambda *_: True), scenarios.one_token_is_refused_by_mistake
    ),
    "What others are answered does not count": Fault(
        replaced(CallAndSettle, "_others_speak_for", lambda *_: True), scenarios.the_platform_refuses_everybody_for_a_while
    ),
    "A refused token is never sent again": Fault(
        replaced(Refusals, "repeat_at", lambda *_: None), scenarios.the_platform_refuses_everybody_for_a_while
    ),
    "A success hastens nobody": Fault(
        replaced(MemoryClaims, "hasten", lambda *_: None), scenarios.many_wait_when_an_incident_ends
    ),
    "Repeats take what they can get of the budget": Fault(
        replaced(allowance, "REPEATS_SHARE", 1), scenarios.an_incident_ends_beside_one_user_with_many_dead_grants
    ),
    "No turns by owner": Fault(
        replaced(claims, "in_turns", lambda waiting, _, count: [grant for _, grant in waiting[:count]]),
        scenarios.an_incident_ends_beside_one_user_with_many_dead_grants,
    ),
    "Those with the longest left go first": Fault(longest_left_first, scenarios.a_platform_returns_after_an_outage),
    "No budget": Fault(
        replaced(Pace, "of", lambda *_: Pace(timedelta(milliseconds=1))), scenarios.a_platform_returns_after_an_outage
    ),
    "A trial every five minutes": Fault(
        replaced(breaker, "TRIAL_EVERY", timedelta(minutes=5)), scenarios.a_minute_is_left_when_the_platform_returns
    ),
    "The same back-off in a token's last hour": Fault(
        replaced(back_off, "URGENT_BACK_OFF", timedelta(minutes=15)), scenarios.a_minute_is_left_when_the_platform_returns
    ),
}
