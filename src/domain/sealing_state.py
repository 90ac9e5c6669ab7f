"""What all processes over one database share about sealing."""

from dataclasses import dataclass

from domain.tokens import Sealed


@dataclass(frozen=True, slots=True)
class SealingState:
    """The key of the fingerprints, itself sealed by an encryption key."""

    fingerprint_key: Sealed
