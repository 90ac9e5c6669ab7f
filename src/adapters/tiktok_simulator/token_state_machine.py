"""The simulated TikTok as a state machine, pure: what it answers to calls, its tokens, rotations and revocations."""

from collections.abc import Sequence
from datetime import timedelta
from hmac import compare_digest
from typing import Final

from . import replies
from .account_replies import details, person
from .advertisers import Advertiser
from .issued_tokens import Holder
from .paging import Page
from .refresh_token_reuse import RefreshTokenUse, use_of
from .replies import RefusedCall, Reply, failure, refused_account, success, wrong_parameter
from .simulated_users import SimulatedUsers
from .state import Code
from .token_family import Family
from .token_minting import SimulatedTokenKind

SCOPE: Final = [1, 2, 4, 7_215_340_981_267_546_113]
"""TikTok's numbers for what an app may do: opaque to clients, and some have 19 digits."""

SHORT_TERM_VERSION: Final = 2
"""From this version of the API on, the app chooses the kind of its tokens; before it, `Config.profile` does."""


class Machine(SimulatedUsers):
    """The simulated TikTok as a pure state machine: no network, no files, no waiting, one thread.

    Every call an app can make is a method that returns TikTok's reply, and costs a few look-ups however many grants there are.
    Choices where TikTok's material is silent: consenting again starts a new family and leaves the earlier ones alive (rotating),
    or returns the living long-term token, which then reaches what was ticked last; revoking any access token ends its whole
    family; an account that the user lost is no longer reached, one that the user gained is reached after a new consent only.
    """

    # What apps call

    def exchange(
        self,
        app_id: str,
        secret: str,
        auth_code: str,
        *,
        version: str = "v1.3",
        is_long_term: bool = False,
        return_advertiser_ids: bool = True,
    ) -> Reply:
        """`POST /oauth2/access_token/`: a code, used once, for tokens. Before v2.0 the last two are not looked at."""
        if refusal := self._refusal(app_id, secret, (app_id, secret, auth_code)):
            return refusal
        minted = self._mint.read(auth_code)
        if minted is None or minted.kind is not SimulatedTokenKind.CODE or minted.family not in self.state.codes:
            return failure(replies.AUTH_CODE_ERROR)
        code = self.state.codes[minted.family]
        if code.app_id != app_id or self.clock.now() >= code.ends:
            return failure(replies.AUTH_CODE_ERROR)
        del self.state.codes[minted.family]
        chosen = float(version.removeprefix("v")) >= SHORT_TERM_VERSION
        family = self._consented(code, long_term=is_long_term if chosen else self.config.profile == "long-term")
        self.changes += 1
        reach = {"advertiser_ids": family.advertiser_ids} if return_advertiser_ids or not chosen else {}
        return success({**self._newest(family), **reach, "scope": SCOPE, "token_type": "Bearer"})

    def refresh(self, app_id: str, secret: str, refresh_token: str, grant_type: str = "refresh_token") -> Reply:
        """`POST /oauth2/refresh_token/`: a refresh token for a new pair; Config.rotation_mode tells of a second use."""
        if refusal := self._refusal(app_id, secret, (app_id, secret, refresh_token)):
            return refusal
        if grant_type != "refresh_token":
            return failure(replies.PARAMETER_ERROR, "grant_type must be refresh_token.")
        spent = self._tokens.refresh_token(refresh_token)
        if spent is None or spent.family.app_id != app_id:
            return failure(replies.INVALID_REFRESH_TOKEN)
        return self._refresh(spent.family, spent.generation)

    def revoke(self, app_id: str, secret: str, access_token: str) -> Reply:
        """`POST /oauth2/revoke_token/`: ends the token and everything from the same consent."""
        if refusal := self._refusal(app_id, secret, (app_id, secret)):
            return refusal
        family = self._reached(access_token, app_id)
        if not isinstance(family, Family):
            return family
        self._revoke(family)
        self.state.counters.revocations += 1
        return success({"app_id": app_id, "advertiser_ids": family.advertiser_ids})

    def list_advertisers(self, app_id: str, secret: str, access_token: str) -> Reply:
        """`GET /oauth2/advertiser/get/`: ids and names of the accounts the token reaches."""
        if refusal := self._refusal(app_id, secret, (app_id, secret)):
            return refusal
        family = self._reached(access_token, app_id)
        if not isinstance(family, Family):
            return family
        reach = self._reach(family).values()
        listed = [*reach, *(account for account in reach if account.advertiser_id in self.listed_twice)]
        rows = [{"advertiser_id": account.advertiser_id, "advertiser_name": account.name} for account in listed]
        return success({"list": rows})

    def advertiser_info(
        self, access_token: str, advertiser_ids: Sequence[str], fields: Sequence[str] = (), page: Page | None = None
    ) -> Reply:
        """`GET /advertiser/info/`: details of at most 100 accounts, all of them without `fields`.
        One account out of reach fails the call. TikTok does not document paging here; a page after the last is empty.
        """
        family = self.bearer(access_token)
        if not isinstance(family, Family):
            return family
        odd = self.refused_in_details if self.config.info_permission else None
        return details(self._reach(family), advertiser_ids, fields, page, odd)

    def user_info(self, access_token: str) -> Reply:
        """`GET /user/info/`: the person who consented."""
        family = self.bearer(access_token)
        if not isinstance(family, Family):
            return family
        return person(family.user)

    def advertisers(self, access_token: str, advertiser_ids: Sequence[str]) -> list[Advertiser]:
        """The accounts that a call is about. Raises RefusedCall where they are out of its reach."""
        family = self.bearer(access_token)
        if not isinstance(family, Family):
            raise RefusedCall(family)
        if not all(advertiser_ids):
            raise wrong_parameter("advertiser_id: Missing data for required field.")
        reach = self._reach(family)
        if foreign := [advertiser_id for advertiser_id in advertiser_ids if advertiser_id not in reach]:
            raise RefusedCall(refused_account(foreign[0]))
        return [reach[advertiser_id] for advertiser_id in dict.fromkeys(advertiser_ids)]

    def bearer(self, access_token: str) -> Family | Reply:
        """The living family of the access token that a call shows, or TikTok's refusal; the call counts against the limits."""
        holder = self.holder(access_token)
        app_id = self.state.families[holder.grant].app_id if holder else ""
        return self._too_frequent(app_id) or self._reached(access_token, None)

    # What only a simulator can tell

    def is_live(self, token: str) -> bool:
        """Whether TikTok would accept this refresh or access token now; in the grace period that holds for the spent one too."""
        return self._tokens.is_live(token, self.clock.now(), self.config)

    def live_refresh_tokens(self) -> int:
        """Refresh tokens that could be rotated now, one a consent. It looks at every family."""
        now = self.clock.now()
        return sum(family.rotatable(now) for family in self.state.families.values())

    def holder(self, token: str) -> Holder | None:
        """Whose this access or refresh token is, alive or dead; None when it was not issued here."""
        return self._tokens.holder(token)

    def advance(self, span: timedelta) -> None:
        """Turn the clock forward."""
        self.clock.advance(span)
        self.state.clock_offset_seconds += span.total_seconds()
        self.changes += 1

    def count_throttled(self) -> None:
        """An answer of 40100 was given in front of the machine."""
        self.state.counters.throttled += 1

    # Inside

    def _refusal(self, app_id: str, secret: str, required: tuple[str, ...]) -> Reply | None:
        """Why the call gets no further: over the limit, a field missing, or not this app's secret."""
        if throttled := self._too_frequent(app_id):
            return throttled
        if not all(required):
            return failure(replies.PARAMETER_ERROR, "A required parameter is missing.")
        if not compare_digest(self.apps.get(app_id, "").encode(), secret.encode()):
            return failure(replies.INVALID_PARTNER)
        return None

    def _too_frequent(self, app_id: str) -> Reply | None:
        limited_app = app_id if app_id in self.apps else ""
        if not self._limit.exceeded(limited_app, self.config, self.clock.now()):
            return None
        self.count_throttled()
        restricted = f"Due to too many requests, requests from App {limited_app} are temporarily restricted."
        return failure(replies.TOO_FREQUENT, restricted)

    def _refresh(self, family: Family, generation: int) -> Reply:
        now, counters = self.clock.now(), self.state.counters
        match use_of(family, generation, now, self.config):
            case RefreshTokenUse.REPEATS:
                return success(self._newest(family))
            case RefreshTokenUse.ROTATES:
                family.rotate(now, self.config)
                counters.refreshes += 1
                self.changes += 1
                return success(self._newest(family))
            case RefreshTokenUse.HAS_EXPIRED:
                return failure(replies.REFRESH_TOKEN_EXPIRE)
            case RefreshTokenUse.ENDS_THE_FAMILY:
                self._revoke(family)
                counters.families_revoked += 1
                counters.reuses += 1
            case RefreshTokenUse.IS_REUSE:
                counters.reuses += 1
                self.changes += 1
            case RefreshTokenUse.IS_REFUSED:
                pass
        return failure(replies.INVALID_REFRESH_TOKEN)

    def _consented(self, code: Code, *, long_term: bool) -> Family:
        """The family that the code stands for: a new one, or the one whose long-term token is given again."""
        for family in self._of_user[code.user] if long_term else ():
            if family.long_term and family.app_id == code.app_id and not family.revoked:
                family.advertiser_ids = code.advertiser_ids
                return family
        family = Family(self.state.next_id(), code.app_id, code.user, code.advertiser_ids)
        if not long_term:
            family.start(self.clock.now(), self.config)
        self.state.families[family.id] = family
        self._of_user[family.user].append(family)
        return family

    def _newest(self, family: Family) -> dict[str, object]:
        return self._tokens.newest(family, self.clock.now(), self.config)

    def _reached(self, access_token: str, app_id: str | None) -> Family | Reply:
        return self._tokens.family_of(access_token, app_id, self.clock.now())

    def _reach(self, family: Family) -> dict[str, Advertiser]:
        granted = set(family.advertiser_ids)
        return {account.advertiser_id: account for account in self.accounts(family.user) if account.advertiser_id in granted}
