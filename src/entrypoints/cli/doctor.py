"""The command `doctor`."""

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from stat import S_IMODE

import click
import httpx

from application.ports.connection_mirror import MirrorUnavailable
from application.rotation.sweep_in_batches import MOST_SKEW
from application.try_app_secret import NotTaken, Taken, Untried
from domain.errors import CannotOpen, StoreUnavailable
from domain.tokens import TokenTerm
from entrypoints.cli.command_line import debugging
from entrypoints.cli.configuration import BEAT_MISSING, JOURNAL_REMEDY, SCHEMA_SENTENCES, WORKERS_MISSING, configure_logs
from entrypoints.cli.database_remedies import database_sentence
from entrypoints.cli.error_to_line_and_exit_status import obstacle, why_held, why_paused
from entrypoints.cli.mirror_lines import lines_of
from entrypoints.cli.status import last_done
from entrypoints.container import Container, build
from entrypoints.operations import (
    BrokerUnavailable,
    JournalUnavailable,
    NewerSchema,
    SchemaBehind,
    WrongKeys,
    check_keys,
    check_redis,
    require_schema,
    signs_of_life,
)
from entrypoints.settings import Settings, TikTokSettings, faults_of, load_settings, read_environment
from entrypoints.settings.addresses import origin_of

ONE_X = re.compile(r"/(v1\.\d+)$")
LATE = timedelta(hours=1)
"""How long a webhook may wait before somebody should see why."""

ANSWER_WITHIN = timedelta(seconds=5)
REDIS_REMEDY = "see that it runs, takes writes and that REDIS_URL is right, or unset it: then the database shares the budget"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, whether it is wrong, and what to do or to know. A warning fails nothing."""

    subject: str
    told: str
    wrong: bool = False
    doubtful: bool = False
    """Whether it works and hardly does what was meant."""

    def __str__(self) -> str:
        return f"{'FAIL' if self.wrong else 'warn' if self.doubtful else 'ok':<4}  {self.subject:<13}  {self.told}"


@click.command()
def doctor() -> int:
    """Check configuration, keys, database, journal, broker and TikTok: one line each, with its remedy. Exit 1 on any failure."""
    environ = read_environment()
    faults = faults_of(environ)
    findings = [Finding("configuration", str(fault), wrong=True) for fault in faults]
    for finding in findings:
        click.echo(str(finding))
    if faults:
        click.echo("keys, database, journal, broker and TikTok are looked at when the configuration is right")
        return 1
    settings = load_settings(environ)
    configure_logs(settings, debug=debugging())
    failures = 0
    for finding in examine(settings, build(settings)):
        click.echo(str(finding))
        failures += finding.wrong
    return 1 if failures else 0


def examine(settings: Settings, container: Container) -> Iterator[Finding]:
    """Everything there is to look at, one after the other."""
    yield Finding("configuration", "complete")
    readable = yield from storage(container)
    yield keys(container, stored=readable)
    yield journal(settings.storage.journal_dir, container)
    if url := settings.storage.redis_url:
        yield look("redis", lambda: check_redis(url), "answers, the budget is shared in it", REDIS_REMEDY)
    yield look("broker", container.broker().check, "answers", "see that it runs and that CELERY_BROKER_URL is right")
    yield from mirror_findings(container, stored=readable)
    yield from webhook_findings(container, stored=readable)
    yield from token_term(settings.tiktok)
    if key_set := container.key_set():
        yield look("issuer", key_set, "publishes its keys", "see that this machine may call out, and that AUTH_JWKS_URL is right")
    if readable:
        yield from processes(container)
    yield tiktok(settings.tiktok.api_url)
    if origin_of(settings.tiktok.auth_api_url) != origin_of(settings.tiktok.api_url):
        yield tiktok(settings.tiktok.auth_api_url, "TIKTOK_AUTH_API_URL")
    yield app(container, stored=readable)


def storage(container: Container) -> Generator[Finding, None, bool]:
    """Database, schema and clock. Returns whether what is stored can be read."""
    try:
        schema = require_schema(container.database())
        container.store().try_write()
    except SchemaBehind:
        yield Finding("schema", "is older than this version needs: run `tiktok-connect migrate`", wrong=True)
        return False
    except NewerSchema as newer:
        yield Finding("schema", str(newer), wrong=True)
        return False
    except StoreUnavailable as away:
        yield Finding("database", database_sentence(away), wrong=True)
        return False
    yield Finding("database", f"answers and takes changes, {SCHEMA_SENTENCES[schema]}")
    yield from identity(container)
    skew = abs(container.claims().skew())
    if skew > MOST_SKEW:
        told = f"is {skew.total_seconds():.0f} s off the database's, and nothing is renewed from here: set it right (NTP)"
        yield Finding("clock", told, wrong=True)
    return True


def identity(container: Container) -> Iterator[Finding]:
    """Whether the database is ours, and whether it is where it was."""
    if hold := container.identity_watch().peek():
        yield Finding("identity", f"is on hold, nothing is sent to TikTok: {why_held(hold)}", wrong=True)
    else:
        yield Finding("identity", "is the database that was here before, as far as is noted")
    if pause := container.pause_watch().pause():
        yield Finding("calls", why_paused(pause), wrong=True)
    was, place = container.identity_record().read().place, container.identity_record().place()
    told = f"{place or 'not told by the database'}, the same as at its first use"
    if was and place and was != place:
        told = f"{place}, and was {was}: where it was not moved, a backup was restored, or this is a copy (see `adopt --help`)"
    yield Finding("server", told)


def keys(container: Container, *, stored: bool) -> Finding:
    """Whether the keys open what they sealed and, where it can be read, what is stored."""
    try:
        report = check_keys(container, stored=stored)
    except CannotOpen as closed:
        return Finding("keys", f"do not open what they seal ({closed}): make another", wrong=True)
    if not stored:
        return Finding("keys", "seal and open; the stored tokens could not be looked at")
    if report.absent or report.wrong:
        return Finding("keys", str(WrongKeys(report)), wrong=True)
    if report.closed:
        return Finding("keys", f"open {report.opened} of {report.tried} stored tokens; the others are damaged", wrong=True)
    return Finding("keys", f"seal and open; {report.opened} stored tokens were opened" if report.opened else "seal and open")


def journal(folder: Path, container: Container) -> Finding:
    """Whether an answer could be kept that the database would not take."""
    try:
        container.journal().check()
    except JournalUnavailable as unusable:
        return Finding("journal", f"{folder} can't be used ({unusable}): {JOURNAL_REMEDY}", wrong=True)
    return Finding("journal", f"{folder} can be written (mode {S_IMODE(folder.stat().st_mode):04o})")


def processes(container: Container) -> Iterator[Finding]:
    """Whether workers and beat get their work done. None has to run while this is asked, so that is a warning."""
    signs = signs_of_life(container)
    for component, ago, missing, remedy in (
        ("worker", signs.worker, signs.workers_are_missing, WORKERS_MISSING),
        ("beat", signs.beat, signs.beat_is_missing, BEAT_MISSING),
    ):
        yield Finding(component, last_done(component, ago) + (remedy if missing else ""), doubtful=missing)


def mirror_findings(container: Container, *, stored: bool) -> Iterator[Finding]:
    """Whether the dashboard shows what is connected here; nothing where it has no database for us."""
    check = container.check_mirror()
    if not check.configured:
        return
    try:
        lines = lines_of(check()) if stored else [lack.line for lack in check.lacks()]
    except MirrorUnavailable as unavailable:
        yield Finding("dashboard", f"its database gives no answer ({unavailable}): see WAB_DATABASE_URL", wrong=True)
        return
    for line in lines:
        yield Finding("dashboard", line, wrong=True)
    if not lines:
        yield Finding("dashboard", "its database answers, and shows what is connected here")


def webhook_findings(container: Container, *, stored: bool) -> Iterator[Finding]:
    """Whether anything may be sent to the receiver, and what waits for it; nothing where there is none."""
    receiver = container.webhook_receiver()
    if not receiver.configured:
        return
    try:
        receiver.check()
    except OSError as unusable:
        yield Finding("webhooks", f"can't be delivered ({unusable}): see WEBHOOK_URL", wrong=True)
        return
    if not stored:
        yield Finding("webhooks", "have a receiver; what waits for it could not be looked at")
        return
    queue, now = container.webhook_queue().standing(), container.clock().now()
    told = f"{queue.waiting} wait, {queue.dead_letters} were given up"
    if queue.dead_letters:
        told += ": see `tiktok-connect events dead`, and send them again by `events replay --since TIME`"
    late = queue.oldest_queued_at is not None and now - queue.oldest_queued_at > LATE
    if late:
        told += "; the oldest for over an hour: see that the receiver answers 2xx, and that a worker takes webhooks"
    yield Finding("webhooks", told, doubtful=late or queue.dead_letters > 0)


def look(subject: str, check: Callable[[], object], well: str, remedy: str) -> Finding:
    """A check that raises when something is wrong."""
    try:
        check()
    except (BrokerUnavailable, StoreUnavailable, OSError) as error:
        return Finding(subject, f"does not answer ({error}): {remedy}", wrong=True)
    return Finding(subject, well)


def token_term(app: TikTokSettings) -> Iterator[Finding]:
    """Whether TikTok's version takes the term that is asked for."""
    if app.token_term is not TokenTerm.AS_ISSUED and (version := ONE_X.search(app.auth_api_url)):
        told = (
            f"TIKTOK_TOKEN_TERM={app.token_term.value} is a choice of v2.0, and {version[1]} decides by itself: "
            "set TIKTOK_AUTH_API_URL to the same address with v2.0, or leave the term out"
        )
        yield Finding("token term", told, doubtful=True)


