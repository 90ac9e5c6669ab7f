"""JSON bodies: they must be there, say that they are JSON, and have the types that handlers name."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.serialization import decode_json

from domain.errors import InvalidRequest


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON must have the types that its handler names.

    The framework would read it without types and convert leniently afterwards: "60" to a number, "null" to nothing.
    """

    async def json(self) -> Any:  # noqa: ANN401 (the type is the handler's own)
        """The body, as what the handler takes. Raises SerializationException, which becomes 400."""
        data_field = self.route_handler.parsed_data_field
        return decode_json(await self.body(), target_type=data_field.annotation if data_field else object)


def brings_json(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """The body must say that it is JSON, and there must be one. Raises InvalidRequest."""
    kind = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise InvalidRequest("send a JSON body with Content-Type: application/json")
    if connection.headers.get("content-length") == "0":
        raise InvalidRequest("the body is empty")
