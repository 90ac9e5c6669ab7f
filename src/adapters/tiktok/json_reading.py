"""JSON as it comes: read as it should be, else as leniently as nothing in it changes its meaning."""

import json
import logging
from decimal import Decimal, InvalidOperation

import msgspec

log = logging.getLogger(__name__)

LONGEST_NUMBER = 400
"""Digits; Python itself refuses to read numbers of some thousand."""

AROUND = "\ufeff\0 \t\r\n"
"""What may stand before the JSON: a byte order mark, white space."""


def json_of(body: bytes) -> object:
    """The value that a body holds; None for what is no JSON at all. Numbers with a point or exponent are exact Decimals.

    Lone surrogates, raw control characters, NaN, bytes that are not UTF-8, a byte order mark, and whatever follows the JSON cost
    nothing: a call that spends a token has no second answer.
    """
    try:
        return _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    for encoding in dict.fromkeys((json.detect_encoding(body), "utf-8")):
        try:
            value, _ = _LENIENT.raw_decode(body.decode(encoding, "replace").lstrip(AROUND))
        except (ValueError, RecursionError):
            continue
        log.warning("an answer is no proper JSON, and was read leniently")
        return value
    return None


def _number(digits: str) -> object:
    return int(digits) if len(digits) <= LONGEST_NUMBER else digits


def _exact(digits: str) -> object:
    try:
        return Decimal(digits)
    except InvalidOperation:  # an exponent of twenty digits
        return digits


_DECODER = msgspec.json.Decoder(float_hook=_exact)
_LENIENT = json.JSONDecoder(strict=False, parse_int=_number, parse_float=_exact)
