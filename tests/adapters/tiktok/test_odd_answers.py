"""Answers of TikTok that are not as they should be: what is good in them is not lost."""

import gzip
import json
import logging
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from adapters.clock import SystemClock
from adapters.http_client.request_sent_once import LONGEST_ANSWER
from domain.advertiser import Advertiser, Standing
from domain.ids import AdvertiserId
from domain.outcomes import InDoubt, Issued, PathMissing, Refused, Unavailable, Unread
from domain.tokens import Lifetimes, Secret
from support.raw_server import Behaviour, Peer, RawServer, answering

from .conftest import Connect

TOKEN = Secret("a-token")
PAIR = '{"access_token": "act.new", "refresh_token": "rft.new", "expires_in": 86400, "refresh_token_expires_in": 31536000}'
PLAIN = f'{{"code": 0, "message": "OK", "request_id": "1", "data": {PAIR}}}'
TEXT = PLAIN.encode()


def with_message(message: bytes) -> bytes:
    return TEXT.replace(b'"OK"', message)


def member(text: bytes) -> bytes:
    """A whole gzip file."""
    return gzip.compress(text)


def raw_deflate(text: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(text) + packer.flush()


ODD_TEXTS: dict[str, bytes] = {
    "a byte order mark": b"\xef\xbb\xbf" + TEXT,
    "UTF-16": PLAIN.encode("utf-16"),
    "a lone surrogate in the message": with_message(b'"half an emoji: \\ud83d"'),
    "a lone surrogate as bytes": with_message(b'"\xed\xa0\xbd"'),
    "raw control characters": with_message(b'"line\nbreak\x01\ttab"'),
    "bytes that are not UTF-8": with_message(b'"caf\xe9"'),
    "not a number": TEXT.replace(b'"request_id": "1"', b'"cost": NaN, "limit": -Infinity'),
    "a number without end": TEXT.replace(b'"request_id": "1"', b'"request_id": ' + b"9" * 6000),
    "bytes after the JSON": TEXT + b"\n0\r\n\r\n",
    "a second answer after the first": TEXT + b'{"code": 40107}',
    "white space and zeros around": b"\0\r\n  " + TEXT + b" \0\0",
    "a float as code": TEXT.replace(b'"code": 0', b'"code": 0.0'),
    "a text as code": TEXT.replace(b'"code": 0', b'"code": "0"'),
    "a float's text as code": TEXT.replace(b'"code": 0', b'"code": "0.0"'),
    "a partial success": TEXT.replace(b'"code": 0', b'"code": 20001.0'),
}
ODD_ENCODINGS: dict[str, Behaviour] = {
    "Identity": answering(TEXT, headers="Content-Encoding: Identity\r\n"),
    "an empty one": answering(TEXT, headers="Content-Encoding:\r\n"),
    "one that nobody knows, and plain text": answering(TEXT, headers="Content-Encoding: none\r\n"),
    "utf-8": answering(TEXT, headers="Content-Encoding: utf-8\r\n"),
    "gzip, and plain text": answering(TEXT, headers="Content-Encoding: gzip\r\n"),
    "none, and packed": answering(member(TEXT)),
    "X-GZIP": answering(member(TEXT), headers="Content-Encoding: X-GZIP\r\n"),
    "several members": answering(
        member(TEXT[:40]) + member(TEXT[40:90]) + member(TEXT[90:]), headers="Content-Encoding: gzip\r\n"
    ),
    "a member, then rubbish": answering(member(TEXT) + b"\0\0\0", headers="Content-Encoding: gzip\r\n"),
    "packed twice": answering(zlib.compress(member(TEXT)), headers="Content-Encoding: gzip, deflate\r\n"),
    "deflate without a header": answering(raw_deflate(TEXT), headers="Content-Encoding: deflate\r\n"),
    "identity, gzip": answering(member(TEXT), headers="Content-Encoding: identity, gzip\r\n"),
}


def assert_whole(answer: object) -> None:
    assert isinstance(answer, Issued)
    assert (answer.access, answer.refresh) == (Secret("act.new"), Secret("rft.new"))
    assert answer.lifetimes == Lifetimes(timedelta(days=1), timedelta(days=365))


@pytest.mark.parametrize("body", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
def test_a_good_pair_in_a_bad_answer_is_kept(body: bytes, connect: Connect) -> None:
    with RawServer(answering(body)) as server, connect(server.url) as tiktok:
        assert_whole(tiktok.refresh(TOKEN))
        assert_whole(tiktok.exchange(TOKEN))


def test_a_token_answer_with_a_byte_order_mark_is_kept(connect: Connect) -> None:
    with RawServer(answering(ODD_TEXTS["a byte order mark"])) as server, connect(server.url) as tiktok:
        assert_whole(tiktok.refresh(TOKEN))


@pytest.mark.parametrize("behaviour", ODD_ENCODINGS.values(), ids=ODD_ENCODINGS.keys())
def test_an_answer_is_unpacked_whatever_its_content_encoding_says(behaviour: Behaviour, connect: Connect) -> None:
    with RawServer(behaviour) as server, connect(server.url) as tiktok:
        assert_whole(tiktok.refresh(TOKEN))


def test_tokens_lose_white_space_and_halves_of_characters_and_nothing_else(connect: Connect) -> None:
    odd = {"code": 0, "data": {"access_token": " act.!*~5308.va\n", "refresh_token": "rft.\ud83d"}}
    with RawServer(answering(json.dumps(odd).encode())) as server, connect(server.url) as tiktok:
        answer = tiktok.refresh(TOKEN)
    assert isinstance(answer, Issued)
    assert (answer.access, answer.refresh) == (Secret("act.!*~5308.va"), Secret("rft.\ufffd"))


UNREADABLE: dict[str, bytes] = {
    "JSON that breaks off": TEXT[:-20],
    "tokens in a place that nobody knows": f'{{"code": 0, "result": {PAIR}}}'.encode(),
    "tokens without an envelope": PAIR.encode(),
    "something packed that nobody knows": b"\x28\xb5\x2f\xfd" + TEXT,
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_nobody_can_read_is_in_doubt_and_comes_with_its_bytes(body: bytes, connect: Connect) -> None:
    with RawServer(answering(body)) as server, connect(server.url) as tiktok:
        for answer in (tiktok.refresh(TOKEN), tiktok.exchange(TOKEN)):
            assert isinstance(answer, Unread)
            assert isinstance(answer.failure, InDoubt)
            assert answer.answer.reveal().encode("latin-1") == body
            assert "act.new" not in repr(answer)


def breaking_off_after(text: bytes, *, headers: bytes = b"Content-Length: 5000\r\n") -> Behaviour:
    def behave(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n" + text)
        peer.close()

    return behave


BROKEN_OFF: dict[str, Behaviour] = {
    "fewer bytes than were announced": breaking_off_after(TEXT),
    "the last chunk is missing": breaking_off_after(
        f"{len(TEXT):x}\r\n".encode() + TEXT + b"\r\n", headers=b"Transfer-Encoding: chunked\r\n"
    ),
    "a chunk that is no chunk follows": breaking_off_after(
        f"{len(TEXT):x}\r\n".encode() + TEXT + b"\r\nrubbish\r\n", headers=b"Transfer-Encoding: chunked\r\n"
    ),
    "packed, and fewer bytes than were announced": breaking_off_after(
        member(TEXT), headers=b"Content-Encoding: gzip\r\nContent-Length: 5000\r\n"
    ),
}


@pytest.mark.parametrize("behaviour", BROKEN_OFF.values(), ids=BROKEN_OFF.keys())
def test_a_pair_that_came_whole_is_kept_though_the_connection_broke_off(behaviour: Behaviour, connect: Connect) -> None:
    with RawServer(behaviour) as server, connect(server.url) as tiktok:
        assert_whole(tiktok.refresh(TOKEN))
        assert_whole(tiktok.exchange(TOKEN))


def test_a_pair_that_came_whole_is_kept_though_the_end_of_the_answer_never_came(connect: Connect) -> None:
    def hangs(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + TEXT)
        peer.keep_silent()

    with RawServer(hangs) as server, connect(server.url, seconds=0.5) as tiktok:
        assert_whole(tiktok.refresh(TOKEN))


@pytest.mark.parametrize("cut", [1, 2, 20, 100])
def test_the_beginning_of_an_answer_that_breaks_off_is_there_for_a_person(cut: int, connect: Connect) -> None:
    with RawServer(breaking_off_after(TEXT[:-cut])) as server, connect(server.url) as tiktok:
        answer = tiktok.refresh(TOKEN)
    assert isinstance(answer, Unread)
    assert answer.answer.reveal().encode() == TEXT[:-cut]


def test_a_refusal_that_breaks_off_is_in_doubt(connect: Connect) -> None:
    with RawServer(breaking_off_after(b'{"code": 40107, "data": {}}')) as server, connect(server.url) as tiktok:
        answer = tiktok.refresh(TOKEN)
    assert isinstance(answer, Unread)


def test_a_gateways_page_holds_no_tokens_and_is_not_kept(connect: Connect) -> None:
    pages = (answering(b"\r\n<!doctype html>504", status=504), answering(b"", status=502), answering(b"<html>", status=200))
    with RawServer(*pages) as server, connect(server.url) as tiktok:
        for _ in pages:
            assert isinstance(tiktok.refresh(TOKEN), InDoubt)


def test_what_spends_nothing_keeps_no_answers(connect: Connect) -> None:
    with RawServer(answering(PAIR.encode())) as server, connect(server.url) as tiktok:
        for answer in (tiktok.reach(TOKEN), tiktok.details(TOKEN, (AdvertiserId("7"),)), tiktok.revoke(TOKEN)):
            assert isinstance(answer, Unavailable)


# lists


def listing(rows: bytes) -> Behaviour:
    return answering(b'{"code": 0, "data": {"list": [' + rows + b"]}}")


GOOD = b'{"advertiser_id": "7000000000000000001", "advertiser_name": "Shop", "name": "Shop", "status": "STATUS_ENABLE"}'
ODD_ROWS: dict[str, bytes] = {
    "nothing": b"null",
    "a list": b'["7000000000000000002"]',
    "a text": b'"7000000000000000002"',
    "no id": b'{"advertiser_name": "Nobody"}',
    "an id that lost digits": b'{"advertiser_id": 7.1e18}',
    "an id without end": b'{"advertiser_id": "' + b"7" * 65 + b'"}',
}


@pytest.mark.parametrize("row", ODD_ROWS.values(), ids=ODD_ROWS.keys())
def test_one_odd_row_does_not_cost_the_list(row: bytes, connect: Connect) -> None:
    with RawServer(listing(row + b"," + GOOD)) as server, connect(server.url) as tiktok:
        for accounts in (tiktok.reach(TOKEN), tiktok.details(TOKEN, (AdvertiserId("7"),))):
            assert isinstance(accounts, tuple)
            assert [a.id for a in accounts] == ["7000000000000000001"]


ODD_NAMES: dict[str, tuple[bytes, str]] = {
    "half an emoji": (b'"Shop \\ud83d"', "Shop \ufffd"),
    "an emoji in two halves": (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
    "control characters": (b'"a\\u0000b\nc\\u0085d"', "a b c d"),
    "without end": (b'"' + b"n" * 900_000 + b'"', "n" * 255),
    "only blanks": (b'" \\u0000 "', "7000000000000000002"),
    "a number": (b"2024", "2024"),
    "no text": (b'{"en": "Shop"}', "7000000000000000002"),
}


@pytest.mark.parametrize(("name", "read_as"), ODD_NAMES.values(), ids=ODD_NAMES.keys())
def test_one_odd_name_does_not_cost_the_list_and_can_be_stored_and_shown(name: bytes, read_as: str, connect: Connect) -> None:
    row = b'{"advertiser_id": "7000000000000000002", "advertiser_name": ' + name + b', "name": ' + name + b"}"
    with RawServer(listing(GOOD + b"," + row)) as server, connect(server.url) as tiktok:
        for accounts in (tiktok.reach(TOKEN), tiktok.details(TOKEN, (AdvertiserId("7"),))):
            assert isinstance(accounts, tuple)
            assert [a.name for a in accounts] == ["Shop", read_as]
            assert accounts[1].name.encode()


def test_an_account_that_is_listed_twice_is_one(connect: Connect) -> None:
    again = GOOD.replace(b"7000000000000000001", b"7000000000000000002")
    with RawServer(listing(b",".join((GOOD, again, GOOD, again, GOOD)))) as server, connect(server.url) as tiktok:
        for accounts in (tiktok.reach(TOKEN), tiktok.details(TOKEN, (AdvertiserId("7"),))):
            assert isinstance(accounts, tuple)
            assert [a.id for a in accounts] == ["7000000000000000001", "7000000000000000002"]


def test_an_account_that_the_exchange_names_twice_is_one(connect: Connect) -> None:
    body = {"code": 0, "data": {"access_token": "a", "advertiser_ids": ["8", "7", 8, "8", None, "7"]}}
    with RawServer(answering(body)) as server, connect(server.url) as tiktok:
        answer = tiktok.exchange(TOKEN)
    assert isinstance(answer, Issued)
    assert answer.advertisers == ("8", "7")


def test_a_list_beyond_four_megabytes_is_read(connect: Connect) -> None:
    row = '{"advertiser_id": "%d", "advertiser_name": "' + "n" * 500 + '"}'
    text = ",".join(row % (7_000_000_000_000_000_000 + n) for n in range(10_000)).encode()
    assert len(text) > LONGEST_ANSWER
    with RawServer(listing(text)) as server, connect(server.url) as tiktok:
        accounts = tiktok.reach(TOKEN)
    assert isinstance(accounts, tuple)
    assert len(accounts) == 10_000
    assert accounts[-1] == Advertiser(AdvertiserId("7000000000000009999"), "n" * 255, standing=Standing.UNREAD)


# paths that are not there

MISSING: dict[str, Behaviour] = {
    "no schema": answering({"code": 40006, "message": "no schema found"}, status=403),
    "40051": answering({"code": 40051}),
    "40400": answering({"code": 40400}, status=404),
    "40405": answering({"code": 40405}, status=405),
    "41001": answering({"code": 41001}),
    "a bare 404": answering(b"<html>404 Not Found</html>", status=404),
    "a bare 405": answering(b"", status=405),
    "a 404 in another JSON": answering(b'{"detail": "Not Found"}', status=404),
}
CALLS: dict[str, Callable[..., object]] = {
    "refresh": lambda tiktok: tiktok.refresh(TOKEN),
    "exchange": lambda tiktok: tiktok.exchange(TOKEN),
    "revoke": lambda tiktok: tiktok.revoke(TOKEN),
    "reach": lambda tiktok: tiktok.reach(TOKEN),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("behaviour", MISSING.values(), ids=MISSING.keys())
def test_a_path_that_tiktok_does_not_know_spends_nothing_and_rests_by_itself(
    behaviour: Behaviour, call: Callable[..., object], connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    with RawServer(behaviour) as server, connect(server.url) as tiktok:
        for _ in range(3):
            assert isinstance(call(tiktok), PathMissing)
        assert len(server.requests) == 1, "nothing more is sent there"
        assert [record.levelno for record in caplog.records] == [logging.CRITICAL], "one alarm"
        for other in CALLS.values():
            if other is not call:
                other(tiktok)
                break
        assert len(server.requests) == 2, "other paths go on"


def test_no_schema_under_another_status_is_no_missing_path(connect: Connect) -> None:
    with RawServer(answering({"code": 40006})) as server, connect(server.url) as tiktok:
        assert isinstance(tiktok.refresh(TOKEN), Unavailable)


def test_a_refusal_under_404_is_a_refusal(connect: Connect) -> None:
    with RawServer(answering({"code": 40107}, status=404)) as server, connect(server.url) as tiktok:
        assert isinstance(tiktok.refresh(TOKEN), Refused)


# lifetimes


class FromNow(int):
    """Seconds from the time of the test."""

    def at(self, now: datetime) -> int:
        return int(now.timestamp()) + self


POINTS: dict[str, tuple[object, timedelta | None]] = {
    "seconds": (86_400, timedelta(days=1)),
    "text": ("86400", timedelta(days=1)),
    "a float": (86_400.0, timedelta(days=1)),
    "a point in time": (FromNow(86_400), timedelta(days=1)),
    "a point in time that is over": (FromNow(-60), None),
    "a point in time in milliseconds": (1_800_000_000_000, None),
    "milliseconds": (86_400_000, None),
    "a week and a second": (7 * 86_400 + 1, None),
    "zero": (0, None),
    "less than nothing": (-86_400, None),
    "true": (True, None),
    "without end": (10**300, None),
    "a date": ("2030-01-01", None),
    "a list": ([86_400], None),
}


@pytest.mark.parametrize(("value", "life"), POINTS.values(), ids=POINTS.keys())
def test_an_access_tokens_life_is_a_span_or_a_point_in_time_else_it_is_assumed_with_an_alarm(
    value: object, life: timedelta | None, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    value = value.at(SystemClock().now()) if isinstance(value, FromNow) else value
    body = {"code": 0, "data": {"access_token": "a", "refresh_token": "r", "access_token_expire_in": value}}
    with RawServer(answering(body)) as server, connect(server.url) as tiktok:
        answer = tiktok.refresh(TOKEN)
    assert isinstance(answer, Issued)
    if life is None:
        assert answer.lifetimes.access is None
        assert [record.levelno for record in caplog.records] == [logging.CRITICAL]
    else:
        assert answer.lifetimes.access is not None
        assert life - timedelta(minutes=2) < answer.lifetimes.access <= life
        assert not caplog.records


@pytest.mark.parametrize("value", [31_536_000, "31536000", FromNow(31_536_000)], ids=["span", "text", "point in time"])
def test_a_refresh_tokens_year_is_a_span_or_a_point_in_time(value: object, connect: Connect) -> None:
    value = value.at(SystemClock().now()) if isinstance(value, FromNow) else value
    body = {"code": 0, "data": {"access_token": "a", "refresh_token": "r", "refresh_token_expire_in": value}}
    with RawServer(answering(body)) as server, connect(server.url) as tiktok:
        answer = tiktok.exchange(TOKEN)
    assert isinstance(answer, Issued)
    assert answer.lifetimes.refresh is not None
    assert timedelta(days=364) < answer.lifetimes.refresh <= timedelta(days=365)


def test_a_life_that_is_no_number_is_not_logged_since_it_may_be_a_token(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    body = {"code": 0, "data": {"access_token": "a", "refresh_token": "r", "expires_in": "rft.5309"}}
    with RawServer(answering(body)) as server, connect(server.url) as tiktok:
        tiktok.refresh(TOKEN)
    assert caplog.records
    assert "5309" not in caplog.text
