"""What the dashboard's database lacks: each has a line of its own, whose statement mends it, and meanwhile nothing waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest

from adapters.wab.connection_mirror import WabConnectionMirror
from adapters.wab.spend_sink import WabSpendSink
from application.ports.connection_mirror import MirrorUnavailable, RowOutcome
from domain.delivered_spend import DaysToDeliver, DeliveredRow
from domain.mirrored_row import Remove
from support.builders import START
from support.dashboard_database import ANNA, OURS, SHOP, DashboardDatabase, an_old_row, showing

CONNECTIONS = "ad_platform_connections"
READ = ("id", "user_id", "platform", "account_id", "account_name", "status", "created_at")
OF_SPEND = ("connection_id", "campaign_id", "campaign_name", "date", "spend", "impressions", "clicks", "currency")
PRIVILEGES = [
    ("SELECT", "id", "users"),
    *(("SELECT", column, CONNECTIONS) for column in READ),
    *(("INSERT", column, CONNECTIONS) for column in (*READ, "access_token", "updated_at")),
    *(("UPDATE", column, CONNECTIONS) for column in ("account_name", "status", "updated_at")),
    ("DELETE", None, CONNECTIONS),
    *(("SELECT", column, "ad_spend") for column in OF_SPEND),
    *(("INSERT", column, "ad_spend") for column in ("id", *OF_SPEND, "created_at")),
    ("UPDATE", "connection_id", "ad_spend"),
    ("DELETE", None, "ad_spend"),
]


def lines(mirror: WabConnectionMirror) -> list[str]:
    return [lack.line for lack in mirror.lacks()]


def remedy(line: str) -> str:
    return line.rpartition(": ")[2]


def tried(mirror: WabConnectionMirror) -> tuple[bool, str]:
    """Whether a row was written, spend delivered, a look made and a user found, at once; else in a word why not."""
    began = time.monotonic()
    why = ""
    sink = WabSpendSink(mirror.database.engine.url)
    try:
        mirror.look([ANNA])
        assert mirror.is_user(ANNA)
        for needs_reauth in (False, True):
            report = mirror.settle(OURS, partial(lambda row, _: row, showing(needs_reauth=needs_reauth)))
            if report.outcome is not RowOutcome.THERE:
                why = report.difference or report.outcome.value
            for amount in (1, 2) if report.outcome is RowOutcome.THERE else ():
                spend = {START.date(): (DeliveredRow("1", "Spring", Decimal(amount), 1, 1, "GBP"),)}
                delivery = sink.deliver(OURS, partial(lambda days, _: days, DaysToDeliver(ANNA, SHOP, spend)))
                why = why or delivery.difference or ""
        if mirror.settle(OURS, lambda _: Remove()).outcome is not RowOutcome.GONE:
            why = why or "not permitted to remove"
    except MirrorUnavailable as unavailable:
        why = str(unavailable)
    finally:
        sink.dispose()
    assert time.monotonic() - began < 8, "it takes milliseconds; the time is a busy machine's"
    return not why, why


@pytest.mark.parametrize(("privilege", "column", "table"), PRIVILEGES, ids=[" ".join(filter(None, one)) for one in PRIVILEGES])
def test_each_privilege_that_is_missing_has_a_line_which_mends_it(
    mirror: WabConnectionMirror, dashboard: DashboardDatabase, privilege: str, column: str | None, table: str
) -> None:
    dashboard.put(an_old_row())
    all_columns = [name for verb, name, of in PRIVILEGES if (verb, of) == (privilege, table) and name]
    dashboard.do(f"REVOKE {privilege} ON {table} FROM {{role}}")
    if column:
        left = ", ".join(name for name in all_columns if name != column)
        dashboard.do(*([f"GRANT {privilege} ({left}) ON {table} TO {{role}}"] if left else []))
    [line] = lines(mirror)
    assert dashboard.role in line
    assert table in line
    assert privilege in line
    assert (column or "rows") in line
    worked, why = tried(mirror)
    assert not worked
    assert "not permitted" in why
    for_spend_alone = table == "ad_spend" and (privilege, column) not in {
        ("SELECT", "connection_id"),
        ("UPDATE", "connection_id"),
    }
    if (privilege, table) != ("UPDATE", CONNECTIONS) and not for_spend_alone:
        assert dashboard.shown_to(ANNA) == [an_old_row()], "nothing was lost"
    dashboard.do(remedy(line))
    assert lines(mirror) == []
    assert tried(mirror) == (True, "")


@pytest.mark.parametrize(
    ("alter", "words", "why"),
    [
        (
            "ALTER TABLE ad_platform_connections DROP COLUMN account_name",
            "ad_platform_connections has no column account_name",
            "is not there",
        ),
        (
            "ALTER TABLE ad_platform_connections ADD COLUMN region text NOT NULL",
            "ad_platform_connections.region has to be filled",
            "its column region has to be filled",
        ),
        (
            "ALTER TABLE ad_platform_connections ALTER COLUMN status TYPE varchar(8)",
            "ad_platform_connections.status holds 8 characters, and 12 are written",
            "does not fit",
        ),
        (
            "ALTER TABLE ad_platform_connections ALTER COLUMN account_id TYPE varchar(10)",
            "ad_platform_connections.account_id holds 10 characters",
            "does not fit",
        ),
        ("ALTER TABLE ad_platform_connections RENAME TO connections", "sees no table ad_platform_connections", "no table"),
        ("ALTER TABLE users RENAME TO people", "sees no table users", "is not there"),
        (
            "ALTER TABLE ad_platform_connections ADD CONSTRAINT google_only CHECK (platform = 'google_ads')",
            None,
            "the rule google_only of its table refuses it",
        ),
    ],
    ids=["no column", "one more column", "narrow status", "narrow account", "no table", "no users", "a rule"],
)
def test_each_difference_of_the_tables_has_a_line(
    altered: WabConnectionMirror, new_dashboard: DashboardDatabase, alter: str, words: str | None, why: str
) -> None:
    new_dashboard.do(alter)
    told = lines(altered)
    assert [words in line for line in told] == [True] if words else told == []
    worked, reason = tried(altered)
    assert not worked
    assert why in reason


def test_a_time_without_microseconds_is_told_since_the_order_is_lost(
    altered: WabConnectionMirror, new_dashboard: DashboardDatabase
) -> None:
    new_dashboard.do("ALTER TABLE ad_platform_connections ALTER COLUMN created_at TYPE timestamp(3)")
    [line] = lines(altered)
    assert "keeps 3 digits of a second" in line
    new_dashboard.do(remedy(line))
    assert lines(altered) == []


@pytest.mark.parametrize("table", [CONNECTIONS, "users", "ad_spend"])
def test_row_level_security_without_a_policy_for_us_is_told(
    altered: WabConnectionMirror, new_dashboard: DashboardDatabase, table: str
) -> None:
    new_dashboard.do(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    [line] = lines(altered)
    assert f"row-level security may hide rows of {table}" in line
    if table == CONNECTIONS:
        assert tried(altered)[1].startswith("row-level security refuses it")
    new_dashboard.do(remedy(line))
    assert lines(altered) == []
    assert tried(altered) == (True, "")


@pytest.mark.parametrize(
    "policy",
    ["FOR SELECT USING (platform = 'tiktok_ads')", "USING (status = 'active')", "AS RESTRICTIVE USING (status = 'active')"],
)
def test_a_policy_that_may_hide_rows_of_ours_is_told(
    altered: WabConnectionMirror, new_dashboard: DashboardDatabase, policy: str
) -> None:
    new_dashboard.do(f"ALTER TABLE {CONNECTIONS} ENABLE ROW LEVEL SECURITY", f"CREATE POLICY theirs ON {CONNECTIONS} {policy}")
    [line] = lines(altered)
    assert "row-level security may hide rows" in line


def test_a_role_that_is_asked_of_nothing_is_told_in_one_line(
    altered: WabConnectionMirror, new_dashboard: DashboardDatabase
) -> None:
    new_dashboard.do("REVOKE USAGE ON SCHEMA public FROM PUBLIC, {role}")
    assert [line for line in lines(altered) if "sees no table" not in line] == []
    with pytest.raises(MirrorUnavailable, match="there is no table"):
        altered.look([])


def test_an_identity_that_may_not_be_asked_is_unknown(altered: WabConnectionMirror, new_dashboard: DashboardDatabase) -> None:
    known = altered.look([]).identity
    assert known.system
    assert new_dashboard.name in known.system
    new_dashboard.do(
        "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC",
        "REVOKE EXECUTE ON FUNCTION pg_current_wal_flush_lsn() FROM PUBLIC",
    )
    identity = altered.look([]).identity
    assert (identity.system, identity.table, identity.position) == (None, known.table, None)
    assert tried(altered) == (True, "")


@pytest.mark.parametrize("verb", ["row_is_there", "mark_stale"])
def test_who_may_not_ask_is_told_so_by_every_question(
    altered: WabConnectionMirror, new_dashboard: DashboardDatabase, verb: str
) -> None:
    new_dashboard.do(f"REVOKE ALL ON {CONNECTIONS} FROM {{role}}")
    ask: dict[str, Callable[[], object]] = {
        "row_is_there": lambda: altered.row_is_there(OURS, ANNA),
        "mark_stale": lambda: altered.mark_stale(OURS, ANNA, showing().row.created_at),
    }
    with pytest.raises(MirrorUnavailable, match="not permitted"):
        ask[verb]()
