"""A broker that carries nothing, for where nobody sends messages."""


class MemoryBroker:
    """A broker that answers."""

    def check(self) -> None:
        """All is well."""
