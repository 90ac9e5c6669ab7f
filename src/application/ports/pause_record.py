"""The port for the pause of all calls to the platform, which every process obeys."""

from typing import Protocol

from domain.pause import Pause


class PauseRecord(Protocol):
    """The one pause that there may be, dated by the store's clock. All raise StoreUnavailable when the store is away."""

    def read(self) -> Pause | None:
        """The pause; None: there is none."""

    def begin(self, by: str) -> Pause:
        """Pause all calls. A pause that was begun before stays as it is, and is returned."""

    def end(self) -> Pause | None:
        """End the pause, and return it; None: there was none."""
