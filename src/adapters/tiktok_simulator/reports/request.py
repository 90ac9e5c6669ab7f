"""What a call asks a report for, and when TikTok refuses it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from ..call_values import dates_of, json_of, text_of, texts_of, true_of
from ..replies import wrong_parameter
from .metrics import ID_OF, LEVELS, NUMBERS, invalid

TYPES: Final = ("BASIC", "AUDIENCE")
TIMES: Final = ("stat_time_day", "stat_time_hour")
AUDIENCES: Final[Mapping[str, Mapping[str, int]]] = {
    "gender": {"FEMALE": 52, "MALE": 43, "NONE": 5},
    "age": {"AGE_18_24": 31, "AGE_25_34": 38, "AGE_35_44": 18, "AGE_45_54": 9, "AGE_55_100": 4},
    "country_code": {"US": 82, "CA": 18},
    "province_id": {"5332921": 60, "5128638": 40},
    "platform": {"ANDROID": 57, "IPHONE": 43},
    "language": {"en": 88, "es": 12},
    "placement": {"Tiktok": 91, "Pangle": 9},
    "ac": {"wifi": 70, "4g": 30},
}
"""By what an audience is told apart, and how it is made up."""

LONGEST_BY_DAY: Final = 30  # days, by TikTok's documentation
LONGEST: Final = 365
MOST_METRICS: Final = 100
MOST_IDS: Final = 100
ID_FILTERS: Final = ("campaign_ids", "adgroup_ids", "ad_ids")
STATUS_FILTERS: Final = ("campaign_status", "adgroup_status", "ad_status")
OTHER_FILTERS: Final = ("buying_type", "objective_type", "campaign_name", "adgroup_name", "ad_name")
LIFETIME: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a report leaves out. `status` is one of TikTok's; without one deleted campaigns are hidden."""

    ids: Mapping[str, frozenset[str]] = field(default_factory=dict)
    status: str = ""
    nothing: bool = False
    """Whether it asks for what these accounts do not have, such as TopView."""


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """A report that TikTok would give. Without days it is over the whole life of the account."""

    level: str
    dimensions: Sequence[str]
    metrics: Sequence[str]
    days: tuple[date, date] | None
    filters: Filters
    order_field: str
    ascending: bool
    total: bool

    @property
    def audiences(self) -> list[str]:
        return [name for name in self.dimensions if name in AUDIENCES]


def report_request(values: Mapping[str, Any]) -> ReportRequest:
    """The report that a query or a task asks for. Raises RefusedCall where TikTok refuses it."""
    dimensions, metrics = texts_of(values, "dimensions"), texts_of(values, "metrics")
    level = text_of(values, "data_level").replace("RESERVATION_", "AUCTION_") or LEVELS[0]
    _check(text_of(values, "report_type"), level, dimensions, metrics)
    order_field = text_of(values, "order_field")
    if order_field and order_field not in NUMBERS:
        raise wrong_parameter(f"order_field: {order_field} is not a metric that can be sorted by.")
    return ReportRequest(
        level,
        dimensions,
        metrics or ["spend", "impressions"],
        _days(values, dimensions),
        _filters(values),
        order_field,
        ascending=text_of(values, "order_type").upper() == "ASC",
        total=true_of(values, "enable_total_metrics"),
    )


def check_span(first: date, last: date, dimensions: Sequence[str]) -> None:
    """Raises RefusedCall where these dimensions do not go with so many days."""
    longest = 1 if "stat_time_hour" in dimensions else LONGEST_BY_DAY if "stat_time_day" in dimensions else LONGEST
    if not 1 <= (last - first).days + 1 <= longest:
        raise wrong_parameter(f"The time span must be between 1 and {longest} days with these dimensions.")


def _check(kind: str, level: str, dimensions: Sequence[str], metrics: Sequence[str]) -> None:
    if kind not in TYPES:
        raise wrong_parameter(f"report_type: {kind or 'nothing'} is not one of {', '.join(TYPES)}.")
    if level not in LEVELS:
        raise wrong_parameter(f"data_level: {level} is not one of {', '.join(LEVELS)}.")
    all_dimensions = {*ID_OF.values(), *TIMES, *AUDIENCES}
    if not dimensions or (unknown := [name for name in dimensions if name not in all_dimensions]):
        raise wrong_parameter(f"Invalid dimension fields: {unknown if dimensions else []}")
    ids = [name for name in dimensions if name in ID_OF.values()]
    if (ids or [ID_OF[LEVELS[0]]]) != [ID_OF[level]]:
        raise wrong_parameter(f"dimensions: {level} goes with {ID_OF[level]}, and not with {ids or 'no id'}.")
    if len([name for name in dimensions if name in TIMES]) > 1 or len(set(dimensions)) != len(dimensions):
        raise wrong_parameter("dimensions: one time dimension, and each dimension once.")
    if len(metrics) > MOST_METRICS:
        raise wrong_parameter(f"metrics: at most {MOST_METRICS}.")
    if wrong := invalid(metrics, level, dimensions):
        raise wrong_parameter(f"Invalid metric fields: {wrong}")


def _days(values: Mapping[str, Any], dimensions: Sequence[str]) -> tuple[date, date] | None:
    if true_of(values, "query_lifetime"):
        if any(name in TIMES for name in dimensions):
            raise wrong_parameter("query_lifetime does not go with a time dimension.")
        return None
    first, last = dates_of(values)
    check_span(first, last, dimensions)
    return first, last


def _filters(values: Mapping[str, Any]) -> Filters:
    filtering = json_of(values, "filtering")
    if filtering is None:
        return Filters()
    wrong = wrong_parameter("filtering: Not a valid list of {field_name, filter_type, filter_value}.")
    if not isinstance(filtering, list):
        raise wrong
    ids: dict[str, frozenset[str]] = {}
    status, nothing = "", False
    for one in filtering:
        if not isinstance(one, dict):
            raise wrong
        name, filter_values = text_of(one, "field_name"), _filter_value(one.get("filter_value"))
        if name in ID_FILTERS:
            if len(filter_values) > MOST_IDS:
                raise wrong_parameter(f"filtering: at most {MOST_IDS} ids.")
            ids[name.removesuffix("s")] = frozenset(filter_values)
        elif name in STATUS_FILTERS:
            status = filter_values[0] if filter_values else ""
        elif name in OTHER_FILTERS:
            nothing = nothing or "RESERVATION_TOP_VIEW" in filter_values
        else:
            raise wrong_parameter(f"filtering: {name or 'nothing'} is not a field to filter by.")
    return Filters(ids, status, nothing)


def _filter_value(value: object) -> list[str]:
    """JSON text again, of a list or of one value; some clients escape it once more, or send the list itself."""
    if isinstance(value, str):
        for text in (value, value.replace("\\", "")):
            try:
                value = msgspec.json.decode(text)
                break
            except ValueError:
                continue
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
