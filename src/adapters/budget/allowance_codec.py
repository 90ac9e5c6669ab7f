"""An app's allowance as text, for stores that know nothing of budgets. All times are whole microseconds."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from domain.allowance import Allowance
from domain.breaker import Breaker
from domain.outcomes import Answered, Failure, InDoubt, Throttled, Unavailable
from domain.pacing import Pace, Share, Tally
from domain.shop_calls import ShopCalls

MICROSECOND = timedelta(microseconds=1)
FORM = 1
"""Which form of text this is: another is no text of ours."""


class Unreadable(ValueError):
    """Not a text that this version wrote."""


class Newer(Exception):
    """The text of a newer version: to be left as it is."""


def text_of(allowance: Allowance) -> str:
    """The allowance as text."""
    pace, share = allowance.pace, allowance.share
    return json.dumps(
        {
            "form": FORM,
            "pace": [whole(pace.next_at), pace.turn, [whole(time) for time in pace.kept]],
            "people": [whole(pace.kept_used_at), whole(pace.at_once_at)],
            "repaid": whole(pace.repaid_at),
            "minute": counts_out(allowance.minute),
            "day": counts_out(allowance.day),
            "share": [share.part, whole(share.since)],
            "throttling": breaker_out(allowance.throttling),
            "outages": {mark: breaker_out(breaker) for mark, breaker in allowance.outages.items()},
            "callers": {name: whole(at) for name, at in allowance.callers.items()},
            "rejoining_until": whole(allowance.rejoining_until),
            "repeats_at": whole(allowance.repeats_at),
            "shops": [whole(allowance.shop_calls.next_at), counts_out(allowance.shop_calls.day)],
            "turns": {mark: whole(at) for mark, at in allowance.turns.items()},
        },
        separators=(",", ":"),
    )


def allowance_of(text: str) -> Allowance:
    """The allowance that was written so. Raises Unreadable, Newer."""
    try:
        return _read(json.loads(text))
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        raise Unreadable from error


def _read(fields: Mapping[str, Any]) -> Allowance:
    if (form := fields["form"]) != FORM:
        raise Newer if isinstance(form, int) and form > FORM else Unreadable
    next_at, turn, kept = fields["pace"]
    used_at, at_once_at = fields.get("people", (next_at, 0))  # a version that leaves it out may have used one just now
    part, since = fields["share"]
    return Allowance(
        pace=Pace(
            next_at=span(next_at),
            turn=turn,
            kept=tuple(map(span, kept)),
            kept_used_at=span(used_at),
            at_once_at=span(at_once_at),
            repaid_at=span(fields.get("repaid", 0)),  # a version that leaves it out may have used that slot
        ),
        minute=counts_in(Allowance().minute, fields["minute"]),
        day=counts_in(Allowance().day, fields["day"]),
        share=Share(part, span(since)),
        throttling=breaker_in(fields["throttling"]),
        outages={mark: breaker_in(breaker) for mark, breaker in fields["outages"].items()},
        callers={name: span(at) for name, at in fields["callers"].items()},
        rejoining_until=span(fields["rejoining_until"]),
        shop_calls=shop_calls_in(fields.get("shops", [0, []])),  # nor does one without limits for shops write them
        repeats_at=span(fields.get("repeats_at", 0)),  # a version without repeats leaves it out
        turns={mark: span(at) for mark, at in fields.get("turns", {}).items()},  # and one without turns leaves these out
    )


def whole(time: timedelta) -> int:
    """In microseconds."""
    return time // MICROSECOND


def span(microseconds: int) -> timedelta:
    """From microseconds."""
    return timedelta(microseconds=microseconds)


def counts_out(tally: Tally) -> list[list[int]]:
    """Pairs of a period and its count: JSON's names are text."""
    return [[number, count] for number, count in tally.counts.items()]


def shop_calls_in(pair: list[Any]) -> ShopCalls:
    """Calls for reports of shops from when the next one may be sent, and their counts."""
    next_at, pairs = pair
    return ShopCalls(span(next_at), counts_in(ShopCalls().day, pairs))


def counts_in(empty: Tally, pairs: list[tuple[int, int]]) -> Tally:
    """A tally of the same period as the empty one."""
    return Tally(empty.period, dict(pairs))


def breaker_out(breaker: Breaker) -> dict[str, Any]:
    """A breaker by the names of its fields."""
    return {
        "because": failure_out(breaker.because),
        "until": whole(breaker.until),
        "pause": whole(breaker.pause),
        "lost": breaker.lost,
        "trial_until": None if breaker.trial_until is None else whole(breaker.trial_until),
    }


def breaker_in(fields: Mapping[str, Any]) -> Breaker:
    """A breaker from its fields."""
    trial_until = fields["trial_until"]
    return Breaker(
        because=failure_in(fields["because"]),
        until=span(fields["until"]),
        pause=span(fields["pause"]),
        lost=fields["lost"],
        trial_until=None if trial_until is None else span(trial_until),
    )


def failure_out(failure: Failure | None) -> list[Any] | None:
    """The failures that stop an app for all, as a word and what it says."""
    if failure is None or isinstance(failure, Answered):
        return None
    match failure:
        case Throttled(retry_after=told):
            return ["throttled", None if told is None else whole(told)]
        case InDoubt(detail=detail):
            return ["in doubt", detail]
        case Unavailable(detail=detail):
            return ["unavailable", detail]


def failure_in(pair: list[Any] | None) -> Failure | None:
    """A failure from its word. Raises Unreadable for what is none."""
    match pair:
        case None:
            return None
        case ["throttled", None]:
            return Throttled()
        case ["throttled", int() as told]:
            return Throttled(span(told))
        case ["in doubt", str() as detail]:
            return InDoubt(detail)
        case ["unavailable", str() as detail]:
            return Unavailable(detail)
        case [str(), *_]:
            return Unavailable("told by a newer version")
        case _:
            raise Unreadable
