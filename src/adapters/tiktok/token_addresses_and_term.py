"""The addresses of TikTok's calls about tokens, in which version, and the term that an exchange asks for."""

import logging
import re
from collections.abc import Mapping

from domain.outcomes import Issued
from domain.tokens import FIRST_VERSION, TokenOrigin, TokenTerm

log = logging.getLogger(__name__)

EXCHANGE, REFRESH, REVOKE = "/oauth2/access_token/", "/oauth2/refresh_token/", "/oauth2/revoke_token/"
VERSION = re.compile(r"/v(\d+\.\d+)$")


class TokenAddressesAndTerm:
    """The base of the three calls, its version included, and the term that is asked for. Any number of threads may use it."""

    def __init__(self, base: str, term: TokenTerm) -> None:
        self._base, self._term = base, term
        version = VERSION.search(base)
        self.origin = TokenOrigin(version[1] if version else FIRST_VERSION, term)
        self._said = False

    @property
    def asked_for(self) -> Mapping[str, bool]:
        """What the exchange's body has besides. The accounts are asked for too: they are what a short or failed list lacks."""
        if self._term is TokenTerm.AS_ISSUED:
            return {}
        return {"is_long_term": self._term is TokenTerm.LONG, "return_advertiser_ids": True}

    def url(self, path: str, version: str | None = None) -> str:
        """The call's address, at a version of the API or at the configured one. A base without a version stays as it is."""
        base = self._base if version is None else VERSION.sub(f"/v{version}", self._base)
        return base + path

    def compare(self, issued: Issued) -> None:
        """Say once if tokens came of another kind than was asked for: they are as good."""
        long_term = issued.refresh is None
        if self._said or self._term is TokenTerm.AS_ISSUED or long_term is (self._term is TokenTerm.LONG):
            return
        self._said = True
        log.warning(
            "TikTok gave tokens of another term than TIKTOK_TOKEN_TERM asks for; they are accepted, and this is said once",
            extra={"asked_for": self._term.value, "given": "long" if long_term else "short", "version": self.origin.version},
        )
