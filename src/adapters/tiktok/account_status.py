"""From TikTok's words for an account's status to ours."""

from domain.advertiser import Standing

_WORDS = (
    ("STATUS_ENABLE", Standing.OPEN),
    ("STATUS_DISABLE", Standing.CLOSED),
    ("STATUS_LIMIT", Standing.PUNISHED),
    ("STATUS_CONFIRM_FAIL", Standing.REJECTED),
    ("STATUS_CONFIRM_FAIL_END", Standing.REJECTED),
    ("STATUS_CONFIRM_MODIFY_FAIL", Standing.REJECTED),
    ("STATUS_CONTRACT_PENDING", Standing.IN_REVIEW),
    ("STATUS_SELF_SERVICE_UNAUDITED", Standing.IN_REVIEW),
)
_BEGINNINGS = (("STATUS_PENDING_", Standing.IN_REVIEW), ("STATUS_WAIT_", Standing.IN_REVIEW))
"""The many kinds of review, so that a new one needs no release."""


def standing_of(status: str) -> Standing:
    """What TikTok's word for an account's status means to us (the statuses of its documentation of `/advertiser/info/`)."""
    if not status:
        return Standing.UNREAD
    exact = dict(_WORDS).get(status)
    return exact or next((standing for start, standing in _BEGINNINGS if status.startswith(start)), Standing.OTHER)
