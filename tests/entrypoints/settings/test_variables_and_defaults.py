from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from domain.errors import UnsafePolicy
from domain.rotation_policy import RotationPolicy
from domain.tokens import Secret, TokenTerm
from entrypoints.settings import (
    CronSettings,
    EncryptionKey,
    InvalidSettings,
    Scope,
    Service,
    Settings,
    SpendSettings,
    WabSettings,
    WebhookSettings,
    faults_of,
    load_database_url,
    load_settings,
)
from entrypoints.settings.published_secrets import (
    EXAMPLE_APP_SECRET,
    EXAMPLE_AUTH_SECRET,
    EXAMPLE_CRON_SECRET,
    EXAMPLE_ENCRYPTION_KEY,
    EXAMPLE_METRICS_TOKEN,
    EXAMPLE_SERVICE_SECRET,
)
from entrypoints.settings.setting_values import digest_of
from entrypoints.settings.variables_and_defaults import MAX_SWEEP_INTERVAL
from entrypoints.telemetry.redaction import Redaction
from support.environ import APP_SECRET, HEX_KEY, an_environ, names_of_secrets

ROOT = Path(__file__).parents[3]
SIGNING_SECRET, OLD_SIGNING_SECRET = f"whsec_{'bmV3' * 8}", f"whsec_{'b2xk' * 8}"
DASHBOARD_KEY = "5b" * 31 + "0e"
LONG = "a-secret-that-is-long-enough-for-anything"


def faulty(**changes: str | None) -> list[str]:
    return [fault.name for fault in faults_of(an_environ(**changes))]


def test_the_required_variables_alone_give_the_documented_defaults() -> None:
    settings = load_settings(an_environ())
    assert settings.tiktok.auth_url == "https://business-api.tiktok.com/portal/auth"
    assert settings.tiktok.api_url == "https://business-api.tiktok.com/open_api/v1.3"
    assert settings.tiktok.auth_api_url == settings.tiktok.api_url
    assert settings.tiktok.token_term is TokenTerm.AS_ISSUED
    assert settings.tiktok.qps == 10
    assert settings.tiktok.app_secret.reveal() == APP_SECRET
    assert settings.storage.database_url.reveal().startswith("sqlite+pysqlite:///.data/")
    assert settings.storage.broker_url is None
    assert settings.storage.redis_url is None
    assert settings.storage.journal_dir == Path(".data/journal")
    assert settings.encryption_keys == (EncryptionKey("k1", Secret(HEX_KEY)),)
    assert settings.sweep_interval == timedelta(seconds=15)
    assert settings.cron == CronSettings(secret=None, interval=timedelta(seconds=60))
    assert settings.sessions.authjs_secrets == ()
    assert settings.sessions.jwt is None
    assert settings.services == ()
    assert settings.web.trusted_proxies == ()
    assert settings.web.write_origins == {"https://dash.example.org"}
    assert settings.wab == WabSettings(database_url=None, token_keys=())
    assert settings.webhooks == WebhookSettings(url=None, secrets=(), allow_private=False)
    assert settings.demo is None


def test_webhooks_go_over_https_and_are_signed() -> None:
    told = load_settings(an_environ(WEBHOOK_URL="https://r.example/hook?t=1", WEBHOOK_SECRETS=f"{SIGNING_SECRET}")).webhooks
    assert told == WebhookSettings(Secret("https://r.example/hook?t=1"), (Secret(SIGNING_SECRET),), allow_private=False)
    for wrong in (
        "http://r.example/",
        "http://127.0.0.1/",
        "https://u:p@r.example/",
        "https://r.example/#x",
        "r.example",
        "ftp://r",
    ):
        assert faulty(WEBHOOK_URL=wrong, WEBHOOK_SECRETS=SIGNING_SECRET) == ["WEBHOOK_URL"]
    assert faulty(WEBHOOK_URL="https://r.example/") == ["WEBHOOK_SECRETS"]


def test_plain_http_to_this_machine_is_for_those_who_allow_private_addresses() -> None:
    here = {"WEBHOOK_URL": "http://127.0.0.1:9000/", "WEBHOOK_SECRETS": SIGNING_SECRET}
    assert faulty(**here, WEBHOOK_ALLOW_PRIVATE="true") == []
    assert faulty(**here, WEBHOOK_ALLOW_PRIVATE="false") == ["WEBHOOK_URL"]
    assert faulty(WEBHOOK_URL="http://10.0.0.1/", WEBHOOK_SECRETS=SIGNING_SECRET, WEBHOOK_ALLOW_PRIVATE="true") == ["WEBHOOK_URL"]


