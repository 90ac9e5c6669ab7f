"""How values that SQL has no type for are kept in a column."""

from __future__ import annotations

from datetime import UTC, datetime
from types import UnionType
from typing import Any, get_args

import msgspec
from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine


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
            message = "a time without a zone can't be stored"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Packed(TypeDecorator[Any]):
    """A value of the given type as JSON text."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: Any) -> None:  # noqa: ANN401 -- any type that msgspec can read
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ANN401 -- as its base has it
        return None if value is None else msgspec.json.encode(value, order="sorted").decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ANN401 -- as its base has it
        return None if value is None else msgspec.json.decode(value, type=self.kind)


class OneOf(TypeDecorator[Any]):
    """A value of one of several dataclasses as JSON text, with the name of its class in `kind`.

    `otherwise`: what a value counts as that a newer version wrote and this one does not know.
    """

    impl = Text
    cache_ok = True

    def __init__(self, union: UnionType, *, otherwise: object) -> None:
        super().__init__()
        self.union, self.otherwise = union, otherwise

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ANN401 -- as its base has it
        if value is None:
            return None
        return msgspec.json.encode({"kind": type(value).__name__, **msgspec.to_builtins(value)}).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ANN401 -- as its base has it
        if value is None:
            return None
        try:
            fields = msgspec.json.decode(value, type=dict[str, Any])
            kind = next(t for t in get_args(self.union) if t.__name__ == fields.get("kind"))
            return msgspec.convert(fields, type=kind)
        except (msgspec.MsgspecError, StopIteration):
            return self.otherwise
