import gzip
import json
import os
import time
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.http_client.request_sent_once import LONGEST_ANSWER
from domain.ids import AdvertiserId
from domain.outcomes import InDoubt, Issued, Throttled, Unavailable, Unread
from domain.tokens import Secret
from support.raw_server import Behaviour, Peer, RawServer, answering
from support.servers import free_port

from .conftest import APP_SECRET, Connect

TOKEN = Secret("a-token")
PAIR = {"access_token": "new-access", "refresh_token": "new-refresh", "expires_in": 86400, "refresh_token_expires_in": 31536000}
OK: dict[str, object] = {"code": 0, "message": "OK", "request_id": "1", "data": PAIR}


def half_an_answer(peer: Peer) -> None:
    peer.send(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"code":0,"data":{"access_token":"lost')
    peer.close()


def half_a_chunked_answer(peer: Peer) -> None:
    peer.send(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"cod')
    peer.close()


def endless(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(200):
        peer.send(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def huge_head(peer: Peer) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: 1\r\n" * 20_000 + b"\r\n")


UNCERTAIN: dict[str, Behaviour] = {
    "closing after the request": Peer.close,
    "resetting after the request": Peer.reset,
    "half an answer": half_an_answer,
    "half a chunked answer": half_a_chunked_answer,
    "no HTTP at all": lambda peer: peer.send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "a gateway's page": answering(b"<html>504 Gateway Time-out</html>", status=504, headers="Content-Type: text/html\r\n"),
    "a page with status 200": answering(b"<html>Welcome</html>"),
    "nothing with status 200": answering(b""),
    "a success without tokens": answering({"code": 0, "data": {}}),
    "TikTok's own failure": answering({"code": 50000, "data": {}}, status=500),
    "an endless answer": endless,
    "an endless head": huge_head,
    "a packed page": answering(gzip.compress(b"<html>"), headers="Content-Encoding: gzip\r\n"),
    "packed rubbish": answering(b"rubbish", headers="Content-Encoding: gzip\r\n"),
    "a decompression bomb": answering(
        zlib.compress(b" " * (20 * LONGEST_ANSWER) + json.dumps(OK).encode()), headers="Content-Encoding: deflate\r\n"
    ),
    "a redirect": answering(b"", status=307, headers="Location: /open_api/v1.3/oauth2/refresh_token/elsewhere\r\n"),
    "a redirect to nowhere": answering(b"", status=302, headers="Location: http://[::bad\r\n"),
}


@pytest.mark.parametrize("behaviour", UNCERTAIN.values(), ids=UNCERTAIN.keys())
def test_whatever_is_no_definite_answer_leaves_a_refresh_in_doubt_and_is_sent_once(
    behaviour: Behaviour, connect: Connect
) -> None:
    with RawServer(behaviour) as server, connect(server.url) as tiktok:
        answer = tiktok.refresh(TOKEN)
        assert isinstance(answer.failure if isinstance(answer, Unread) else answer, InDoubt)
        assert len(server.requests) == 1
        assert server.connections == 1


@pytest.mark.parametrize("behaviour", UNCERTAIN.values(), ids=UNCERTAIN.keys())
def test_the_same_leaves_nothing_else_in_doubt(behaviour: Behaviour, connect: Connect) -> None:
    with RawServer(behaviour) as server, connect(server.url) as tiktok:
        assert isinstance(tiktok.reach(TOKEN), Unavailable)
        assert isinstance(tiktok.details(TOKEN, (AdvertiserId("7"),)), Unavailable)
        if behaviour is not UNCERTAIN["a success without tokens"]:
            assert isinstance(tiktok.revoke(TOKEN), Unavailable)


@pytest.mark.parametrize("name", ["an endless answer", "a decompression bomb"])
def test_an_answer_takes_no_more_memory_than_the_longest_may(name: str, connect: Connect) -> None:
    with RawServer(UNCERTAIN[name]) as server, connect(server.url) as tiktok:
        tracemalloc.start()
        try:
            assert tiktok.refresh(TOKEN) == InDoubt("no answer (the answer is too long)")
            assert tracemalloc.get_traced_memory()[1] < 3 * LONGEST_ANSWER
        finally:
            tracemalloc.stop()


def test_an_exchange_without_a_definite_answer_is_in_doubt(connect: Connect) -> None:
    with RawServer(Peer.close) as server, connect(server.url) as tiktok:
        assert isinstance(tiktok.exchange(Secret("code")), InDoubt)
        assert len(server.requests) == 1


@pytest.mark.parametrize("packed", ["gzip", "deflate"])
def test_an_answer_that_is_packed_unasked_is_read_all_the_same(packed: str, connect: Connect) -> None:
    text = json.dumps(OK).encode()
    body = gzip.compress(text) if packed == "gzip" else zlib.compress(text)
    with RawServer(answering(body, headers=f"Content-Encoding: {packed}\r\n")) as server, connect(server.url) as tiktok:
        assert isinstance(tiktok.refresh(TOKEN), Issued)


def test_nobody_listening_means_that_nothing_was_sent(connect: Connect) -> None:
    with connect(f"http://127.0.0.1:{free_port()}") as tiktok:
        for failure in (tiktok.refresh(TOKEN), tiktok.exchange(Secret("code")), tiktok.reach(TOKEN), tiktok.revoke(TOKEN)):
            assert isinstance(failure, Unavailable)


def test_the_bodys_code_counts_before_the_status(connect: Connect) -> None:
    with RawServer(answering(OK, status=500)) as server, connect(server.url) as tiktok:
        assert isinstance(tiktok.refresh(TOKEN), Issued)


def test_throttling_tells_how_long_to_wait(connect: Connect) -> None:
    behaviours = (
        answering({"code": 40100}, status=401, headers="Retry-After: 12\r\n"),
        answering(b"slow down", status=429, headers="Retry-After: 13\r\n"),
        answering({"code": 40100}),
    )
    with RawServer(*behaviours) as server, connect(server.url) as tiktok:
        found = [tiktok.refresh(TOKEN) for _ in behaviours]
    assert found == [Throttled(timedelta(seconds=12)), Throttled(timedelta(seconds=13)), Throttled(None)]


def test_a_connection_that_was_closed_while_idle_is_replaced_before_anything_is_sent(connect: Connect) -> None:
    def reply_and_close(peer: Peer) -> None:
        peer.reply(json.dumps(OK).encode())
        peer.close()

    with RawServer(reply_and_close) as server, connect(server.url) as tiktok:
        for _ in range(3):
            assert isinstance(tiktok.refresh(TOKEN), Issued)
            time.sleep(0.05)  # for the end of the connection to arrive here
        assert (len(server.requests), server.connections) == (3, 3)


def test_a_refresh_on_a_kept_connection_that_dies_under_it_is_not_sent_again(connect: Connect) -> None:
    with RawServer(answering(OK), Peer.close, answering(OK)) as server, connect(server.url) as tiktok:
        assert isinstance(tiktok.refresh(TOKEN), Issued)
        assert isinstance(tiktok.refresh(TOKEN), InDoubt)
        assert (len(server.requests), server.connections) == (2, 1)
        assert isinstance(tiktok.refresh(TOKEN), Issued)


def test_calls_one_after_the_other_share_a_connection_whichever_thread_they_are_of(connect: Connect) -> None:
    with RawServer(answering(OK)) as server, connect(server.url) as tiktok:
        for _ in range(4):
            with ThreadPoolExecutor(1) as executor:
                assert isinstance(executor.submit(tiktok.refresh, TOKEN).result(), Issued)
        assert server.connections == 1


def test_threads_at_once_do_not_share_a_connection_and_each_gets_its_own_answer(connect: Connect) -> None:
    def echo(peer: Peer) -> None:
        time.sleep(0.01)
        sent = json.loads(peer.request.partition(b"\r\n\r\n")[2])
        peer.reply(json.dumps({"code": 0, "data": {"access_token": sent["refresh_token"]}}).encode())

    tokens = [Secret(f"token-{number}") for number in range(64)]
    with RawServer(echo) as server, connect(server.url) as tiktok, ThreadPoolExecutor(8) as executor:
        answers = list(executor.map(tiktok.refresh, tokens))
        assert [answer.access for answer in answers if isinstance(answer, Issued)] == tokens
        assert server.connections <= 8


def test_a_forked_process_makes_its_own_connection(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(answering(OK)) as server, connect(server.url) as tiktok:
        tiktok.refresh(TOKEN)
        monkeypatch.setattr(os, "getpid", lambda: -1)
        tiktok.refresh(TOKEN)
        tiktok.refresh(TOKEN)
        assert server.connections == 2


def test_a_refresh_is_posted_as_tiktok_documents_it(connect: Connect) -> None:
    with RawServer(answering(OK)) as server, connect(server.url) as tiktok:
        tiktok.refresh(TOKEN)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /open_api/v1.3/oauth2/refresh_token/ HTTP/1.1\r\n")
    assert b"content-type: application/json" in head.lower()
    wanted = {"app_id": "7000", "secret": APP_SECRET, "refresh_token": "a-token", "grant_type": "refresh_token"}
    assert json.loads(body) == wanted


def test_the_access_token_goes_into_tiktoks_own_header_and_the_secret_into_the_query(connect: Connect) -> None:
    with RawServer(answering({"code": 0, "data": {"list": []}})) as server, connect(server.url) as tiktok:
        assert tiktok.reach(TOKEN) == ()
    line, *headers = server.requests[0].decode().split("\r\n")
    assert "access-token: a-token" in [header.lower() for header in headers]
    assert not [header for header in headers if header.lower().startswith(("authorization", "cookie"))]
    assert parse_qs(urlsplit(line.split()[1]).query) == {"app_id": ["7000"], "secret": [APP_SECRET]}


def test_details_of_a_hundred_accounts_are_one_call(connect: Connect) -> None:
    ids = tuple(AdvertiserId(str(7_000_000_000_000_000_000 + n)) for n in range(100))

    def answer(peer: Peer) -> None:
        query = parse_qs(urlsplit(server.requests[-1].split()[1].decode()).query)
        found = [{"advertiser_id": one, "name": one} for one in json.loads(query["advertiser_ids"][0])]
        peer.reply(json.dumps({"code": 0, "data": {"list": found}}).encode())

    with RawServer(answer) as server, connect(server.url) as tiktok:
        details = tiktok.details(TOKEN, ids)
        assert isinstance(details, tuple)
        assert tuple(one.id for one in details) == ids
        assert len(server.requests) == 1


def test_no_details_need_no_call(connect: Connect) -> None:
    with connect(f"http://127.0.0.1:{free_port()}") as tiktok:
        assert tiktok.details(TOKEN, ()) == ()


@pytest.mark.parametrize("token", ["", "two words", "line\r\nbreak: 1", "ünïcode"])
def test_an_access_token_that_fits_into_no_header_is_not_sent(token: str, connect: Connect) -> None:
    with RawServer(answering(OK)) as server, connect(server.url) as tiktok:
        assert isinstance(tiktok.reach(Secret(token)), Unavailable)
        assert isinstance(tiktok.revoke(Secret(token)), Unavailable)
        assert not server.requests


def test_cookies_are_not_kept(connect: Connect) -> None:
    with RawServer(answering(OK, headers="Set-Cookie: session=1; Path=/\r\n")) as server, connect(server.url) as tiktok:
        tiktok.refresh(TOKEN)
        tiktok.refresh(TOKEN)
    assert b"cookie" not in server.requests[1].lower()


def test_the_environments_proxies_are_not_used(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    with RawServer(answering(OK)) as server, connect(server.url) as tiktok:
        assert isinstance(tiktok.refresh(TOKEN), Issued)


def test_the_consent_page_is_asked_with_app_redirect_and_state(connect: Connect) -> None:
    with connect("https://consent.example") as tiktok:
        url = urlsplit(tiktok.consent_url("st&te="))
    assert url.path == "/portal/auth"
    wanted = {"app_id": ["7000"], "redirect_uri": ["https://dashboard.example/api/auth/tiktok/callback"], "state": ["st&te="]}
    assert parse_qs(url.query) == wanted


def test_a_closed_client_leaves_no_connection_open(connect: Connect) -> None:
    with RawServer(answering(OK)) as server, connect(server.url) as tiktok:
        tiktok.refresh(TOKEN)
    # an open socket would be a ResourceWarning, which fails the test
