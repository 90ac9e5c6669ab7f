"""The public keys of a JWT issuer, as its JWKS names them (RFC 7517): which fit a token, and when to ask for them again."""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from itertools import islice
from typing import Any

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

from application.ports.clock import Clock
from entrypoints.settings.credentials import signature_algorithms

log = logging.getLogger(__name__)

FRESH_FOR = timedelta(hours=1)
"""After that they are asked for again beside the requests: a key that the issuer dropped counts no longer than that."""

KEPT_FOR = timedelta(hours=24)
"""How long keys count while the issuer can't be reached. Beyond, one that was withdrawn a day ago would still sign people in."""

ASK_AGAIN_AFTER = timedelta(minutes=1)
"""The least between two requests to the issuer, whatever strangers write into their tokens."""

MOST_KEYS, MOST_TRIED = 100, 5
"""That are looked at in one set, and for one token: one that names no key may be under any of its type."""


class Need(Enum):
    """What a token asks of the keys that are here."""

    NOTHING = "nothing"
    NEWER_SOON = "newer soon"
    """They will do for now."""
    NEWER_FIRST = "newer first"
    """None of them is the token's."""


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """One key that signs tokens, and the algorithms that fit its type."""

    kid: str | None
    key: Key
    algorithms: tuple[str, ...]


class IssuerKeys:
    """What one process knows of the keys. Looking never waits; `load` asks the issuer, and is for a thread."""

    def __init__(self, download: Callable[[], bytes], clock: Clock) -> None:
        self._download, self._clock = download, clock
        self._keys: tuple[IssuerKey, ...] = ()
        self._loaded: timedelta | None = None
        self._asked: timedelta | None = None
        self._lock = threading.Lock()

    def fitting(self, kid: str | None, algorithm: str) -> tuple[IssuerKey, ...]:
        """The keys that may have signed a token with this header: one as a rule, none when they are too old."""
        if self._older_than(KEPT_FOR):
            return ()
        fitting = (one for one in self._keys if algorithm in one.algorithms and (kid is None or one.kid == kid))
        return tuple(islice(fitting, MOST_TRIED))

    def need(self, kid: str | None, algorithm: str) -> Need:
        """Whether the issuer is to be asked, for a token with this header: once a minute at the most, of all tokens."""
        if self._asked is not None and self._clock.monotonic() - self._asked < ASK_AGAIN_AFTER:
            return Need.NOTHING
        if not self.fitting(kid, algorithm):
            return Need.NEWER_FIRST
        return Need.NEWER_SOON if self._older_than(FRESH_FOR) else Need.NOTHING

    def load(self) -> None:
        """Ask the issuer. Where that fails, the keys stay as they are, until KEPT_FOR after they came."""
        with self._lock:
            self._asked = self._clock.monotonic()
            try:
                keys = tuple(keys_of(json.loads(self._download())))
            except (OSError, ValueError, RecursionError) as fault:
                because = str(fault) if isinstance(fault, OSError) else "not a key set"
                log.warning("the issuer's keys could not be read", extra={"because": because, "keys_kept": len(self._keys)})
                return
            if not keys:
                log.warning("the issuer's key set has no key that signs tokens", extra={"keys_kept": len(self._keys)})
                return
            if {one.kid for one in keys} != {one.kid for one in self._keys}:
                log.info("the issuer's keys are read", extra={"keys": len(keys)})
            self._keys, self._loaded = keys, self._clock.monotonic()

    def _older_than(self, span: timedelta) -> bool:
        return self._loaded is None or self._clock.monotonic() - self._loaded > span


def keys_of(document: object) -> Iterator[IssuerKey]:
    """The keys of a set by which signatures can be verified. Raises ValueError for what is no set.

    Shared secrets never count here: their document is public. Nor do private keys, which whoever reads the set could sign with.
    """
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("not a key set")  # noqa: TRY004 (a document's text is wrong, not a caller's type)
    for described in document["keys"][:MOST_KEYS]:
        if isinstance(described, dict) and (one := _key_of(described)):
            yield one


def _key_of(described: Mapping[str, Any]) -> IssuerKey | None:
    if described.get("use", "sig") != "sig" or "verify" not in (described.get("key_ops") or ("verify",)):
        return None
    try:
        key = import_key({name: described[name] for name in ("kty", "n", "e", "crv", "x", "y", "d") if name in described})
    except Exception:  # noqa: BLE001 (what others wrote may make the library raise anything; such a key is left out)
        return None
    if not isinstance(key, RSAKey | ECKey | OKPKey) or key.is_private:
        return None
    fitting, named, kid = signature_algorithms(key.public_key), described.get("alg"), described.get("kid")
    algorithms = tuple(name for name in fitting if named in {None, name})
    return IssuerKey(kid if isinstance(kid, str) else None, key, algorithms) if algorithms else None
