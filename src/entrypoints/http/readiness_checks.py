"""What readiness looks at: database, schema, keys, broker, beat, journal, identity, a pause, and the dashboard's mirror."""

from collections.abc import Callable
from datetime import timedelta

from domain.errors import StoreUnavailable
from entrypoints.container import Container
from entrypoints.http.api.readiness_check_runner import DEGRADED, OK, CheckRunner
from entrypoints.operations import check_keys, require_keys, require_schema, signs_of_life

LOOKS_ARE_LATE_AFTER = timedelta(minutes=2)
"""Looks at the dashboard's rows come every 15 s: without one for so long nobody can look there."""


def readiness_checks_of(container: Container) -> CheckRunner:
    """What readiness looks at. Keys: that a sealed text opens again, and stored tokens do, as far as they can be had."""

    def keys() -> str:
        try:
            report = require_keys(container)
        except StoreUnavailable:
            report = check_keys(container, stored=False)
        return DEGRADED if report.absent or report.wrong else OK

    def mirror() -> str:
        with container.store().read() as work:
            note = work.mirror.note()
        late = note.looked_at is not None and container.clock().now() - note.looked_at > LOOKS_ARE_LATE_AFTER
        return DEGRADED if note.frozen or container.dashboard_contact().away or (late and not note.off) else OK

    checks: dict[str, Callable[[], object]] = {
        "database": lambda: container.store().try_write(),
        "schema": lambda: require_schema(container.database()),
        "keys": keys,
        "broker": lambda: container.broker().check(),
        "beat": lambda: not signs_of_life(container).beat_is_missing,
        "journal": lambda: container.journal().check(),
        "identity": lambda: container.identity_watch().hold() is None,
        "calls": lambda: container.pause_watch().pause() is None,
    }
    if container.connection_mirror().configured:
        checks["mirror"] = mirror
    return CheckRunner(checks)
