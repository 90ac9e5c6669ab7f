"""The paths of TikTok's API that the simulator has, under any version prefix."""

from typing import Final

ENDPOINTS: Final = frozenset(
    {
        "/oauth2/access_token/",
        "/oauth2/refresh_token/",
        "/oauth2/revoke_token/",
        "/oauth2/advertiser/get/",
        "/advertiser/info/",
        "/user/info/",
        "/campaign/get/",
        "/adgroup/get/",
        "/ad/get/",
        "/report/integrated/get/",
        "/report/task/create/",
        "/report/task/check/",
        "/report/task/download/",
        "/gmv_max/store/list/",
        "/gmv_max/report/get/",
    }
)
