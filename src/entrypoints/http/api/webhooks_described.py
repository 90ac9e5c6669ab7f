"""The webhooks in the API's description: a message of each type, with its headers."""

from typing import Any, cast

import msgspec
from litestar.openapi.spec import OpenAPI, PathItem, Reference, Schema

from entrypoints.http.api.webhook_bodies import DATA

PLACE = "#/components/schemas/Webhook{name}"
TEXT, NUMBER = {"type": "string"}, {"type": "integer", "minimum": 1}

HEADERS = {
    "webhook-id": (TEXT, "The same at each attempt and after a replay: by it a message is known that came before."),
    "webhook-timestamp": (NUMBER, "When it was sent, in seconds since 1970. Refuse what is more than five minutes off."),
    "webhook-signature": (
        TEXT,
        "`v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body`, once for each secret, separated by spaces.",
    ),
    "webhook-attempt": (NUMBER, "1 for the first attempt, and after a replay."),
}


def describe_webhooks(document: OpenAPI) -> None:
    """Add them, and the schemas of what they carry. Litestar's own classes don't read msgspec's schemas, and pass dicts on."""
    schemas, components = msgspec.json.schema_components([kind for kind, _ in DATA.values()], ref_template=PLACE)
    named = document.components.schemas
    if named is None:
        raise AssertionError("every document has schemas")
    named.update({f"Webhook{name}": cast("Schema", schema) for name, schema in components.items()})
    document.webhooks = {
        name: cast("PathItem | Reference", {"post": message(name, about, schema)})
        for (name, (_, about)), schema in zip(DATA.items(), schemas, strict=True)
    }


def message(name: str, about: str, data: dict[str, Any]) -> dict[str, Any]:
    """One type of message, as an operation that the receiver offers."""
    body = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": name},
            "timestamp": {"type": "string", "format": "date-time", "description": "When the event came true."},
            "data": data,
        },
    }
    headers = (
        {"name": header, "in": "header", "required": True, "schema": schema, "description": what}
        for header, (schema, what) in HEADERS.items()
    )
    return {
        "operationId": f"receive {name}",
        "summary": about,
        "tags": ["webhooks"],
        "parameters": list(headers),
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "2XX": {"description": "It was taken."},
            "default": {"description": "It was not, and is sent again later; a redirect is not followed."},
        },
    }
