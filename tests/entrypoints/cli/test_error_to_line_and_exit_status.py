from __future__ import annotations

import resource
import shlex
import signal
import subprocess
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from entrypoints.cli.command_line import COMMANDS, INTERRUPTED, cli
from support.environ import APP_SECRET, an_environ
from support.processes import BARE, COMMAND, run, running

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


def groups() -> dict[str, click.Group]:
    context = click.Context(cli)
    commands = {name: cli.get_command(context, name) for name in COMMANDS}
    return {name: command for name, command in commands.items() if isinstance(command, click.Group)}


@pytest.mark.parametrize("group", groups())
def test_the_help_of_a_group_lists_its_commands_by_whole_sentences(group: str) -> None:
    command = groups()[group]
    text = command.get_help(click.Context(command, info_name=group, terminal_width=60))
    listed = " ".join(text.partition("Commands:")[2].split())
    assert "..." not in listed
    sentences = [
        " ".join((below.help or "").partition("\n\n")[0].split()).partition(". ")[0] for below in command.commands.values()
    ]
    assert [sentence for sentence in sentences if sentence not in listed] == []


def test_the_version_is_told(tmp_path: Path) -> None:
    answer = run("--version", folder=tmp_path)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == f"tiktok-connect {version('tiktok-connect')}\n"


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


def test_every_option_of_every_command_is_explained() -> None:
    context = click.Context(cli)
    commands = [command for name in COMMANDS if (command := cli.get_command(context, name))]
    below = [sub for command in commands if isinstance(command, click.Group) for sub in command.commands.values()]
    options = [option for c in (*commands, *below) for option in c.params if isinstance(option, click.Option)]
    assert [option.name for option in options if not (option.help or option.hidden)] == []


@pytest.mark.parametrize("command", [("simulator", "--port", "0"), ("worker",), ("beat",)])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_end_that_was_asked_for_is_no_failure(command: tuple[str, ...], how: signal.Signals, tmp_path: Path) -> None:
    environ = an_environ(DATABASE_URL=f"sqlite:///{tmp_path / 'connect.db'}")
    assert run("migrate", folder=tmp_path, environ=environ).returncode == 0
    with running(*command, folder=tmp_path, environ=environ) as process:
        process.says("Started server" if command[0] == "simulator" else "started")
        assert process.terminate(how) in ((0, INTERRUPTED) if how is signal.SIGINT else (0,))
        assert "Traceback" not in process.told()


def test_output_that_nobody_reads_makes_no_noise(tmp_path: Path) -> None:
    program = shlex.join([*COMMAND, "status"])
    environ = an_environ(DATABASE_URL=f"sqlite:///{tmp_path / 'connect.db'}")
    assert run("migrate", folder=tmp_path, environ=environ).returncode == 0
    answer = subprocess.run(
        ["sh", "-c", f"{program} | true"], cwd=tmp_path, env={**BARE, **environ}, capture_output=True, text=True, check=False
    )
    assert (answer.stdout, answer.stderr) == ("", "")


def test_a_disk_that_is_full_is_told_with_what_to_do(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        answer = subprocess.run(
            [*COMMAND, "keys", "generate"], cwd=tmp_path, env=BARE, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (answer.returncode, answer.stderr) == (1, "tiktok-connect: No space left on device: make room\n")


def test_a_state_file_that_cannot_be_read_is_not_taken_for_a_port(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = run("simulator", "--port", "0", "--state-file", "file/state.json", folder=tmp_path)
    assert answer.returncode == 1
    assert "file/state.json: Not a directory" in one_line_of(answer.stderr)


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
