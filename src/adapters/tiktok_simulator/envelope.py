"""TikTok's envelope around every reply."""

import secrets
from datetime import datetime

import msgspec

from .replies import Reply


def envelope(reply: Reply, now: datetime) -> bytes:
    """The reply as TikTok sends it, with a request_id made like TikTok's: the time, then random digits."""
    request_id = f"{now:%Y%m%d%H%M%S}{secrets.token_hex(9).upper()}"
    return msgspec.json.encode(
        {"code": reply["code"], "message": reply["message"], "request_id": request_id, "data": reply["data"]}
    )
