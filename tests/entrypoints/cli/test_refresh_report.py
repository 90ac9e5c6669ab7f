import pytest

from application.rotation.claim_results import Ended
from application.rotation.sweep_in_batches import SweepReport, Swept
from domain.ids import GrantId
from domain.outcomes import Failure, Misconfigured, Reason, Throttled
from entrypoints.cli.refresh import figures, what_is_left


def a_report(*endings: Ended, remaining: int = 0, stopped_by: Failure | None = None, reason: Reason | None = None) -> SweepReport:
    swept = {GrantId(f"g{n}"): Swept(GrantId(f"g{n}"), ended, reason) for n, ended in enumerate(endings)}
    return SweepReport(swept, remaining, stopped_by)


@pytest.mark.parametrize("interrupted", [True, False])
def test_where_all_was_renewed_nothing_is_left(interrupted: bool) -> None:
    assert what_is_left(a_report(Ended.ROTATED, Ended.ROTATED), interrupted=interrupted) == ""


@pytest.mark.parametrize("ended", [ended for ended in Ended if ended not in {Ended.ROTATED, Ended.OVERTAKEN}])
def test_whatever_was_not_renewed_is_told(ended: Ended) -> None:
    assert what_is_left(a_report(Ended.ROTATED, ended), interrupted=False).split()[0] in {"1", "TikTok"}


def test_users_have_to_act_only_where_a_refusal_is_believed() -> None:
    believed = what_is_left(a_report(Ended.REFUSED, reason=Reason.REFRESH_TOKEN_REFUSED), interrupted=False)
    not_yet = what_is_left(a_report(Ended.REFUSED), interrupted=False)
    assert ("users have to connect" in believed, "users have to connect" in not_yet) == (True, False)
    assert not_yet == "TikTok refused 1: they are tried again by themselves before anybody is asked to act"


@pytest.mark.parametrize(("failure", "word"), [(Misconfigured("x"), "TIKTOK_APP_SECRET"), (Throttled(), "no more calls")])
def test_what_stops_all_calls_is_told(failure: Failure, word: str) -> None:
    assert word in what_is_left(a_report(remaining=3, stopped_by=failure), interrupted=False)


def test_what_was_given_back_is_counted_once() -> None:
    assert figures(a_report(Ended.UNSENT, remaining=3)) == "refreshed 0, failed 0, skipped 1, remaining 2"


def test_an_interruption_is_told_where_it_left_something() -> None:
    assert what_is_left(a_report(Ended.ROTATED, remaining=2), interrupted=True).startswith("stopped before all was renewed")
