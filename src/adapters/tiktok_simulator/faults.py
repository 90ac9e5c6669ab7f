"""Planned faults: which call goes wrong, and how."""

from random import Random
from typing import Annotated, Final, Literal

import msgspec

from .reference import PATHS

FaultKind = Literal[
    "throttle",
    "unavailable",
    "http401_throttle",
    "html504",
    "timeout_before",
    "lost_reply",
    "garbage",
    "slow",
    "drip",
    "misconfigured",
]
ANY: Final = "*"


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something that goes wrong with calls of one endpoint, or of any (`*`): the next `count` of them, or a share `rate` of all.

    What each kind does stands in `reference.FAULTS`.
    """

    endpoint: str
    kind: FaultKind
    count: Annotated[int, msgspec.Meta(ge=1)] | None = None
    rate: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    seconds: Annotated[float, msgspec.Meta(gt=0, le=3_600)] | None = None

    def __post_init__(self) -> None:
        if self.endpoint != ANY and self.endpoint not in PATHS:
            raise ValueError(f"There is no endpoint {self.endpoint!r}; there are {', '.join(sorted(PATHS))} and {ANY}")
        if (self.count is None) == (self.rate is None):
            raise ValueError("A fault takes either count or rate")


class FaultPlan:
    """The faults that are due, oldest first. A rate draws from a seeded sequence, so a run can be repeated."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self.clear()

    def clear(self) -> None:
        """No faults any more; the sequence begins anew."""
        self._planned: list[Fault] = []
        self._random = Random(self._seed)  # noqa: S311 - which call fails must be repeatable, not secret

    def add(self, faults: list[Fault]) -> None:
        """Plan further faults, after those that are planned already."""
        self._planned += [msgspec.structs.replace(fault) for fault in faults]

    def planned(self) -> list[Fault]:
        """What is left."""
        return [msgspec.structs.replace(fault) for fault in self._planned]

    def take(self, endpoint: str) -> Fault | None:
        """The fault for this call, if one is due; at most one a call."""
        for fault in self._planned:
            if fault.endpoint not in {ANY, endpoint}:
                continue
            if fault.count is not None:
                fault.count -= 1
                if not fault.count:
                    self._planned.remove(fault)
                return fault
            if fault.rate is not None and self._random.random() < fault.rate:
                return fault
        return None
