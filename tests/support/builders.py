"""Builders: a test spells only what it is about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from domain.advertiser import Advertiser, Standing
from domain.consent import CONSENT_LIFE, Consent
from domain.grant import Grant
from domain.ids import AdvertiserId, AppId, ConnectionId, GrantId, OfferId, OwnerId, RevocationId
from domain.offer import OFFER_LIFE, Offer
from domain.queued_revocation import Revocation
from domain.rotation_policy import RotationPolicy
from domain.tokens import Expiring, LongTerm, Sealed, Tokens

START = datetime(2030, 1, 1, tzinfo=UTC)
ANNA, BERT = OwnerId("anna"), OwnerId("bert")
APP = AppId("app-1")
POLICY = RotationPolicy()
DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def a_pair(name: str = "pair", *, at: datetime = START, life: timedelta = DAY) -> Expiring:
    """A pair that was issued `at`, its ciphertexts recognisable by the name."""
    access, refresh = Sealed(f"access of {name}".encode()), Sealed(f"refresh of {name}".encode())
    return Expiring(access, refresh, at, access_expires_at=at + life, refresh_expires_at=at + 365 * DAY)


def a_long_term_token(name: str = "token", *, at: datetime = START) -> LongTerm:
    return LongTerm(Sealed(f"access of {name}".encode()), at)


def an_advertiser(number: int = 1, *, standing: Standing = Standing.OPEN) -> Advertiser:
    """An account with a 19-digit id that ends in the number."""
    return Advertiser(account(number), f"Shop {number}", "EUR", "Europe/Berlin", "STATUS_ENABLE", standing)


def account(number: int) -> AdvertiserId:
    return AdvertiserId(f"7{number:018d}")


def accounts(*numbers: int) -> frozenset[AdvertiserId]:
    return frozenset(map(account, numbers))


def a_grant(
    name: str = "grant-1",
    *,
    owner: OwnerId = ANNA,
    app: AppId = APP,
    tokens: Tokens | None = None,
    reaches: Iterable[int] = (1,),
    connects: Iterable[int] = (),
    fingerprint: str | None = None,
    policy: RotationPolicy = POLICY,
) -> Grant:
    """A grant with a pair of a day; `reaches` and `connects` are numbers of accounts. Connections are called grant/number."""
    held = a_pair(name) if tokens is None else tokens
    reach = accounts(*reaches, *connects)
    grant = Grant.consented(GrantId(name), owner, app, held, fingerprint or f"print of {name}", reach, policy)
    for number in connects:
        grant.connect(ConnectionId(f"{name}/{number}"), an_advertiser(number), held.issued_at)
    return grant


def a_due_grant(name: str = "grant-1", *, ends: datetime = START + HOUR, life: timedelta = DAY, app: AppId = APP) -> Grant:
    """A grant whose pair (of a day) ends then, and whose renewal is long due unless that is far ahead."""
    return a_grant(name, app=app, tokens=a_pair(name, at=ends - life, life=life))


def an_offer(
    grant: GrantId, name: str = "offer-1", *, owner: OwnerId = ANNA, numbers: Iterable[int] = (1, 2), at: datetime = START
) -> Offer:
    return Offer(OfferId(name), owner, grant, at + OFFER_LIFE, tuple(map(an_advertiser, numbers)))


def a_consent(digest: str = "digest-1", *, owner: OwnerId = ANNA, at: datetime = START) -> Consent:
    return Consent(digest, owner, "browser-digest", at + CONSENT_LIFE)


def a_revocation(name: str = "revocation-1", *, due_at: datetime = START) -> Revocation:
    return Revocation(
        id=RevocationId(name),
        grant=GrantId(f"grant of {name}"),
        owner=ANNA,
        app=APP,
        access=Sealed(f"access of {name}".encode()),
        fingerprint=f"print of {name}",
        reach=accounts(1, 2),
        due_at=due_at,
        give_up_at=START + DAY,
    )
