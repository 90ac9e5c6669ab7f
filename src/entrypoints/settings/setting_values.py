"""The settings as values, in groups."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import timedelta
from enum import Enum
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Self

from domain.ids import AppId
from domain.tokens import Secret, TokenTerm
from domain.users_and_accounts_of_services import NO_LIMITS, ServiceLimits
from entrypoints.settings.published_secrets import DEMO_APP_ID, DEMO_APP_SECRET

CALLBACK_PATH = "/api/auth/tiktok/callback"
DATABASE_FILE = "tiktok-connect.db"
DATA_DIR = ".data"

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class TikTokSettings:
    """The developer app and where TikTok is; `qps` is the app's budget of calls a second, shared by all processes."""

    app_id: AppId
    app_secret: Secret
    redirect_uri: str
    auth_url: str
    api_url: str
    auth_api_url: str
    """Base of the three calls about tokens, its version included."""
    token_term: TokenTerm
    qps: int


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """Where things are kept. URLs may carry passwords, so they are secrets; `broker_url` None is the embedded broker.

    `pool_size` is how many connections to the database a process may hold. `outbox_retention` is for how long facts are kept
    that everybody has read; `audit_retention` for how long the audit trail is.
    `data_dir` is for what the processes of one machine keep in files by themselves: the embedded broker, beat's schedule.
    """

    database_url: Secret
    redis_url: Secret | None
    broker_url: Secret | None
    journal_dir: Path
    data_dir: Path = Path(DATA_DIR)
    pool_size: int = 16
    outbox_retention: timedelta = timedelta(days=7)
    audit_retention: timedelta = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """One token encryption key: `material` is 64 hexadecimal digits (256 bits)."""

    id: str
    material: Secret


class Scope(Enum):
    """What a backend service may do."""

    VEND = "vend"
    SPEND = "spend"
    ERASE = "erase"


@dataclass(frozen=True, slots=True)
class Service:
    """A backend service that may call the internal endpoints. One name may have several secrets, for roll-over.

    Of a secret its SHA-256 is kept: who can read this process's settings can't call as the service.
    """

    name: str
    digest: bytes = field(repr=False)
    scopes: frozenset[Scope]
    limits: ServiceLimits = NO_LIMITS

    @classmethod
    def of(cls, name: str, secret: Secret, scopes: Iterable[Scope]) -> Self:
        """The service that sends this secret."""
        return cls(name, digest_of(secret.reveal()), frozenset(scopes))


@dataclass(frozen=True, slots=True)
class Hs256Key:
    """A secret shared with the issuer of bearer JWTs: HS256 and nothing else."""

    secret: Secret


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The issuer's public key, with the signature algorithms that fit its type."""

    pem: str
    algorithms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JwksUrl:
    """Where the issuer's public keys are read (RFC 7517): https, or this machine."""

    url: str


@dataclass(frozen=True, slots=True)
class JwtSettings:
    """Bearer JWTs that are accepted; the user is the first of the claims `user_claims` that is there."""

    key: Hs256Key | PublicKey | JwksUrl
    audience: str | None
    issuer: str | None
    user_claims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Whose sessions are accepted: Auth.js secrets, newest first, and bearer JWTs."""

    authjs_secrets: tuple[Secret, ...]
    jwt: JwtSettings | None


@dataclass(frozen=True, slots=True)
class CronSettings:
    """The cron endpoint: absent without a secret; `interval` is how often it is called."""

    secret: Secret | None
    interval: timedelta


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the service is reached. `dashboard_url` has no trailing slash; `write_origins` holds its origin and ALLOWED_ORIGINS."""

    dashboard_url: str
    write_origins: frozenset[str]
    trusted_proxies: tuple[Network, ...]
    metrics_token: Secret | None
    keepalive: timedelta = timedelta(seconds=75)
    """How long an idle connection is kept: longer than proxies keep theirs, which else meet one that is just being closed."""


@dataclass(frozen=True, slots=True)
class WabSettings:
    """The WAB Dashboard's own database: its URL may carry a password. None: nothing is mirrored anywhere."""

    database_url: Secret | None = None
    token_keys: tuple[Secret, ...] = ()
    """By which its old TikTok tokens are sealed: 64 hexadecimal digits each."""


