"""Bodies as they were before somebody on the way packed them, whatever the headers say of that."""

import zlib

GZIP = b"\x1f\x8b"
"""How each member of a gzip file begins (RFC 1952)."""

MOST_LAYERS = 3


def unpacked(body: bytes, *, longest: int, raw_deflate: bool = False) -> bytes | None:
    """The body without gzip and deflate, as far as it can be unpacked; None when that is longer than `longest` bytes.

    The bytes themselves tell: no JSON text begins as gzip or zlib do. Only deflate without a header has no sign, and is tried
    where `raw_deflate` says that a header named it.
    """
    for layer in range(MOST_LAYERS):
        if body.startswith(GZIP):
            inner = _inflated(body, zlib.MAX_WBITS | 16, longest)
        elif _begins_as_zlib(body):
            inner = _inflated(body, zlib.MAX_WBITS, longest)
        elif raw_deflate and layer == 0 and body.lstrip()[:1] not in b"{[<":
            inner = _inflated(body, -zlib.MAX_WBITS, longest)
        else:
            break
        if not inner:
            break
        if len(inner) > longest:
            return None
        body = inner
    return body


def _begins_as_zlib(body: bytes) -> bool:
    """RFC 1950: method 8, and a check of the two bytes."""
    return len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0  # noqa: PLR2004 (as the RFC has them)


def _inflated(body: bytes, window: int, longest: int) -> bytes:
    """All members, one after the other, as far as they are whole; a byte more than `longest` at the most."""
    inflated, rest = bytearray(), body
    while rest and len(inflated) <= longest:
        member = zlib.decompressobj(window)
        try:
            inflated += member.decompress(rest, longest + 1 - len(inflated))
        except zlib.error:
            break
        rest = member.unused_data if member.unused_data.startswith(GZIP) else b""
    return bytes(inflated)
