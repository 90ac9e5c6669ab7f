"""Moving an owner's connections to the grant that reaches them now."""

from collections.abc import Iterable
from datetime import datetime

from application.connecting.erase_and_revoke_unused_grant import supersede_if_unused
from application.ports.store import UnitOfWork
from domain.advertiser import Advertiser
from domain.grant import Grant


def relink(work: UnitOfWork, grant: Grant, advertisers: Iterable[Advertiser], now: datetime) -> None:
    """Move every connection of the grant's owner to one of these accounts under this grant, ids unchanged.

    Older grants that are left empty are superseded. The caller saves `grant` afterwards; the older ones are saved here.
    """
    reached = {a.id: a for a in advertisers}
    for older in work.grants.connecting(grant.owner, reached):
        if older.id == grant.id:
            continue
        for connection in list(older.connections.values()):
            if connection.advertiser.id in reached:
                older.release(connection.id)
                grant.adopt(connection.refreshed(reached[connection.advertiser.id]), now)
        supersede_if_unused(work, older, now)
        work.grants.save(older)
