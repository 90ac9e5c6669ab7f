"""What the platform tells of many accounts: a call for each hundred, and a permit for each call."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from application.ports.ad_platform import DETAILS_PER_CALL, AdPlatform
from application.ports.budget import Permits
from application.ports.clock import Clock
from application.rotation.permit_turn import Turns, unless_listed
from domain.advertiser import Advertiser, Standing
from domain.ids import AdvertiserId
from domain.outcomes import (
    Failure,
    InDoubt,
    Misconfigured,
    NotPermitted,
    OurFault,
    PathMissing,
    Refused,
    Throttled,
    Unavailable,
)
from domain.tokens import Secret

Batch = tuple[AdvertiserId, ...]

TURN_WITHIN = timedelta(seconds=2)
"""How long a call may wait for its turn in the budget."""

TRIES = 3
"""How often a batch is asked for that gets no definite answer."""


@dataclass(slots=True)
class AccountDetails:
    """What was told of accounts, and of whom nothing was."""

    told: dict[AdvertiserId, Advertiser] = field(default_factory=dict)
    untold: set[AdvertiserId] = field(default_factory=set)
    """They were asked for, and nothing came: refused, or without an answer."""
    complete: bool = True
    """Whether another time would tell no more: nothing failed, and there was time for all."""

    def described(self, accounts: Iterable[Advertiser]) -> tuple[Advertiser, ...]:
        """The accounts with what is known of them, each under the best name there is.

        One of which no status was told, though of others it was, can't be chosen. Where it was told of none, all can.
        """
        some_are_told = any(told.standing is not Standing.UNREAD for told in self.told.values())
        return tuple(self._described(account, some_are_told=some_are_told) for account in accounts)

    def _described(self, account: Advertiser, *, some_are_told: bool) -> Advertiser:
        if told := self.told.get(account.id):
            account = replace(told, name=account.name or told.name if told.name == told.id else told.name)
        elif account.id not in self.untold:
            return account
        return replace(account, standing=Standing.UNTOLD) if some_are_told and account.standing is Standing.UNREAD else account


@dataclass(frozen=True, slots=True)
class ReadDetails:
    """Asks until all is told, or the time is up, or the platform tells nothing more.

    One account that is out of reach makes the platform refuse its whole batch: a refused batch is halved and asked for again.
    """

    platform: AdPlatform
    clock: Clock
    call_timeout: timedelta
    turns: Turns

    def __call__(self, access: Secret, accounts: Sequence[AdvertiserId], *, until: timedelta = timedelta.max) -> AccountDetails:
        """What is told of these accounts. It is over by the monotonic time `until`."""
        reading = _Reading(self, access, until)
        reading.all(accounts)
        return reading.details


@dataclass(slots=True)
class _Reading:
    """One run: what was told so far."""

    step: ReadDetails
    access: Secret
    until: timedelta
    details: AccountDetails = field(default_factory=AccountDetails)

    def all(self, accounts: Sequence[AdvertiserId]) -> None:
        batches = deque((batch, 1) for batch in in_batches(accounts))
        while batches:
            batch, tries = batches.popleft()
            match self._ask(batch):
                case tuple() as told:
                    self._take(batch, told)
                case NotPermitted() if len(batch) == 1:
                    self.details.untold.update(batch)
                case NotPermitted():
                    if not self.details.told and not self._tells_of_any(accounts):
                        return
                    batches.extendleft((half, 1) for half in reversed(halves(batch)))  # before the time is up
                case Unavailable() | InDoubt() if tries < TRIES:
                    batches.append((batch, tries + 1))
                case Unavailable() | InDoubt():
                    self.details.untold.update(batch)
                    self.details.complete = False
                case Refused() | Throttled() | Misconfigured() | PathMissing() | OurFault() | None:
                    self.details.complete = False
                    return

    def _tells_of_any(self, accounts: Sequence[AdvertiserId]) -> bool:
        """Whether one of three accounts is told of by itself: else it is the app that lacks the permission, for all."""
        for account in dict.fromkeys((accounts[0], accounts[len(accounts) // 2], accounts[-1])):
            match self._ask((account,)):
                case tuple() as told:
                    self._take((account,), told)
                case NotPermitted():
                    self.details.untold.add(account)
                case Refused() | InDoubt() | Throttled() | Unavailable() | Misconfigured() | PathMissing() | OurFault() | None:
                    self.details.complete = False
                    return False
            if self.details.told:
                return True
        return False

    def _take(self, batch: Batch, told: tuple[Advertiser, ...]) -> None:
        self.details.told |= {a.id: a for a in told}
        self.details.untold |= set(batch) - self.details.told.keys()

    def _ask(self, batch: Batch) -> tuple[Advertiser, ...] | Failure | None:
        """None: there was no time, or no permit."""
        last = self.until - self.step.call_timeout
        within = min(TURN_WITHIN, last - self.step.clock.monotonic())
        if within < timedelta(0):
            return None
        details = self.step.platform.details
        answer = self.step.turns.call(lambda: details(self.access, batch), unless_listed, within=within, until=last)
        return None if isinstance(answer, Permits) else answer


def in_batches(accounts: Sequence[AdvertiserId]) -> Iterator[Batch]:
    """As many a call as it takes."""
    for start in range(0, len(accounts), DETAILS_PER_CALL):
        yield tuple(accounts[start : start + DETAILS_PER_CALL])


def halves(batch: Batch) -> tuple[Batch, Batch]:
    """Two parts of a batch of at least two."""
    middle = len(batch) // 2
    return batch[:middle], batch[middle:]
