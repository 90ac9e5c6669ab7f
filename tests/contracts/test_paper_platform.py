"""The worked example of docs/adapters.md: a platform of one's own under the port's contract, and under the real use-cases."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.system import SystemClock
from application.rotation.call_and_settle import Ended
from application.vend_token import ByAccount, Vended
from contracts.test_ad_platform import *  # noqa: F403 (all the promises of the port, those too that are added later)
from contracts.test_ad_platform import ACCOUNTS, FAULTS, LIVES, Rig
from domain.consent import Choosing
from domain.ids import OwnerId
from entrypoints.container import Container, build
from entrypoints.settings import load_settings
from support.environ import an_environ
from support.paper_platform import LONG_TERM, PaperPlatform
from support.world import SimulatedClock

ANNA = OwnerId("anna")


def on_paper(*, rotating: bool, details: bool) -> Iterator[Rig]:
    """A platform, and what the contract's tests do to it from outside."""
    clock = SimulatedClock()
    platform = PaperPlatform(clock, ACCOUNTS, LIVES if rotating else LONG_TERM, details=details)

    def fail(name: str) -> None:
        _, _, failure, carried_out = FAULTS[name]
        platform.spoil_next_refresh(failure, carried_out=carried_out)

    yield Rig(platform, platform.consent, clock.advance, fail)


@pytest.fixture  # type: ignore[no-redef] # that is the point
def kept() -> Callable[..., Iterator[Rig]]:
    """In the place of the contract's own: its tests, imported above, run over this."""
    return on_paper


@pytest.fixture
def paper() -> PaperPlatform:
    return PaperPlatform(SystemClock(), ACCOUNTS)


@pytest.fixture
def container(paper: PaperPlatform, migrated_sqlite_url: str, tmp_path: Path) -> Iterator[Container]:
    """The whole product over a database file, with our platform instead of TikTok."""
    container = build(load_settings(an_environ(DATABASE_URL=migrated_sqlite_url, JOURNAL_DIR=str(tmp_path / "journal"))))
    container.platform.override(paper)
    yield container
    container.executor().shutdown()
    container.database().dispose()


def test_the_real_use_cases_run_over_it(container: Container, paper: PaperPlatform) -> None:
    consent_page = container.begin_connect()(ANNA, "a browser")
    [state] = parse_qs(urlsplit(consent_page).query)["state"]
    approved = paper.consent(account.id for account in ACCOUNTS[:3])  # of these one is closed
    ending = container.complete_connect()(ANNA, "a browser", state=state, code=approved)
    assert isinstance(ending, Choosing)

    wanted = frozenset({ACCOUNTS[0].id, ACCOUNTS[2].id})
    container.select_accounts()(ANNA, ending.offer, wanted)
    before = container.vend_token()(ByAccount(ANNA, ACCOUNTS[0].id))

    report = container.sweep_due_grants().everything(since=container.clock().now())
    assert report.count(Ended.ROTATED) == 1  # one grant, though it has two connections

    after = container.vend_token()(ByAccount(ANNA, ACCOUNTS[2].id))
    assert isinstance(before, Vended)
    assert isinstance(after, Vended)
    assert before.access != after.access
    assert isinstance(paper.reach(after.access), tuple)
