"""What the simulator has, line by line: the page at `/` shows it, and a test holds docs/simulator.md against it."""

from collections.abc import Mapping
from typing import Final

PATHS: Final[Mapping[str, str]] = {
    "/oauth2/access_token/": "a code for tokens; from v2.0 on is_long_term and return_advertiser_ids are honoured",
    "/oauth2/refresh_token/": "a refresh token for the next pair",
    "/oauth2/revoke_token/": "ends a token and all that came of its consent",
    "/oauth2/advertiser/get/": "ids and names of the accounts that a token reaches",
    "/advertiser/info/": "details of at most 100 accounts; one out of reach fails the call",
    "/user/info/": "the person who consented",
    "/campaign/get/": "campaigns; deleted ones only for STATUS_ALL",
    "/adgroup/get/": "ad groups",
    "/ad/get/": "ads",
    "/report/integrated/get/": "a report, under TikTok's rules",
    "/report/task/create/": "a report by a task: slow, and never cut",
    "/report/task/check/": "how far the task is",
    "/report/task/download/": "its file, as CSV",
    "/gmv_max/store/list/": "the account's shops",
    "/gmv_max/report/get/": "the report of a shop's GMV Max campaigns",
}

FAULTS: Final[Mapping[str, str]] = {
    "throttle": "code 40100; nothing is processed",
    "unavailable": "code 60001; nothing is processed",
    "http401_throttle": "code 40100 under HTTP 401; nothing is processed",
    "html504": "a gateway's page under HTTP 504; nothing is processed",
    "timeout_before": "no answer for seconds (30) or until the client leaves, then a dropped connection; nothing is processed",
    "garbage": "HTTP 200 with a page that is no envelope; nothing is processed",
    "misconfigured": "code 40101; nothing is processed",
    "lost_reply": "processed, tokens rotated, and the connection dropped without an answer",
    "slow": "processed, tokens rotated, and the answer after seconds (3)",
    "drip": "processed, tokens rotated, and the answer's head one byte at a time, seconds (0.25) apart: no read time-out fires",
}

CONTROL: Final[Mapping[str, str]] = {
    "/_sim/config": "GET the settings; POST any of them",
    "/_sim/faults": "GET what is planned; POST a list; DELETE clears",
    "/_sim/answers": "GET, POST, DELETE: the next answers of a path, word for word",
    "/_sim/accounts": "GET the users' accounts; POST replaces one user's",
    "/_sim/advertisers": "GET, POST accounts that are refused in details or listed twice",
    "/_sim/campaigns": "GET, POST what an account's campaigns are and did",
    "/_sim/code": "POST a consent without a page: an authorisation code",
    "/_sim/revoke": "POST: a user withdraws every consent at TikTok",
    "/_sim/clock": "GET the time; POST turns it forward",
    "/_sim/is-live": "POST a list of tokens: which would be accepted now",
    "/_sim/requests": "GET the requests as they were seen (?path=, ?method=); DELETE forgets them",
    "/_sim/stats": "GET what happened so far, in numbers",
    "/_sim/log": "GET the calls, one line each",
    "/_sim/reset": "POST: all but the apps as at the first start",
}
