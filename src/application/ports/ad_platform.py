"""The port for the ad platform: what the use-cases ask of TikTok today, and of others one day."""

from typing import Protocol

from domain.advertiser import Advertiser
from domain.ids import AdvertiserId, AppId
from domain.outcomes import Failure, Issued, Unread
from domain.tokens import FIRST_VERSION, Secret

DETAILS_PER_CALL = 100
"""How many accounts one look-up of details takes."""


class AdPlatform(Protocol):
    """One developer app at one platform. No method raises for what the platform or the network does: failures are values.

    Each call ends within the policy's call time-out by the wall clock, whatever the other side does. Nothing is sent
    twice, save after a failure to connect. Many threads call at once.
    """

    @property
    def app(self) -> AppId:
        """The developer app whose credentials are used."""

    def consent_url(self, state: str) -> str:
        """Where a person consents; the platform sends them back with this `state`."""

    def exchange(self, code: Secret) -> Issued | Unread | Failure:
        """Trade the callback's one-use code for tokens; `Issued.advertisers` are the accounts that were agreed to, if it tells.

        Refused, for whatever reason, where the code is used, made up or too old. Unread where an answer came that may hold
        tokens and can't be read. `Issued.origin` says under which version, and what was asked for.
        """

    def refresh(self, token: Secret, version: str = FIRST_VERSION) -> Issued | Unread | Failure:
        """Spend the refresh token, at the version of the authentication under which it was obtained. Anything but a definite
        answer is InDoubt, or Unread where an answer came that may hold the new tokens; Issued always has an access token.
        A lifetime that can't be meant is left out.

        Refused with REFRESH_TOKEN_REFUSED where it was spent before, with REFRESH_TOKEN_EXPIRED where it is too old.
        """

    def reach(self, access: Secret) -> tuple[Advertiser, ...] | Failure:
        """The ids and names of all accounts that the token reaches, each once, standing unread; the cheapest look whether it
        works. A list may be short, or empty, by a fault of the platform's.

        Refused only where the platform says that the access token itself is dead, with ACCESS_TOKEN_REFUSED or, where it says so,
        AUTHORISATION_WITHDRAWN; never InDoubt, since nothing can be spent.
        """

    def details(self, access: Secret, advertisers: tuple[AdvertiserId, ...]) -> tuple[Advertiser, ...] | Failure:
        """Currency, time zone and standing of at most `DETAILS_PER_CALL` accounts, in one call; of none without a call.

        One account of which nothing may be told, such as one that the token does not reach, is left out or makes the answer
        NotPermitted.
        """

    def revoke(self, access: Secret) -> Failure | None:
        """Take back the authorisation behind this token. None when it is done, or the token was dead already."""
