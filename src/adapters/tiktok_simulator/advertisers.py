"""The simulated advertiser accounts and their users."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec

ENABLED: Final = "STATUS_ENABLE"
CLOSED: Final = "STATUS_DISABLE"


class Advertiser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An advertiser account. Ids are digits, 19 of them at TikTok, and always text; `status` is one of TikTok's STATUS_ words."""

    advertiser_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,20}$")]
    name: str
    currency: str = "USD"
    timezone: str = "Etc/UTC"
    status: Annotated[str, msgspec.Meta(pattern=r"^STATUS_[A-Z_]+$")] = ENABLED

    def info(self) -> dict[str, object]:
        """Everything that `/advertiser/info/` can say of it; null where TikTok has nothing to say."""
        return {
            "advertiser_id": self.advertiser_id,
            "name": self.name,
            "currency": self.currency,
            "timezone": etc_zone(self.timezone),
            "display_timezone": self.timezone,
            "company": f"{self.name} Ltd",
            "country": "US",
            "status": self.status,
            "role": "ROLE_ADVERTISER",
            "balance": 0,
            "create_time": 1_700_000_000,
            "industry": "290301",
            "language": "en",
            "advertiser_account_type": "AUCTION",
        } | dict.fromkeys(_EMPTY)


_EMPTY: Final = (
    "owner_bc_id", "rejection_reason", "email", "telephone_number", "cellphone_number", "contacter", "address", "license_no",
    "license_url", "license_province", "license_city", "description", "brand", "promotion_area", "promotion_center_province",
    "promotion_center_city",
)  # fmt: skip
"""What clients ask for besides, and accounts seldom have."""


def local_zone(name: str) -> tzinfo:
    """The time zone of this name; UTC where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown names, and names that are no path
        return UTC


def etc_zone(name: str) -> str:
    """The zone as TikTok writes it: `Etc/GMT+5` is five hours behind UTC, without summer time. Other zones keep their name."""
    zone = local_zone(name)
    offsets = [zone.utcoffset(datetime(2026, month, 1, tzinfo=UTC).replace(tzinfo=None)) for month in (1, 7)]
    hours, rest = divmod(min(offset or timedelta(0) for offset in offsets), timedelta(hours=1))
    if zone is UTC or rest:
        return name
    return f"Etc/GMT{-hours:+}" if hours else "Etc/GMT"


INFO_FIELDS: Final = frozenset(Advertiser(advertiser_id="0", name="").info())


def _accounts(first: int, *rows: tuple[str, str, str, str]) -> tuple[Advertiser, ...]:
    return tuple(
        Advertiser(
            advertiser_id=str(7_000_000_000_000_000_000 + first + place),
            name=name,
            currency=currency,
            timezone=zone,
            status=status,
        )
        for place, (name, currency, zone, status) in enumerate(rows)
    )


DEFAULT_USERS: Final[dict[str, tuple[Advertiser, ...]]] = {
    "ana": _accounts(
        1_000,
        ("Acme Shoes", "USD", "America/New_York", ENABLED),
        ("Acme Shoes Europe", "EUR", "Europe/Berlin", ENABLED),
        ("Acme Shoes UK", "GBP", "Europe/London", ENABLED),
        ("Acme Shoes Japan", "JPY", "Asia/Tokyo", ENABLED),
    ),
    "ben": _accounts(
        2_000,
        ("Bean Street Coffee", "USD", "America/Los_Angeles", ENABLED),
        ("Bean Street Canada", "CAD", "America/Toronto", ENABLED),
        ("Bean Street Roastery", "AUD", "Australia/Sydney", ENABLED),
        ("Bean Street (closed)", "USD", "America/Chicago", CLOSED),
    ),
    "chloe": _accounts(3_000, ("Chloe's Candles", "EUR", "Europe/Paris", ENABLED)),
    "dan": (),
    "emma": _accounts(
        5_000,
        ("Emma Outdoor (closed)", "SEK", "Europe/Stockholm", CLOSED),
        ("Emma Outdoor (punished)", "NOK", "Europe/Oslo", "STATUS_LIMIT"),
    ),
    "agency": _accounts(6_000, *((f"Client {number:03}", "USD", "America/New_York", ENABLED) for number in range(1, 121))),
}
"""ana: four accounts. ben: three and a closed one. chloe: one. dan: none. emma: only unusable ones.
agency: 120, more than one call of `/advertiser/info/` takes."""
