from __future__ import annotations

import pytest

from entrypoints.settings import faults_of, load_settings
from support.environ import CALLBACK, an_environ

PATH = "/api/auth/tiktok/callback"


def faulty(**changes: str | None) -> list[str]:
    return [fault.name for fault in faults_of(an_environ(**changes))]


@pytest.mark.parametrize(
    "base", ("http://localhost:3000", "http://127.0.0.1:8000", "http://[::1]:8000", "https://a.example", "https://a.example/base")
)
def test_a_redirect_uri_is_https_or_on_this_machine(base: str) -> None:
    assert faulty(TIKTOK_REDIRECT_URI=base + PATH, DASHBOARD_URL=base) == []


@pytest.mark.parametrize(
    "value",
    (
        "http://dash.example.org" + PATH,
        "https://dash.example.org/api/auth/tiktok",
        CALLBACK + "/",
        CALLBACK + "?x=1",
        CALLBACK + "#x",
        "https://user@dash.example.org" + PATH,
        PATH,
        "//dash.example.org" + PATH,
        "javascript:alert(1)" + PATH,
        "http://localhost.dash.example.org" + PATH,
        "https://dash.example.org\\@evil.example" + PATH,
        "https://[dash" + PATH,
        "https://dash.example.org:port" + PATH,
    ),
)
def test_any_other_redirect_uri_is_refused(value: str) -> None:
    assert faulty(TIKTOK_REDIRECT_URI=value) == ["TIKTOK_REDIRECT_URI"]


@pytest.mark.parametrize(
    "dashboard",
    ("https://other.example.org", "https://dash.example.org:8443", "http://dash.example.org", "http://127.0.0.1:8000"),
)
def test_a_redirect_uri_of_another_origin_than_the_dashboard_is_refused(dashboard: str) -> None:
    assert faulty(DASHBOARD_URL=dashboard) == ["TIKTOK_REDIRECT_URI"]


@pytest.mark.parametrize(
    "dashboard", ("https://DASH.example.org/", "https://dash.example.org:443", "https://dash.example.org/app")
)
def test_one_origin_may_be_spelt_in_several_ways(dashboard: str) -> None:
    settings = load_settings(an_environ(DASHBOARD_URL=dashboard))
    assert settings.web.dashboard_url == dashboard.rstrip("/")
    assert settings.web.write_origins == {"https://dash.example.org"}


@pytest.mark.parametrize(
    ("own", "callback", "expected"),
    (
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000", "http://localhost:8000", "http://localhost:8000"),
        ("http://0.0.0.0:8000", "https://dash.example.org", "https://dash.example.org"),
        ("http://[::]:8000", "https://dash.example.org", "https://dash.example.org"),
        (None, "https://dash.example.org", "https://dash.example.org"),
    ),
)
def test_the_dashboard_is_the_services_own_address_unless_told(own: str | None, callback: str, expected: str) -> None:
    environ = an_environ(DASHBOARD_URL=None, TIKTOK_REDIRECT_URI=callback + PATH)
    assert load_settings(environ, own_address=own).web.dashboard_url == expected


@pytest.mark.parametrize("callback", ("http://127.0.0.1:8001", "http://localhost:8001", "https://dash.example.org"))
def test_a_callback_elsewhere_than_at_the_services_own_address_is_refused(callback: str) -> None:
    environ = an_environ(DASHBOARD_URL=None, TIKTOK_REDIRECT_URI=callback + PATH)
    faults = faults_of(environ, own_address="http://127.0.0.1:8000")
    assert [fault.name for fault in faults] == ["TIKTOK_REDIRECT_URI"]


@pytest.mark.parametrize(
    "value",
    (
        "dash.example.org",
        "ftp://dash.example.org",
        "https://dash.example.org?x",
        "https://u:p@dash.example.org",
        "https://dash.example.org/a b",
        "https://dash.example.org\\x",
    ),
)
def test_a_malformed_dashboard_url_is_the_only_fault_named(value: str) -> None:
    faults = faults_of(an_environ(DASHBOARD_URL=value), own_address="http://127.0.0.1:8000")
    assert [fault.name for fault in faults] == ["DASHBOARD_URL"]


def test_further_origins_join_the_dashboards() -> None:
    settings = load_settings(an_environ(ALLOWED_ORIGINS="https://A.example:443/, http://localhost:3000"))
    assert settings.web.write_origins == {"https://dash.example.org", "https://a.example", "http://localhost:3000"}


@pytest.mark.parametrize("value", ("*", "null", "a.example", "https://a.example/path", "https://*.example.org"))
def test_what_is_no_origin_is_refused(value: str) -> None:
    assert faulty(ALLOWED_ORIGINS=value) == ["ALLOWED_ORIGINS"]


@pytest.mark.parametrize("name", ("TIKTOK_AUTH_URL", "TIKTOK_API_URL", "TIKTOK_AUTH_API_URL"))
def test_tiktok_is_spoken_to_in_clear_only_nearby(name: str) -> None:
    assert faulty(**{name: "http://tiktok.example.org/x"}) == [name]
    assert faulty(**{name: "http://192.0.2.1/x"}) == [name]
    assert faulty(**{name: "http://127.0.0.1:9000/open_api/v1.3/"}) == []
    assert faulty(**{name: "http://simulator:9000/open_api/v1.3"}) == []


