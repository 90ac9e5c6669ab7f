"""What is asked of spend: days, columns, kind, and where a page goes on."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Self

import msgspec
from litestar.params import QueryParameter

from domain.errors import InvalidRequest
from domain.ids import ConnectionId
from domain.spend import SpendKind
from domain.spend_calendar import Window
from domain.spend_columns import SpendColumn, SpendLine
from entrypoints.http.api.ids_in_requests import connection_id

LONGEST_SPAN = 366
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
USUAL_COLUMNS = frozenset({SpendColumn.DAY, SpendColumn.CAMPAIGN})


From = Annotated[str, QueryParameter(name="from", description="The first day, YYYY-MM-DD.")]
To = Annotated[str, QueryParameter(name="to", description="The last day; 366 days at the most.")]
ConnectionChosen = Annotated[str, QueryParameter(name="connectionId", description="Of this connection alone.")]
By = Annotated[str, QueryParameter(name="by", description="What rows are told apart by: day, campaign, account, with commas.")]
Kind = Annotated[str, QueryParameter(name="kind", description="auction, or gmv_max: they are never added up.")]


@dataclass(frozen=True, slots=True)
class SpendQuery:
    """What both endpoints are asked for."""

    window: Window
    columns: frozenset[SpendColumn]
    kind: SpendKind
    connection: ConnectionId | None
    """None: all of them."""


def query_of_spend(
    first: From = "", last: To = "", connection: ConnectionChosen = "", by: By = "", kind: Kind = "auction"
) -> SpendQuery:
    """From the parameters in the address. Raises InvalidRequest, ConnectionNotFound."""
    return SpendQuery(
        window=window_of(first, last),
        columns=columns_of(by),
        kind=kind_of(kind),
        connection=connection_id(connection) if connection else None,
    )


def window_of(first: str, last: str) -> Window:
    """The days from one to the other. Raises InvalidRequest."""
    days = day_of("from", first), day_of("to", last)
    if days[1] < days[0]:
        raise InvalidRequest("`to` lies before `from`")
    window = Window(*days)
    if window.length > LONGEST_SPAN:
        raise InvalidRequest(f"ask for {LONGEST_SPAN} days at the most")
    return window


def day_of(name: str, text: str) -> date:
    """A day. Raises InvalidRequest."""
    try:
        if DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:  # no such day
        pass
    raise InvalidRequest(f"give `{name}` as a day: YYYY-MM-DD")


def columns_of(text: str) -> frozenset[SpendColumn]:
    """What rows are told apart by, in a list with commas. Raises InvalidRequest."""
    if not text:
        return USUAL_COLUMNS
    try:
        return frozenset(map(SpendColumn, text.split(",")))
    except ValueError:
        raise InvalidRequest("`by` takes day, campaign and account, with commas between") from None


def kind_of(text: str) -> SpendKind:
    """Of which report. Raises InvalidRequest."""
    words = {kind.value: kind for kind in SpendKind}
    if text not in words:
        raise InvalidRequest("`kind` takes auction or gmv_max")
    return words[text]


class Place(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Where a line stands among the lines, whichever there are: a day whose rows are replaced meanwhile moves no others."""

    day: date
    account: str
    campaign: str
    currency: str

    @classmethod
    def of(cls, line: SpendLine) -> Self:
        """That of a line, in the order of `lines_by`."""
        return cls(line.day or date.min, line.account or "", line.campaign or "", line.currency)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended."""

    after: Place

    def text(self) -> str:
        """As it goes over the wire."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self.after)).decode()

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises InvalidRequest for what none of our answers carried."""
        try:
            return cls(msgspec.json.decode(base64.b64decode(text.encode(), altchars=b"-_", validate=True), type=Place))
        except (msgspec.MsgspecError, binascii.Error, UnicodeError):
            raise InvalidRequest("`cursor` is the `nextCursor` of the page before") from None
