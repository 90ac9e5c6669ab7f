"""Rendering templates, redirects and static files."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import HttpMethod, MediaType, Request, Response, get, route
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from entrypoints.http.auth.guards import gate_of
from entrypoints.http.pages.demo_users import demo_user

AnyRequest = Request[Any, Any, Any]

STATIC = Path(__file__).parent / "static"
STATIC_PATH = "/static/connect"
"""An address of our own, so that a dashboard in front can pass it on without giving away its own `/static`."""
KEPT_FOR_A_YEAR = "public, max-age=31536000, immutable"
STATIC_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
}

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # under "no-referrer" browsers send `Origin: null` with forms
}
"""Beside the headers that every answer gets."""


def page(request: AnyRequest, template: str, status: int, **content: object) -> Response[str]:
    """A page of ours, never stored: it shows one person's accounts."""
    demo = gate_of(request).settings.demo is not None
    text = _environment().get_template(template).render(content, demo=demo, whom=demo_name(request) if demo else None)
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=HEADERS)


def to(address: str, status: int) -> Response[str]:
    """A redirect to an absolute address."""
    return Response("", status_code=status, media_type=MediaType.TEXT, headers={"Location": address, "Cache-Control": "no-store"})


@route(
    f"{STATIC_PATH}/{{name:str}}", http_method=[HttpMethod.GET, HttpMethod.HEAD], sync_to_thread=False, include_in_schema=False
)
def static_file(name: FromPath[str]) -> Response[bytes]:
    """The style sheet, the logo or an optional script. Their addresses change with their content, so they may be kept.

    By its name among those that there are: the file system is never asked about what an address says.
    """
    content = static_contents().get(name)
    if content is None:
        raise NotFoundException
    return Response(content, media_type=STATIC_TYPES[Path(name).suffix], headers={"Cache-Control": KEPT_FOR_A_YEAR})


@cache
def static_contents() -> dict[str, bytes]:
    """Every static file by its name."""
    return {file.name: file.read_bytes() for file in STATIC.iterdir()}


def static_address(name: str) -> str:
    """Where a static file is, under an address that changes with its content."""
    return f"{STATIC_PATH}/{name}?v={sha256(static_contents()[name]).hexdigest()[:12]}"


@get("/favicon.ico", sync_to_thread=False, include_in_schema=False)
def favicon() -> Response[bytes]:
    """The icon for whoever shows an answer that names none: problem details, a file."""
    return Response(
        static_contents()["favicon.ico"], media_type="image/x-icon", headers={"Cache-Control": "public, max-age=86400"}
    )


def demo_name(request: AnyRequest) -> str | None:
    """How the demo calls whoever is asking; None for nobody that is known. Asked anew, since a wrong address has no guard."""
    owner = gate_of(request).known_owner(request)
    user = demo_user(owner) if owner else None
    return user.name if user else None


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("entrypoints.http.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    helpers: dict[str, Any] = environment.globals
    helpers["static"] = cache(static_address)
    return environment
