"""How a grant is doing, as a closed set of states."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.outcomes import Reason

TOKENS_KEPT_FOR = timedelta(days=30)
"""How long a grant that needs reauthorisation keeps its tokens, so that an operator can try them once more."""


@dataclass(frozen=True, slots=True)
class Active:
    """Renewed as it should be."""


@dataclass(frozen=True, slots=True)
class Degraded:
    """The refresh was refused; the access token is still served until `usable_until`."""

    usable_until: datetime
    reason: Reason
    believed: bool = False
    """Whether the person is asked to reconnect by then. Before, the refusal may be nobody's doing."""


@dataclass(frozen=True, slots=True)
class NeedsReauth:
    """Nothing can be served until a person authorises again."""

    reason: Reason
    since: datetime


@dataclass(frozen=True, slots=True)
class Revoked:
    """Erased because its last account was disconnected: an answer that comes late is queued for revocation."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """Erased because a newer grant took over its accounts: forgotten, not revoked, since revoking might kill the newer one."""


Health = Active | Degraded | NeedsReauth | Revoked | Superseded