@dataclass(frozen=True, slots=True)
class SpendSettings:
    """Whether workers and the cron endpoint import ad spend, how far back for a new connection, and how far back again.

    The last two are no variables of the environment: nobody waits for the demo's figures until the hour is over.
    """

    importing: bool = True
    backfill_days: int = 90
    lookback_days: int = 7
    recent_every: timedelta = timedelta(hours=1)
    """How often today and yesterday are read."""
    beat_every: timedelta = timedelta(seconds=30)
    """How often beat sends an import: a new connection is noticed within this time, and read at once."""

    @classmethod
    def for_demo(cls) -> Self:
        """So soon that a person who looks on sees it happen."""
        return cls(recent_every=timedelta(seconds=15), beat_every=timedelta(seconds=5))


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """The one receiver of events. Its address may hold a password, as some receivers have it, so it is a secret."""

    url: Secret | None = None
    secrets: tuple[Secret, ...] = ()
    """By which messages are signed, newest first: `whsec_` and 24 to 64 bytes as Base64."""
    allow_private: bool = False
    """Whether the receiver may be at an address of this machine or its network."""


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """Present in the demo only: the key of its local sessions, at least 32 characters."""

    session_key: Secret


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the processes are told, read once. `demo` is None outside the demo."""

    tiktok: TikTokSettings
    storage: StorageSettings
    encryption_keys: tuple[EncryptionKey, ...]
    sessions: SessionSettings
    services: tuple[Service, ...]
    cron: CronSettings
    web: WebSettings
    sweep_interval: timedelta
    wab: WabSettings = WabSettings()
    spend: SpendSettings = SpendSettings()
    webhooks: WebhookSettings = WebhookSettings()
    paused: bool = False
    """Whether this process calls TikTok for nothing."""
    demo: DemoSettings | None = None

    def secrets(self) -> tuple[Secret, ...]:
        """Every secret among them, wherever it stands, for the redaction of logs."""
        return tuple(secrets_in(self))

    @classmethod
    def for_demo(  # noqa: PLR0913 (each is one explicit fact, since the demo reads no environment)
        cls,
        *,
        address: str,
        simulator_address: str,
        folder: Path,
        encryption_key: EncryptionKey,
        session_key: Secret,
        sweep_interval: timedelta,
        services: tuple[Service, ...] = (),
        cron: CronSettings | None = None,
        qps: int = 10,
    ) -> "Settings":
        """The demo's settings, from its arguments alone: neither environment nor `.env` is looked at."""
        root = folder.absolute()
        return cls(
            tiktok=TikTokSettings(
                app_id=AppId(DEMO_APP_ID),
                app_secret=Secret(DEMO_APP_SECRET),
                redirect_uri=address + CALLBACK_PATH,
                auth_url=simulator_address + "/portal/auth",
                api_url=simulator_address + "/open_api/v1.3",
                auth_api_url=simulator_address + "/open_api/v2.0",
                token_term=TokenTerm.SHORT,
                qps=qps,
            ),
            storage=StorageSettings(
                database_url=Secret(f"sqlite+pysqlite:///{root / DATABASE_FILE}"),
                redis_url=None,
                broker_url=None,
                journal_dir=root / "journal",
                data_dir=root,
            ),
            encryption_keys=(encryption_key,),
            sessions=SessionSettings(authjs_secrets=(), jwt=None),
            services=services,
            cron=cron or CronSettings(secret=None, interval=timedelta(seconds=60)),
            web=WebSettings(dashboard_url=address, write_origins=frozenset({address}), trusted_proxies=(), metrics_token=None),
            sweep_interval=sweep_interval,
            spend=SpendSettings.for_demo(),
            demo=DemoSettings(session_key=session_key),
        )


def digest_of(text: str) -> bytes:
    """SHA-256. Secrets of services are random and long enough (MIN_SECRET_LENGTH) that nobody finds one by its digest."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def secrets_in(value: object) -> Iterator[Secret]:
    """Every secret that is not empty in a value, its fields and the elements of its tuples."""
    match value:
        case Secret():
            if value:
                yield value
        case tuple():
            for element in value:
                yield from secrets_in(element)
        case _ if is_dataclass(value):
            for one in fields(value):
                yield from secrets_in(getattr(value, one.name))
        case _:
            return
