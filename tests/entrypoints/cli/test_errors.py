from __future__ import annotations

import resource
from pathlib import Path

import pytest

from environs import APP_SECRET, an_environ
from processes import run

NEEDY = (("serve",), ("worker",), ("beat",), ("status",), ("refresh", "--due"))
VALID = an_environ()


def one_line_of(stderr: str) -> str:
    [line] = stderr.splitlines()
    return line


def processor_time_of_children() -> float:
    """Seconds that ended children worked: however busy the machine is, a command takes about the same."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_help_is_quick_and_names_every_command(tmp_path: Path) -> None:
    answer, took = run("--help", folder=tmp_path), []
    for _ in range(3):
        began = processor_time_of_children()
        run("--help", folder=tmp_path)
        took.append(processor_time_of_children() - began)
    assert answer.returncode == 0
    names = ("demo", "serve", "worker", "beat", "simulator", "migrate", "doctor", "status", "refresh", "keys")
    assert [name for name in names if f"\n  {name} " not in answer.stdout] == []
    assert min(took) < 0.4


@pytest.mark.parametrize("command", NEEDY)
def test_every_fault_of_the_configuration_is_named_in_one_line(command: tuple[str, ...], tmp_path: Path) -> None:
    answer = run(*command, folder=tmp_path, environ=an_environ(TIKTOK_APP_ID=None, TIKTOK_QPS="many", CRON_SECRET="short"))
    assert (answer.returncode, answer.stdout) == (1, "")
    line = one_line_of(answer.stderr)
    assert [name for name in ("TIKTOK_APP_ID", "TIKTOK_QPS", "CRON_SECRET") if name not in line] == []
    assert "many" not in line
    assert "short" not in line.replace("shorter", "")
    assert APP_SECRET not in line


@pytest.mark.parametrize("command", NEEDY)
def test_a_database_without_our_schema_is_sent_to_migrate(command: tuple[str, ...], tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    port = ("--port", "0") if command == ("serve",) else ()
    answer = run(*command, *port, folder=tmp_path, environ=an_environ(DATABASE_URL=url))
    assert answer.returncode == 1
    assert "tiktok-connect migrate" in one_line_of(answer.stderr)
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("srve",),
        ("serve", "--port", "many"),
        ("keys",),
        ("refresh", "--due", "--all"),
        ("demo", "--access-token-seconds", "1"),
        ("simulator", "--app-id", "7"),
        ("simulator", "--port", "0", "--host", "192.0.2.1"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line(command: tuple[str, ...], tmp_path: Path) -> None:
    answer = run(*command, folder=tmp_path, environ=VALID)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "--help" in one_line_of(answer.stderr)


@pytest.mark.parametrize("command", [("--debug", "status"), ("status", "--debug")])
def test_a_traceback_is_for_those_who_ask_for_it_on_either_side_of_the_command(command: tuple[str, ...], tmp_path: Path) -> None:
    assert "Traceback" in run(*command, folder=tmp_path).stderr
    assert "Traceback" not in run("status", folder=tmp_path).stderr


def test_a_database_that_is_away_is_named_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://connect:a-password-of-ours@127.0.0.1:1/connect"
    answer = run("status", folder=tmp_path, environ=an_environ(DATABASE_URL=url))
    assert answer.returncode == 1
    assert "DATABASE_URL" in one_line_of(answer.stderr)
    assert "connection refused" in answer.stderr
    assert "a-password-of-ours" not in answer.stderr


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("worker",), ("refresh", "--due")])
def test_nothing_that_renews_starts_without_a_journal(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    environ = an_environ(DATABASE_URL=f"sqlite:///{tmp_path / 'connect.db'}", JOURNAL_DIR=str(tmp_path / "file"))
    assert run("migrate", folder=tmp_path, environ=environ).returncode == 0
    answer = run(*command, folder=tmp_path, environ=environ)
    assert (answer.returncode, "JOURNAL_DIR" in one_line_of(answer.stderr)) == (1, True)


def test_migrate_names_the_database(tmp_path: Path) -> None:
    answer = run("migrate", folder=tmp_path, environ={"DATABASE_URL": "sqlite:///data/connect.db"})
    assert answer.stdout == "sqlite data/connect.db: the schema is the one of this version\n"


def test_a_generated_key_is_accepted_as_a_configuration(tmp_path: Path) -> None:
    key = run("keys", "generate", folder=tmp_path).stdout.strip()
    environ = an_environ(TOKEN_ENCRYPTION_KEYS=key, DATABASE_URL=f"sqlite:///{tmp_path / 'connect.db'}")
    assert run("migrate", folder=tmp_path, environ=environ).returncode == 0
    assert run("status", folder=tmp_path, environ=environ).returncode == 0


def test_migrate_needs_the_database_alone_and_may_run_twice(tmp_path: Path) -> None:
    environ = {"DATABASE_URL": f"sqlite:///{tmp_path / 'connect.db'}"}
    assert [run("migrate", folder=tmp_path, environ=environ).returncode for _ in range(2)] == [0, 0]


def test_the_dotenv_beside_the_process_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=mysql://nowhere\n")
    answer = run("migrate", folder=tmp_path)
    assert (answer.returncode, "DATABASE_URL" in one_line_of(answer.stderr)) == (1, True)
