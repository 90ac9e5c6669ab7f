"""The sentence at the top of a page about what happened just now, picked by the code in the page's address."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from domain.grant import TIKTOK_ADS
from entrypoints.http.error_codes_and_sentences import SENTENCES
from entrypoints.http.pages.connection_rows import Tone
from entrypoints.http.success_sentences import (
    CHOSEN_BEFORE,
    CONNECTED,
    LAST_OF_ITS_PERMISSION,
    NOT_CONNECTED,
    NOTHING_CONNECTED,
    OTHERS_STAY,
)


class Notice(Enum):
    """What a form of ours came to, as it stands in the address of the page after it."""

    DISCONNECTED = "disconnected"
    REVOKED = "revoked"
    CANCELLED = "cancelled"
    CHOSEN_BEFORE = "chosen-before"
    GONE = "gone"


TEXTS = {
    Notice.DISCONNECTED: OTHERS_STAY,
    Notice.REVOKED: LAST_OF_ITS_PERMISSION,
    Notice.CANCELLED: NOTHING_CONNECTED,
    Notice.CHOSEN_BEFORE: CHOSEN_BEFORE,
    Notice.GONE: NOT_CONNECTED,
}


@dataclass(frozen=True, slots=True)
class Flash:
    """One sentence about what happened just now."""

    text: str
    tone: Tone


def flash_of(query: Mapping[str, str], *, connected: bool) -> Flash | None:
    """What to say about the address's query. Only constants of ours are ever shown: an address can be written by anybody.

    `connected`: whether some account is, and works; success is announced only then, since an address outlives what it tells.
    """
    sentence = SENTENCES.get(query.get("code", ""))
    if sentence:
        return Flash(sentence, "bad")
    if connected and query.get("success") == "true" and query.get("platform") == TIKTOK_ADS:
        return Flash(CONNECTED, "good")
    notice = next((n for n in Notice if n.value == query.get("notice")), None)
    return Flash(TEXTS[notice], "good") if notice else None
