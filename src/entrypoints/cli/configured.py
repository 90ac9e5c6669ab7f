"""What the commands that need a configuration have in common."""

from __future__ import annotations

import logging

from entrypoints.cli.command_line import debugging
from entrypoints.cli.failures import Trouble
from entrypoints.container import Container, SchemaBehind, build, require_schema
from entrypoints.settings import Settings, load_settings, read_environment
from entrypoints.telemetry import configure_logging


def configured(*, own_address: str | None = None) -> Settings:
    """The environment's settings, with logs set up for them. Raises InvalidSettings, which names all faults."""
    settings = load_settings(read_environment(), own_address=own_address)
    configure_logs(settings, debug=debugging())
    return settings


def configure_logs(settings: Settings, *, debug: bool) -> None:
    """Ours, without what Alembic tells of every look at the schema."""
    configure_logging(debug=debug, secrets=settings.secrets())
    logging.getLogger("alembic").setLevel(logging.NOTSET if debug else logging.WARNING)


def ready(settings: Settings) -> Container:
    """A container over a database whose schema is at head. Raises Trouble, StoreUnavailable."""
    container = build(settings)
    try:
        require_schema(container.database())
    except SchemaBehind:
        raise Trouble("the database's schema is not the one of this version: run `tiktok-connect migrate`") from None
    return container
