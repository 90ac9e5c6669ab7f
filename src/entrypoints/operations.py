"""What commands do beyond use-cases: migrate, check keys and servers, and make a key."""

from dataclasses import dataclass
from pathlib import Path

from adapters.celery.broker_choice import BrokerUnavailable
from adapters.crypto.key_ring import KeyRing
from adapters.crypto.sealer import AesGcmSealer
from adapters.journal_folder import Damaged, Newer, read_unread
from adapters.memory.database import MemoryDatabase
from adapters.sql.database import Database, place_of
from adapters.sql.schema_state import NewerSchema, SchemaState, schema_state
from adapters.sql.stored_token_samples import sealed_access_tokens
from application.metrics.report_process import ReportProcess
from application.ports.journal import JournalUnavailable, UnreadAnswer
from domain.errors import CannotOpen
from domain.ids import GrantId, OwnerId
from domain.seal_place import SealPlace
from domain.signs_of_life import SignsOfLife
from domain.tokens import Sealed, Secret, TokenKind
from entrypoints.adapters_by_settings import key_ring, redis_ledger
from entrypoints.container import Container
from entrypoints.deferred_imports import imported
from entrypoints.settings import Settings

__all__ = ["BrokerUnavailable", "JournalUnavailable", "NewerSchema", "SchemaState"]
"""What of the adapters doors may know besides: errors and states."""

SAMPLED_TOKENS = 20
"""How many stored tokens are opened to see whether the keys are the right ones."""


class WrongKeys(Exception):
    """The stored tokens were sealed by other keys than those that are configured."""

    def __init__(self, report: "KeyReport") -> None:
        closed = f"{report.closed} of {report.tried} stored tokens can't be opened"
        absent = f"add {', '.join(report.absent)} to TOKEN_ENCRYPTION_KEYS" if report.absent else ""
        wrong = f"{', '.join(report.wrong)} there has other bytes than the key that sealed them" if report.wrong else ""
        super().__init__(f"{closed}: {'; '.join(filter(None, (absent, wrong)))}")


class UnreadableFile(Exception):
    """No file of an answer that nobody could read, or a damaged one."""


class SchemaBehind(Exception):
    """The database's schema is older than this program needs: `tiktok-connect migrate` has to run first."""


def require_schema(database: Database | MemoryDatabase) -> SchemaState:
    """Whether the schema is this version's, or a newer one's that suits this program as well.

    Raises SchemaBehind for an older one, NewerSchema for one that does not suit, StoreUnavailable when the database is away.
    """
    if isinstance(database, MemoryDatabase):
        return SchemaState.CURRENT  # it has none
    url = database.engine.url
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        raise SchemaBehind  # connecting would make an empty file
    if (state := schema_state(database)) is SchemaState.BEHIND:
        raise SchemaBehind
    return state


def journal_is_the_originals(container: Container) -> bool:
    """Whether JOURNAL_DIR served the database that this one is a copy of: answers in it are the original's. Raises
    StoreUnavailable.
    """
    on_this_host = container.identity_notes()[0]
    return on_this_host.noted(container.identity_record().read().id) is not None


def migrate_schema(database_url: Secret) -> tuple[str, SchemaState]:
    """Bring the schema to the newest revision; safe to run twice and at once. Returns which database it was, in words without
    its user and password, and how its schema is now. Raises NewerSchema, StoreUnavailable.
    """
    state: SchemaState = imported("adapters.sql.migrations:migrate")(database_url.reveal())
    return place_of(database_url.reveal()), state


@dataclass(frozen=True, slots=True)
class KeyReport:
    """What came of trying the keys here on some stored tokens."""

    tried: int
    opened: int
    absent: tuple[str, ...]
    """Keys that sealed stored tokens and are not here."""
    wrong: tuple[str, ...]
    """Keys that are here and open none of the tokens that bear their ids: the bytes are others."""

    @property
    def closed(self) -> int:
        """How many could not be opened."""
        return self.tried - self.opened

    def no_use(self, sealing: str) -> bool:
        """Whether a process does harm with these keys: nothing can be opened, or what it seals will be closed to others."""
        return (self.tried > 0 and self.opened == 0) or sealing in self.wrong


def check_keys(container: Container, *, stored: bool) -> KeyReport:
    """Seal and open a token, and try some of the `stored` ones. Raises CannotOpen where not even that works, StoreUnavailable."""
    sealer, place, token = container.sealer(), SealPlace(OwnerId("nobody"), GrantId("doctor"), 1), Secret("a token of nobody")
    if sealer.open(sealer.seal(token, place, TokenKind.ACCESS), place, TokenKind.ACCESS) != token:
        raise CannotOpen("what was sealed came back changed")
    database = container.database()
    samples = {} if isinstance(database, MemoryDatabase) or not stored else sealed_access_tokens(database, limit=SAMPLED_TOKENS)
    opened = {key: sum(opens(sealer, *sample) for sample in of_key) for key, of_key in samples.items()}
    shut = [key for key, count in opened.items() if not count]
    shared = sealer.shared_key() if stored else None
    if shared is not None and shared not in {*sealer.keys, *shut}:
        shut.append(shared)
    return KeyReport(
        tried=sum(map(len, samples.values())),
        opened=sum(opened.values()),
        absent=tuple(key for key in shut if key not in sealer.keys),
        wrong=tuple(key for key in shut if key in sealer.keys),
    )


def process_report(container: Container) -> ReportProcess:
    """What this process says of itself, for a thread that asks it to every few seconds."""

    def unusable_keys() -> int:
        try:
            report = check_keys(container, stored=True)
        except CannotOpen:
            return 1
        return len(report.absent) + len(report.wrong)

    report: ReportProcess = container.report_process(unusable_keys=unusable_keys)
    return report


def opens(sealer: AesGcmSealer, place: SealPlace, sealed: Sealed) -> bool:
    """Whether a stored access token can be opened here."""
    try:
        sealer.open(sealed, place, TokenKind.ACCESS)
    except CannotOpen:
        return False
    return True


def require_keys(container: Container) -> KeyReport:
    """Raises WrongKeys where a process would do harm with the keys that are configured, StoreUnavailable."""
    report, sealing = check_keys(container, stored=True), container.settings().encryption_keys[0].id
    if report.no_use(sealing):
        raise WrongKeys(report)
    return report


def open_unread(settings: Settings, name: str) -> tuple[UnreadAnswer, bytes]:
    """An answer that nobody could read, by its file's path or its name in the journal, and its bytes in clear.

    Raises OSError, UnreadableFile where the file is none of these, CannotOpen.
    """
    path = Path(name) if Path(name).exists() else settings.storage.journal_dir / name
    try:
        answer = read_unread(path.read_bytes())
    except (Damaged, Newer) as fault:
        raise UnreadableFile from fault
    sealer = AesGcmSealer(key_ring(settings))
    return answer, sealer.open(answer.answer, SealPlace(answer.owner, answer.grant, 0), TokenKind.ANSWER).reveal().encode(
        "latin-1"
    )


def signs_of_life(container: Container) -> SignsOfLife:
    """What workers and beat last got done. Raises StoreUnavailable."""
    heartbeats = container.heartbeats()
    return SignsOfLife(
        worker=heartbeats.age("worker"), beat=heartbeats.age("beat"), sweep_every=container.settings().sweep_interval
    )


def check_redis(url: Secret) -> None:
    """See that the Redis of the shared budget can be used. Raises StoreUnavailable."""
    redis_ledger(url).check()


def new_encryption_key() -> str:
    """A key as TOKEN_ENCRYPTION_KEYS takes it."""
    return KeyRing.generate()
