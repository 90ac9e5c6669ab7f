"""Webhooks as the API's description has them, held beside real ones."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import jsonschema
import msgspec
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from domain.connection_view import view_of
from domain.events import Event
from domain.webhook_payloads import TYPES, messages_of, told_of
from entrypoints.http.api.webhook_bodies import DATA, SpendImported
from support.builders import START, a_grant
from support.http_application import House
from support.openapi_checked_client import DOCUMENT, description_of
from support.webhook_events import an_event_of_each_type


def real_ones() -> dict[str, dict[str, Any]]:
    grant = a_grant("grant-1", connects=(1, 2))
    views = [view_of(grant, one, START) for one in grant.connections.values()]

    def content_of(event: Event) -> dict[str, Any]:
        told = told_of(event)
        assert told is not None
        [message] = messages_of(event, told, views, fact=7, position=8)
        content: dict[str, Any] = json.loads(message.body)
        return content

    return {name: content_of(event) for name, event in an_event_of_each_type(grant).items()}


def test_every_type_is_described() -> None:
    assert tuple(DATA) == TYPES == tuple(real_ones())


def test_real_messages_fit_their_description_and_each_field_is_described(house: House) -> None:
    document = description_of(house.app).document
    known = Registry().with_resource(DOCUMENT, Resource.from_contents(document, default_specification=DRAFT202012))
    for name, content in real_ones().items():
        place = f"{DOCUMENT}#/webhooks/{name}/post/requestBody/content/application~1json/schema"
        checker = jsonschema.Draft202012Validator({"$ref": place}, registry=known)
        checker.validate(content)
        kind, _ = DATA[name]
        assert {field.encode_name for field in msgspec.structs.fields(kind)} == content["data"].keys()
        without = {**content, "data": {key: value for key, value in content["data"].items() if key != "grantId"}}
        assert not checker.is_valid(without)
        assert not checker.is_valid({**content, "type": "another.type"})
    headers = {parameter["name"] for parameter in document["webhooks"]["tokens.rotated"]["post"]["parameters"]}
    assert headers == {"webhook-id", "webhook-timestamp", "webhook-signature", "webhook-attempt"}


def test_the_days_of_an_import_are_called_from_and_to() -> None:
    read = msgspec.convert(real_ones()["spend.imported"]["data"], SpendImported)
    assert (read.first, read.last) == (date(2030, 1, 1), date(2030, 1, 7))
