"""Ports: who has them, and what to say when somebody else does."""

import errno
import socket

from entrypoints.cli.error_to_line_and_exit_status import CommandFailure


def listener(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises CommandFailure when that can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise taken(host, port, error) from None


def is_free(host: str, port: int) -> bool:
    """Whether one could listen there now."""
    try:
        socket.create_server((host, port)).close()
    except OSError:
        return False
    return True


def taken(host: str, port: int, error: OSError) -> CommandFailure:
    """Why one can't listen there, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return CommandFailure(f"port {port} of {host} is taken: stop what listens there, or choose another with --port")
    if error.errno == errno.EACCES:
        return CommandFailure(f"port {port} of {host} needs more rights: choose one above 1023 with --port")
    return CommandFailure(f"can't listen at {host}, port {port} ({error.strerror}): choose others with --host and --port")


def base_url(host: str, port: int) -> str:
    """An address as a URL."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
