"""Log lines as JSON, for this process and its libraries."""

import logging
import os
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from copy import copy
from datetime import timedelta
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from domain.tokens import Secret
from entrypoints.telemetry.redaction import Redaction

QUIET_LOGGERS = ("httpx", "httpcore")
"""They log every URL at INFO, and TikTok takes its app secret in a query."""

SILENT_LOGGERS = ("uvicorn.access",)
"""Its lines hold the callback's code and state."""

MAX_LINE = 32_000
"""Characters of a log line. Fields of a longer one are cut, so that no text from outside fills a disk or blocks a reader."""

FIELDS_OF_A_CUT_LINE = 50

RINGS_AGAIN_AFTER = timedelta(minutes=10)
"""One incident is one alarm: the same sentence at level critical is an error until it has been silent, or so long."""

NOT_FOR_US = ("color_message",)
"""Fields that libraries add for terminals."""


class OneAlarm:
    """Lets each sentence at level critical ring once in a while, in this process; in between it is an error."""

    def __init__(self) -> None:
        self._rung: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def once(self, record: logging.LogRecord) -> logging.LogRecord:
        """The record, or a copy of it at level error: others that listen have theirs as it is."""
        if record.levelno >= logging.CRITICAL:
            key, now = (record.name, str(record.msg)), time.monotonic()
            with self._lock:
                rung = self._rung.get(key)
                again = rung is not None and now - rung < RINGS_AGAIN_AFTER.total_seconds()
                if not again:
                    self._rung[key] = now
            if again:
                record = copy(record)
                record.levelno, record.levelname = logging.ERROR, "ERROR"
        return record


class LogStream(logging.StreamHandler[TextIO]):
    """Writes log lines. A line that can't be written is replaced by a constant: logging's own report would show its arguments."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._alarm = OneAlarm()

    def format(self, record: logging.LogRecord) -> str:
        """Its line, at the level at which it rings."""
        return super().format(self._alarm.once(record))

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

    def render(logger: WrappedLogger, method: str, event: EventDict) -> str:
        line = str(renderer(logger, method, dict(event)))
        for characters in (MAX_LINE // 2, MAX_LINE // 8):  # a control character takes six in JSON
            if len(line) <= MAX_LINE:
                break
            line = str(renderer(logger, method, shortened(event, characters)))
        return line

    def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return redaction.fields({name: value for name, value in event.items() if name not in NOT_FOR_US})

    def name_process(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["pid"] = os.getpid()
        return event

    handler = LogStream(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
                structlog.stdlib.ExtraAdder(),
                name_process,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                redact,
                render,
            ],
        )
    )
    _route_everything_to(handler, logging.DEBUG if debug else logging.INFO)


def shortened(event: EventDict, characters: int) -> EventDict:
    """The same line with so many characters of its fields together at the most; numbers and short texts stay."""
    fields = list(event.items())[:FIELDS_OF_A_CUT_LINE]
    share = characters // (2 * len(fields))
    shown = {str(name)[:share]: value if isinstance(value, int | float | None) else str(value)[:share] for name, value in fields}
    return {**shown, "shortened": True}


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
