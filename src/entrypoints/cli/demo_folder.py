"""`.data/`: all that the demo keeps."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Self

import msgspec

from domain.tokens import Secret
from entrypoints.cli.error_to_line_and_exit_status import CommandFailure
from entrypoints.settings import CronSettings, EncryptionKey, Scope, Service, Settings

NOTES, LOCK, LOGS, STATE = "demo.json", "demo.lock", "logs", "simulator.json"
SLOWEST_SWEEP, QUICKEST_SWEEP = timedelta(seconds=15), timedelta(seconds=1)
SWEEPS_A_LIFE = 20
"""Half of them before a token is renewed at half its life: a rotation can be watched coming."""


class Notes(msgspec.Struct, frozen=True, rename="camel"):
    """What the demo's processes share: addresses, and secrets that were made here and are nobody else's. In `demo.json`."""

    address: str
    simulator: str
    access_token_seconds: int
    encryption_key: str
    session_key: str
    cron_secret: str
    service_token: str

    def __repr__(self) -> str:
        return f"Notes(address={self.address!r}, …)"

    @classmethod
    def new(cls, address: str, simulator: str, access_token_seconds: int) -> Self:
        """With secrets of its own."""
        made = [secrets.token_hex(32) for _ in range(4)]
        return cls(address, simulator, access_token_seconds, *made)

    def at(self, address: str, simulator: str, access_token_seconds: int) -> Self:
        """The same secrets at other addresses."""
        return msgspec.structs.replace(self, address=address, simulator=simulator, access_token_seconds=access_token_seconds)

    @property
    def sweep_interval(self) -> timedelta:
        """Short enough for short lives, and no shorter than that."""
        fitting = timedelta(seconds=self.access_token_seconds // SWEEPS_A_LIFE)
        return max(QUICKEST_SWEEP, min(fitting, SLOWEST_SWEEP))

    def settings(self, folder: Path) -> Settings:
        """The settings of every process of the demo."""
        return Settings.for_demo(
            address=self.address,
            simulator_address=self.simulator,
            folder=folder,
            encryption_key=EncryptionKey("demo", Secret(self.encryption_key)),
            session_key=Secret(self.session_key),
            sweep_interval=self.sweep_interval,
            services=(Service.of("demo", Secret(self.service_token), {Scope.VEND, Scope.SPEND}),),
            cron=CronSettings(Secret(self.cron_secret), timedelta(seconds=60)),
        )


class DemoFolder:
    """A folder of the demo's. Everything in it is for its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def held(self, *, fresh: bool) -> Iterator[Self]:
        """Make it, or find it again, for one demo at a time; `fresh` empties it. Raises Trouble when it is another's."""
        self._refuse_others()
        make_private(self.path)
        with (self.path / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # goes with this process, however that ends
            except BlockingIOError:
                raise CommandFailure(
                    f"another demo runs on {self.path}/: stop it first, or start this one in another folder"
                ) from None
            if fresh:
                self._empty()
            shutil.rmtree(self.path / "broker", ignore_errors=True)  # messages to processes that are gone
            (self.path / LOGS).mkdir(mode=0o700, exist_ok=True)
            yield self

    def log(self, part: str) -> Path:
        """Where a part's log goes."""
        return self.path / LOGS / f"{part}.log"

    def read(self) -> Notes | None:
        """The notes, if there are any. Raises Trouble when they can't be read."""
        try:
            return msgspec.json.decode((self.path / NOTES).read_bytes(), type=Notes)
        except FileNotFoundError:
            return None
        except msgspec.MsgspecError:
            raise CommandFailure(
                f"{self.path / NOTES} can't be read: `tiktok-connect demo --fresh` makes everything anew"
            ) from None

    def write(self, notes: Notes) -> None:
        """Put them in place of the old ones."""
        fresh = self.path / f"{NOTES}.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(notes)))
        fresh.replace(self.path / NOTES)

    def _refuse_others(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise CommandFailure(f"{self.path} is no folder: start the demo somewhere else")
        names = {entry.name for entry in self.path.iterdir()} if self.path.exists() else set()
        if NOTES not in names and names - {LOCK, LOGS, "broker"}:
            raise CommandFailure(f"{self.path}/ holds something that is not the demo's: start the demo in another folder")

    def _empty(self) -> None:
        for entry in self.path.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != LOCK:
                entry.unlink()


def make_private(folder: Path) -> None:
    """A folder for its owner alone, closed to others if it is there already; so is each that has to be made above it."""
    for missing in reversed([above for above in folder.absolute().parents if not above.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
