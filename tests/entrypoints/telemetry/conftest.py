from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    """Puts the process's logging back, which a test of its configuration changes for everybody."""
    root = logging.getLogger()
    loggers = [root, *(one for one in logging.Logger.manager.loggerDict.values() if isinstance(one, logging.Logger))]
    before = [(one, list(one.handlers), one.level, one.propagate, one.disabled) for one in loggers]
    yield
    logging.captureWarnings(capture=False)
    for one, handlers, level, propagate, disabled in before:
        one.handlers, one.propagate, one.disabled = handlers, propagate, disabled
        one.setLevel(level)
