from __future__ import annotations

from pathlib import Path

import pytest

from entrypoints.settings import InvalidSettings, load_settings, read_environment
from support.environ import an_environ


@pytest.fixture
def dotenv(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def test_the_process_environment_wins_over_the_file(dotenv: Path) -> None:
    dotenv.write_text("TIKTOK_QPS=20\nCRON_INTERVAL=30\n")
    found = read_environment({"TIKTOK_QPS": "5"}, dotenv=dotenv)
    assert found == {"TIKTOK_QPS": "5", "CRON_INTERVAL": "30"}


def test_an_empty_value_of_the_process_leaves_the_files(dotenv: Path) -> None:
    dotenv.write_text("TIKTOK_QPS=20\nCRON_INTERVAL=\n")
    assert read_environment({"TIKTOK_QPS": ""}, dotenv=dotenv) == {"TIKTOK_QPS": "20"}


def test_a_dollar_in_a_secret_is_taken_as_it_is(dotenv: Path) -> None:
    dotenv.write_text("CRON_SECRET=pa${HOME}ss-$word-long\n")
    assert read_environment({}, dotenv=dotenv) == {"CRON_SECRET": "pa${HOME}ss-$word-long"}


def test_the_file_beside_the_process_is_found(dotenv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dotenv.write_text("TIKTOK_QPS=20\n")
    monkeypatch.chdir(dotenv.parent)
    monkeypatch.delenv("TIKTOK_QPS", raising=False)
    assert read_environment()["TIKTOK_QPS"] == "20"


def test_a_missing_file_is_no_fault(dotenv: Path) -> None:
    assert read_environment({}, dotenv=dotenv) == {}


def test_an_unreadable_file_is_a_fault_that_names_it(dotenv: Path) -> None:
    dotenv.write_bytes(b"CRON_SECRET=\xff\xfe\n")
    with pytest.raises(InvalidSettings, match=r"\.env can't be read") as refused:
        read_environment({}, dotenv=dotenv)
    assert refused.value.__suppress_context__


def test_variables_of_later_features_and_of_others_are_not_looked_at() -> None:
    load_settings(an_environ(SMTP_URL="nonsense", OPERATORS=",,", PATH="/bin"))


def names_of_faults(environ: dict[str, str]) -> list[str]:
    with pytest.raises(InvalidSettings) as refused:
        load_settings(environ)
    return [fault.name for fault in refused.value.faults]


@pytest.mark.parametrize("name", ["TIKTOK_APP_SECRET", "TOKEN_ENCRYPTION_KEYS", "DATABASE_URL", "SERVICE_TOKENS", "AUTH_SECRET"])
def test_a_secret_may_come_from_a_file(tmp_path: Path, name: str) -> None:
    values = {
        "SERVICE_TOKENS": "importer:a-secret-of-a-service",
        "AUTH_SECRET": "the-dashboards-own-secret",
        "DATABASE_URL": "postgresql://u:p@db/x",
    }
    environ = {**an_environ(), **values}
    (tmp_path / "secret").write_text(f"{environ[name]}\n")
    by_file = {k: v for k, v in environ.items() if k != name} | {f"{name}_FILE": str(tmp_path / "secret")}
    assert load_settings(by_file) == load_settings(environ)


def test_a_secret_that_is_set_twice_is_a_fault_and_neither_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("one-from-the-file-0123456789")
    environ = an_environ(CRON_SECRET="one-from-the-environment", CRON_SECRET_FILE=str(tmp_path / "secret"))
    assert names_of_faults(environ) == ["CRON_SECRET_FILE"]


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"x" * 70_000, None])
def test_a_file_without_a_secret_is_one_fault(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    environ = {k: v for k, v in an_environ().items() if k != "TIKTOK_APP_SECRET"}
    assert names_of_faults(environ | {"TIKTOK_APP_SECRET_FILE": str(tmp_path / "secret")}) == ["TIKTOK_APP_SECRET_FILE"]


def test_a_weak_secret_is_as_weak_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("short")
    assert names_of_faults(an_environ(CRON_SECRET_FILE=str(tmp_path / "secret"))) == ["CRON_SECRET"]
