import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.budget.allowance_codec import Newer, Unreadable, allowance_of, text_of
from domain.allowance import Allowance, Caller
from domain.outcomes import Failure, InDoubt, Misconfigured, OurFault, Reason, Refused, Throttled, Unavailable

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
NOON = 20_000 * DAY + DAY / 2
ONE, TWO = Caller("one", "secret", 10), Caller("two", "secret", 10)

failures = st.one_of(
    st.none(),
    st.builds(Throttled, st.one_of(st.none(), st.integers(0, 400).map(lambda s: s * SECOND))),
    st.just(Unavailable("away")),
    st.just(InDoubt("lost “answer”")),
    st.just(OurFault(40002)),
    st.just(Misconfigured("secret")),
    st.just(Refused(Reason.REFRESH_TOKEN_EXPIRED, 40103)),
)
Step = Callable[[Allowance, timedelta], Allowance]


def taking(wanted: int, within: timedelta, caller: Caller, *, people: bool) -> Step:
    return lambda allowance, now: allowance.take(now, wanted, caller, within=within, people=people)[0]


def importing(within: timedelta, caller: Caller) -> Step:
    return lambda allowance, now: allowance.take(now, 1, caller, within=within, people=False, imports=True)[0]


def for_shops(within: timedelta, caller: Caller) -> Step:
    return lambda allowance, now: allowance.take_for_shops(now, caller, within=within)[0]


def learning(failure: Failure | None, caller: Caller) -> Step:
    return lambda allowance, now: allowance.learn(failure, now, caller)


callers = st.sampled_from([ONE, TWO, Caller("three", "another secret", 7)])
spans = st.integers(0, 20_000).map(lambda ms: timedelta(milliseconds=ms))
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda wanted, within, caller, people: taking(wanted, within, caller, people=people),
        st.integers(0, 30),
        spans,
        callers,
        st.booleans(),
    ),
    st.builds(learning, failures, callers),
    st.builds(for_shops, spans, callers),
    st.builds(importing, spans, callers),
)


@given(st.lists(st.tuples(spans, steps), max_size=20))
def test_as_text_an_allowance_loses_nothing(history: list[tuple[timedelta, Step]]) -> None:
    allowance, now = Allowance(), NOON
    for later, step in history:
        now += later
        allowance = step(allowance, now)
        again = allowance_of(text_of(allowance))
        assert replace(again, pace=replace(again.pace, apart=allowance.pace.apart)) == allowance, "the rate is each caller's"


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "{}", '{"form": 0}', '{"form": 1, "pace": 3}'])
def test_other_texts_are_no_allowance(text: str) -> None:
    with pytest.raises(Unreadable):
        allowance_of(text)


def test_a_slot_that_was_left_to_people_counts_as_used_where_an_older_version_wrote_since() -> None:
    allowance = Allowance()
    for ms, people in ((0, False), (10, False), (20, True), (120, False), (220, False)):
        allowance, _ = allowance.take(NOON + ms * SECOND / 1_000, 1, ONE, within=SECOND, people=people, imports=not people)
    older = json.loads(text_of(allowance))
    del older["repaid"]
    for known, at_once in ((allowance, True), (allowance_of(json.dumps(older)), False)):
        now = NOON + 0.23 * SECOND
        _, taken = known.take(now, 1, ONE, within=SECOND, people=True)
        assert (taken.slots.times[0] == now) is at_once


def test_a_newer_form_is_told_from_rubbish() -> None:
    text = text_of(Allowance())
    with pytest.raises(Newer):
        allowance_of(text.replace('"form":1', '"form":2'))
    for rubbish in (text.replace('"form":1', '"form":"2"'), text.replace('"form":1', '"form":0'), text[:-9], "[]"):
        with pytest.raises(Unreadable):
            allowance_of(rubbish)


def test_a_failure_that_a_newer_version_names_stops_the_app_as_an_outage_does() -> None:
    known = text_of(Allowance().learn(Unavailable("away"), NOON, ONE))
    newer = known.replace('"outages":{"secret":{"because":null', '"outages":{"secret":{"because":["quarantined",17]')
    assert newer != known
    [breaker] = allowance_of(newer).outages.values()
    assert breaker.because == Unavailable("told by a newer version")
