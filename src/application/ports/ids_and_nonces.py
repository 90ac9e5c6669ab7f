"""The ports for names and for chance: new ids, and text that nobody guesses."""

from typing import Protocol


class Ids(Protocol):
    """New names for new things."""

    def new(self) -> str:
        """A UUID in its usual text form, never given before."""

    def connection(self) -> str:
        """The same for a new connection: a UUIDv7 (RFC 9562), by whose version digit others tell that it is ours."""


class Nonces(Protocol):
    """Unguessable text."""

    def new(self) -> str:
        """32 random bytes in URL-safe base64 without padding."""
