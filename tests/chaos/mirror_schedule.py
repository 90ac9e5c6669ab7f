"""What can happen to a mirrored deployment: what people, processes and operators do, and what goes wrong."""

from collections import Counter
from collections.abc import Callable

from chaos.mirrored_deployment import MirroredDeployment
from chaos.troubled_mirror import Standstill
from domain.ids import ConnectionId, OwnerId
from domain.mirror_row_source import MirrorRowSource
from support.builders import HOUR
from support.dashboard_database import Backup, DashboardDatabase
from support.databases import in_sql

STRANGE = ConnectionId("01934f6e-7a00-7abc-8def-0000000000ff")

LIKELIHOODS = {
    "look": 6,
    "connects": 6,
    "disconnects": 2,
    "disconnects_what_is_still_there": 2,
    "disconnects_by_the_old_route": 3,
    "grant_is_refused": 2,
    "user_is_deleted": 1,
    "turn": 4,
    "half_a_day": 3,
    "gap": 1,
    "slow_writer": 3,
    "slow_look": 2,
    "goes_on": 3,
    "process_dies": 2,
    "answers_are_lost": 2,
    "goes_away": 1,
    "comes_back": 3,
    "truncated": 1,
    "truncated_with_users": 1,
    "hidden": 1,
    "lifted": 2,
    "backup_is_made": 2,
    "backup_is_restored": 1,
    "backup_is_restored_into_new_tables": 1,
    "table_is_made_anew": 1,
    "second_deployment": 1,
    "address_is_wrong": 1,
    "address_is_right_again": 3,
    "rebuild": 3,
    "turned_off": 1,
    "turned_on": 2,
}
"""What can happen, each the name of a method below."""


def owner_number(number: int) -> OwnerId:
    return OwnerId(f"0b6f2c1e-3a52-4a0e-9d0c-{number:012}")


