"""Why an account can't be chosen, in sentences."""

from domain.advertiser import Standing

WHY_CLOSED = {
    Standing.OPEN: "",
    Standing.UNREAD: "",
    Standing.CLOSED: "This account is closed at TikTok.",
    Standing.PUNISHED: "TikTok has restricted this account.",
    Standing.IN_REVIEW: "TikTok is still reviewing this account.",
    Standing.REJECTED: "TikTok did not approve this account.",
    Standing.UNTOLD: "TikTok does not say at the moment how this account stands.",
    Standing.OTHER: "This account is not active at TikTok.",
}
"""For people; empty for an account that can be chosen. A test sees that none is missing."""
