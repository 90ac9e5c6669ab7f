"""The simulator as one ASGI application."""

from litestar import Litestar

from .api import api_router
from .control import control_router
from .pages import page_handlers
from .simulator import Simulator


def create_app(simulator: Simulator) -> Litestar:
    """The simulator as an ASGI app. All handlers run on one event loop, one at a time, so the machine needs no lock.

    Run it with server.py: dropping and dripping connections is beyond ASGI.
    """
    return Litestar(
        route_handlers=[api_router(simulator), control_router(simulator), *page_handlers(simulator)],
        openapi_config=None,
        logging_config=None,  # else Litestar configures the root logger of the process that the simulator is a guest of
    )
