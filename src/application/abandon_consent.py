"""Use up a state that came back without a session."""

from dataclasses import dataclass

from application.connecting.one_use_state import digest
from application.ports.clock import Clock
from application.ports.store_of_all_owners import StoreOfAllOwners
from domain.consent import ConsentFailure, Failed


@dataclass(frozen=True, slots=True)
class AbandonConsent:
    """Nobody is signed in, so the state alone says whose consent it is: it ends with nothing."""

    store: StoreOfAllOwners
    clock: Clock

    def __call__(self, state: str) -> None:
        """Nothing is locked or written for a state that nobody was given. Raises StoreUnavailable."""
        key = digest(state)
        with self.store.read() as work:
            if work.consents.get(key) is None:
                return
        with self.store.write() as work:
            if work.consents.consume(key, self.clock.now()) is not None:
                work.consents.end(key, Failed(ConsentFailure.INVALID_STATE))
                work.commit()
