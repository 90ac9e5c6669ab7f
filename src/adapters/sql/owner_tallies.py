"""What others were answered, read from the grants themselves."""

from datetime import datetime

from sqlalchemy import and_, func, select, union

from adapters.sql import tables
from adapters.sql.database import Database
from application.ports.claims_and_settlements import TokenModel
from domain.ids import AppId
from domain.owner_tally import OwnerTally

row = tables.grants.c


class SqlOwnerTallies:
    """Each grant tells of its last rotation, and of its refusals since."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def since(self, app: AppId, moment: datetime) -> OwnerTally:
        pairs = and_(row.app == app, row.kind == TokenModel.EXPIRING.value, row.issued_at > moment, row.generation > 1)
        alive = and_(row.app == app, row.kind == TokenModel.LONG_TERM.value, row.settled_at > moment, row.last_failure.is_(None))
        no = and_(row.app == app, tables.REFUSED, row.refused_last_at > moment, ~row.in_doubt)
        rotated = union(select(row.owner).where(pairs), select(row.owner).where(alive)).cte("rotated")
        refused = select(row.owner, func.max(row.refused_at).label("first_at")).where(no).group_by(row.owner).cte("refused")
        counted = [
            select(func.count()).select_from(rotated),
            select(func.count()).select_from(refused).where(refused.c.first_at > moment),
            select(func.count()).select_from(refused).where(refused.c.owner.not_in(select(rotated.c.owner))),
        ]
        with self._database.reading() as connection:
            return OwnerTally(*connection.execute(select(*(count.scalar_subquery() for count in counted))).one())
