"""A request's headers, repetitions included."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestHeaders:
    """A request's headers as they came, repetitions included: a mapping would hide the second of two cookies or origins."""

    fields: tuple[tuple[str, str], ...]

    @classmethod
    def from_scope(cls, raw: Iterable[tuple[bytes, bytes]]) -> "RequestHeaders":
        """From an ASGI scope's `headers`."""
        return cls(tuple((name.decode("latin-1").lower(), value.decode("latin-1").strip()) for name, value in raw))

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header; the name is given in lower case."""
        return tuple(value for field_name, value in self.fields if field_name == name)

    def elements(self, name: str) -> tuple[str, ...]:
        """The elements of a comma-separated header, over all its lines (RFC 9110, section 5.3)."""
        return tuple(element.strip() for line in self.all(name) for element in line.split(","))

    def cookies(self) -> tuple[tuple[str, str], ...]:
        """Every cookie pair, in the order sent (RFC 6265, section 4.2.1)."""
        pairs = (pair.strip().partition("=") for line in self.all("cookie") for pair in line.split(";"))
        return tuple((name.strip(), value.strip().strip('"')) for name, equals, value in pairs if equals)


def bearer_token(authorization: str | None) -> str | None:
    """The token of `Authorization: Bearer <token>` (RFC 6750; the scheme in any case, RFC 9110); None for anything else."""
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip(" ")
    return token if scheme.lower() == "bearer" and token and not set(token) & set(" \t,") else None
