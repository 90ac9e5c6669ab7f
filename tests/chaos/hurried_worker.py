"""A worker with a short lease, so that a test need not wait for half a minute after each kill.

Otherwise as the real one: it keeps in touch, sweeps, and at SIGTERM settles what is sent and gives back what is not.
"""

from __future__ import annotations

import os
import signal
import threading
from datetime import timedelta

from domain.errors import StoreUnavailable
from domain.rotation_policy import RotationPolicy
from entrypoints.container import Container, build
from entrypoints.settings import load_settings

SWEEP_EVERY = timedelta(seconds=600)

ALWAYS_DUE = 2000
"""Seconds that an access token lives: less than four such sweeps, so that each pair is due as soon as it is issued, and a sweep
never comes to an end."""

HURRIED = RotationPolicy(
    sweep_every=SWEEP_EVERY, lease=timedelta(seconds=8), call_timeout=timedelta(seconds=3), settle_within=timedelta(seconds=1)
)


def hurried(container: Container) -> Container:
    """The same container under the short lease."""
    container.policy.override(HURRIED)
    return container


def main() -> None:
    container, stop = hurried(build(load_settings(os.environ))), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    container.upkeep_thread().start()
    sweep = container.sweep_due_grants()
    while not stop.is_set():
        try:
            sweep(stopping=stop.is_set)
        except StoreUnavailable:
            stop.wait(0.5)


if __name__ == "__main__":
    main()
