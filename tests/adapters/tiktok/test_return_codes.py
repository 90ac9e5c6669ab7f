import logging
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.tiktok.return_codes import CallKind, failure_of, pause_of
from domain.outcomes import (
    Failure,
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

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SPENDING, REPEATABLE = (CallKind.REFRESH, CallKind.EXCHANGE), (CallKind.WITH_TOKEN, CallKind.REVOKE)
BACKEND = (50000, 50002, 51000, 51042, 51099, 52000, 52100, 52204)


def outcome(kind: CallKind, code: int | None, status: int = 200) -> Failure:
    return failure_of(kind, code, status, None)


@pytest.mark.parametrize("kind", CallKind)
@pytest.mark.parametrize("code", [40100, 40016, 40132, 40133, 61000])
@pytest.mark.parametrize("status", [200, 401, 429, 500])
def test_too_many_calls_are_throttling_under_any_http_status(kind: CallKind, code: int, status: int) -> None:
    assert failure_of(kind, code, status, timedelta(seconds=7)) == Throttled(timedelta(seconds=7))


@pytest.mark.parametrize("kind", CallKind)
def test_http_429_is_throttling_with_or_without_an_envelope(kind: CallKind) -> None:
    assert failure_of(kind, None, 429, timedelta(seconds=3)) == Throttled(timedelta(seconds=3))
    assert failure_of(kind, 99999, 429, None) == Throttled(None)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (40103, Reason.REFRESH_TOKEN_EXPIRED),
        (40104, Reason.REFRESH_TOKEN_REFUSED),
        (40105, Reason.REFRESH_TOKEN_REFUSED),
        (40107, Reason.REFRESH_TOKEN_REFUSED),
        (40106, Reason.AUTHORISATION_WITHDRAWN),
        (40114, Reason.AUTHORISATION_WITHDRAWN),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 401, 504])
def test_a_refused_refresh_says_why_whatever_the_http_status(code: int, reason: Reason, status: int) -> None:
    assert outcome(CallKind.REFRESH, code, status) == Refused(reason, code)


@pytest.mark.parametrize("code", [40102, 40110, 40001])
def test_a_refusal_that_is_none_on_a_refresh_ends_no_connection(code: int, caplog: pytest.LogCaptureFixture) -> None:
    assert isinstance(outcome(CallKind.REFRESH, code), Unavailable)
    assert str(code) in caplog.text


@pytest.mark.parametrize("kind", SPENDING)
@pytest.mark.parametrize("code", BACKEND)
def test_tiktoks_own_failure_leaves_what_can_be_spent_in_doubt(kind: CallKind, code: int) -> None:
    assert isinstance(outcome(kind, code), InDoubt)


@pytest.mark.parametrize("kind", REPEATABLE)
@pytest.mark.parametrize("code", BACKEND)
def test_tiktoks_own_failure_leaves_nothing_else_in_doubt(kind: CallKind, code: int) -> None:
    assert isinstance(outcome(kind, code), Unavailable)


@pytest.mark.parametrize("kind", SPENDING)
@pytest.mark.parametrize("status", [200, 302, 401, 403, 500, 502, 504])
def test_without_an_envelope_what_can_be_spent_is_in_doubt(kind: CallKind, status: int) -> None:
    assert isinstance(outcome(kind, None, status), InDoubt)


@pytest.mark.parametrize("kind", REPEATABLE)
@pytest.mark.parametrize("status", [200, 302, 401, 403, 500, 502, 504])
def test_without_an_envelope_what_can_be_repeated_is_unavailable(kind: CallKind, status: int) -> None:
    assert isinstance(outcome(kind, None, status), Unavailable)


@pytest.mark.parametrize("kind", CallKind)
def test_maintenance_and_misconfiguration_and_our_faults_are_the_same_for_all_calls(kind: CallKind) -> None:
    assert isinstance(outcome(kind, 60001), Unavailable)
    assert isinstance(outcome(kind, 40101), Misconfigured)
    for code in (40113, 40117, 40118, 40124, 40125):
        assert isinstance(outcome(kind, code), Misconfigured)
    assert [outcome(kind, code) for code in (40000, 40002, 40011, 40108)] == [OurFault(c) for c in (40000, 40002, 40011, 40108)]
    for code in (40051, 40400, 40405, 41001):
        assert isinstance(outcome(kind, code), PathMissing)


@pytest.mark.parametrize("kind", REPEATABLE)
def test_a_dead_access_token_is_told_from_a_missing_permission(kind: CallKind) -> None:
    assert outcome(kind, 40102) == Refused(Reason.ACCESS_TOKEN_REFUSED, 40102)
    assert outcome(kind, 40105) == Refused(Reason.ACCESS_TOKEN_REFUSED, 40105)
    assert outcome(kind, 40106) == Refused(Reason.AUTHORISATION_WITHDRAWN, 40106)
    assert outcome(kind, 40114) == Refused(Reason.AUTHORISATION_WITHDRAWN, 40114)
    assert outcome(kind, 40104) == OurFault(40104)
    for code in (40001, 40130, 40131, 40300, 40301):
        assert outcome(kind, code) == NotPermitted(code)


def test_a_bad_code_is_refused() -> None:
    assert isinstance(outcome(CallKind.EXCHANGE, 40110), Refused)


@pytest.mark.parametrize("kind", CallKind)
def test_an_unknown_code_rings_and_ends_nothing(kind: CallKind, caplog: pytest.LogCaptureFixture) -> None:
    assert isinstance(outcome(kind, 98765), Unavailable)
    assert [(record.levelno, "98765" in record.getMessage()) for record in caplog.records] == [(logging.CRITICAL, True)]


def test_a_known_code_does_not_ring(caplog: pytest.LogCaptureFixture) -> None:
    outcome(CallKind.REFRESH, 40107)
    outcome(CallKind.REFRESH, None, 504)
    assert not caplog.records


@pytest.mark.parametrize("status", [500, 502, 504])
def test_an_unknown_code_under_a_servers_error_leaves_a_refresh_in_doubt(status: int) -> None:
    assert isinstance(outcome(CallKind.REFRESH, 98765, status), InDoubt)
    assert isinstance(outcome(CallKind.WITH_TOKEN, 98765, status), Unavailable)


@given(kind=st.sampled_from(REPEATABLE), code=st.none() | st.integers(), status=st.integers(100, 999))
def test_calls_that_spend_nothing_are_never_in_doubt(kind: CallKind, code: int | None, status: int) -> None:
    assert not isinstance(outcome(kind, code, status), InDoubt)


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        (None, None),
        ("7", timedelta(seconds=7)),
        (" 7 ", timedelta(seconds=7)),
        ("0", None),
        ("-7", None),
        ("7.5", None),
        ("soon", None),
        ("", None),
        ("9" * 400, timedelta(days=1)),
        ("Sun, 22 Nov 2026 12:00:30 GMT", timedelta(seconds=30)),
        ("Sun, 22 Nov 2026 12:00:30 -0000", timedelta(seconds=30)),
        ("Sun, 22 Nov 2026 11:00:00 GMT", None),
        ("Sun, 22 Nov 2037 11:00:00 GMT", timedelta(days=1)),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date_and_never_believed_beyond_a_day(
    header: str | None, pause: timedelta | None
) -> None:
    assert pause_of(header, NOW) == pause


@given(st.text())
def test_no_retry_after_is_too_odd(header: str) -> None:
    pause = pause_of(header, NOW)
    assert pause is None or timedelta(0) < pause <= timedelta(days=1)
