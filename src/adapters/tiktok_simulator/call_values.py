"""Values in the query or body of a call, as TikTok reads them: arrays and objects are JSON text there."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from .replies import wrong_parameter

_texts: Final = msgspec.json.Decoder(list[str])


def texts_of(values: Mapping[str, Any], name: str) -> list[str]:
    """A list of strings; empty where there is none. Raises RefusedCall for anything else."""
    value = values.get(name)
    if value is None or value == "":
        return []
    try:
        return msgspec.convert(value, list[str]) if isinstance(value, list) else _texts.decode(str(value))
    except ValueError:  # msgspec's errors, and text that is not UTF-8
        raise wrong_parameter(f"{name}: Not a valid list of strings.") from None


def json_of(values: Mapping[str, Any], name: str) -> object:
    """The value as JSON has it; None where there is none. Raises RefusedCall where it is no JSON."""
    value = values.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except ValueError:
        raise wrong_parameter(f"{name}: Not valid JSON.") from None


def text_of(values: Mapping[str, Any], name: str) -> str:
    """The value as text: whole numbers digit by digit, all else but text is none."""
    value = values.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def true_of(values: Mapping[str, Any], name: str) -> bool:
    """Whether it is true, as JSON or as text."""
    return str(values.get(name, "")).lower() == "true"


def dates_of(values: Mapping[str, Any]) -> tuple[date, date]:
    """The first and the last day. Raises RefusedCall unless both are dates."""
    try:
        return date.fromisoformat(text_of(values, "start_date")), date.fromisoformat(text_of(values, "end_date"))
    except ValueError:
        raise wrong_parameter("start_date and end_date must be dates, YYYY-MM-DD.") from None
