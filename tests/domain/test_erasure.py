from datetime import UTC, datetime, timedelta

from domain.erasure import ERASED_FOR, Erasure

NOW = datetime(2026, 12, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_sessions_from_before_are_refused_for_thirty_days() -> None:
    erasure = Erasure("digest", "receipt", NOW)
    assert erasure.refuses(NOW)
    assert erasure.refuses(NOW + timedelta(days=30) - SECOND)
    assert not erasure.refuses(NOW + ERASED_FOR)


def test_once_more_is_refused_for_thirty_days_from_then_on_under_the_same_receipt() -> None:
    again = Erasure("digest", "receipt", NOW).repeated(NOW + timedelta(days=29))
    assert again == Erasure("digest", "receipt", NOW + timedelta(days=29))
    assert again.refuses(NOW + timedelta(days=58))
