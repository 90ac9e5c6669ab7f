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
    load_settings(an_environ(WEBHOOK_URL="nonsense", OPERATORS=",,", AUDIT_RETENTION_DAYS="-1", PATH="/bin"))
