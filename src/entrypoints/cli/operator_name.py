"""Who runs a command, as others are told and the audit trail has it."""

import getpass
import socket

from domain.audit_trail import Actor


def operator_name() -> str:
    """A person's name on this machine."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):  # a container may run as a user that has no name
        return socket.gethostname()


def operator() -> Actor:
    """The same, as one who acts."""
    return Actor.operator(operator_name())
