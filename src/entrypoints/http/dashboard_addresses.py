"""Where people are sent: always absolute, on the dashboard's own address."""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from domain.consent import Choosing, Connected, Ending, Failed
from domain.ids import ConnectionId
from entrypoints.http.error_codes_and_sentences import Code
from entrypoints.http.exception_to_error_code import CONSENT_FAILURE_CODES, code_of

CONNECT = "/api/auth/tiktok"
PLATFORMS = "/dashboard/platforms"
SELECT = "/dashboard/platforms/tiktok/select"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses on DASHBOARD_URL."""

    dashboard: str
    """Without a trailing slash."""

    @property
    def https(self) -> bool:
        return urlsplit(self.dashboard).scheme == "https"

    def at(self, path: str, **query: str) -> str:
        """A path of the dashboard."""
        return f"{self.dashboard}{path}" + (f"?{urlencode(query)}" if query else "")

    def login(self) -> str:
        """Where to sign in before connecting; nothing of the callback's address is repeated."""
        return self.at("/login", callbackUrl=CONNECT)

    def reconnect(self, connection: ConnectionId) -> str:
        """Where a person authorises this connection again."""
        return self.at(CONNECT, connectionId=connection)

    def failure(self, code: Code) -> str:
        """Where a person reads what went wrong."""
        return self.at(PLATFORMS, error=code.sentence, code=code.name)

    def refused(self, error: Exception) -> str:
        """The same, of an error that has a code."""
        return self.failure(code_of(error))

    def after(self, ending: Ending) -> str:
        """Where a person goes on after a consent."""
        match ending:
            case Connected():
                return self.at(PLATFORMS, success="true", platform="tiktok_ads")
            case Choosing(offer=offer):
                return self.at(SELECT, pendingTokenId=offer)
            case Failed(why=why):
                return self.failure(CONSENT_FAILURE_CODES[why])
