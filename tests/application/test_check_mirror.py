"""What an operator is told of the dashboard's rows adds up."""

from __future__ import annotations

from dataclasses import replace

from support.builders import MINUTE
from support.mirrored_world import MirroredWorld


def test_a_row_that_is_missing_is_not_counted_as_shown() -> None:
    world = MirroredWorld()
    first, _ = world.connect("ana", 0, 1)
    check = world.container.check_mirror()
    world.look()
    world.dashboard.delete_row(first.id)
    world.look()
    assert (check.counts().connections, check.counts().confirmed, check.counts().missing) == (2, 1, 1)


def test_a_check_counts_what_it_sees_and_not_what_the_last_look_saw() -> None:
    world = MirroredWorld()
    first, _ = world.connect("ana", 0, 1)
    check = world.container.check_mirror()
    assert (check().counts.confirmed, check().counts.missing) == (2, 0), "written, and not looked at yet"
    world.look()
    world.dashboard.delete_row(first.id)
    assert (check().counts.confirmed, check().counts.missing) == (1, 1)


def test_a_check_says_that_our_own_database_is_on_hold() -> None:
    world = MirroredWorld()
    check = world.container.check_mirror()
    assert not check().on_hold
    world.identity_record.change(lambda known, _: replace(known, home="https://another.test"))
    world.clock.advance(MINUTE)
    assert check().on_hold
