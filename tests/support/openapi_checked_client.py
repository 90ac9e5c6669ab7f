"""A client that believes nothing: every answer must be in the API's own description, its body must fit what is said there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx
import jsonschema
from litestar import Litestar
from litestar.testing import TestClient
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

PROBLEM = "application/problem+json"
DOCUMENT = "urn:api"


class Undocumented(AssertionError):
    """An answer that the description doesn't know."""


class Description:
    """The OpenAPI document, asked about answers."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._registry: Registry[Any] = Registry().with_resource(
            DOCUMENT, Resource.from_contents(document, default_specification=DRAFT202012)
        )
        self._paths = {
            template: re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))) for template in document["paths"]
        }

    def operation(self, method: str, path: str) -> tuple[str, Mapping[str, Any]] | None:
        """What is said of this method at this path, with where it says so."""
        for template, pattern in self._paths.items():
            operation = self.document["paths"][template].get(method.lower())
            if operation and pattern.fullmatch(path):
                return f"/paths/{template.replace('~', '~0').replace('/', '~1')}/{method.lower()}", operation
        return None

    def check(self, response: httpx.Response) -> None:
        """Raises Undocumented."""
        request = response.request
        path = request.url.path
        found = self.operation(request.method, path)
        kind = response.headers.get("content-type", "").partition(";")[0]
        if found is None:
            if response.status_code >= 400 and kind != "text/html":
                self._check_problem(response, {404: ["NOT_FOUND"], 405: ["METHOD_NOT_ALLOWED"]}.get(response.status_code, []))
            return
        where, operation = found
        said = operation["responses"].get(str(response.status_code))
        if said is None:
            raise Undocumented(f"{request.method} {path} answered {response.status_code}: {response.text}")
        if not response.content:
            return
        content = said.get("content", {})
        if kind not in content:
            raise Undocumented(f"{request.method} {path} answered {response.status_code} as {kind}, not as {list(content)}")
        if kind == PROBLEM:
            self._check_problem(response, list(content[kind].get("examples", {})))
        if kind in {PROBLEM, "application/json"}:
            pointer = f"{where}/responses/{response.status_code}/content/{kind.replace('/', '~1')}/schema"
            self._fits(response.json(), pointer)

    def _fits(self, body: object, pointer: str) -> None:
        schema = {"$ref": f"{DOCUMENT}#{pointer.replace('{', '%7B').replace('}', '%7D')}"}
        validator = jsonschema.Draft202012Validator(schema, registry=self._registry)
        faults = [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(body)]
        if faults:
            raise Undocumented(f"{body} does not fit {pointer}: {faults}")

    def _check_problem(self, response: httpx.Response, known: list[str]) -> None:
        body = response.json()
        if response.headers["content-type"] != PROBLEM or body["status"] != response.status_code:
            raise Undocumented(f"no problem details: {response.text}")
        if body["code"] not in known:
            raise Undocumented(f"{response.request.url.path} answered {body['code']}, not one of {known}")
        if not body["error"] or "%" in body["error"]:
            raise Undocumented(f"no sentence for people: {body['error']}")
        if ("retryAfter" in body) != ("retry-after" in response.headers):
            raise Undocumented("Retry-After is not said in both places")
        if (response.status_code in {429, 503}) and "retry-after" not in response.headers:
            raise Undocumented("nobody says when to come again")


def description_of(app: Litestar) -> Description:
    return Description(app.openapi_schema.to_schema())


KNOWN: dict[tuple[str, ...], Description] = {}
"""What was read of the applications of these paths: settings change nothing that is said of answers."""


def known_description_of(app: Litestar) -> Description:
    paths = tuple(route.path for route in app.routes)
    if paths not in KNOWN:
        KNOWN[paths] = description_of(app)
    return KNOWN[paths]


class DocumentedClient(TestClient[Litestar]):
    """Litestar's test client; redirects are not followed, and every answer is checked."""

    def __init__(self, app: Litestar, *, base_url: str) -> None:
        super().__init__(app, base_url=base_url, raise_server_exceptions=False)
        self.description = known_description_of(app)

    def request(self, *args: Any, **kwargs: Any) -> httpx.Response:
        kwargs["follow_redirects"] = False
        response = super().request(*args, **kwargs)
        self.description.check(response)
        return response
