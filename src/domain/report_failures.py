"""What a question for a report can come to, besides what every call can."""

from dataclasses import dataclass

from domain.outcomes import Failure, NotPermitted, OurFault, Unavailable


@dataclass(frozen=True, slots=True)
class QueryTooLarge:
    """The platform calls the question too large: never the same again, but less."""

    code: int


@dataclass(frozen=True, slots=True)
class ReportTimedOut:
    """No answer within the call's time: perhaps the question is too large."""

    detail: str


@dataclass(frozen=True, slots=True)
class InvalidMetrics:
    """The platform does not know these of its metrics at the time; the question is asked again without them."""

    names: frozenset[str]
    code: int


@dataclass(frozen=True, slots=True)
class AccountRefused:
    """The platform tells this token nothing of this account: the account is to blame, and not the grant."""

    code: int


ReportFailure = Failure | QueryTooLarge | ReportTimedOut | InvalidMetrics | AccountRefused


def as_failure(failure: ReportFailure) -> Failure:
    """What it means for the app's other calls, as the budget learns it."""
    match failure:
        case ReportTimedOut(detail=detail):
            return Unavailable(detail)
        case QueryTooLarge(code=code) | InvalidMetrics(code=code):
            return OurFault(code)
        case AccountRefused(code=code):
            return NotPermitted(code)
        case _:
            return failure
