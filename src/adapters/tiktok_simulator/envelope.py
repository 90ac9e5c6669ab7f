"""TikTok's envelope around every reply."""

import secrets
from datetime import datetime

import msgspec

from .replies import Reply


def envelope(reply: Reply, now: datetime, *, message_first: bool = False) -> bytes:
    """The reply as TikTok sends it. Its request_id has 34 hexadecimal digits: the time, then random ones.

    TikTok's answers come in two orders of keys; the calls under `/oauth2/` have the message first.
    """
    request_id = f"{now:%Y%m%d%H%M%S}{secrets.token_hex(10).upper()}"
    code, message, data = reply["code"], reply["message"], reply["data"]
    if message_first:
        return msgspec.json.encode({"message": message, "code": code, "data": data, "request_id": request_id})
    return msgspec.json.encode({"code": code, "message": message, "request_id": request_id, "data": data})
