"""What the processes over one database share about sealing, as a sealer knows it: the key of fingerprints, and the formats."""

import logging
from datetime import timedelta

from adapters.crypto.key_ring import KeyRing
from adapters.crypto.keyed_digests import derived_key
from adapters.crypto.sealed_text import SealedTexts
from application.ports.clock import Clock
from application.ports.sealing_record import SealingRecord
from domain.errors import CannotOpen, StoreUnavailable
from domain.seal_place import BOUND_FORMAT, FIRST_FORMAT
from domain.sealing_state import SealingState

log = logging.getLogger(__name__)

PLACE = b"\x0ffingerprint key"
"""What the sealed key is bound to; no token's place begins like this."""

READ_EVERY = timedelta(seconds=5)
"""How old may be what is known of the record."""


class SharedSealing:
    """The key of fingerprints was once derived from the oldest encryption key of the process that came first, and lies sealed in
    the record. Until that is read, and where it can't be, the same derivation stands in for it: so nothing ever fails here.

    Without a record nothing is shared: a sealer by itself writes the newest format.
    """

    def __init__(self, ring: KeyRing, texts: SealedTexts, record: SealingRecord | None, clock: Clock | None) -> None:
        self._texts, self._record, self._clock = texts, record, clock
        self._derived = derived_key(ring.oldest)
        self._key: bytes | None = None
        self._read_at: timedelta | None = None
        self.written = FIRST_FORMAT if record else BOUND_FORMAT
        self.first_refused = False

    @property
    def fingerprint_key(self) -> bytes:
        return self._key or self._derived

    def sync(self) -> None:
        """Read the record, unless that was done a moment ago; the first process makes it. It raises nothing."""
        if self._record is None or not self._is_time():
            return
        try:
            state = self._record.read() or self._record.change(lambda state: state or self._first())
        except StoreUnavailable as away:
            log.warning("what is shared about sealing can't be read", extra={"because": str(away)})
            return
        self._take(state)

    def change(self, *, written: int | None = None, first_refused: bool = False) -> None:
        """Have all processes write a newer format, or open the first one no more. Raises StoreUnavailable."""
        if self._record is None:
            return

        def changed(state: SealingState | None) -> SealingState:
            state = state or self._first()
            newest = max(state.written, written or state.written)
            return SealingState(state.fingerprint_key, newest, state.first_refused or first_refused)

        self._take(self._record.change(changed))

    def sealed_by(self) -> str | None:
        """The id of the encryption key that sealed the shared key; None while there is none. Raises StoreUnavailable."""
        state = self._record.read() if self._record else None
        return state.fingerprint_key.key_id if state else None

    def reseal(self) -> bool:
        """Have the first encryption key seal it. Whether it was another. Raises StoreUnavailable, CannotOpen."""
        if self._record is None or self.sealed_by() in {None, self._texts.newest}:
            return False

        def resealed(state: SealingState | None) -> SealingState:
            state = state or self._first()
            key = self._texts.seal(self._opened(state), FIRST_FORMAT, PLACE)
            return SealingState(key, state.written, state.first_refused)

        self._record.change(resealed)
        return True

    def replace_lost(self, key_id: str) -> bool:
        """Share the derived key instead of one that this key sealed, which is lost. Whether it had. Raises StoreUnavailable."""
        if self._record is None or self.sealed_by() != key_id:
            return False

        def begun_anew(state: SealingState | None) -> SealingState:
            first = self._first()
            return SealingState(first.fingerprint_key, state.written, state.first_refused) if state else first

        self._key = None
        self._take(self._record.change(begun_anew))
        return True

    def _is_time(self) -> bool:
        now = self._clock.monotonic() if self._clock else None
        if now is not None and self._read_at is not None and now - self._read_at < READ_EVERY:
            return False
        self._read_at = now
        return True

    def _take(self, state: SealingState) -> None:
        written = min(state.written, BOUND_FORMAT)  # a newer version may have gone further
        self.written, self.first_refused = max(self.written, written), self.first_refused or state.first_refused
        if self._key is None:
            try:
                self._key = self._opened(state)
            except CannotOpen as closed:
                log.error("the key of the fingerprints can't be opened here", extra={"because": str(closed)})  # noqa: TRY400 (the place says nothing)

    def _first(self) -> SealingState:
        return SealingState(self._texts.seal(self._derived, FIRST_FORMAT, PLACE))

    def _opened(self, state: SealingState) -> bytes:
        return self._texts.open(state.fingerprint_key, FIRST_FORMAT, PLACE)
