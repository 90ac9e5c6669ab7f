"""What the commands that need a configuration have in common."""

import logging

from entrypoints.cli.command_line import debugging
from entrypoints.cli.error_to_line_and_exit_status import CommandFailure
from entrypoints.container import Container, build
from entrypoints.operations import JournalUnavailable, SchemaBehind, SchemaState, WrongKeys, require_keys, require_schema
from entrypoints.settings import Settings, load_settings, read_environment
from entrypoints.telemetry.logs import configure_logging

log = logging.getLogger(__name__)

SCHEMA_SENTENCES = {
    SchemaState.CURRENT: "the schema is the one of this version",
    SchemaState.NEWER: "the schema is a newer version's, which this one can work with",
}

BEAT_MISSING = ": see that `tiktok-connect beat` runs and reaches the broker; the workers sweep by themselves meanwhile"
WORKERS_MISSING = ": see that `tiktok-connect worker` runs and reaches the database"

JOURNAL_REMEDY = "make JOURNAL_DIR a folder that this user may write in, on a disk with room"


def configured(*, own_address: str | None = None) -> Settings:
    """The environment's settings, with logs set up for them. Raises InvalidSettings, which names all faults."""
    settings = load_settings(read_environment(), own_address=own_address)
    configure_logs(settings, debug=debugging())
    return settings


def configure_logs(settings: Settings, *, debug: bool) -> None:
    """Ours, without Alembic's."""
    configure_logging(debug=debug, secrets=settings.secrets())
    quiet_alembic(debug=debug)


def quiet_alembic(*, debug: bool) -> None:
    """It tells of every look at the schema."""
    logging.getLogger("alembic").setLevel(logging.NOTSET if debug else logging.WARNING)


def ready(settings: Settings) -> Container:
    """A container over a database whose schema is new enough. Raises CommandFailure, NewerSchema, StoreUnavailable."""
    container = build(settings)
    try:
        require_schema(container.database())
    except SchemaBehind:
        raise CommandFailure("the database's schema is older than this version needs: run `tiktok-connect migrate`") from None
    return container


def durable(settings: Settings) -> Container:
    """`ready`, with a journal that could keep an answer and keys that open what is stored.

    Raises CommandFailure, NewerSchema, StoreUnavailable.
    """
    container = ready(settings)
    try:
        container.journal().check()
    except JournalUnavailable as unusable:
        container.database().dispose()
        raise CommandFailure(f"the journal in JOURNAL_DIR can't be used ({unusable}): {JOURNAL_REMEDY}") from None
    try:
        report = require_keys(container)
    except WrongKeys as wrong:
        container.database().dispose()
        raise CommandFailure(str(wrong)) from None
    if report.closed:
        log.error("some stored tokens can't be opened here", extra={"absent": report.absent, "wrong": report.wrong})
    return container
