"""The metrics that processes count, by name, with the label values that exist at zero."""

from itertools import product

from application.ports.budget import Lane, Obstacle
from application.ports.metrics import Counter, Gauge, Histogram, Latest, Metric
from application.rotation.claim_results import Ended
from domain.database_hold import Held
from domain.outcomes import (
    InDoubt,
    Misconfigured,
    NotPermitted,
    OurFault,
    PathMissing,
    Reason,
    Refused,
    Throttled,
    Unavailable,
)
from domain.pause import Paused

OTHER = "other"
"""In place of whatever text comes from outside: nobody makes up labels."""

NO_CAUSE, UNSTORED = "none", "not_stored"

CLASSES: dict[type, str] = {
    Throttled: "throttled",
    Unavailable: "unavailable",
    InDoubt: "in_doubt",
    Misconfigured: "misconfigured",
    PathMissing: "path_missing",
    OurFault: "our_fault",
    NotPermitted: "not_permitted",
    Held: "on_hold",
    Paused: "paused",
}
REASONS = tuple(reason.value for reason in Reason)

TOKEN_ENDPOINTS = ("/oauth2/access_token/", "/oauth2/refresh_token/", "/oauth2/revoke_token/")
READING_ENDPOINTS = (
    "/oauth2/advertiser/get/",
    "/advertiser/info/",
    "/report/integrated/get/",
    "/campaign/get/",
    "/gmv_max/store/list/",
    "/gmv_max/report/get/",
    "/report/task/create/",
    "/report/task/check/",
    "/report/task/download/",
)
ENDPOINTS = (*TOKEN_ENDPOINTS, *READING_ENDPOINTS)
"""Paths of the platform that are called here, without their version."""

NOT_SENT, NO_ANSWER, NO_ENVELOPE = "not_sent", "no_answer", "no_envelope"
SUCCESS_CODE = "0"

CALL_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0)
SWEEP_SECONDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0)

OF_ONE_CLASS = (Ended.IN_DOUBT, Ended.THROTTLED, Ended.UNAVAILABLE, Ended.MISCONFIGURED, Ended.OUR_FAULT)
"""Endings whose failure is usually of the class of the same name."""


def outcome_label(ended: Ended) -> str:
    """An ending as a label."""
    return ended.name.lower()


def lane_label(lane: Lane) -> str:
    """A lane as a label."""
    return lane.name.lower()


def cause_of(obstacle: Obstacle | None) -> str:
    """The class of what stood in the way, as a label: one of few words, whatever the platform says."""
    match obstacle:
        case None:
            return NO_CAUSE
        case Refused(reason=reason):
            return reason.value if reason.value in REASONS else OTHER
        case _:
            return CLASSES.get(type(obstacle), OTHER)


LANES = tuple((lane_label(lane),) for lane in Lane)

ROTATIONS = Counter(
    "tiktok_connect_rotations",
    "Claims that came to an end, by how, and by the class of the failure or the reason of the refusal.",
    ("outcome", "cause"),
    (
        *((outcome_label(ended), NO_CAUSE) for ended in (Ended.ROTATED, Ended.UNSENT, Ended.OVERTAKEN)),
        *((outcome_label(Ended.REFUSED), reason) for reason in REASONS),
        *((outcome_label(ended), outcome_label(ended)) for ended in OF_ONE_CLASS),
        (UNSTORED, UNSTORED),
    ),
)
CALLS = Histogram(
    "tiktok_connect_tiktok_call_duration_seconds",
    "Time of calls to TikTok, until the answer or the end of patience.",
    ("endpoint",),
    tuple((endpoint,) for endpoint in ENDPOINTS),
    CALL_SECONDS,
)
ANSWERS = Counter(
    "tiktok_connect_tiktok_answers",
    "What calls to TikTok came to: its code, or why there is none.",
    ("endpoint", "code"),
    tuple(product(ENDPOINTS, (SUCCESS_CODE, NOT_SENT, NO_ANSWER, NO_ENVELOPE, OTHER))),
)
PERMITS_RESERVED = Counter("tiktok_connect_budget_reserved_calls", "Calls that the budget gave leave for.", ("lane",), LANES)
PERMITS_USED = Counter("tiktok_connect_budget_used_calls", "Of these, calls whose turn came and was taken.", ("lane",), LANES)
SWEEPS = Histogram("tiktok_connect_sweep_duration_seconds", "Time of sweeps that came to their end.", (), ((),), SWEEP_SECONDS)
LAST_SWEEP = Latest(
    "tiktok_connect_last_sweep_completion_timestamp_seconds", "When a sweep last came to its end, in Unix time.", (), ((),)
)
LAST_SWEEP_SECONDS = Latest("tiktok_connect_last_sweep_duration_seconds", "How long that sweep took.", (), ((),))
VENDS = Counter("tiktok_connect_vends", "Answers to services that asked for a token.", ("service", "outcome"))
REQUESTS = Counter("http_requests", "Requests answered.", ("method", "route", "status"))
REQUEST_TIMES = Histogram(
    "http_request_duration_seconds", "Time until the answer was sent.", ("method", "route"), (), REQUEST_SECONDS
)

JOURNAL_ANSWERS = Gauge("tiktok_connect_journal_answers", "Answers that the database has not taken yet, by host.", ("host",))
UNREAD_ANSWERS = Gauge("tiktok_connect_journal_unread_answers", "Answers that nobody could read, by host.", ("host",))
JOURNAL_FREE_BYTES = Gauge("tiktok_connect_journal_free_bytes", "Room on the disk of JOURNAL_DIR, by host.", ("host",))
CLOCK_SKEW = Gauge("tiktok_connect_clock_skew_seconds", "The host's clock less the database's.", ("host",))
KEYS_UNUSABLE = Gauge(
    "tiktok_connect_keys_unusable", "Keys that sealed stored tokens and open none of them on this host.", ("host",)
)
BUDGET_LIMIT = Gauge("tiktok_connect_budget_limit_calls_per_second", "TIKTOK_QPS.", (), ((),))
CALLS_STOPPED = Gauge(
    "tiktok_connect_calls_stopped",
    "Whether a process sends nothing to TikTok, and why: throttling, an outage, a wrong secret, a pause, a hold.",
    ("cause",),
    tuple((CLASSES[kind],) for kind in (Throttled, Unavailable, InDoubt, Misconfigured, Held, Paused)),
)

OF_PROCESSES = (JOURNAL_ANSWERS, UNREAD_ANSWERS, JOURNAL_FREE_BYTES, CLOCK_SKEW, KEYS_UNUSABLE, BUDGET_LIMIT, CALLS_STOPPED)
"""What processes say of themselves. Of several processes the value counts that is furthest from zero."""

CATALOGUE: tuple[Metric, ...] = (
    ROTATIONS,
    CALLS,
    ANSWERS,
    PERMITS_RESERVED,
    PERMITS_USED,
    SWEEPS,
    LAST_SWEEP,
    LAST_SWEEP_SECONDS,
    VENDS,
    REQUESTS,
    REQUEST_TIMES,
)