class Schedule:
    """What can happen is here; what must hold is in `MirroredDeployment`."""

    def __init__(self, ours: str, home: DashboardDatabase, staging: DashboardDatabase, owners: int, told: Counter[str]) -> None:
        self.home, self.staging, self.told = home, staging, told
        self.kept = in_sql(ours)
        self.all = MirroredDeployment(self.kept, home, map(owner_number, range(owners)))
        self.elsewhere = self.away = False
        self.saved: Backup | None = None
        for owner in self.all.owners:
            staging.add_user(owner)
            self.all.step(lambda owner=owner: self.all.connect(owner))  # type: ignore[misc]  # a lambda with a default
        self.all.step(self.all.look)

    def happens(self, name: str, which: int) -> None:
        """One step, and what must hold after it."""
        self.told[name] += 1
        getattr(self, name)(which)
        assert self.all.broken == []

    def owner(self, which: int) -> OwnerId:
        return self.all.owners[which % len(self.all.owners)]

    def one(self, which: int) -> MirrorRowSource | None:
        connections = [self.all.here[c] for c in sorted(self.all.here)]
        return connections[which % len(connections)] if connections else None

    # what people do

    def connects(self, which: int) -> None:
        self.all.step(lambda: self.all.connect(self.owner(which)))

    def disconnects(self, which: int) -> None:
        if connection := self.one(which):
            self.all.step(lambda: self.all.disconnect(connection))

    def disconnects_what_is_still_there(self, which: int) -> None:
        left = sorted(self.all.there.keys() - self.all.here.keys())
        if left:
            connection = left[which % len(left)]
            remove, owner = self.all.world.container.remove_left_over_row(), self.all.there[connection].owner
            self.all.step(lambda: remove(owner, connection))

    def disconnects_by_the_old_route(self, which: int) -> None:
        if rows := sorted(self.all.there):
            self.all.note_vanishing(lambda: self.home.delete_row(rows[which % len(rows)]))

    def grant_is_refused(self, which: int) -> None:
        if connection := self.one(which):
            self.all.step(lambda: self.all.refuse(connection))

    def user_is_deleted(self, which: int) -> None:
        self.all.misfortunes += 1  # without users it freezes
        self.all.note_vanishing(lambda: self.home.delete_user(self.owner(which)))

    # what processes do, and when

    def look(self, _: int) -> None:
        self.all.step(self.all.look)

    def turn(self, _: int) -> None:
        self.all.step(self.all.turn)

    def half_a_day(self, _: int) -> None:
        self.all.half_a_day()

    def gap(self, _: int) -> None:
        self.all.world.clock.advance(12 * HOUR)

    def slow_writer(self, which: int) -> None:
        if connection := self.one(which):
            settle = self.all.world.container.settle_row()
            self.stand_still(lambda: settle(connection.connection))

    def slow_look(self, _: int) -> None:
        self.stand_still(self.all.look)

    def stand_still(self, work: Callable[[], object]) -> None:
        self.goes_on()
        standstill = Standstill(work)
        self.all.mirror.standstills.append(standstill)
        standstill.start()

    def goes_on(self, _: int = 0) -> None:
        for standstill in self.all.mirror.standstills:
            self.all.step(standstill.go_on)
        self.all.mirror.standstills.clear()

    # what goes wrong

    def process_dies(self, which: int) -> None:
        self.all.mirror.kill_before_write, self.all.mirror.kill_after_write = which % 2 == 0, which % 2 == 1

    def answers_are_lost(self, which: int) -> None:
        self.all.mirror.lose_answers = 1 + which % 2

    def goes_away(self, _: int) -> None:
        self.home.let_in(allowed=False)
        self.away = True

    def comes_back(self, _: int = 0) -> None:
        self.home.let_in(allowed=True)
        self.away = False

    def truncated(self, which: int) -> None:
        self.all.befalls(self.home.truncate, freezes=self.seen(which) and self.all.bereft_owners() > 1)

    def truncated_with_users(self, which: int) -> None:
        self.all.befalls(self.home.empty, freezes=self.seen(which) and self.all.bereft_owners() > 0)

    def hidden(self, which: int) -> None:
        """Row-level security."""
        hide = "ALTER TABLE ad_platform_connections ENABLE ROW LEVEL SECURITY"
        self.all.befalls(lambda: self.home.do(hide), freezes=self.seen(which) and self.all.bereft_owners() > 1)

    def seen(self, which: int) -> bool:
        """Whether a look sees it at once: half of the time, if nothing hinders it."""
        hindered = self.away or self.elsewhere or self.all.mirror.standstills
        return which % 2 == 0 and not hindered

    def lifted(self, _: int = 0) -> None:
        self.home.do("ALTER TABLE ad_platform_connections DISABLE ROW LEVEL SECURITY")

    def backup_is_made(self, _: int) -> None:
        self.saved = self.home.backup()

    def backup_is_restored(self, which: int, *, anew: bool = False) -> None:
        """Into the tables that there are."""
        if (saved := self.saved) is not None:
            self.all.befalls(lambda: self.home.restore(saved, anew=anew), freezes=anew and self.seen(which), restored=True)

    def backup_is_restored_into_new_tables(self, which: int) -> None:
        self.backup_is_restored(which, anew=True)

    def table_is_made_anew(self, which: int) -> None:
        saved = self.home.backup()
        self.all.befalls(lambda: self.home.restore(saved, anew=True), freezes=self.seen(which), restored=True)

    def second_deployment(self, which: int) -> None:
        if STRANGE not in self.all.there and self.all.is_user(self.owner(which)):
            self.all.befalls(lambda: self.home.add_strange(STRANGE, self.owner(which)), freezes=self.seen(which))

    def address_is_wrong(self, _: int) -> None:
        self.goes_on()
        self.all.misfortunes += 1
        self.all.mirror.turn_to(self.staging.url)
        self.elsewhere = True

    def address_is_right_again(self, _: int = 0) -> None:
        if self.elsewhere:
            self.goes_on()
            self.all.mirror.turn_to(self.home.url)
            self.elsewhere = False

    # what operators do

    def rebuild(self, _: int) -> None:
        if not self.elsewhere and not self.away and not self.all.mirror.standstills:
            self.all.step(self.all.rebuild)

    def turned_off(self, _: int) -> None:
        self.all.step(lambda: self.all.switch(off=True))

    def turned_on(self, _: int = 0) -> None:
        if self.all.note().off:
            self.all.step(lambda: self.all.switch(off=False))

    def ends(self) -> None:
        """All troubles end, and an operator rebuilds what is frozen: then both sides must agree."""
        self.goes_on()
        self.address_is_right_again()
        self.comes_back()
        self.lifted()
        mirror = self.all.mirror
        mirror.kill_before_write = mirror.kill_after_write = False
        mirror.lose_answers = 0
        self.turned_on()
        self.all.audit()
        if self.all.note().frozen:
            self.told["frozen at the end"] += 1
            self.all.step(self.all.rebuild)
            self.all.audit()
        assert self.all.broken == []
        assert self.staging.ask("SELECT id FROM ad_platform_connections") == [], "nothing is written elsewhere"

    def close(self) -> None:
        self.all.close()
        self.kept.close()
