"""The limits of HTTP connections: how large, how slow and how many they may be before the application sees a request."""

import resource
from dataclasses import dataclass
from datetime import timedelta

LARGEST_BODY = 512 * 1024
"""Bytes that a body may hold, unpacked: ten thousand account ids, in JSON or as a form."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection may cost, and how many there may be in a process."""

    head_bytes: int = 32 * 1024
    """Bytes of a request line with its headers: what nginx allows, and far more than a browser's cookies."""
    headers: int = 200
    head_within: timedelta = timedelta(seconds=20)
    """From a connection's beginning, or from a head's first byte, to the head's end, however steadily bytes drip in."""
    body_bytes: int = 2 * 1024 * 1024
    """Bytes of a body as it travels, with chunk framing and trailers. What it may hold is the application's own limit."""
    body_within: timedelta = timedelta(seconds=30)
    """From a head's end to the body's end."""
    unread_within: timedelta = timedelta(seconds=60)
    """How long a client may leave an answer unread."""
    linger: timedelta = timedelta(seconds=2)
    """How long, after a refusal, what still arrives is thrown away, so that the refusal is not lost in a reset."""
    last_request_within: timedelta = timedelta(seconds=2)
    """How long a connection that waits is kept when the process is to end: a request may be on its way."""
    connections: int = 1000
    """At most; half of the process's file descriptors are kept for everything else."""


def connection_limit(limits: ConnectionLimits) -> int:
    """How many connections this process takes."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return limits.connections if descriptors == resource.RLIM_INFINITY else min(limits.connections, descriptors // 2)
