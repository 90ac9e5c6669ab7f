"""Log lines as JSON, for this process and its libraries."""

import logging
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from domain.tokens import Secret
from entrypoints.telemetry.redaction import Redaction

QUIET_LOGGERS = ("httpx", "httpcore")
"""They log every URL at INFO, and TikTok takes its app secret in a query."""

SILENT_LOGGERS = ("uvicorn.access",)
"""Its lines hold the callback's code and state."""


class LogStream(logging.StreamHandler[TextIO]):
    """Writes log lines. A line that can't be written is replaced by a constant: logging's own report would show its arguments."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's own name)
        """Says that a line is missing, and where it came from, if that can be said at all: nobody may fail for want of a log."""
        with suppress(OSError, ValueError):
            self.stream.write(f"a log line of {record.name} could not be written ({record.module}:{record.lineno})\n")


def configure_logging(*, debug: bool = False, stream: TextIO | None = None, secrets: Iterable[Secret] = ()) -> None:
    """Sends every log line of this process, the libraries' too, redacted to `stream` (stderr).

    JSON lines, or readable ones on a terminal; INFO, or DEBUG. `secrets` are taken out wherever they turn up. May be called
    again, for instance once the settings are read; the last call wins.
    """
    out = sys.stderr if stream is None else stream
    redaction = Redaction(secrets)
    renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if out.isatty():
        renderer = structlog.dev.ConsoleRenderer(timestamp_key="at", exception_formatter=structlog.dev.plain_traceback)

    def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return redaction.fields(event)

    handler = LogStream(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
                structlog.stdlib.ExtraAdder(),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                redact,
                renderer,
            ],
        )
    )
    _route_everything_to(handler, logging.DEBUG if debug else logging.INFO)


def _route_everything_to(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    for name, logger in logging.Logger.manager.loggerDict.items():
        if isinstance(logger, logging.Logger) and name not in SILENT_LOGGERS:
            logger.handlers = []
            logger.propagate = True
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in SILENT_LOGGERS:
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = False
        logging.getLogger(name).disabled = True
