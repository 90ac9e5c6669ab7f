import logging
from collections.abc import Callable
from urllib.parse import quote

import pytest

from adapters.tiktok.ad_platform import TikTok
from domain.ids import AdvertiserId
from domain.tokens import Secret
from support.raw_server import Peer, RawServer, answering
from support.servers import free_port

from .conftest import APP_SECRET, Connect

ACCESS, REFRESH, CODE = "access-in-clear", "refresh-in-clear", "code-in-clear"
CALLS: tuple[Callable[[TikTok], object], ...] = (
    lambda tiktok: tiktok.refresh(Secret(REFRESH)),
    lambda tiktok: tiktok.exchange(Secret(CODE)),
    lambda tiktok: tiktok.reach(Secret(ACCESS)),
    lambda tiktok: tiktok.details(Secret(ACCESS), (AdvertiserId("7"),)),
    lambda tiktok: tiktok.revoke(Secret(ACCESS)),
    lambda tiktok: tiktok.reach(Secret(f"{ACCESS}\r\nbroken")),
)


def echo(peer: Peer) -> None:
    """Everything that was said, in a redirect's address, a header and a body."""
    said = quote(f"{ACCESS} {REFRESH} {CODE} {APP_SECRET}")
    peer.reply(said.encode(), status=302, headers=f"Location: http://127.0.0.1:1/?{said}\r\nX-Said: {said}\r\n")


@pytest.mark.parametrize(
    "behaviour",
    [
        echo,
        Peer.close,
        Peer.reset,
        answering(b"<html>", status=504),
        answering({"code": 0, "data": {}}),
        answering({"code": 12345}),
    ],
    ids=["echoing", "closing", "resetting", "a page", "no tokens", "an unknown code"],
)
@pytest.mark.parametrize("loud", [False, True], ids=["root at DEBUG", "every logger at DEBUG"])
def test_no_secret_is_logged_or_returned_whatever_goes_wrong(
    behaviour: Callable[[Peer], None], connect: Connect, caplog: pytest.LogCaptureFixture, *, loud: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    if loud and behaviour is not echo:  # where somebody turns httpcore's log of headers on, a redirect may echo a query
        for name in ("httpx", "httpcore"):
            caplog.set_level(logging.DEBUG, logger=name)
    with RawServer(behaviour) as server, connect(server.url) as tiktok, connect(f"http://127.0.0.1:{free_port()}") as nobody:
        results = [repr(call(client)) for call in CALLS for client in (tiktok, nobody)]
        assert APP_SECRET not in repr(tiktok)
    said = " ".join([caplog.text, *results, *(repr(record.__dict__) for record in caplog.records)])
    assert server.requests
    assert not [secret for secret in (ACCESS, REFRESH, CODE, APP_SECRET) if secret in said]
