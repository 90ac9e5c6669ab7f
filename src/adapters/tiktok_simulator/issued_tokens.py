"""The tokens that were issued: what a token in a call stands for, whose it is, and whether it is alive."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from . import replies
from .config import Config
from .refresh_token_reuse import RefreshTokenUse, use_of
from .replies import Reply, failure
from .token_family import Family
from .token_minting import Mint, SimulatedTokenKind

ACCESS_KINDS: Final = frozenset({SimulatedTokenKind.ACCESS, SimulatedTokenKind.LONG_TERM})


class Holder(NamedTuple):
    """Whose a token is."""

    user: str
    grant: int


class RefreshToken(NamedTuple):
    """A refresh token that was issued here, spent or not."""

    family: Family
    generation: int


class IssuedTokens:
    """Nothing is remembered of a token but its family: what else there is to know, the token says itself."""

    def __init__(self, mint: Mint, families: Mapping[int, Family]) -> None:
        self._mint, self._families = mint, families

    def newest(self, family: Family, now: datetime, config: Config) -> dict[str, object]:
        """The newest tokens of the family, with the whole seconds that are left of them."""
        if family.refresh_ends is None:
            return {"access_token": self._mint.token(SimulatedTokenKind.LONG_TERM, family.id, family.generation)}
        account = config.lifetime_names == "account"
        access_life, refresh_life = max(family.access_ends[family.generation] - now, timedelta(0)), family.refresh_ends - now
        return {
            "access_token": self._mint.token(SimulatedTokenKind.ACCESS, family.id, family.generation),
            "refresh_token": self._mint.token(SimulatedTokenKind.REFRESH, family.id, family.generation),
            "expires_in" if account else "access_token_expire_in": round(access_life.total_seconds()),
            "refresh_token_expires_in" if account else "refresh_token_expire_in": round(refresh_life.total_seconds()),
        }

    def refresh_token(self, token: str) -> RefreshToken | None:
        """What this refresh token stands for; None when it is none that was issued here."""
        minted = self._mint.read(token)
        if minted is None or minted.kind is not SimulatedTokenKind.REFRESH or minted.family not in self._families:
            return None
        return RefreshToken(self._families[minted.family], minted.generation)

    def family_of(self, access_token: str, app_id: str | None, now: datetime) -> Family | Reply:
        """The living family of an access token, or TikTok's reply to a token that is missing, foreign, revoked or expired."""
        if not access_token:
            return failure(replies.EMPTY_ACCESS_TOKEN)
        minted = self._mint.read(access_token)
        family = self._families.get(minted.family) if minted and minted.kind in ACCESS_KINDS else None
        if minted is None or family is None or family.revoked or app_id not in {None, family.app_id}:
            return failure(replies.INVALID_ACCESS_TOKEN)
        if family.expired(minted.generation, now):
            return failure(replies.ACCESS_TOKEN_EXPIRE)
        return family

    def is_live(self, token: str, now: datetime, config: Config) -> bool:
        """Whether TikTok would accept this refresh or access token now."""
        if (refresh := self.refresh_token(token)) is None:
            return isinstance(self.family_of(token, None, now), Family)
        return use_of(refresh.family, refresh.generation, now, config) in {RefreshTokenUse.ROTATES, RefreshTokenUse.REPEATS}

    def holder(self, token: str) -> Holder | None:
        """Whose this access or refresh token is, alive or dead; None when it was not issued here."""
        minted = self._mint.read(token)
        family = self._families.get(minted.family) if minted and minted.kind is not SimulatedTokenKind.CODE else None
        return Holder(family.user, family.id) if family else None
