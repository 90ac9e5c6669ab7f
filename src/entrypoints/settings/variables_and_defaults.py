"""From variables to settings: the one table of names."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

from domain.ids import AppId
from domain.rotation_policy import RotationPolicy
from domain.tokens import ASSUMED_ACCESS_LIFE, Secret, TokenTerm
from entrypoints.settings import addresses, credentials, users_and_accounts_of_services
from entrypoints.settings.environment import Reader
from entrypoints.settings.invalid_settings import Fault, InvalidSettings, Malformed
from entrypoints.settings.setting_values import (
    DATABASE_FILE,
    CronSettings,
    EncryptionKey,
    Hs256Key,
    JwksUrl,
    JwtSettings,
    PublicKey,
    Service,
    SessionSettings,
    Settings,
    SpendSettings,
    StorageSettings,
    TikTokSettings,
    WabSettings,
    WebhookSettings,
    WebSettings,
)

TIKTOK_AUTH_URL = "https://business-api.tiktok.com/portal/auth"
TIKTOK_API_URL = "https://business-api.tiktok.com/open_api/v1.3"
DEFAULT_DATABASE_URL = Secret(f"sqlite+pysqlite:///.data/{DATABASE_FILE}")

MAX_CRON_INTERVAL = ASSUMED_ACCESS_LIFE / 2  # the cron door renews what would not live through two further calls
MAX_SWEEP_INTERVAL = timedelta(seconds=10_792)  # the longest in whole seconds that RotationPolicy calls safe
MAX_KEEPALIVE = timedelta(hours=1)
MAX_QPS = 1000
POOL_SIZE, MAX_POOL_SIZE = 16, 1000
OUTBOX_RETENTION, AUDIT_RETENTION, MOST_DAYS = timedelta(days=7), timedelta(days=400), 36_500
LONGEST_BACKFILL, LONGEST_LOOKBACK = 730, 28
USER_CLAIMS = ("id", "sub")
"""By which a token names its user: `id` as the dashboard's sessions do, else the subject (RFC 7519, section 4.1.2)."""

WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
WORD = re.compile(r"[\x21-\x7e]{1,255}")


def load_settings(environ: Mapping[str, str], *, own_address: str | None = None) -> Settings:
    """Everything that serve, worker, beat, status and refresh need.

    `own_address` is what serve listens at (`http://host:port`), the default of DASHBOARD_URL; other commands have none.
    Raises InvalidSettings, which names every fault at once.
    """
    reader = Reader(environ)
    callback = reader.required(
        "TIKTOK_REDIRECT_URI",
        addresses.redirect_uri,
        "set the redirect URI that is registered at TikTok, https://<dashboard>/api/auth/tiktok/callback",
        stand_in="",
    )
    settings = Settings(
        tiktok=_tiktok(reader, callback),
        storage=_storage(reader),
        encryption_keys=_encryption_keys(reader),
        sessions=_sessions(reader),
        services=_services(reader),
        cron=CronSettings(
            secret=reader.optional("CRON_SECRET", credentials.header_secret, None),
            interval=reader.optional("CRON_INTERVAL", seconds(MAX_CRON_INTERVAL), timedelta(seconds=60)),
        ),
        web=_web(reader, callback, own_address),
        sweep_interval=reader.optional("SWEEP_INTERVAL_SECONDS", seconds(MAX_SWEEP_INTERVAL), RotationPolicy().sweep_every),
        wab=WabSettings(
            database_url=reader.optional("WAB_DATABASE_URL", addresses.postgresql_url, None),
            token_keys=reader.optional("WAB_TOKEN_KEYS", credentials.dashboard_keys, ()),
        ),
        spend=_spend(reader),
        webhooks=_webhooks(reader),
        paused=reader.optional("PAUSED", true_or_false, False),  # noqa: FBT003 (the default of a setting)
    )
    reader.finish()
    return settings


def load_database_url(environ: Mapping[str, str]) -> Secret:
    """All that migrate needs. Raises InvalidSettings."""
    reader = Reader(environ)
    url = _database_url(reader)
    reader.finish()
    return url


def faults_of(environ: Mapping[str, str], *, own_address: str | None = None) -> tuple[Fault, ...]:
    """What load_settings would refuse, as a list for doctor; empty when all is well."""
    try:
        load_settings(environ, own_address=own_address)
    except InvalidSettings as invalid:
        return invalid.faults
    return ()