@pytest.mark.parametrize(
    "value", ("bmV3" * 8, "whsec_", "whsec_bmV3", f"whsec_{'bmV3' * 22}", "whsec_not-base64!", f"{SIGNING_SECRET},")
)
def test_malformed_signing_secrets_are_refused(value: str) -> None:
    assert faulty(WEBHOOK_SECRETS=value) == ["WEBHOOK_SECRETS"]


def test_the_dashboards_database_is_a_postgresql() -> None:
    url = load_settings(an_environ(WAB_DATABASE_URL="postgres://u@db/dashboard")).wab.database_url
    assert url == Secret("postgresql+psycopg://u@db/dashboard")
    for wrong in ("sqlite:///dashboard.db", "mysql://db/x", "db.example.com", "postgresql://u@db/x?sslmode=sometimes"):
        assert faulty(WAB_DATABASE_URL=wrong) == ["WAB_DATABASE_URL"]


def test_the_dashboards_keys_are_64_hexadecimal_digits_each() -> None:
    keys = load_settings(an_environ(WAB_TOKEN_KEYS=f"{DASHBOARD_KEY}, {HEX_KEY.upper()}")).wab.token_keys
    assert keys == (Secret(DASHBOARD_KEY), Secret(HEX_KEY))
    for wrong in (DASHBOARD_KEY[1:], f"k1:{DASHBOARD_KEY}", f"{DASHBOARD_KEY},", "a-passphrase-of-no-use"):
        assert faulty(WAB_TOKEN_KEYS=wrong) == ["WAB_TOKEN_KEYS"]


def test_idle_connections_are_kept_for_75_seconds_unless_told_otherwise() -> None:
    assert load_settings(an_environ()).web.keepalive == timedelta(seconds=75)
    assert load_settings(an_environ(HTTP_KEEPALIVE_SECONDS="300")).web.keepalive == timedelta(seconds=300)
    for wrong in ("0", "-1", "75s", "1.5", "3601"):
        assert faulty(HTTP_KEEPALIVE_SECONDS=wrong) == ["HTTP_KEEPALIVE_SECONDS"]


def test_every_fault_is_named_at_once_on_one_line() -> None:
    planted = "planted"
    with pytest.raises(InvalidSettings) as refused:
        load_settings(
            {
                "TIKTOK_APP_SECRET": planted,
                "CRON_SECRET": planted,
                "DATABASE_URL": f"mysql://root:{planted}@db/x",
                "CELERY_BROKER_URL": f"kafka://{planted}",
                "TRUSTED_PROXIES": planted,
                "TIKTOK_QPS": planted,
            }
        )
    text = str(refused.value)
    assert [fault.name for fault in refused.value.faults] == [
        "TIKTOK_REDIRECT_URI",
        "TIKTOK_APP_ID",
        "TIKTOK_APP_SECRET",
        "TIKTOK_QPS",
        "DATABASE_URL",
        "CELERY_BROKER_URL",
        "TOKEN_ENCRYPTION_KEYS",
        "CRON_SECRET",
        "TRUSTED_PROXIES",
    ]
    assert all(fault.name in text for fault in refused.value.faults)
    assert planted not in text
    assert "\n" not in text
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "value", ("", "x", "x:y", "://", "mysql://root:planted@db/x", "sqlite://", "http://planted@a/?b=c", "a,,b")
)
def test_what_is_said_of_a_wrong_value_passes_the_redaction_as_it_is(value: str) -> None:
    faults = faults_of(dict.fromkeys(a_full_environ().keys() | {"TRUSTED_PROXIES", "ALLOWED_ORIGINS"}, value))
    assert len(faults) >= 4
    for fault in faults:
        assert Redaction().text(str(fault)) == str(fault)


@pytest.mark.parametrize("name", ("TIKTOK_APP_ID", "TIKTOK_APP_SECRET", "TIKTOK_REDIRECT_URI", "TOKEN_ENCRYPTION_KEYS"))
@pytest.mark.parametrize("value", (None, "", "  "))
def test_an_empty_value_counts_as_unset(name: str, value: str | None) -> None:
    assert faulty(**{name: value}) == [name]


