"""How values that SQL has no type for are kept in a column."""

from datetime import UTC, datetime
from decimal import Decimal
from types import UnionType
from typing import Any, get_args

import msgspec
from sqlalchemy import BigInteger, Computed, DateTime, Dialect, Numeric, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.types import TypeDecorator, TypeEngine

from domain.errors import StoreUnavailable, Unstorable
from domain.spend import MONEY_DECIMALS, MONEY_DIGITS


class Utc(TypeDecorator[datetime]):
    """Aware datetimes to the microsecond, in UTC on both sides; SQLite keeps them as text that sorts by time."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone can't be stored")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Packed(TypeDecorator[Any]):
    """A value of the given type as JSON text.

    `otherwise`: what a value counts as that a newer version wrote in another form. Without it whoever reads one is told
    StoreUnavailable: nothing is as cautious as not to go on.
    """

    impl = Text
    cache_ok = True

    def __init__(self, kind: object, *, otherwise: object = None) -> None:
        super().__init__()
        self.kind, self.otherwise = kind, otherwise

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        return None if value is None else msgspec.json.encode(value, order="sorted").decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:
        if value is None:
            return None
        try:
            return msgspec.json.decode(value, type=self.kind)
        except msgspec.MsgspecError as newer:
            if self.otherwise is None:
                raise StoreUnavailable("a newer version wrote it in another form") from newer
            return self.otherwise


class KeyOf(Computed):
    """By which key a sealed text was sealed: the id that it bears in the clear, behind a byte of version and one of length.

    The database works it out, whoever writes the text, also somebody who means no good: what is no id is null, since SQLite gives
    no row back that holds a text which is not UTF-8. Null for a text of a version of which nothing is known
    (`domain.tokens.SEAL_FORMATS`). The first of the given columns that is not null counts.
    """

    inherit_cache = True

    def __init__(self, *sealed: str) -> None:
        self.text = sealed[0] if len(sealed) == 1 else f"coalesce({', '.join(sealed)})"
        super().__init__("", persisted=True)

    def copy(self, **_: object) -> "KeyOf":
        return KeyOf(self.text)


@compiles(KeyOf, "postgresql")
def key_in_postgresql(key: KeyOf, _: DDLCompiler, **__: object) -> str:
    """A stored column; `get_byte` and `encode` never fail where the length was looked at."""
    head = f"length({key.text}) > 1 AND get_byte({key.text}, 0) IN (1, 2)"
    name = f"encode(substring({key.text} from 3 for get_byte({key.text}, 1)), 'escape')"
    return f"GENERATED ALWAYS AS (CASE WHEN {head} AND {name} ~ '^[A-Za-z0-9._-]+$' THEN {name} END) STORED"


@compiles(KeyOf, "sqlite")
def key_in_sqlite(key: KeyOf, _: DDLCompiler, **__: object) -> str:
    """A column that is worked out when it is read: no other can be added to a table that is there."""
    head = f"length({key.text}) > 1 AND substr({key.text}, 1, 1) IN (x'01', x'02')"
    name = f"CAST(substr({key.text}, 3, unicode(CAST(substr({key.text}, 2, 1) AS TEXT))) AS TEXT)"
    is_id = f"{name} <> '' AND {name} NOT GLOB '*[^A-Za-z0-9._-]*'"
    return f"GENERATED ALWAYS AS (CASE WHEN {head} AND {is_id} THEN {name} END)"


class OneOf(TypeDecorator[Any]):
    """A value of one of several dataclasses as JSON text, with the name of its class in `kind`.

    `otherwise`: what a value counts as that a newer version wrote and this one does not know.
    """

    impl = Text
    cache_ok = True

    def __init__(self, union: UnionType, *, otherwise: object) -> None:
        super().__init__()
        self.union, self.otherwise = union, otherwise

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return msgspec.json.encode({"kind": type(value).__name__, **msgspec.to_builtins(value)}).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:
        if value is None:
            return None
        try:
            fields = msgspec.json.decode(value, type=dict[str, Any])
            kind = next(t for t in get_args(self.union) if t.__name__ == fields.get("kind"))
            return msgspec.convert(fields, type=kind)
        except (msgspec.MsgspecError, StopIteration):
            return self.otherwise


class Money(TypeDecorator[Decimal]):
    """Exact amounts that the database can add up: a decimal number, or whole millionths in SQLite, which has no decimals."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        exact = Numeric(MONEY_DIGITS + MONEY_DECIMALS, MONEY_DECIMALS)
        return dialect.type_descriptor(exact if dialect.name == "postgresql" else BigInteger())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:  # noqa: ANN401 -- a number of the driver's
        if value is None or dialect.name == "postgresql":
            return value
        millionths = value.scaleb(MONEY_DECIMALS)
        if millionths != int(millionths):
            raise Unstorable("an amount with too many decimals")
        return int(millionths)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ANN401 -- as its base has it
        if value is None:
            return None
        return value if isinstance(value, Decimal) else Decimal(value).scaleb(-MONEY_DECIMALS)
