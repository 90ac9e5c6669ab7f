"""Many grants in a real database, at a running simulator, and what became of them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import partial

from sqlalchemy import func, select

from adapters.sql import tables
from domain.advertiser import Advertiser
from domain.grant import Grant
from domain.grant_health import Active
from domain.ids import AdvertiserId, ConnectionId, GrantId, OwnerId
from domain.seal_place import SealPlace
from domain.tokens import Expiring, TokenKind, first_tokens
from support.deployment import Deployment
from support.simulator_as_ad_platform import issued


@dataclass(frozen=True, slots=True)
class Member:
    """A person with one account under one grant; `consent` is the simulator's number of it."""

    owner: OwnerId
    connection: ConnectionId
    grant: GrantId
    consent: int


def populate(here: Deployment, count: int, *, user: str = "chloe", owner: OwnerId | None = None) -> list[Member]:
    """So many people consent at the simulator, and are stored as if they had come by the dashboard; or one `owner` so often."""
    container, control = here.container, here.tiktok.control
    sealer, policy, machine = container.sealer(), container.policy(), here.tiktok.machine
    [account, *_] = machine.accounts(user)
    secret = machine.apps[here.tiktok.app_id]
    members = list[Member]()
    with container.store().write() as work:
        for number in range(count):
            code = control.grant_code(user, [account.advertiser_id])
            got = issued(control.on_loop(partial(machine.exchange, here.tiktok.app_id, secret, code)))
            assert got.refresh is not None
            grant, now = GrantId(str(uuid.uuid4())), container.clock().now()
            place = SealPlace(owner or OwnerId(f"owner-{number}"), grant, 1)
            access, refresh = (
                sealer.seal(got.access, place, TokenKind.ACCESS),
                sealer.seal(got.refresh, place, TokenKind.REFRESH),
            )
            tokens, mark = first_tokens(access, refresh, got.lifetimes, asked_at=now), sealer.fingerprint(got.access)
            holder = machine.holder(got.access.reveal())
            assert holder is not None
            member = Member(place.owner, ConnectionId(str(uuid.uuid4())), grant, holder.grant)
            reached = Advertiser(AdvertiserId(str(number) if owner else account.advertiser_id), account.name)
            made = Grant.consented(grant, member.owner, container.app(), tokens, mark, frozenset([reached.id]), policy)
            made.connect(member.connection, reached, now)
            work.grants.add(made)
            members.append(member)
        work.commit()
    return members


@dataclass(frozen=True, slots=True)
class Verdict:
    """What TikTok and the database say in the end."""

    grants: int
    rotations: int
    reuses: int
    families_revoked: int
    not_active: int
    """Grants whose health is anything but ACTIVE."""
    dead: int
    """Stored refresh tokens that TikTok would not take."""
    behind: int
    """Grants at another generation than TikTok's."""
    blamed: int
    """Times that somebody was told of a refusal, or to authorise again."""
    in_doubt: int
    """Grants whose last attempt came to no known end; each will be asked about once more."""

    def assert_nothing_is_lost(self) -> None:
        """Nothing was spent twice, everything stored is alive, and nobody was told otherwise."""
        lost = (self.reuses, self.families_revoked, self.not_active, self.dead, self.behind, self.blamed)
        assert lost == (0,) * 6, self


def judged(here: Deployment, members: list[Member]) -> Verdict:
    """Ask both, when nobody works any more."""
    container, families, stats = here.container, here.tiktok.machine.state.families, here.tiktok.control.stats()
    with container.store().read() as work:
        found = {grant.id: grant for grant in work.grants.get(member.grant for member in members)}
    grants = [found[member.grant] for member in members]
    told = select(func.count()).where(tables.outbox.c.type.in_(["GrantDegraded", "ReauthorisationRequired"]))
    with container.database().reading() as connection:
        blamed = connection.scalar(told) or 0
    return Verdict(
        grants=len(grants),
        rotations=stats["refreshes"],
        reuses=stats["reuses"],
        families_revoked=stats["familiesRevoked"],
        not_active=sum(not isinstance(grant.health, Active) for grant in grants),
        dead=here.tiktok.control.is_live(*refresh_tokens(here, grants)).count(False),
        behind=sum(families[m.consent].generation != g.generation for m, g in zip(members, grants, strict=True)),
        blamed=blamed,
        in_doubt=sum(grant.schedule.in_doubt or grant.schedule.attempt is not None for grant in grants),
    )


def refresh_tokens(here: Deployment, grants: list[Grant]) -> list[str]:
    """The stored ones, in clear; an empty text where there is none."""
    sealer = here.container.sealer()
    pairs = [(grant, grant.tokens) for grant in grants]
    return [sealer.open(t.refresh, g.place, TokenKind.REFRESH).reveal() if isinstance(t, Expiring) else "" for g, t in pairs]
