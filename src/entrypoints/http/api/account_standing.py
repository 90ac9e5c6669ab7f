"""Why an account can't be chosen, in sentences."""

from __future__ import annotations

from domain.advertiser import Standing


def why_closed(standing: Standing) -> str:
    """Why an account can't be chosen, in a sentence for people; empty for one that can."""
    match standing:
        case Standing.OPEN | Standing.UNREAD:
            return ""
        case Standing.CLOSED:
            return "This account is closed at TikTok."
        case Standing.PUNISHED:
            return "TikTok has restricted this account."
        case Standing.IN_REVIEW:
            return "TikTok is still reviewing this account."
        case Standing.REJECTED:
            return "TikTok did not approve this account."
        case Standing.OTHER:
            return "This account is not active at TikTok."
