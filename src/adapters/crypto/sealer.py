"""The sealer: AES-256-GCM, each token bound to its owner, grant, generation and kind."""

from adapters.crypto.key_ring import KeyRing
from adapters.crypto.keyed_digests import fingerprint_of, pseudonym_of
from adapters.crypto.sealed_text import SealedTexts
from adapters.crypto.shared_sealing import SharedSealing
from application.ports.clock import Clock
from application.ports.sealing_record import SealingRecord
from domain.errors import CannotOpen
from domain.seal_place import BOUND_FORMAT, FIRST_FORMAT, SealPlace
from domain.tokens import Sealed, Secret, TokenKind


class AesGcmSealer:
    """AES-256-GCM (NIST SP 800-38D). Keeps the promises of the port `Sealer`; any number of threads may share it."""

    def __init__(self, ring: KeyRing, record: SealingRecord | None = None, clock: Clock | None = None) -> None:
        """`record`: what it shares with others; None: it shares nothing but its keys."""
        self._texts = SealedTexts(ring)
        self._shared = SharedSealing(ring, self._texts, record, clock)

    def seal(self, token: Secret, place: SealPlace, kind: TokenKind) -> Sealed:
        version = self._shared.written
        return self._texts.seal(token.reveal().encode(), version, PLACES[version](place, kind))

    def open(self, sealed: Sealed, place: SealPlace, kind: TokenKind) -> Secret:
        version = sealed.format or 0
        if version == FIRST_FORMAT and self._shared.first_refused:
            raise CannotOpen("it is of a format of which nothing is left: it was put there", place.grant)
        if version not in PLACES:
            raise CannotOpen("not a sealed token of a known version", place.grant)
        try:
            return Secret(self._texts.open(sealed, version, PLACES[version](place, kind)).decode())
        except UnicodeDecodeError:
            raise CannotOpen("what was sealed is no text", place.grant) from None
        except CannotOpen as closed:
            raise type(closed)(closed.why, place.grant) from None

    @property
    def keys(self) -> frozenset[str]:
        return self._texts.keys

    @property
    def newest(self) -> str:
        return self._texts.newest

    @property
    def written(self) -> int:
        return self._shared.written

    @property
    def first_refused(self) -> bool:
        return self._shared.first_refused

    def has_key(self, sealed: Sealed) -> bool:
        return sealed.key_id is None or sealed.key_id in self.keys

    def fingerprint(self, token: Secret) -> str:
        return fingerprint_of(token, self._shared.fingerprint_key)

    def pseudonym(self, text: str) -> str:
        return pseudonym_of(text, self._shared.fingerprint_key)

    def sync(self) -> None:
        self._shared.sync()

    def write_bound(self) -> None:
        self._shared.change(written=BOUND_FORMAT)

    def refuse_first(self) -> None:
        self._shared.change(first_refused=True)

    def shared_key(self) -> str | None:
        return self._shared.sealed_by()

    def reseal_shared(self) -> bool:
        return self._shared.reseal()

    def replace_shared(self, lost: str) -> bool:
        return self._shared.replace_lost(lost)


def by_grant_and_kind(place: SealPlace, kind: TokenKind) -> bytes:
    """Associated data of the first format."""
    return lengthened(kind.value) + place.grant.encode()


def by_all(place: SealPlace, kind: TokenKind) -> bytes:
    """Associated data of the format that binds to everything, with lengths, so that no two places are alike."""
    return (
        lengthened(kind.value)
        + place.generation.to_bytes(8, "big")
        + len(place.owner.encode()).to_bytes(4, "big")
        + place.owner.encode()
        + place.grant.encode()
    )


def lengthened(word: str) -> bytes:
    """A short word behind its length."""
    return bytes([len(word.encode())]) + word.encode()


PLACES = {FIRST_FORMAT: by_grant_and_kind, BOUND_FORMAT: by_all}
