"""What TikTok says of accounts and people."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from .advertisers import INFO_FIELDS, Advertiser
from .paging import Page
from .replies import PARAMETER_ERROR, PERMISSION_ERROR, Reply, failure, refused_account, success

INFO_LIMIT: Final = 100  # advertiser ids in one call of /advertiser/info/, by TikTok's documentation


def details(
    reach: Mapping[str, Advertiser],
    advertiser_ids: Sequence[str],
    fields: Sequence[str],
    page: Page | None,
    spoilers: Collection[str] | None,
) -> Reply:
    """Of these accounts within reach. One of the `spoilers` fails the call; without any list of them the scope is missing."""
    if not 1 <= len(advertiser_ids) <= INFO_LIMIT:
        return failure(PARAMETER_ERROR, f"advertiser_ids: 1 to {INFO_LIMIT} ids are allowed.")
    if unknown := set(fields) - INFO_FIELDS:
        return failure(PARAMETER_ERROR, f"fields: unknown {', '.join(sorted(unknown))}.")
    if spoilers is None:
        return failure(PERMISSION_ERROR)
    for advertiser_id in advertiser_ids:
        if advertiser_id in spoilers:
            return failure(PERMISSION_ERROR, f"The advertiser {advertiser_id} doesn't exist or has been deleted.")
        if advertiser_id not in reach:
            return refused_account(advertiser_id)
    chosen = [reach[advertiser_id].info() for advertiser_id in dict.fromkeys(advertiser_ids)]
    rows = [{name: info[name] for name in info if not fields or name in fields} for info in chosen]
    return success({"list": page.of(rows) if page else rows})


def person(user: str) -> Reply:
    """The TikTok user who consented."""
    return success(
        {
            "core_user_id": str(6_900_000_000_000_000_000 + sum(user.encode()) * 1_000_003),
            "display_name": user,
            "email": f"{user[:1]}***@example.com",
            "create_time": 1_600_000_000,
            "avatar_url": None,
        }
    )