def a_full_environ() -> dict[str, str]:
    return an_environ(
        CRON_SECRET=f"{LONG}-1",
        AUTH_SECRET=f"{LONG}-2,{LONG}-3",
        AUTH_JWT_KEY=f"{LONG}-4",
        SERVICE_TOKENS=f"importer:{LONG}-5",
        METRICS_TOKEN=f"{LONG}-6",
        DATABASE_URL=f"postgresql+psycopg://u:{LONG}@db/x",
        REDIS_URL=f"redis://:{LONG}@redis",
        CELERY_BROKER_URL=f"amqp://u:{LONG}@rabbit",
        WAB_DATABASE_URL=f"postgresql://u:{LONG}@dashboard-db/x",
        WAB_TOKEN_KEYS=DASHBOARD_KEY,
        WEBHOOK_URL=f"https://receiver.example/{LONG}-7",
        WEBHOOK_SECRETS=f"{SIGNING_SECRET},{OLD_SIGNING_SECRET}",
    )


def test_every_secret_is_known_to_the_redaction_of_logs() -> None:
    known = {secret.reveal() for secret in load_settings(a_full_environ()).secrets()}
    environ = a_full_environ()
    urls = {environ[name] for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")}
    urls |= {f"postgresql+psycopg://u:{LONG}@dashboard-db/x", environ["WEBHOOK_URL"]}
    signing = {SIGNING_SECRET, OLD_SIGNING_SECRET}
    assert known == {APP_SECRET, HEX_KEY, DASHBOARD_KEY, *urls, *signing, *(f"{LONG}-{number}" for number in (1, 2, 3, 4, 6))}
    assert digest_of(f"{LONG}-5") == load_settings(environ).services[0].digest, "kept as a digest, so nothing can print it"


def test_every_setting_that_is_named_as_a_secret_is_among_them() -> None:
    other_names = {"TOKEN_ENCRYPTION_KEY", "NEXTAUTH_SECRET"}
    assert names_of_secrets() - a_full_environ().keys() == other_names, "plant one in a_full_environ"


def test_no_representation_shows_a_secret() -> None:
    settings = load_settings(a_full_environ())
    assert LONG not in repr(settings)
    assert HEX_KEY not in repr(settings)
    assert APP_SECRET not in repr(settings)


@pytest.mark.parametrize(
    "name",
    ("TIKTOK_APP_SECRET", "CRON_SECRET", "AUTH_SECRET", "NEXTAUTH_SECRET", "SERVICE_TOKENS", "METRICS_TOKEN", "AUTH_JWT_KEY"),
)
def test_a_secret_of_fifteen_characters_is_weak(name: str) -> None:
    assert faulty(**{name: "x" * 15}) == [name]


@pytest.mark.parametrize("name", ("TIKTOK_APP_SECRET", "CRON_SECRET", "AUTH_SECRET", "SERVICE_TOKENS", "METRICS_TOKEN"))
def test_a_secret_of_sixteen_characters_will_do(name: str) -> None:
    assert faulty(**{name: "x" * 16}) == []


@pytest.mark.parametrize("name", ("CRON_SECRET", "SERVICE_TOKENS", "METRICS_TOKEN"))
def test_a_secret_that_no_header_carries_is_refused(name: str) -> None:
    assert faulty(**{name: "two words but long enough"}) == [name]
    assert faulty(**{name: "sëcret-that-is-not-ascii"}) == [name]


@pytest.mark.parametrize("name", ("AUTH_SECRET", "SERVICE_TOKENS", "ALLOWED_ORIGINS", "TRUSTED_PROXIES", "TOKEN_ENCRYPTION_KEYS"))
@pytest.mark.parametrize("shape", ("{0},,{0}", ",{0}", "{0},", "{0}, ,{0}"))
def test_an_empty_element_of_a_list_is_a_fault(name: str, shape: str) -> None:
    element = {
        "ALLOWED_ORIGINS": "https://a.example",
        "TRUSTED_PROXIES": "10.0.0.0/8",
        "TOKEN_ENCRYPTION_KEYS": f"a:{HEX_KEY}",
    }.get(name, LONG)
    faults = faults_of(an_environ(**{name: shape.format(element)}))
    assert [(fault.name, fault.problem) for fault in faults] == [(name, "has an empty element")]


def test_auth_secrets_are_listed_newest_first_and_the_alias_counts_only_alone() -> None:
    both = load_settings(an_environ(AUTH_SECRET=f"{LONG}-2, {LONG}-1", NEXTAUTH_SECRET=f"{LONG}-0"))
    assert both.sessions.authjs_secrets == (Secret(f"{LONG}-2"), Secret(f"{LONG}-1"))
    alias = load_settings(an_environ(AUTH_SECRET="", NEXTAUTH_SECRET=f"{LONG}-0"))
    assert alias.sessions.authjs_secrets == (Secret(f"{LONG}-0"),)


def test_the_single_encryption_key_is_accepted_alone() -> None:
    settings = load_settings(an_environ(TOKEN_ENCRYPTION_KEYS=None, TOKEN_ENCRYPTION_KEY=HEX_KEY.upper()))
    assert settings.encryption_keys == (EncryptionKey("default", Secret(HEX_KEY)),)
    assert faulty(TOKEN_ENCRYPTION_KEYS=None, TOKEN_ENCRYPTION_KEY="abc") == ["TOKEN_ENCRYPTION_KEY"]


def test_several_encryption_keys_keep_their_order() -> None:
    settings = load_settings(an_environ(TOKEN_ENCRYPTION_KEYS=f"new:{'a1' * 32}, old:{HEX_KEY}"))
    assert [key.id for key in settings.encryption_keys] == ["new", "old"]


@pytest.mark.parametrize(
    "value", (HEX_KEY, f"k1:{HEX_KEY[:-1]}", f"k1:{HEX_KEY}00", f":{HEX_KEY}", f"k 1:{HEX_KEY}", f"a:{HEX_KEY},a:{'b2' * 32}")
)
def test_malformed_encryption_keys_are_refused(value: str) -> None:
    assert faulty(TOKEN_ENCRYPTION_KEYS=value) == ["TOKEN_ENCRYPTION_KEYS"]


def test_spend_is_imported_ninety_days_back_unless_told_otherwise() -> None:
    assert load_settings(an_environ()).spend == SpendSettings(importing=True, backfill_days=90, lookback_days=7)
    told = load_settings(an_environ(SPEND_IMPORT="off", SPEND_BACKFILL_DAYS="30", SPEND_LOOKBACK_DAYS="3")).spend
    assert told == SpendSettings(importing=False, backfill_days=30, lookback_days=3)
    assert faulty(SPEND_IMPORT="yes") == ["SPEND_IMPORT"]


def test_service_tokens_name_services_and_scopes() -> None:
    settings = load_settings(an_environ(SERVICE_TOKENS=f"{LONG},importer:{LONG}-1,janitor:{LONG}-2:vend+erase"))
    assert settings.services == (
        Service.of("default", Secret(LONG), {Scope.VEND}),
        Service.of("importer", Secret(f"{LONG}-1"), {Scope.VEND}),
        Service.of("janitor", Secret(f"{LONG}-2"), {Scope.VEND, Scope.ERASE}),
    )


@pytest.mark.parametrize(
    "value", (f"a:{LONG}:", f"a:{LONG}:vend+", f"a:{LONG}:admin", f":{LONG}", f"a:{LONG}:vend:erase", f"a:{LONG},b:{LONG}")
)
def test_malformed_service_tokens_are_refused(value: str) -> None:
    assert faulty(SERVICE_TOKENS=value) == ["SERVICE_TOKENS"]


@pytest.mark.parametrize(
    ("name", "value"),
    (
        ("TIKTOK_QPS", "0"),
        ("TIKTOK_QPS", "-1"),
        ("TIKTOK_QPS", "1.5"),
        ("TIKTOK_QPS", "1001"),
        ("TIKTOK_QPS", "\u0661"),
        ("SWEEP_INTERVAL_SECONDS", "0"),
        ("SWEEP_INTERVAL_SECONDS", "10793"),
        ("SWEEP_INTERVAL_SECONDS", "86401"),
        ("SPEND_BACKFILL_DAYS", "731"),
        ("SPEND_LOOKBACK_DAYS", "29"),
        ("SPEND_LOOKBACK_DAYS", "0"),
        ("CRON_INTERVAL", "43201"),
        ("CRON_INTERVAL", "9" * 5000),
    ),
)
def test_a_number_out_of_bounds_is_refused(name: str, value: str) -> None:
    assert faulty(**{name: value}) == [name]


def test_the_longest_intervals_under_which_no_24_hour_token_lapses_are_accepted() -> None:
    settings = load_settings(an_environ(SWEEP_INTERVAL_SECONDS="10792", CRON_INTERVAL="43200"))
    assert settings.sweep_interval == timedelta(seconds=10792)
    assert settings.cron.interval == timedelta(hours=12)


def test_one_second_more_between_sweeps_would_be_an_unsafe_policy() -> None:
    assert RotationPolicy(sweep_every=MAX_SWEEP_INTERVAL).sweep_every == MAX_SWEEP_INTERVAL
    with pytest.raises(UnsafePolicy):
        RotationPolicy(sweep_every=MAX_SWEEP_INTERVAL + timedelta(seconds=1))


@pytest.mark.parametrize("value", ["0", "10793", "86401", "often"])
def test_the_bounds_of_the_sweep_interval_are_told_the_same_everywhere(value: str) -> None:
    [fault] = faults_of(an_environ(SWEEP_INTERVAL_SECONDS=value))
    assert "1 to 10792" in fault.remedy
    for place in (".env.example", "docs/production.md"):
        assert "1 to 10792" in (ROOT / place).read_text(), place


@pytest.mark.parametrize("weak", ["short", None])
@pytest.mark.parametrize(
    ("name", "example", "remedy"),
    [
        ("TIKTOK_APP_SECRET", EXAMPLE_APP_SECRET, "TikTok's developer portal"),
        ("AUTH_SECRET", EXAMPLE_AUTH_SECRET, "copy the dashboard's own"),
        ("NEXTAUTH_SECRET", EXAMPLE_AUTH_SECRET, "copy the dashboard's own"),
        ("TOKEN_ENCRYPTION_KEYS", f"k1:{EXAMPLE_ENCRYPTION_KEY}", "tiktok-connect keys generate"),
        ("CRON_SECRET", EXAMPLE_CRON_SECRET, "openssl rand -hex 32"),
        ("METRICS_TOKEN", EXAMPLE_METRICS_TOKEN, "openssl rand -hex 32"),
        ("SERVICE_TOKENS", f"importer:{EXAMPLE_SERVICE_SECRET}", "name:secret[:scope+scope]"),
    ],
)
def test_a_secret_that_will_not_do_is_told_where_a_better_one_comes_from(
    name: str, example: str, remedy: str, weak: str | None
) -> None:
    [fault] = faults_of(an_environ(**{name: weak or example}))
    assert (fault.name, remedy in fault.remedy) == (name, True), fault


def test_trusted_proxies_are_networks() -> None:
    settings = load_settings(an_environ(TRUSTED_PROXIES="10.0.0.0/8, 192.0.2.7,fd00::/8"))
    assert settings.web.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("192.0.2.7/32"), ip_network("fd00::/8"))
    assert faulty(TRUSTED_PROXIES="10.0.0.1/8") == ["TRUSTED_PROXIES"]


