"""Bodies to try the API with: whole ones, since a body that has every field says too much at once."""

from collections.abc import Mapping

import msgspec

from entrypoints.http.api.bodies import RefreshRequest, Selection, TokenRequest, Wire

CONNECTION, OFFER = "7f1f6c1e-6a39-4f63-9d0d-6f0c3a1d2b4e", "2b8e0d0a-6d1c-4a53-9a55-1f0f6f5f7c11"
ACCOUNTS = ["7000000000000001000", "7000000000000001001"]

BODIES: Mapping[type[Wire], Mapping[str, Wire]] = {
    Selection: {
        "one account": Selection(pending_token_id=OFFER, account_id=ACCOUNTS[0]),
        "several accounts": Selection(pending_token_id=OFFER, account_ids=ACCOUNTS),
    },
    RefreshRequest: {"a connection": RefreshRequest(connection_id=CONNECTION)},
    TokenRequest: {
        "by connection": TokenRequest(connection_id=CONNECTION),
        "by user and account": TokenRequest(user_id="user-1", account_id=ACCOUNTS[0]),
        "valid for ten minutes": TokenRequest(connection_id=CONNECTION, min_validity_seconds=600),
    },
}


def bodies_for(schema: str) -> dict[str, dict[str, object]]:
    """Examples of the body that a schema of the document describes, by what they are about."""
    bodies = next((bodies for kind, bodies in BODIES.items() if kind.__name__ == schema), {})
    return {about: without_nulls(body) for about, body in bodies.items()}


def without_nulls(body: Wire) -> dict[str, object]:
    """What is said of a body; what is not given is left out."""
    fields: dict[str, object] = msgspec.to_builtins(body)
    return {name: value for name, value in fields.items() if value is not None}
