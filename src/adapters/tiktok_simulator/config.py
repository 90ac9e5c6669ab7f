"""How the simulated TikTok behaves."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

import msgspec

Profile = Literal["rotating", "long-term"]
RotationMode = Literal["strict", "grace", "reuse-revokes-family"]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=3_153_600_000)]


class Config(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How the simulated TikTok behaves. On the wire in camelCase, as `/_sim/config` shows it; spans in the unit of their name.

    access_token_seconds, refresh_token_seconds  lifetimes given to tokens minted from now on; TikTok's are 24 h and 365 d
    profile             what a code is exchanged for at v1.x: an expiring, rotating pair, or one long-term token (from
                        v2.0 on the app chooses, by `is_long_term`)
    rotation_mode       strict: a spent refresh token is dead at once. grace: within grace_seconds it is answered with the same
                        new pair again. reuse-revokes-family: presenting it revokes every token of its consent (RFC 9700, 4.14.2)
    year_restarts       whether a rotation starts the refresh token's life anew; if not, its first end stays
    latency_ms          added to every call, half on the way in and half on the way out
    calls_per_second    calls an app may make in any one second; beyond it code 40100. 0: no limit
    minute_limit        calls in any minute; the one beyond locks the app out for five minutes. 0: no limit
    day_limit           calls in a day of UTC; beyond it the app is locked out until the next. 0: no limit
    error_status        the HTTP status of failures: 200 as TikTok documents it, "as-http": 401 with 40105 and 400 with 40110, as
                        some deployments see it
    info_permission     extension: False makes `/advertiser/info/` answer 40001, as for an app that lacks that scope
    lifetime_names      extension: advertiser names the lifetimes `access_token_expire_in` and `refresh_token_expire_in`,
                        account names them `expires_in` and `refresh_token_expires_in` (both pairs were seen in the wild)
    moving_rows         extension: reports without `order_field` may give a row on two pages or none, as TikTok's do
    """

    access_token_seconds: Seconds = 86_400
    refresh_token_seconds: Seconds = 31_536_000
    profile: Profile = "rotating"
    rotation_mode: RotationMode = "strict"
    grace_seconds: Count = 60
    year_restarts: bool = False
    latency_ms: Count = 0
    calls_per_second: Count = 0
    minute_limit: Count = 0
    day_limit: Count = 0
    error_status: Literal[200, "as-http"] = 200
    info_permission: bool = True
    lifetime_names: Literal["advertiser", "account"] = "advertiser"
    moving_rows: bool = False

    @property
    def access_life(self) -> timedelta:
        return timedelta(seconds=self.access_token_seconds)

    @property
    def refresh_life(self) -> timedelta:
        return timedelta(seconds=self.refresh_token_seconds)

    @property
    def grace(self) -> timedelta:
        return timedelta(seconds=self.grace_seconds)

    @property
    def latency(self) -> timedelta:
        return timedelta(milliseconds=self.latency_ms)

    def changed(self, changes: Mapping[str, object]) -> Self:
        """With these settings, named as on the wire; msgspec.ValidationError says which one is wrong."""
        return msgspec.convert({**msgspec.to_builtins(self), **changes}, type(self))

    def but(self, **settings: object) -> Self:
        """With these settings, named as in Python; TypeError on an unknown name, msgspec.ValidationError on a wrong value."""
        names = {field.name: field.encode_name for field in msgspec.structs.fields(self)}
        if unknown := settings.keys() - names.keys():
            raise TypeError(f"The simulator has no setting {', '.join(sorted(unknown))}; it has {', '.join(names)}.")
        return self.changed({names[name]: value for name, value in settings.items()})
