"""How an account's days are replaced, its campaigns named, and everything of it erased."""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, delete, select

from adapters.sql.many_rows import add_many, put_many, upsert
from adapters.sql.rows import Columns
from adapters.sql.spend_rows import row_of_day, row_of_restatement, row_of_spend
from adapters.sql.spend_tables import OF_ACCOUNTS, spend_accounts, spend_campaigns, spend_days, spend_restatements, spend_rows
from domain.account_day import RESTATEMENTS_KEPT, DayUpdate


def forget_accounts(connection: Connection, numbers: Sequence[int]) -> None:
    """Erase accounts with everything of them."""
    for table in OF_ACCOUNTS:
        connection.execute(delete(table).where(table.c.account_number.in_(numbers)))
    connection.execute(delete(spend_accounts).where(spend_accounts.c.number.in_(numbers)))


def replace_day(connection: Connection, number: int, one: DayUpdate) -> None:
    """The day's state, all of its rows, and what changed by it."""
    day = one.day
    put_many(connection, spend_days, [row_of_day(number, day)])
    if one.rows is not None:
        row = spend_rows.c
        key = and_(row.account_number == number, row.kind == day.kind.value, row.day == day.day)
        connection.execute(delete(spend_rows).where(key))
        if one.rows:
            add_many(connection, spend_rows, [row_of_spend(number, spend) for spend in one.rows])
    if one.restatement is not None:
        put_many(connection, spend_restatements, [row_of_restatement(number, one.restatement)])
        change = spend_restatements.c
        key = and_(change.account_number == number, change.kind == day.kind.value, change.day == day.day)
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
    naming = upsert(connection, spend_campaigns)
    newer = naming.on_conflict_do_update(
        index_elements=["account_number", "kind", "campaign"],
        set_={"name": naming.excluded.name, "named_at": naming.excluded.named_at},
        where=spend_campaigns.c.named_at <= naming.excluded.named_at,
    )
    connection.execute(newer, list(names.values()))
