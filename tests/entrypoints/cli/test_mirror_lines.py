from dataclasses import replace

from application.check_delivered_spend import SpendDifferences
from application.check_mirror import MirrorCheck, MirrorCounts
from domain.ids import ConnectionId
from domain.mirror_differences import MirrorDifferences
from domain.mirror_freeze_reasons import FreezeReason
from domain.mirror_state import MirrorState
from entrypoints.cli.mirror_lines import lines_of, lines_of_spend
from support.builders import START

NOTHING_DIFFERS = MirrorDifferences((), (), (), (), ())
FROZEN = MirrorCheck(
    MirrorCounts(MirrorState().froze(FreezeReason.UNKNOWN_ROWS, START), 1, 1, 0), [], None, NOTHING_DIFFERS, users_gone=0
)
ABOUT_TO_FREEZE = MirrorCheck(MirrorCounts(MirrorState(), 1, 1, 0), [], FreezeReason.UNKNOWN_ROWS, NOTHING_DIFFERS, users_gone=0)


def test_a_frozen_mirror_is_to_be_rebuilt() -> None:
    for check in (FROZEN, ABOUT_TO_FREEZE):
        [line] = lines_of(check)
        assert "wab rebuild" in line


def test_while_our_own_database_is_on_hold_it_is_to_be_adopted_and_nothing_else() -> None:
    for check in (FROZEN, ABOUT_TO_FREEZE):
        first, *others = lines_of(replace(check, on_hold=True))
        assert "adopt" in first
        assert not any("rebuild" in line for line in others)


def test_spend_that_differs_is_delivered_anew_by_a_rebuild_that_an_adoption_comes_before() -> None:
    differences = SpendDifferences(different={ConnectionId("one"): 2})
    assert "wab rebuild" in lines_of_spend(differences, on_hold=False)[0]
    assert "wab rebuild" not in lines_of_spend(differences, on_hold=True)[0]
