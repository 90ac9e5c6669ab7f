"""The port for the ad platform: what the use-cases ask of TikTok today, and of others one day."""

from __future__ import annotations

from typing import Protocol

from domain.advertiser import Advertiser
from domain.ids import AdvertiserId, AppId
from domain.outcomes import Failure, Issued
from domain.tokens import Secret

DETAILS_PER_CALL = 100
"""How many accounts one look-up of details takes; more are asked in several calls."""


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

    def exchange(self, code: Secret) -> Issued | Failure:
        """Trade the callback's one-use code for tokens; `Issued.advertisers` are the accounts that were agreed to, if it tells.

        Refused, for whatever reason, where the code is used, made up or too old.
        """

    def refresh(self, token: Secret) -> Issued | Failure:
        """Spend the refresh token. Anything but a definite answer is InDoubt; Issued always has an access token.

        Refused with REFRESH_TOKEN_REFUSED where it was spent before, with REFRESH_TOKEN_EXPIRED where it is too old.
        """

    def reach(self, access: Secret) -> tuple[Advertiser, ...] | Failure:
        """The ids and names of all accounts that the token reaches, standing unread; the cheapest look whether it works.

        Refused only where the platform says that the access token itself is dead, with ACCESS_TOKEN_REFUSED or, where it says so,
        AUTHORISATION_WITHDRAWN; never InDoubt, since nothing can be spent.
        """

    def details(self, access: Secret, advertisers: tuple[AdvertiserId, ...]) -> tuple[Advertiser, ...] | Failure:
        """Currency, time zone and standing of these accounts, in as many calls as that takes. Of accounts that the token does not
        reach nothing is told: they are left out, or the answer is NotPermitted.
        """

    def revoke(self, access: Secret) -> Failure | None:
        """Take back the authorisation behind this token. None when it is done, or the token was dead already."""
