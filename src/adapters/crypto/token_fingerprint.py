"""Fingerprints of tokens: keyed digests under a key that all processes share, whatever their encryption keys are."""

import hmac
import logging
from datetime import timedelta

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.crypto.key_ring import Key, KeyRing
from adapters.crypto.sealed_text import SealedTexts
from application.ports.clock import Clock
from application.ports.sealing_record import SealingRecord
from domain.errors import CannotOpen, StoreUnavailable
from domain.sealing_state import SealingState
from domain.tokens import Secret

log = logging.getLogger(__name__)

LABEL = b"tiktok-connect token fingerprint v1"
PLACE = b"\x0ffingerprint key"
"""What its sealed key is bound to; no token's place begins like this."""
VERSION = 1

TRIED_EVERY = timedelta(minutes=1)
"""How often it is tried to read the key where that fails."""


class Fingerprints:
    """HMAC-SHA256. The key was once derived (HKDF) from the oldest encryption key of the process that came first, and lies sealed
    in the record. Until that is read, and where it can't be, the same derivation stands in for it: so nothing ever fails here.
    """

    def __init__(self, ring: KeyRing, texts: SealedTexts, record: SealingRecord | None, clock: Clock | None) -> None:
        self._texts, self._record, self._clock = texts, record, clock
        self._derived = derived_key(ring.oldest)
        self._key: bytes | None = None if record else self._derived
        self._tried_at: timedelta | None = None

    def of(self, token: Secret) -> str:
        return hmac.digest(self._key or self._derived, token.reveal().encode(), "sha256").hex()

    def sync(self) -> None:
        """Read the shared key, or share the derived one, unless that was done. Where it can't be, it is tried again later."""
        if self._key is not None or self._record is None or not self._is_time():
            return
        try:
            state = self._record.read() or self._record.change(lambda state: state or self._state_of(self._derived))
            self._key = self._opened(state)
        except StoreUnavailable as away:
            log.warning("the key of the fingerprints can't be read", extra={"because": str(away)})
        except CannotOpen as closed:
            log.error("the key of the fingerprints can't be opened here", extra={"because": str(closed)})  # noqa: TRY400 (the place says nothing)

    def _is_time(self) -> bool:
        now = self._clock.monotonic() if self._clock else None
        if now is not None and self._tried_at is not None and now - self._tried_at < TRIED_EVERY:
            return False
        self._tried_at = now
        return True

    def sealed_by(self) -> str | None:
        """The id of the encryption key that sealed the shared key; None while there is none. Raises StoreUnavailable."""
        state = self._record.read() if self._record else None
        return state.fingerprint_key.key_id if state else None

    def reseal(self) -> bool:
        """Have the first encryption key seal it. Whether it was another. Raises StoreUnavailable, CannotOpen."""
        before = self.sealed_by()
        if self._record is None or before in {None, self._texts.newest}:
            return False
        self._record.change(lambda state: self._state_of(self._opened(state) if state else self._derived))
        return True

    def replace_lost(self, key_id: str) -> bool:
        """Share the derived key instead of one that this key sealed, which is lost. Whether it had. Raises StoreUnavailable."""
        if self._record is None or self.sealed_by() != key_id:
            return False
        self._record.change(lambda _: self._state_of(self._derived))
        self._key = self._derived
        return True

    def _state_of(self, key: bytes) -> SealingState:
        return SealingState(self._texts.seal(key, VERSION, PLACE))

    def _opened(self, state: SealingState) -> bytes:
        return self._texts.open(state.fingerprint_key, VERSION, PLACE)


def derived_key(oldest: Key) -> bytes:
    """The key that an encryption key gives rise to (HKDF-SHA256, RFC 5869)."""
    return HKDF(SHA256(), length=32, salt=None, info=LABEL).derive(oldest.material)
