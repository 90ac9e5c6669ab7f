"""Users whose everything was erased: noted with the erasure, and refused for a while."""

from datetime import datetime

from application.connecting.one_use_state import digest
from application.ports.ids_and_nonces import Ids
from application.ports.store import UnitOfWork
from domain.erasure import Erasure
from domain.errors import UserWasErased
from domain.ids import OwnerId


def note_erasure(work: UnitOfWork, owner: OwnerId, ids: Ids, now: datetime) -> Erasure:
    """Refuse this user from the commit on. Another time within the refusal keeps the receipt."""
    noted = work.erasures.of(digest(owner))
    erasure = noted.repeated(now) if noted and noted.refuses(now) else Erasure(digest(owner), ids.new(), now)
    work.erasures.note(erasure)
    return erasure


def refuse_erased(work: UnitOfWork, owner: OwnerId, now: datetime) -> None:
    """Raises UserWasErased where everything of this user was erased a short while ago."""
    noted = work.erasures.of(digest(owner))
    if noted is not None and noted.refuses(now):
        raise UserWasErased