def _tiktok(reader: Reader, callback: str) -> TikTokSettings:
    api_url = reader.optional("TIKTOK_API_URL", addresses.tls_url, TIKTOK_API_URL)
    return TikTokSettings(
        app_id=AppId(reader.required("TIKTOK_APP_ID", word, "copy it from the app's page at TikTok", stand_in="")),
        app_secret=reader.required(
            "TIKTOK_APP_SECRET", credentials.app_secret, "copy it from the app's page at TikTok", stand_in=Secret("")
        ),
        redirect_uri=callback,
        auth_url=reader.optional("TIKTOK_AUTH_URL", addresses.tls_url, TIKTOK_AUTH_URL),
        api_url=api_url,
        auth_api_url=reader.optional("TIKTOK_AUTH_API_URL", addresses.tls_url, api_url),
        token_term=reader.optional("TIKTOK_TOKEN_TERM", token_term, TokenTerm.AS_ISSUED),
        qps=reader.optional("TIKTOK_QPS", partial(whole_number, highest=MAX_QPS), 10),
    )


def _database_url(reader: Reader) -> Secret:
    return reader.optional("DATABASE_URL", addresses.database_url, DEFAULT_DATABASE_URL)


def _storage(reader: Reader) -> StorageSettings:
    return StorageSettings(
        database_url=_database_url(reader),
        redis_url=reader.optional("REDIS_URL", addresses.redis_url, None),
        broker_url=reader.optional("CELERY_BROKER_URL", addresses.broker_url, None),
        journal_dir=reader.optional("JOURNAL_DIR", Path, Path(".data/journal")),
        outbox_retention=reader.optional("OUTBOX_RETENTION_DAYS", days, OUTBOX_RETENTION),
        audit_retention=reader.optional("AUDIT_RETENTION_DAYS", days, AUDIT_RETENTION),
        pool_size=reader.optional("DATABASE_POOL_SIZE", partial(whole_number, highest=MAX_POOL_SIZE), POOL_SIZE),
    )


def _spend(reader: Reader) -> SpendSettings:
    usual = SpendSettings()
    return SpendSettings(
        importing=reader.optional("SPEND_IMPORT", on_or_off, usual.importing),
        backfill_days=reader.optional(
            "SPEND_BACKFILL_DAYS", partial(whole_number, highest=LONGEST_BACKFILL), usual.backfill_days
        ),
        lookback_days=reader.optional(
            "SPEND_LOOKBACK_DAYS", partial(whole_number, highest=LONGEST_LOOKBACK), usual.lookback_days
        ),
    )


def _webhooks(reader: Reader) -> WebhookSettings:
    allow_private = reader.optional("WEBHOOK_ALLOW_PRIVATE", true_or_false, False)  # noqa: FBT003 (the default of a setting)
    url = reader.optional("WEBHOOK_URL", partial(addresses.webhook_url, allow_private=allow_private), None)
    secrets = reader.optional("WEBHOOK_SECRETS", credentials.webhook_secrets, ())
    if reader.has("WEBHOOK_URL") and not reader.has("WEBHOOK_SECRETS"):
        reader.faults.append(Fault("WEBHOOK_SECRETS", "is required beside WEBHOOK_URL", credentials.MAKE_A_WEBHOOK_SECRET))
    return WebhookSettings(url, secrets, allow_private)


def _encryption_keys(reader: Reader) -> tuple[EncryptionKey, ...]:
    several, one = "TOKEN_ENCRYPTION_KEYS", "TOKEN_ENCRYPTION_KEY"
    if reader.either(several, one) == one:
        return reader.optional(one, credentials.lone_encryption_key, ())
    return reader.required(several, credentials.encryption_keys, credentials.MAKE_A_KEY, stand_in=())


def _sessions(reader: Reader) -> SessionSettings:
    auth_secret = reader.either("AUTH_SECRET", "NEXTAUTH_SECRET")
    return SessionSettings(authjs_secrets=reader.optional(auth_secret, credentials.authjs_secrets, ()), jwt=_jwt(reader))


