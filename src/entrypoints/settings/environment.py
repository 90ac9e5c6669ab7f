"""The variables of the environment and of `.env`."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from dotenv import dotenv_values

from entrypoints.settings.invalid_settings import Fault, InvalidSettings, Malformed

T = TypeVar("T")
D = TypeVar("D")


def read_environment(environ: Mapping[str, str] | None = None, *, dotenv: Path = Path(".env")) -> dict[str, str]:
    """The process environment over the `.env` beside the process; values that are empty count as unset in both.

    Raises InvalidSettings when the file is there and can't be read.
    """
    from_file: dict[str, str | None] = {}
    if dotenv.is_file():
        try:
            from_file = dotenv_values(dotenv, interpolate=False, encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            fault = Fault(str(dotenv), "can't be read", "make it UTF-8 text that this user may read, or remove it")
            raise InvalidSettings((fault,)) from None
    return {**_set_ones(from_file), **_set_ones(os.environ if environ is None else environ)}


def _set_ones(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value.strip() for name, value in values.items() if value and value.strip()}


SECRET = re.compile(r"[A-Z0-9_]+_(SECRETS?|TOKENS?|KEYS?|URLS?|APPS_OLD)")
"""Settings that may come from a file: those that are secret, or hold a password as URLs do."""

LONGEST_SECRET_FILE = 64 * 1024


class Reader:
    """Reads variables one by one and remembers every fault, so that all of them can be named at once.

    NAME_FILE names a file that holds the value of NAME, as containers hand out secrets, without the line break at its end.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._values = _set_ones(environ)
        self.faults: list[Fault] = []
        for name in [name.removesuffix("_FILE") for name in self._values if name.endswith("_FILE")]:
            if SECRET.fullmatch(name):
                self._read_file(name)

    def _read_file(self, name: str) -> None:
        variable = f"{name}_FILE"
        if name in self._values:
            self.faults.append(Fault(variable, f"is set beside {name}", "remove one of the two"))
            return
        try:
            with Path(self._values[variable]).open(encoding="utf-8-sig") as file:
                value = file.read(LONGEST_SECRET_FILE + 1).strip()
        except (OSError, UnicodeDecodeError):
            self.faults.append(Fault(variable, "names a file that can't be read", "make it UTF-8 text that this user may read"))
            value = ""
        else:
            if not 0 < len(value) <= LONGEST_SECRET_FILE:
                self.faults.append(Fault(variable, "names a file that is empty, or too long for a secret", f"put {name} in it"))
                value = ""
        self._values[name] = value

    def has(self, name: str) -> bool:
        return name in self._values

    def optional(self, name: str, parse: Callable[[str], T], default: D) -> T | D:
        """The parsed value; the default when the variable is unset, or when it is faulty."""
        value = self._values.get(name)
        if not value:  # an empty one was to come from a file: that fault is told already
            return default
        try:
            return parse(value)
        except Malformed as malformed:
            self.faults.append(Fault(name, malformed.problem, malformed.remedy))
            return default

    def required(self, name: str, parse: Callable[[str], T], remedy: str, *, stand_in: T) -> T:
        """The parsed value; the stand-in, which `finish` keeps from getting out, when there is none."""
        if not self.has(name):
            self.faults.append(Fault(name, "is required", remedy))
        return self.optional(name, parse, stand_in)

    def either(self, name: str, alias: str) -> str:
        """The name under which a value is set; the alias counts only where the name itself is unset."""
        return alias if self.has(alias) and not self.has(name) else name

    def finish(self) -> None:
        """Raises InvalidSettings if there was any fault."""
        if self.faults:
            raise InvalidSettings(tuple(self.faults))
