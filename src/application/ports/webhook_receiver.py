"""The port for the one receiver of webhooks, outside of the operator's hands or not."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

SENT_WITHIN = timedelta(seconds=10)
"""For one message: the name's look-up, the handshake and the last byte of the answer."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The receiver has it."""


@dataclass(frozen=True, slots=True)
class Later:
    """It could not be reached, or asks to come again."""

    because: str
    """For the log: nothing of the address or the answer."""
    pause: timedelta | None = field(default=None, kw_only=True)
    """The least that it asks for."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """It said no, or nothing may be sent to where it is: somebody has to set something right."""

    because: str


class WebhookReceiver(Protocol):
    """Where events are told. Any number of threads may use it."""

    @property
    def configured(self) -> bool:
        """Whether there is one."""

    def send(self, message: str, body: str, *, attempt: int) -> Taken | Later | NotTaken:
        """Send this body once, signed, under the message's id; over within `SENT_WITHIN`. No redirect is followed."""

    def check(self) -> None:
        """See that something may be sent to where it is; nothing is. Raises OSError, which says what is wrong."""
