"""What is in a row of ours: times in UTC, the order of one consent, and names as the column takes them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import event

from adapters.memory.dashboard import DashboardRow
from adapters.wab import look_reading
from adapters.wab.connection_mirror import WabConnectionMirror
from application.ports.connection_mirror import MirrorUnavailable, RowOutcome
from domain.ids import AdvertiserId, ConnectionId
from domain.mirrored_row import APART, Remove, Show
from support.builders import START
from support.dashboard_database import ANNA, BEN, OURS, DashboardDatabase, an_old_row, showing
from support.processes import eventually


def test_times_are_naive_utc_though_the_session_is_in_new_york(mirror: WabConnectionMirror, dashboard: DashboardDatabase) -> None:
    with psycopg.connect(dashboard.url) as session:
        assert session.execute("SHOW timezone").fetchone() == ("America/New_York",)
    mirror.settle(OURS, lambda _: showing())
    [(created_at, age)] = dashboard.ask(
        "SELECT created_at, abs(extract(epoch FROM now() AT TIME ZONE 'UTC' - updated_at)) FROM ad_platform_connections"
    )
    assert created_at == START.replace(tzinfo=None)
    assert float(str(age)) < 60
    mirror.mark_stale(OURS, ANNA, START)
    assert dashboard.ask("SELECT updated_at FROM ad_platform_connections") == [(START.replace(tzinfo=None),)]


def test_accounts_of_one_consent_keep_their_order(mirror: WabConnectionMirror, dashboard: DashboardDatabase) -> None:
    names = [ConnectionId(f"01934f6e-7a00-7abc-8def-{999 - n:012}") for n in range(5)]  # against the order of ids
    for n in (3, 1, 4, 0, 2):
        shown = showing()
        row = replace(
            shown.row, connection=names[n], account=AdvertiserId(f"700000000000000000{n}"), created_at=START + n * APART
        )
        mirror.settle(names[n], lambda _, row=row: Show(row, insert=True))  # type: ignore[misc]  # a lambda with a default
    assert [row.id for row in dashboard.shown_to(ANNA)] == names


def test_a_row_that_is_as_it_should_be_is_not_written(mirror: WabConnectionMirror, dashboard: DashboardDatabase) -> None:
    mirror.settle(OURS, lambda _: showing())
    before = dashboard.ask("SELECT xmin::text FROM ad_platform_connections")
    assert mirror.settle(OURS, lambda _: showing(insert=False)).outcome is RowOutcome.THERE
    assert dashboard.ask("SELECT xmin::text FROM ad_platform_connections") == before
    mirror.settle(OURS, lambda _: showing(name="Renamed"))
    assert dashboard.ask("SELECT xmin::text FROM ad_platform_connections") != before


@pytest.mark.parametrize(
    ("width", "name", "shown"),
    [
        ("varchar(255)", "n\0ul", "nul"),
        ("varchar(255)", "☕" * 300, "☕" * 255),
        ("varchar(6)", "Kaffeehaus", "Kaffee"),
        ("text", "x" * 1000, "x" * 1000),
    ],
    ids=["a NUL", "characters and not bytes", "a narrow column", "no width"],
)
def test_a_name_is_cut_as_the_column_has_it(
    altered: WabConnectionMirror, new_dashboard: DashboardDatabase, width: str, name: str, shown: str
) -> None:
    new_dashboard.do(f"ALTER TABLE ad_platform_connections ALTER COLUMN account_name TYPE {width}")
    for _ in range(2):
        assert altered.settle(OURS, lambda _: showing(name=name)).outcome is RowOutcome.THERE
        assert [row.account_name for row in new_dashboard.shown_to(ANNA)] == [shown]
    assert altered.lacks() == []


def test_a_column_that_is_altered_meanwhile_is_seen_at_once(
    altered: WabConnectionMirror, new_dashboard: DashboardDatabase
) -> None:
    altered.settle(OURS, lambda _: showing())
    new_dashboard.do("ALTER TABLE ad_platform_connections ALTER COLUMN account_name TYPE varchar(4) USING left(account_name, 4)")
    assert altered.settle(OURS, lambda _: showing(name="Renamed")).outcome is RowOutcome.THERE
    assert [row.account_name for row in new_dashboard.shown_to(ANNA)] == ["Rena"]


def test_a_take_over_that_fails_leaves_the_older_row_with_its_spend(
    altered: WabConnectionMirror, new_dashboard: DashboardDatabase
) -> None:
    new_dashboard.put(an_old_row())
    new_dashboard.do("CREATE UNIQUE INDEX one_campaign_a_day ON ad_spend (campaign_id, date)")
    new_dashboard.do(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$",
        "CREATE TRIGGER refuse BEFORE UPDATE ON ad_spend FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    report = altered.settle(OURS, lambda _: showing())
    assert report.outcome is RowOutcome.CONFLICT
    assert report.difference == "a rule or trigger of its table refuses it (P0001)"
    assert new_dashboard.shown_to(ANNA) == [an_old_row()]


def test_tokens_that_may_not_be_read_are_not_read(mirror: WabConnectionMirror, dashboard: DashboardDatabase) -> None:
    """The older row gives way all the same, and what is of our kind counts as without a token."""
    dashboard.do("REVOKE SELECT ON ad_platform_connections FROM {role}")
    dashboard.do(
        "GRANT SELECT (id, user_id, platform, account_id, account_name, status, created_at) ON ad_platform_connections TO {role}"
    )
    dashboard.put(an_old_row())
    assert mirror.lacks() == []
    assert mirror.settle(OURS, lambda _: showing()).took_over == (an_old_row().id,)
    assert [row.has_token for row in mirror.look([]).rows] == [False]
    assert mirror.row_is_there(OURS, ANNA)
    assert mirror.settle(OURS, lambda _: Remove()).outcome is RowOutcome.GONE


def test_every_statement_is_about_tiktoks_rows_alone(mirror: WabConnectionMirror, dashboard: DashboardDatabase) -> None:
    """Those that name a table with rows of other platforms, as the server is sent them."""
    statements = list[str]()

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(" ".join(statement.split()))

    event.listen(mirror.database.engine, "before_cursor_execute", note)
    dashboard.put(an_old_row())
    mirror.settle(OURS, lambda _: showing())
    mirror.settle(OURS, lambda _: showing(name="Renamed"))
    mirror.mark_stale(OURS, ANNA, START)
    assert mirror.row_is_there(OURS, ANNA)
    mirror.look([ANNA, BEN])
    mirror.lacks()
    assert mirror.is_user(ANNA)
    mirror.settle(OURS, lambda _: Remove())
    theirs = [one for one in statements if "ad_platform_connections" in one or "ad_spend" in one]
    verbs = {one.split()[0] for one in theirs}
    assert verbs == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert any(one.startswith("UPDATE ad_spend") for one in theirs)
    assert [one for one in theirs if "platform = 'tiktok_ads'" not in one and "VALUES" not in one] == []
    assert [one for one in theirs if one.startswith("INSERT") and "'tiktok_ads'" not in one] == []


def test_rows_of_other_platforms_are_not_touched_whatever_is_done(
    mirror: WabConnectionMirror, dashboard: DashboardDatabase
) -> None:
    theirs = [
        replace(an_old_row(), platform="google_ads"),
        replace(an_old_row(ConnectionId("01934f6e-7a00-7abc-8def-00000000000f")), platform="meta_ads", token=""),
    ]
    for row in theirs:
        dashboard.put(row)
    for row in theirs:
        mirror.settle(row.id, lambda _: Remove())
        mirror.mark_stale(row.id, ANNA, START)
    mirror.settle(OURS, lambda _: showing())
    mirror.settle(OURS, lambda _: Remove())
    assert sorted(dashboard.shown_to(ANNA), key=lambda row: row.id) == sorted(theirs, key=lambda row: row.id)
    assert mirror.look([]).rows == ()


def test_spend_that_comes_during_a_take_over_is_not_lost(mirror: WabConnectionMirror, dashboard: DashboardDatabase) -> None:
    """Whoever is writing a day under the older row is waited for, and not cascaded away."""
    dashboard.put(an_old_row())
    with psycopg.connect(dashboard.owner_url) as other:
        other.execute(
            "INSERT INTO ad_spend (connection_id, campaign_id, date, spend) VALUES (%s, 'campaign', '2026-10-02', 1)",
            (an_old_row().id,),
        )
        with pytest.raises(MirrorUnavailable, match="others hold a lock"):
            mirror.settle(OURS, lambda _: showing())
    assert mirror.settle(OURS, lambda _: showing()).outcome is RowOutcome.THERE
    assert [row.spend for row in dashboard.shown_to(ANNA)] == [("2026-10-01", "2026-10-02")]


def test_whoever_writes_spend_under_an_older_row_while_it_gives_way_is_refused(
    altered: WabConnectionMirror, new_dashboard: DashboardDatabase
) -> None:
    """Else that day would go with the older row, after its other days were moved."""
    new_dashboard.put(an_old_row())
    new_dashboard.do(
        "CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$",
        "CREATE TRIGGER doze AFTER UPDATE ON ad_spend EXECUTE FUNCTION doze()",
    )
    with ThreadPoolExecutor(1) as threads, psycopg.connect(new_dashboard.owner_url, autocommit=True) as other:
        taking_over = threads.submit(altered.settle, OURS, lambda _: showing())
        eventually(lambda: new_dashboard.ask("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            other.execute(
                "INSERT INTO ad_spend (connection_id, campaign_id, date, spend) VALUES (%s, 'campaign', '2026-10-02', 1)",
                (an_old_row().id,),
            )
        assert taking_over.result().outcome is RowOutcome.THERE
    assert [row.spend for row in new_dashboard.shown_to(ANNA)] == [("2026-10-01",)]


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 4, 5])
def test_a_look_sees_all_rows_however_many_come_at_once(
    mirror: WabConnectionMirror, dashboard: DashboardDatabase, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(look_reading, "ROWS_AT_ONCE", 2)
    names = [ConnectionId(f"01934f6e-7a00-7abc-8def-{n:012}") for n in range(rows)]
    for name in reversed(names):
        dashboard.put(DashboardRow(name, ANNA, AdvertiserId(name[-12:]), "Shop", START))
    dashboard.put(an_old_row())
    assert [row.connection for row in mirror.look([]).rows] == names
