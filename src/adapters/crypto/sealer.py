"""The sealer: AES-256-GCM, each token bound to its grant and kind."""

from adapters.crypto.key_ring import KeyRing
from adapters.crypto.sealed_text import SealedTexts
from adapters.crypto.token_fingerprint import Fingerprints
from application.ports.clock import Clock
from application.ports.sealing_record import SealingRecord
from domain.errors import CannotOpen
from domain.ids import GrantId
from domain.tokens import Sealed, Secret, TokenKind

VERSION = 1


class AesGcmSealer:
    """AES-256-GCM (NIST SP 800-38D). Keeps the promises of the port `Sealer`; any number of threads may share it."""

    def __init__(self, ring: KeyRing, record: SealingRecord | None = None, clock: Clock | None = None) -> None:
        """`record`: what it shares with others; None: it shares nothing but its keys."""
        self._texts = SealedTexts(ring)
        self.fingerprints = Fingerprints(ring, self._texts, record, clock)

    def seal(self, token: Secret, grant: GrantId, kind: TokenKind) -> Sealed:
        return self._texts.seal(token.reveal().encode(), VERSION, _place(grant, kind))

    def open(self, sealed: Sealed, grant: GrantId, kind: TokenKind) -> Secret:
        text = self._texts.open(sealed, VERSION, _place(grant, kind))
        try:
            return Secret(text.decode())
        except UnicodeDecodeError:
            raise CannotOpen("what was sealed is no text") from None

    @property
    def keys(self) -> frozenset[str]:
        return self._texts.keys

    @property
    def newest(self) -> str:
        return self._texts.newest

    def has_key(self, sealed: Sealed) -> bool:
        return sealed.key_id is None or sealed.key_id in self.keys

    def fingerprint(self, token: Secret) -> str:
        return self.fingerprints.of(token)

    def sync(self) -> None:
        self.fingerprints.sync()

    def shared_key(self) -> str | None:
        return self.fingerprints.sealed_by()

    def reseal_shared(self) -> bool:
        return self.fingerprints.reseal()

    def replace_shared(self, lost: str) -> bool:
        return self.fingerprints.replace_lost(lost)


def _place(grant: GrantId, kind: TokenKind) -> bytes:
    word = kind.value.encode()
    return bytes([len(word)]) + word + grant.encode()
