"""Planned faults: which call goes wrong, and how."""

from random import Random
from typing import Annotated, Final, Literal

import msgspec

from .planned_queue import PlannedQueue
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


class FaultPlan(PlannedQueue[Fault]):
    """The faults that are due. A rate draws from a seeded sequence, so a run can be repeated."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self._random = Random(seed)  # noqa: S311 - which call fails must be repeatable, not secret
        self._beginning = self._random.getstate()

    def clear(self) -> None:
        """No faults any more; the sequence begins anew."""
        super().clear()
        self._random.setstate(self._beginning)

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
