from __future__ import annotations

import socket

import pytest

from adapters.clock import SystemClock
from adapters.http_client.public_addresses import is_public
from adapters.http_client.resolver import Resolver, ask_the_system

PRIVATE = (
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",  # noqa: S104 (looked at, not bound)
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a00:1::1",
)
PUBLIC = ("1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1")


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_a_machine_or_its_network_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_those_of_everybody_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ("127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "::1", "0"))
def test_a_host_that_means_this_machine_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises((PermissionError, socket.gaierror)):
        Resolver(SystemClock(), ask_the_system, is_public).addresses(host, within=5)


def test_of_a_name_that_leads_to_both_the_public_addresses_alone_are_given_out() -> None:
    both = Resolver(SystemClock(), lambda _: ["10.0.0.1", "1.1.1.1", "::1"], is_public)
    assert both.addresses("receiver.test", within=5) == ["1.1.1.1"]
    with pytest.raises(PermissionError):
        Resolver(SystemClock(), lambda _: ["10.0.0.1", "::1"], is_public).addresses("receiver.test", within=5)
