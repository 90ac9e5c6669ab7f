"""The API's description as a page to browse, from a package: nothing is loaded from other hosts."""

from typing import Any

from litestar import MediaType, Request, Response, Router, get
from litestar.datastructures import ResponseHeader
from litestar.exceptions import NotFoundException
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.params import FromPath
from openapi_ui_bundles import swagger_ui

FILES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}

START = """window.addEventListener("load", () => SwaggerUIBundle({
  url: "/schema/openapi.json", dom_id: "#api", deepLinking: true, supportedSubmitMethods: [], validatorUrl: null,
}));
"""
"""In a file of its own: the content security policy allows no script inside a page."""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>TikTok Ads Connect: API</title>
<link rel="icon" href="/schema/page/favicon-32x32.png">
<link rel="stylesheet" href="/schema/page/swagger-ui.css">
<script src="/schema/page/swagger-ui-bundle.js" defer></script>
<script src="/schema/page/start.js" defer></script>
</head>
<body>
<main id="api"></main>
<noscript>The description itself: <a href="/schema/openapi.json">openapi.json</a></noscript>
</body>
</html>
"""

POLICY = (
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
)
"""Swagger UI draws its arrows from `data:` addresses."""


@get("/page/{name:str}", sync_to_thread=True, include_in_schema=False)
def file_of_page(name: FromPath[str]) -> Response[bytes]:
    """One of the page's files."""
    if name == "start.js":
        return Response(START.encode(), media_type="text/javascript")
    if name not in FILES:
        raise NotFoundException
    content = (swagger_ui.static_path / name).read_bytes()
    return Response(content, media_type=FILES[name], headers={"Cache-Control": "public, max-age=86400"})


class SwaggerPage(OpenAPIRenderPlugin):
    """Swagger UI at /schema."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return PAGE.encode()


def reference_router() -> Router:
    """Where the description and its page are served."""
    policy = ResponseHeader(name="Content-Security-Policy", value=POLICY)
    return Router("/schema", route_handlers=[file_of_page], response_headers=[policy], include_in_schema=False)
