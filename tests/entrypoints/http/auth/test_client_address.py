from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from entrypoints.http.auth.client_address import Client, resolve_client
from entrypoints.http.auth.request_headers import RequestHeaders

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def client(peer: str | None, *fields: tuple[str, str]) -> Client:
    return resolve_client(RequestHeaders(fields), peer=peer, trusted=TRUSTED)


def for_(value: str) -> tuple[str, str]:
    return ("x-forwarded-for", value)


FORGED = (for_("127.0.0.1"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "evil.example"))


@pytest.mark.parametrize("peer", ("192.0.2.1", "127.0.0.1", "2001:db8::1", None, "unix:", ""))
def test_headers_of_an_untrusted_peer_change_nothing(peer: str | None) -> None:
    plain, forged = client(peer), client(peer, *FORGED)
    assert forged.ip == plain.ip
    assert not forged.is_this_machine


def test_a_trusted_proxy_tells_the_address() -> None:
    assert client("10.0.0.1", for_("192.0.2.9")) == Client(ip_address("192.0.2.9"), forwarded=True)


@pytest.mark.parametrize(
    ("chain", "expected"),
    (
        (("127.0.0.1, 192.0.2.9",), "192.0.2.9"),
        (("192.0.2.9, 10.0.0.2, 10.0.0.3",), "192.0.2.9"),
        (("1.1.1.1", "192.0.2.9", "10.0.0.3"), "192.0.2.9"),
        (("10.0.0.4",), "10.0.0.4"),
        (("192.0.2.9, garbage",), "10.0.0.1"),
        (("192.0.2.9, garbage, 10.0.0.3",), "10.0.0.3"),
        (("",), "10.0.0.1"),
        (("192.0.2.9:4711",), "192.0.2.9"),
        (("[2001:db8::7]:4711",), "2001:db8::7"),
        (("2001:db8::7",), "2001:db8::7"),
        (("::ffff:192.0.2.9",), "192.0.2.9"),
    ),
)
def test_the_client_is_the_first_address_from_the_right_that_is_no_proxy(chain: tuple[str, ...], expected: str) -> None:
    assert client("10.0.0.1", *(for_(line) for line in chain)).ip == ip_address(expected)


def test_a_proxy_may_show_up_as_ipv4_in_ipv6() -> None:
    assert client("::ffff:10.0.0.1", for_("192.0.2.9")).ip == ip_address("192.0.2.9")


def test_only_a_direct_request_from_this_machine_counts_as_one() -> None:
    assert client("127.0.0.1").is_this_machine
    assert client("::1").is_this_machine
    assert not client("127.0.0.1", for_("127.0.0.1")).is_this_machine
    assert not client("127.0.0.1", ("forwarded", "for=192.0.2.9")).is_this_machine
    assert not client("10.0.0.1", for_("127.0.0.1")).is_this_machine
    assert not client("192.0.2.1").is_this_machine
    assert not client(None).is_this_machine
