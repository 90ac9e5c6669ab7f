"""The pages that people see, rendered here and usable without a script."""

from __future__ import annotations

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from entrypoints.http.pages.error_pages import TROUBLE_HANDLERS, show_nothing
from entrypoints.http.pages.forms import form
from entrypoints.http.pages.login import log_in, login_form, root
from entrypoints.http.pages.platforms import disconnect_account, platforms
from entrypoints.http.pages.rendering import static_files
from entrypoints.http.pages.selection import cancel_selection, choose_accounts, selection

__all__ = ["PAGES", "show_nothing"]

PAGES: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=[
            platforms,
            disconnect_account,
            selection,
            choose_accounts,
            cancel_selection,
            root,
            login_form,
            log_in,
        ],
        dependencies={"form": Provide(form)},
        exception_handlers=TROUBLE_HANDLERS,
        include_in_schema=False,
    ),
    static_files(),
]
"""What the application serves to browsers."""
