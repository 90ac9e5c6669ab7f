import pytest

from domain.grant_health import Active, Degraded, Health, NeedsReauth, Revoked, Superseded
from domain.outcomes import Reason
from domain.refusal_repeats import Refusals
from domain.rotation_decision import Keep, Probe, Reauthorise, Rotate, decide
from domain.tokens import Tokens
from support.builders import HOUR, START, a_long_term_token, a_pair

PAIR, LONG_TERM = a_pair(), a_long_term_token()
REFUSED = Reason.REFRESH_TOKEN_REFUSED
LATER = START + 30 * HOUR
ENDED = Degraded(START, REFUSED)
FRESHLY = Refusals(START, START)
PROBED = FRESHLY.probed(works=True)
RIPE = Refusals(START - HOUR, START - HOUR, access_works=False, in_line=True)
DECISIONS: list[tuple[Tokens | None, Health, Refusals | None, bool, object]] = [
    (PAIR, Active(), None, False, Rotate(PAIR)),
    (LONG_TERM, Active(), None, False, Probe(LONG_TERM.access)),
    (PAIR, Degraded(LATER, REFUSED), FRESHLY, False, Probe(PAIR.access)),
    (PAIR, Degraded(LATER, REFUSED), PROBED, False, Keep()),
    (PAIR, Degraded(LATER, REFUSED), RIPE, False, Rotate(PAIR)),
    (PAIR, Degraded(LATER, REFUSED), PROBED.hastened(), False, Rotate(PAIR)),
    (PAIR, ENDED, PROBED, False, Reauthorise(REFUSED)),
    (PAIR, ENDED, FRESHLY, False, Reauthorise(REFUSED)),
    (PAIR, NeedsReauth(REFUSED, START), PROBED, False, Keep()),
    (PAIR, NeedsReauth(REFUSED, START), RIPE, False, Rotate(PAIR)),
    (PAIR, NeedsReauth(REFUSED, START), PROBED, True, Rotate(PAIR)),
    (PAIR, Degraded(LATER, REFUSED), PROBED, True, Rotate(PAIR)),
    (LONG_TERM, NeedsReauth(REFUSED, START), PROBED, False, Keep()),
    (LONG_TERM, NeedsReauth(REFUSED, START), RIPE, False, Probe(LONG_TERM.access)),
    (LONG_TERM, NeedsReauth(REFUSED, START), PROBED, True, Probe(LONG_TERM.access)),
    (None, Revoked(), None, False, Keep()),
    (None, Superseded(), None, True, Keep()),
]


@pytest.mark.parametrize(("tokens", "health", "refusals", "insist", "expected"), DECISIONS)
def test_what_is_done_with_a_grant_whose_time_has_come(
    tokens: Tokens | None, health: Health, refusals: Refusals | None, insist: bool, expected: object
) -> None:
    assert decide(tokens, health, START, refusals=refusals, insist=insist) == expected
