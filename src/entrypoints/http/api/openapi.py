"""The API's description: which answers each operation has, and the document made of that."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from importlib.metadata import version

import msgspec
from litestar.enums import HttpMethod
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import (
    Components,
    Example,
    OpenAPI,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Reference,
    RequestBody,
    Schema,
    SecurityRequirement,
    SecurityScheme,
    Tag,
)
from litestar.types import OperationIDCreator

from entrypoints.http import error_codes_and_sentences as codes
from entrypoints.http.api.request_examples import bodies_for
from entrypoints.http.api.schema_page import SwaggerPage, reference_router
from entrypoints.http.api.webhooks_described import describe_webhooks
from entrypoints.http.error_codes_and_sentences import Code
from entrypoints.http.problems import PROBLEM_JSON, Problem, problem

SESSION: list[SecurityRequirement] = [{"session": []}, {"bearer": []}]
SERVICE: list[SecurityRequirement] = [{"service": []}]
CRON: list[SecurityRequirement] = [{"cron": []}]
METRICS: list[SecurityRequirement] = [{}, {"metrics": []}]

Responses = dict[int, ResponseSpec]

FOR_BROWSERS = ("connectTikTok", "completeConnect")
"""Operations on whose way a person is: what keeps them there is told by a page."""

AS_CSV_TOO = ("showSpend",)
TEXT = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))


def each_method(verb: str, *, usual: HttpMethod) -> OperationIDCreator:
    """The ids of an endpoint with several methods: the verb alone for the usual one, the method behind it for others."""

    def named(_: object, method: str, __: object) -> str:
        return verb if method == usual else f"{verb}By{method.title()}"

    return named


def failures(*known: Code) -> Responses:
    """An operation's failures, by status, each code with an example. INTERNAL goes without saying."""
    by_status: dict[int, list[Code]] = defaultdict(list)
    for code in (*known, codes.INTERNAL):
        by_status[code.status].append(code)
    return {status: told(status, several) for status, several in by_status.items()}


def reconnects(*known: Code) -> Responses:
    """409: a service can do nothing, a person must authorise again at `reconnectUrl`."""
    return {409: told(409, list(known), reconnectUrl="https://dashboard.example.org/api/auth/tiktok?connectionId=…")}


def told(status: int, known: list[Code], **more: object) -> ResponseSpec:
    """Problem details with one of these codes."""
    return ResponseSpec(
        Problem,
        generate_examples=False,
        description=", ".join(code.name for code in known),
        media_type=PROBLEM_JSON,
        examples=[Example(id=code.name, summary=code.name, value=example(status, code) | more) for code in known],
    )


def example(status: int, code: Code) -> dict[str, object]:
    """A failure as it goes over the wire."""
    wait = timedelta(seconds=5) if status in {429, 503} else None
    body: dict[str, object] = msgspec.to_builtins(problem(code, status=status, wait=wait).content)
    return body


def redirects(*known: Code, nothing: str | None = None) -> Responses:
    """An operation that sends browsers on; `nothing` describes its 204."""
    spec = failures(*known)
    spec[307] = ResponseSpec(None, generate_examples=False, description="Where to go on, as an absolute address.")
    if nothing:
        spec[204] = ResponseSpec(None, generate_examples=False, description=nothing)
    return spec


def described(*, https: bool) -> OpenAPIConfig:
    """The document, under /schema/openapi.json, and its page, under /schema."""
    session = "__Secure-authjs.session-token" if https else "authjs.session-token"
    schemes: dict[str, SecurityScheme | Reference] = {
        "session": SecurityScheme(
            type="apiKey", security_scheme_in="cookie", name=session, description="The dashboard's session."
        ),
        "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT", description="A user's JWT."),
        "service": SecurityScheme(type="http", scheme="bearer", description="A secret of SERVICE_TOKENS."),
        "cron": SecurityScheme(type="http", scheme="bearer", description="CRON_SECRET."),
        "metrics": SecurityScheme(
            type="http", scheme="bearer", description="METRICS_TOKEN; not asked for on this machine itself."
        ),
    }
    return OpenAPIConfig(
        title="TikTok Ads Connect",
        version=version("tiktok-connect"),
        description="Connects TikTok Ads accounts to the dashboard, and keeps their tokens alive.",
        openapi_router=reference_router(),
        components=Components(security_schemes=schemes),
        tags=[
            Tag("connect", "From the consent to the connected accounts."),
            Tag("platforms", "What is connected."),
            Tag("spend", "What the ads cost, and what came of it."),
            Tag("services", "For backend services and schedulers."),
            Tag("operation", "For whoever runs this."),
            Tag("webhooks", "Told to one receiver outside: signed as Standard Webhooks has it, at least once each."),
        ],
        use_handler_docstrings=True,
        render_plugins=[SwaggerPage(), JsonRenderPlugin(path="/openapi.json")],
    )


def polish(document: OpenAPI) -> None:
    """Take out of the document what Litestar puts there and OpenAPI doesn't know, and what no answer of ours looks like.

    Put in bodies that are accepted, and the webhooks.
    """
    describe_webhooks(document)
    for operation in operations(document):
        if isinstance(operation.request_body, RequestBody):
            for content in operation.request_body.content.values():
                add_bodies(content)
        for status, response in (operation.responses or {}).items():
            if isinstance(response, OpenAPIResponse):
                for content in (response.content or {}).values():
                    without_ids(content)
                add_headers(int(status), response)
                if operation.operation_id in AS_CSV_TOO and status == "200":
                    response.content = {**(response.content or {}), "text/csv": TEXT}
                if operation.operation_id in FOR_BROWSERS and status in {"429", "503"}:
                    add_page(response)


def operations(document: OpenAPI) -> list[Operation]:
    """All of them."""
    items = (document.paths or {}).values()
    return [found for item in items for found in (item.get, item.post, item.put, item.patch, item.delete) if found]


def add_bodies(content: OpenAPIMediaType) -> None:
    """Whole bodies to try an operation with."""
    if isinstance(content.schema, Reference):
        bodies = bodies_for(content.schema.ref.rpartition("/")[2])
        content.examples = {about: Example(summary=about, value=body) for about, body in bodies.items()} or None


def without_ids(content: OpenAPIMediaType) -> None:
    """An example's id is its key, and no field of it (OpenAPI 3.1, Example Object)."""
    given = content.examples or {}
    content.examples = {key: replace(e, id=None) if isinstance(e, Example) else e for key, e in given.items()} or None


def add_page(response: OpenAPIResponse) -> None:
    """Who takes HTML first is told the same by a page."""
    page = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))
    response.content = {**(response.content or {}), "text/html": page}


def add_headers(status: int, response: OpenAPIResponse) -> None:
    """The headers that a status comes with."""
    text, number = Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.INTEGER, minimum=1)
    told_by: dict[int, tuple[str, OpenAPIHeader]] = {
        307: ("Location", OpenAPIHeader(schema=text, description="An absolute address.", required=True)),
        401: ("WWW-Authenticate", OpenAPIHeader(schema=text, required=True)),
        429: ("Retry-After", OpenAPIHeader(schema=number, description="Seconds.", required=True)),
        503: ("Retry-After", OpenAPIHeader(schema=number, description="Seconds.", required=True)),
    }
    if status in told_by and (status == HTTPStatus.TEMPORARY_REDIRECT or PROBLEM_JSON in (response.content or {})):
        name, header = told_by[status]
        response.headers = {**(response.headers or {}), name: header}
