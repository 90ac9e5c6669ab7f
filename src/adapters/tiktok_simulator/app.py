"""The simulator as one ASGI application."""

from http import HTTPStatus

from .asgi import AsgiApp, HttpReply, Receive, Scope, Send, read_call, send_reply
from .consent_and_landing_pages import CONSENT_PATHS, Pages
from .control_api import PREFIX, ControlDoor
from .foreign_requests import refusal_of_host, refusal_of_page
from .simulator import Simulator
from .wire_faults import TikTokDoor


def create_app(simulator: Simulator) -> AsgiApp:
    """The simulator as an ASGI app. All handlers run on one event loop, one at a time, so the machine needs no lock.

    Run it with server.py: dropping and dripping connections is beyond ASGI.
    """
    tiktok, control, pages = TikTokDoor(simulator), ControlDoor(simulator), Pages(simulator)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if (call := await read_call(scope, receive)) is None:
            return
        if not simulator.control_token and (refusal := refusal_of_host(call)):
            reply = refusal
        elif call.path == "/" or call.path in CONSENT_PATHS:
            reply = refusal_of_page(call) or pages.answer(call)
        elif call.path.startswith(PREFIX):
            reply = control.answer(call)
        elif call.path == "/favicon.ico":
            reply = HttpReply(HTTPStatus.NO_CONTENT, b"")
        else:
            await tiktok.handle(call, scope, receive, send)
            return
        await send_reply(send, reply)

    return app
