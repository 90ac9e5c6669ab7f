"""The names of things. All are text, so no ring has to agree on a UUID type; each is a type, so none is mistaken."""

from typing import NewType

GrantId = NewType("GrantId", str)
ConnectionId = NewType("ConnectionId", str)
OfferId = NewType("OfferId", str)
RevocationId = NewType("RevocationId", str)
AttemptId = NewType("AttemptId", str)

DatabaseId = NewType("DatabaseId", str)
"""A database's random name for itself: a copy has the same one, until it is adopted."""

OwnerId = NewType("OwnerId", str)
"""The dashboard's user id: whatever its session says."""

LONGEST_OWNER = 255
"""Characters; user ids are UUIDs in the dashboard, and e-mail addresses or URLs elsewhere."""


def is_owner(text: str) -> bool:
    """Whether a session can name a user so."""
    return 0 < len(text) <= LONGEST_OWNER and text.isprintable() and text == text.strip()


NOBODY = OwnerId("")
"""Whose an erased grant is once nothing can come of it any more."""

AppId = NewType("AppId", str)
"""The developer app that obtained a grant: only its credentials can refresh, probe or revoke it."""

AdvertiserId = NewType("AdvertiserId", str)
"""An advertiser account at the platform: 19 digits at TikTok, so text and never a number."""

CampaignId = NewType("CampaignId", str)
StoreId = NewType("StoreId", str)
"""A TikTok Shop whose GMV Max campaigns an account pays for."""

OrderId = NewType("OrderId", str)
"""The shop's own number of an order."""

ReportTaskId = NewType("ReportTaskId", str)
"""A report that the platform makes in its own time."""
