"""Grants whose tokens came back with a restored backup: what is known of whether those live."""

from enum import Enum


class Restored(Enum):
    """How far a grant from a restored backup has shown whether its tokens live."""

    UNPROBED = "unprobed"
    ACCESS_WORKS = "access_works"
    ACCESS_DEAD = "access_dead"

    @classmethod
    def _missing_(cls, _word: object) -> "Restored":
        """What a newer version calls by another word: nothing is shown yet."""
        return cls.UNPROBED
