"""What all processes over one database share about sealing."""

from dataclasses import dataclass

from domain.seal_place import FIRST_FORMAT
from domain.tokens import Sealed


@dataclass(frozen=True, slots=True)
class SealingState:
    """The key of the fingerprints, itself sealed by an encryption key, and which format of sealed texts is written and opened."""

    fingerprint_key: Sealed
    written: int = FIRST_FORMAT
    """It only ever grows."""
    first_refused: bool = False
    """Whether no text of the first format is left, so that whatever is found of it was put there."""
