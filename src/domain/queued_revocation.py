"""Revocation: a token on its way out. Nothing can be vended from here."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.grant import Grant
from domain.ids import AdvertiserId, AppId, GrantId, OwnerId, RevocationId
from domain.seal_place import SealPlace
from domain.tokens import Expiring, Sealed, Tokens

REVOCATION_PATIENCE = timedelta(days=30)
"""How long the revocation of a token without an end is tried."""
MAKES_WAY_FOR = timedelta(minutes=1)
"""How long a revocation is put off while anybody's consent is being exchanged, which may bring the same login again."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """An access token to be revoked at the platform, unless another live grant shares it or reaches one of its accounts."""

    id: RevocationId
    grant: GrantId
    owner: OwnerId
    app: AppId
    access: Sealed
    """Sealed for its grant, as it was there."""
    fingerprint: str
    reach: frozenset[AdvertiserId]
    due_at: datetime
    give_up_at: datetime
    failures: int = 0
    leased_until: datetime | None = None
    """Until when somebody may be calling the platform for it."""
    queued_at: datetime | None = None
    """None: long ago."""
    generation: int = 0
    """The generation that its token was sealed for; 0: it was sealed before that mattered."""

    @property
    def place(self) -> SealPlace:
        """What its token is sealed for."""
        return SealPlace(self.owner, self.grant, self.generation)

    def has_waited(self, now: datetime) -> bool:
        """Whether it has made way for consents for long enough: from now on they make way for it."""
        return self.queued_at is None or now - self.queued_at >= MAKES_WAY_FOR


def revocation_of(
    grant: Grant, tokens: Tokens, generation: int, fingerprint: str, revocation: RevocationId, now: datetime
) -> Revocation:
    """Queue a grant's pair for revocation, until its access token ends by itself or, where it never does, for a while.
    `generation`: the one that the pair was sealed for.
    """
    give_up_at = tokens.access_expires_at if isinstance(tokens, Expiring) else now + REVOCATION_PATIENCE
    return Revocation(
        id=revocation,
        grant=grant.id,
        owner=grant.owner,
        app=grant.app,
        access=tokens.access,
        fingerprint=fingerprint,
        reach=grant.reach,
        due_at=now,
        give_up_at=give_up_at,
        queued_at=now,
        generation=generation,
    )
