"""Which broker carries Celery's messages: a server, or the embedded one without any; and whether it answers."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from kombu.connection import Connection

from domain.tokens import Secret

EMBEDDED = Secret("filesystem://localhost")
"""kombu's transport over files: no server, and the one embedded transport that also answers `inspect`."""

TRANSPORT = "adapters.celery.file_transport:Transport"

CONNECT_WITHIN = timedelta(seconds=3)
ANSWER_WITHIN = timedelta(seconds=10)
"""Without it a broker that stopped without a word stops beat too. Well above the second that kombu waits for a message."""


class BrokerUnavailable(Exception):
    """The broker does not answer. Nothing depends on it but the cadence of the sweeps."""


@dataclass(frozen=True, slots=True)
class CeleryBroker:
    """A broker server, or without one (`server` None) a folder that all processes of this machine share."""

    server: Secret | None
    folder: Path

    @property
    def url(self) -> Secret:
        return self.server or EMBEDDED

    @property
    def transport(self) -> str | None:
        """The transport, where kombu's own for the URL will not do."""
        return None if self.server else TRANSPORT

    def options(self) -> dict[str, Any]:
        """What kombu is to know beside the URL. Makes the embedded broker's folder where there is none yet."""
        if self.server is None:
            messages, control = self.folder / "messages", self.folder / "control"
            for folder in (self.folder, messages, control):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return {"data_folder_in": str(messages), "data_folder_out": str(messages), "control_folder": str(control)}
        if self.server.reveal().startswith("redis"):
            return {
                "socket_connect_timeout": CONNECT_WITHIN.total_seconds(),
                "socket_timeout": ANSWER_WITHIN.total_seconds(),
                "socket_keepalive": True,
            }
        return {
            "confirm_publish": True,  # else a message to a peer that fell silent counts as sent
            "read_timeout": ANSWER_WITHIN.total_seconds(),
            "write_timeout": ANSWER_WITHIN.total_seconds(),
        }

    def check(self) -> None:
        """Connect once. Raises BrokerUnavailable."""
        options = self.options()
        if self.server is not None and self.server.reveal().startswith("redis"):
            options["socket_timeout"] = CONNECT_WITHIN.total_seconds()
        connection = Connection(
            self.url.reveal(),
            transport=self.transport,
            transport_options=options,
            connect_timeout=CONNECT_WITHIN.total_seconds(),
        )
        try:
            connection.connect()
        except Exception as error:  # noqa: BLE001 (each transport has errors of its own)
            raise BrokerUnavailable(type(error).__name__) from None
        finally:
            connection.release()