def tiktok(url: str, variable: str = "TIKTOK_API_URL") -> Finding:
    """Whether a request arrives there. It carries nothing and asks for nothing, so whatever the answer is will do.

    Proxies that the environment names are passed by, as our client does.
    """
    try:
        httpx.get(f"{url}/", timeout=ANSWER_WITHIN.total_seconds(), trust_env=False)
    except httpx.HTTPError as error:
        remedy = f"see that this machine may call out, and that {variable} is right"
        return Finding("TikTok", f"can't be reached ({type(error).__name__}): {remedy}", wrong=True)
    return Finding("TikTok", "can be reached")


def app(container: Container, *, stored: bool) -> Finding:
    """Whether TikTok takes the app's id and secret; it is asked with a stored token, since it tells nobody without one."""
    try:
        outcome = container.try_app_secret()() if stored else Untried()
    except StoreUnavailable as away:
        return Finding("app", f"id and secret could not be tried: the database {database_sentence(away)}")
    match outcome:
        case Taken():
            return Finding("app", "TikTok takes TIKTOK_APP_ID and TIKTOK_APP_SECRET, tried with a stored token")
        case NotTaken(failure=failure):
            remedy = "correct TIKTOK_APP_ID and TIKTOK_APP_SECRET, or ask TikTok why it forbids the app"
            return Finding("app", f"TikTok does not take this app's id and secret ({failure.detail}): {remedy}", wrong=True)
        case Untried(obstacle=hindrance):
            nothing = "no stored token of this app is alive" if stored else "no stored token could be looked at"
            because = obstacle(hindrance) if hindrance else f"{nothing}; the first connect tries them"
            return Finding("app", f"id and secret could not be tried: {because}")
