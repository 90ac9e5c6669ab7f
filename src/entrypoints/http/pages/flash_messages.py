"""One sentence at the top of a page about what happened just now."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from domain.grant import TIKTOK_ADS
from entrypoints.http.disconnect_sentences import LAST_OF_ITS_PERMISSION, NOT_CONNECTED, OTHERS_STAY
from entrypoints.http.error_codes_and_sentences import SENTENCES
from entrypoints.http.pages.connection_rows import Tone


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
    Notice.CANCELLED: "Nothing was connected.",
    Notice.CHOSEN_BEFORE: "Nothing was cancelled: accounts had been chosen before. What is connected is listed here.",
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
        return Flash("TikTok Ads is connected. Its tokens are renewed for you from now on.", "good")
    notice = next((n for n in Notice if n.value == query.get("notice")), None)
    return Flash(TEXTS[notice], "good") if notice else None