def test_migrate_needs_the_database_url_only() -> None:
    assert load_database_url({"DATABASE_URL": "postgresql://db/x"}).reveal() == "postgresql+psycopg://db/x"
    assert load_database_url({"CRON_SECRET": "weak"}).reveal().startswith("sqlite+pysqlite:///")
    with pytest.raises(InvalidSettings, match="DATABASE_URL"):
        load_database_url({"DATABASE_URL": "oracle://db"})


def test_the_demo_reads_nothing_but_its_arguments(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in an_environ(CRON_SECRET=LONG, DATABASE_URL="postgresql://db/x").items():
        monkeypatch.setenv(name, value)
    settings = Settings.for_demo(
        address="http://127.0.0.1:8000",
        simulator_address="http://127.0.0.1:9000",
        folder=tmp_path,
        encryption_key=EncryptionKey("demo", Secret(HEX_KEY)),
        session_key=Secret(LONG),
        sweep_interval=timedelta(seconds=5),
    )
    assert settings.tiktok.redirect_uri == "http://127.0.0.1:8000/api/auth/tiktok/callback"
    assert settings.tiktok.api_url == "http://127.0.0.1:9000/open_api/v1.3"
    assert settings.tiktok.auth_api_url == "http://127.0.0.1:9000/open_api/v2.0"
    assert settings.tiktok.token_term is TokenTerm.SHORT
    assert str(tmp_path) in settings.storage.database_url.reveal()
    assert settings.cron.secret is None
    assert settings.demo is not None


def test_calls_about_tokens_go_where_all_others_go_unless_told_otherwise() -> None:
    elsewhere = load_settings(an_environ(TIKTOK_API_URL="https://proxy.example.org/tiktok/v1.3")).tiktok
    assert elsewhere.auth_api_url == "https://proxy.example.org/tiktok/v1.3"
    base = "https://business-api.tiktok.com/open_api/v2.0"
    chosen = load_settings(an_environ(TIKTOK_AUTH_API_URL=f"{base}/", TIKTOK_TOKEN_TERM="short")).tiktok
    assert (chosen.auth_api_url, chosen.token_term) == (base, TokenTerm.SHORT)
    assert chosen.api_url == "https://business-api.tiktok.com/open_api/v1.3"


@pytest.mark.parametrize("value", ("Short", "24h", "long-term", "true"))
def test_a_term_that_tiktok_does_not_have_is_refused(value: str) -> None:
    assert faulty(TIKTOK_TOKEN_TERM=value) == ["TIKTOK_TOKEN_TERM"]
