"""Which addresses are everybody's, so that a request to one can't reach what only this machine or its network can."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""Prefixes under which translators reach IPv4 (RFC 6052, RFC 8215): the last 32 bits are the address behind."""


def is_public(text: str) -> bool:
    """Whether an address is a public one, also where it is an IPv4 address that is written as an IPv6 one."""
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        address = address_behind(address)
    return address.is_global and not address.is_multicast and not address.is_reserved


def address_behind(address: IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that this one stands for, else itself."""
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour or address
    if address.teredo:
        return address.teredo[1]
    if any(address in prefix for prefix in NAT64) or int(address) >> 32 == 0:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
