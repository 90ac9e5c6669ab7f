"""The pages that people see, rendered here and usable without a script; here is who may see which."""

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from entrypoints.http.auth.guards import may_connect, may_write, owner_of, person_of, signed_in
from entrypoints.http.pages.error_pages import ERROR_PAGES, for_whoever_asks, show_in_place
from entrypoints.http.pages.forms import form
from entrypoints.http.pages.login import log_in, login_form, root
from entrypoints.http.pages.platforms import disconnect_account, platforms
from entrypoints.http.pages.rendering import favicon, static_file
from entrypoints.http.pages.selection import cancel_selection, choose_accounts, selection
from entrypoints.http.pages.spend import spend

__all__ = ["PAGES", "for_whoever_asks", "show_in_place"]

OWNER = {"owner": Provide(owner_of, sync_to_thread=False)}
ACTING_OWNER = {**OWNER, "actor": Provide(person_of, sync_to_thread=False)}

PAGES: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=[
            Router("/", route_handlers=[platforms, selection, spend], guards=[signed_in], dependencies=OWNER),
            Router(
                "/",
                route_handlers=[disconnect_account, cancel_selection],
                guards=[may_write],
                dependencies=ACTING_OWNER,
            ),
            Router(
                "/",
                route_handlers=[choose_accounts],
                guards=[may_connect, may_write],
                dependencies=ACTING_OWNER,
            ),
            root,
            login_form,
            log_in,
        ],
        dependencies={"form": Provide(form)},
        exception_handlers=ERROR_PAGES,
        include_in_schema=False,
    ),
    static_file,
    favicon,
]
"""What the application serves to browsers."""
