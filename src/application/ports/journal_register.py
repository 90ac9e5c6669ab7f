"""The port for the hosts' journals: which of them may hold an answer that somebody waits for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Drained:
    """A journal was empty on this host then."""

    journal: str
    host: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Undrained:
    """A host whose claim was found without outcome, and whose journal was not seen empty since."""

    host: str
    found_at: datetime
    """When a claim of this host was last found so."""
    journal: str | None = None
    """None: the host never told of one."""
    drained_at: datetime | None = None


class JournalRegister(Protocol):
    """What the hosts say of their journals, dated by the store's clock. All raise StoreUnavailable when the store is away."""

    def drained(self, journal: str, host: str) -> None:
        """Note that this journal is empty now on this host; to be called every minute or so.

        `host` may be a claim's: what follows a colon, the process, is left out of it.
        """

    def older_at(self) -> datetime | None:
        """When a process of a version before this promise last called `drained`, as far as is known; None: none did."""

    def undrained(self, since: datetime) -> tuple[Undrained, ...]:
        """Hosts of claims that were found without outcome since then and whose journal may hold the answer, by name.

        A journal that another host mounted and found empty counts as drained.
        """

    def forget(self, before: datetime) -> int:
        """Drop what was said, and found, of hosts before this time; returns how many notes went."""


def machine_of(host: str) -> str:
    """The host of a claim without its process."""
    return host.partition(":")[0]


def left_undrained(lost: Mapping[str, datetime], reports: Iterable[Drained]) -> tuple[Undrained, ...]:
    """The rule, for every adapter. `lost`: when a claim of each host was last found without outcome."""
    journals, latest = dict[str, set[str]](), dict[str, datetime]()
    for report in reports:
        journals.setdefault(report.host, set()).add(report.journal)
        latest[report.journal] = max(report.at, latest.get(report.journal, report.at))
    undrained = list[Undrained]()
    for host, at in sorted(lost.items()):
        if host not in journals:
            undrained.append(Undrained(host, at))
        undrained += (Undrained(host, at, name, latest[name]) for name in sorted(journals.get(host, ())) if latest[name] < at)
    return tuple(undrained)
