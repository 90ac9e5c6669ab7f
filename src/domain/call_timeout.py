"""How long one call to the platform may take."""

from datetime import timedelta

CALL_TIMEOUT = timedelta(seconds=10)
"""Wall-clock bound of one call to the platform, from its connection to the last byte of its answer."""
