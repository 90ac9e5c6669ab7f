"""JSON bodies that must have the types that handlers name."""

from typing import Any

from litestar import Request
from litestar.serialization import decode_json


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON must have the types that its handler names.

    The framework would read it without types and convert leniently afterwards: "60" to a number, "null" to nothing.
    """

    async def json(self) -> Any:  # noqa: ANN401 (the type is the handler's own)
        """The body, as what the handler takes. Raises SerializationException, which becomes 400."""
        data_field = self.route_handler.parsed_data_field
        return decode_json(await self.body(), target_type=data_field.annotation if data_field else object)
