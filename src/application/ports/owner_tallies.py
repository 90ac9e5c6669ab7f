"""The port for what others were answered: how a refusal of one grant's token is to be taken."""

from datetime import datetime
from typing import Protocol

from domain.ids import AppId
from domain.owner_tally import OwnerTally


class OwnerTallies(Protocol):
    """Owners of an app by the answers that they got. Raises StoreUnavailable when the store is away."""

    def since(self, app: AppId, moment: datetime) -> OwnerTally:
        """Count the owners who were answered later than this moment. A refusal after an attempt without outcome is no answer."""