@pytest.mark.parametrize(
    ("given", "ours"),
    (
        ("sqlite:///data/x.db", "sqlite+pysqlite:///data/x.db"),
        ("sqlite:////my data/x.db", "sqlite+pysqlite:////my data/x.db"),
        ("sqlite+aiosqlite:///x.db", "sqlite+pysqlite:///x.db"),
        ("sqlite+pysqlite:///x.db", "sqlite+pysqlite:///x.db"),
        ("postgresql://u:p%40@db:5432/x", "postgresql+psycopg://u:p%40@db:5432/x"),
        ("postgres://db/x", "postgresql+psycopg://db/x"),
        ("postgresql+psycopg://db/x?sslmode=require", "postgresql+psycopg://db/x?sslmode=require"),
        ("postgresql+asyncpg://db/x?ssl=require", "postgresql+psycopg://db/x?sslmode=require"),
        ("postgresql:///x?host=/run/postgresql", "postgresql+psycopg:///x?host=/run/postgresql"),
    ),
)
def test_a_database_url_is_mapped_to_our_driver(given: str, ours: str) -> None:
    assert load_settings(an_environ(DATABASE_URL=given)).storage.database_url.reveal() == ours


@pytest.mark.parametrize(
    "value",
    (
        "mysql://db/x",
        "postgresql",
        "postgresql:db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory&uri=true",
        "sqlite://host/x.db",
        "postgresql://db:port/x",
        "postgresql+psycopg2://db/x",
    ),
)
def test_any_other_database_url_is_refused(value: str) -> None:
    assert faulty(DATABASE_URL=value) == ["DATABASE_URL"]


@pytest.mark.parametrize("value", ("redis://r", "rediss://r:6380/1", "amqp://u:p@rabbit//", "amqps://rabbit"))
def test_a_broker_is_redis_or_amqp(value: str) -> None:
    broker = load_settings(an_environ(CELERY_BROKER_URL=value)).storage.broker_url
    assert broker is not None
    assert broker.reveal() == value


@pytest.mark.parametrize("value", ("kafka://k", "redis://", "memory://", "rabbit:5672", "sqla+sqlite:///x"))
def test_any_other_broker_is_refused(value: str) -> None:
    assert faulty(CELERY_BROKER_URL=value) == ["CELERY_BROKER_URL"]


def test_the_store_of_budgets_is_redis() -> None:
    assert faulty(REDIS_URL="redis://r:6379/0") == []
    assert faulty(REDIS_URL="amqp://rabbit") == ["REDIS_URL"]


@pytest.mark.parametrize(
    ("query", "named", "remedy"),
    (
        ("pgbouncer=true", "pgbouncer", "leave it out"),
        ("sslmode=require&schema=public", "schema", "leave it out if it is public"),
        ("connection_limit=1", "connection_limit", "DATABASE_POOL_SIZE"),
        ("currentSchema=app", "currentSchema", "search_path"),
        ("ssl=true", "ssl", "sslmode=require"),
        ("sslmode=no-verify", "sslmode", "verify-full"),
    ),
)
def test_a_parameter_of_another_library_is_named_with_its_remedy(query: str, named: str, remedy: str) -> None:
    [fault] = faults_of(an_environ(DATABASE_URL=f"postgresql://u:secret@db/x?{query}"))
    assert fault.name == "DATABASE_URL"
    assert named in str(fault)
    assert remedy in str(fault)
    assert "secret" not in str(fault)


def test_what_libpq_knows_itself_is_left_to_it() -> None:
    query = (
        "sslmode=verify-full&sslrootcert=/ca.pem&application_name=mine&channel_binding=require&target_session_attrs=read-write"
    )
    assert faulty(DATABASE_URL=f"postgresql://db/x?{query}") == []
    assert faulty(DATABASE_URL="postgresql+asyncpg://db/x?ssl=require") == []


def test_a_process_holds_sixteen_connections_unless_told_otherwise() -> None:
    assert load_settings(an_environ()).storage.pool_size == 16
    assert load_settings(an_environ(DATABASE_POOL_SIZE="3")).storage.pool_size == 3
    for value in ("0", "-1", "many", "1001"):
        assert faulty(DATABASE_POOL_SIZE=value) == ["DATABASE_POOL_SIZE"]


@pytest.mark.parametrize(
    ("given", "ours"),
    (
        (
            "postgresql://u:p@a:5432,b:5433/x?target_session_attrs=read-write",
            "postgresql+psycopg://u:p@/x?host=a:5432&host=b:5433&target_session_attrs=read-write",
        ),
        ("postgres://a,b,c/x", "postgresql+psycopg:///x?host=a&host=b&host=c"),
    ),
)
def test_several_hosts_are_taken_as_libpq_takes_them(given: str, ours: str) -> None:
    assert load_settings(an_environ(DATABASE_URL=given)).storage.database_url.reveal() == ours
