"""A line of the log of calls that the simulator got."""

from datetime import datetime

import msgspec


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the API. `token` is a short hash of what the call showed, never the token itself.
    `code` is None when no envelope was sent.
    """

    time: datetime
    endpoint: str
    code: int | None
    user: str | None = None
    grant: int | None = None
    token: str | None = None
    fault: str | None = None
