"""How an account's days are replaced, its campaigns named, and everything of it erased."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, and_, delete, select, update

from adapters.sql.bulk_writes import add_in_arrays, put_many, upsert
from adapters.sql.grant_rows import Columns
from adapters.sql.spend_rows import row_of_day, row_of_restatement, row_of_spend
from adapters.sql.spend_tables import OF_ACCOUNTS, spend_accounts, spend_campaigns, spend_days, spend_restatements, spend_rows
from domain.spend_day import RESTATEMENTS_KEPT, AccountDay, DayUpdate, Restatement


def forget_accounts(connection: Connection, numbers: Sequence[int]) -> None:
    """Erase accounts with everything of them."""
    for table in OF_ACCOUNTS:
        connection.execute(delete(table).where(table.c.account_number.in_(numbers)))
    connection.execute(delete(spend_accounts).where(spend_accounts.c.number.in_(numbers)))


def replace_days(connection: Connection, number: int, updates: Sequence[DayUpdate]) -> None:
    """The days' states, all of their rows, and what changed by it, in as few statements for many days as for one."""
    if not updates:
        return
    put_many(connection, spend_days, [row_of_day(number, one.day) for one in updates])
    replaced = [one for one in updates if one.rows is not None]
    row = spend_rows.c
    for kind in {one.day.kind for one in replaced}:
        days = [one.day.day for one in replaced if one.day.kind is kind]
        of_days = and_(row.account_number == number, row.kind == kind.value, row.day.in_(days))
        connection.execute(delete(spend_rows).where(of_days))
    advance_versions(connection, number, [one.day for one in replaced if one.day.proof and one.day.proof.flaw is None])
    if rows := [row_of_spend(number, spend) for one in replaced for spend in one.rows or ()]:
        add_in_arrays(connection, spend_rows, rows)
    for one in updates:
        if one.restatement is not None:
            note_restatement(connection, number, one.restatement)


def advance_versions(connection: Connection, number: int, days: Sequence[AccountDay]) -> None:
    """These days are to be delivered as they are now. Days that were never read as a whole are not."""
    row = spend_days.c
    for kind in {day.kind for day in days}:
        of_days = row.day.in_([day.day for day in days if day.kind is kind])
        chosen = and_(row.account_number == number, row.kind == kind.value, of_days)
        connection.execute(update(spend_days).where(chosen).values(version=row.version + 1))


def advance_renamed(connection: Connection, number: int, names: Collection[Columns]) -> None:
    """The same for the days of campaigns that are called otherwise from now on. To be called before they are renamed."""
    named, row, day = spend_campaigns.c, spend_rows.c, spend_days.c
    for kind in {one["kind"] for one in names}:
        new = {one["campaign"]: one for one in names if one["kind"] == kind}
        of_kind = and_(named.account_number == number, named.kind == kind, named.campaign.in_(new))
        stored = connection.execute(select(named.campaign, named.name, named.named_at).where(of_kind))
        renamed = [
            one.campaign
            for one in stored
            if (new_one := new[one.campaign])["name"] != one.name and one.named_at <= new_one["named_at"]
        ]
        if renamed:
            days = select(row.day).where(row.account_number == number, row.kind == kind, row.campaign.in_(renamed))
            chosen = and_(day.account_number == number, day.kind == kind, day.day.in_(days), day.version > 0)
            connection.execute(update(spend_days).where(chosen).values(version=day.version + 1))


def note_restatement(connection: Connection, number: int, restatement: Restatement) -> None:
    """Keep it, and let go of the day's oldest."""
    put_many(connection, spend_restatements, [row_of_restatement(number, restatement)])
    change = spend_restatements.c
    key = and_(change.account_number == number, change.kind == restatement.kind.value, change.day == restatement.day)
    older = select(change.at).where(key).order_by(change.at.desc()).offset(RESTATEMENTS_KEPT).limit(1)
    if (last := connection.scalar(older)) is not None:
        connection.execute(delete(spend_restatements).where(key, change.at <= last))


def name_campaigns(connection: Connection, number: int, updates: Sequence[DayUpdate]) -> None:
    """The names in these rows, where none is newer; of one reading the latest day's."""
    names: dict[tuple[str, str], Columns] = {}
    for one in sorted(updates, key=lambda one: one.day.day):
        for spend in one.rows or ():
            if spend.campaign is not None and spend.campaign_name and one.day.proof is not None:
                named = {"name": spend.campaign_name, "named_at": one.day.proof.read_at}
                key = {"account_number": number, "kind": spend.kind.value, "campaign": spend.campaign}
                names[spend.kind.value, spend.campaign] = {**key, **named}
    if not names:
        return
    advance_renamed(connection, number, names.values())
    naming = upsert(connection, spend_campaigns)
    newer = naming.on_conflict_do_update(
        index_elements=["account_number", "kind", "campaign"],
        set_={"name": naming.excluded.name, "named_at": naming.excluded.named_at},
        where=spend_campaigns.c.named_at <= naming.excluded.named_at,
    )
    connection.execute(newer, list(names.values()))
