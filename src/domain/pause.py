"""A pause: an operator has stopped all calls to the platform, until it is ended."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when nothing is sent, and who wants it so."""

    since: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Paused:
    """Why a call is not sent: an operator has paused all of them."""

    pause: Pause