def _jwt(reader: Reader) -> JwtSettings | None:
    key: Hs256Key | PublicKey | JwksUrl | None = reader.optional("AUTH_JWT_KEY", credentials.jwt_key, None)
    if jwks_url := reader.optional("AUTH_JWKS_URL", addresses.jwks_url, None):
        key = JwksUrl(jwks_url)
    if reader.has("AUTH_JWT_KEY") and reader.has("AUTH_JWKS_URL"):
        reader.faults.append(Fault("AUTH_JWKS_URL", "is set beside AUTH_JWT_KEY", "set one of the two"))
    audience = reader.optional("AUTH_JWT_AUDIENCE", word, None)
    issuer = reader.optional("AUTH_JWT_ISSUER", word, None)
    user_claim = reader.optional("AUTH_JWT_USER_CLAIM", word, None)
    if isinstance(key, PublicKey | JwksUrl):
        for name in ("AUTH_JWT_AUDIENCE", "AUTH_JWT_ISSUER"):
            if not reader.has(name):
                reader.faults.append(Fault(name, "is required beside public keys", "set what the issuer writes into its tokens"))
    return None if key is None else JwtSettings(key, audience, issuer, (user_claim,) if user_claim else USER_CLAIMS)


def _services(reader: Reader) -> tuple[Service, ...]:
    services = reader.optional("SERVICE_TOKENS", credentials.services, ())
    if not services and reader.has("SERVICE_TOKENS"):
        return ()  # whose fault is noted

    def within(value: str) -> tuple[Service, ...]:
        return users_and_accounts_of_services.limited(services, users_and_accounts_of_services.service_limits(value))

    return reader.optional("SERVICE_LIMITS", within, services)


def _web(reader: Reader, callback: str, own_address: str | None) -> WebSettings:
    configured = reader.optional("DASHBOARD_URL", addresses.http_url, None)
    dashboard = configured or addresses.own_base(own_address, callback)
    comparable = callback and (configured or not reader.has("DASHBOARD_URL"))
    if comparable:
        reader.faults += addresses.faults_between(callback, dashboard)
    others = reader.optional("ALLOWED_ORIGINS", credentials.listed(addresses.origin), ())
    return WebSettings(
        dashboard_url=dashboard,
        write_origins=frozenset({addresses.origin_of(dashboard), *others}),
        trusted_proxies=reader.optional("TRUSTED_PROXIES", credentials.listed(addresses.network), ()),
        metrics_token=reader.optional("METRICS_TOKEN", credentials.header_secret, None),
        keepalive=reader.optional("HTTP_KEEPALIVE_SECONDS", seconds(MAX_KEEPALIVE), timedelta(seconds=75)),
    )


def token_term(value: str) -> TokenTerm:
    """Which kind of tokens is asked for. Raises Malformed."""
    terms = {term.value: term for term in TokenTerm}
    if value not in terms:
        raise Malformed("is no term of tokens", f"use one of {', '.join(terms)}")
    return terms[value]


def word(value: str) -> str:
    """One printable word. Raises Malformed."""
    if not WORD.fullmatch(value):
        raise Malformed("is not one word of printable ASCII", "copy it without spaces")
    return value


def whole_number(value: str, *, highest: int) -> int:
    """A number from 1 to `highest`. Raises Malformed."""
    if not WHOLE_NUMBER.fullmatch(value) or not 1 <= int(value) <= highest:
        raise Malformed("is out of bounds", f"use a whole number from 1 to {highest}")
    return int(value)


def on_or_off(value: str) -> bool:
    """Whether it is on. Raises Malformed."""
    if value not in {"on", "off"}:
        raise Malformed("is neither on nor off", "use on or off")
    return value == "on"


def true_or_false(value: str) -> bool:
    """Whether it is true. Raises Malformed."""
    if value not in {"true", "false"}:
        raise Malformed("is neither true nor false", "use true or false")
    return value == "true"


def days(value: str) -> timedelta:
    """A parser of spans in whole days."""
    return timedelta(days=whole_number(value, highest=MOST_DAYS))


def seconds(longest: timedelta) -> Callable[[str], timedelta]:
    """A parser of spans in whole seconds up to `longest`, beyond which a 24-hour token could lapse between two turns."""

    def parse(value: str) -> timedelta:
        return timedelta(seconds=whole_number(value, highest=int(longest.total_seconds())))

    return parse
