"""No text from outside keeps a thread busy: every regular expression, and what looks at text before it, at a megabyte."""

from __future__ import annotations

import ast
import importlib
import re
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import chain, product
from pathlib import Path

import pytest

from adapters.postgres.sqlstates import sign_of
from entrypoints.telemetry.redaction import Redaction

SRC = Path(__file__).parents[2] / "src"
MEGABYTE = 1_000_000
MOST_SECONDS = 0.05

PIECES = ["token", "token-", "token=", '"token', "token' ", "://", "://a", "?", "?a", "?a=", "eyJ", "eyJ-", "eyJa.", "Bearer "]
PIECES += [
    "cookie:",
    "cookie ",
    "database ",
    "role ",
    "invalid ",
    "forwarded",
    "x-forwarded-",
    "tiktok_0",
    "/v1.",
    "a",
    "-",
    "a.",
]
PIECES += [".", "0", "0-", " ", "'", '"', "''", "<", "< ", "\n", "/", "\0", "é", "="]
"""What hostile texts are made of, each repeated to a megabyte; the words are those that expressions here look for."""

CUT_FIRST: dict[str, Callable[[str], object]] = {
    "entrypoints.telemetry.redaction": Redaction().text,
    "adapters.postgres.sqlstates": sign_of,
}
"""Modules whose expressions see no more than the beginning of a text: what cuts it is timed in their place."""

OPERATORS_OWN = ("entrypoints.settings.", "entrypoints.cli.")
"""What looks at settings and arguments, which come from nobody else."""

MADE_LATER = {"entrypoints.telemetry.redaction": 1, "entrypoints.settings.addresses": 1}
"""Expressions that are not values of their module: the known secrets, looked for by `Redaction.text`; one over a setting."""


@cache
def sources() -> dict[str, str]:
    """The text of every module that speaks of expressions."""
    texts = {file: file.read_text(encoding="utf-8") for file in sorted(SRC.rglob("*.py"))}
    return {".".join(file.relative_to(SRC).with_suffix("").parts): text for file, text in texts.items()}


@cache
def hostile_texts() -> tuple[str, ...]:
    return tuple((piece * (MEGABYTE // len(piece) + 1))[:MEGABYTE] for piece in PIECES)


def modules_with_expressions() -> Iterator[tuple[str, int]]:
    """Each by its name, with how many expressions its text has."""
    for name, text in sources().items():
        if not re.search(r"^import re$", text, re.MULTILINE):
            continue
        calls = [node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        count = sum(isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name) and f.value.id == "re" for f in calls)
        yield name, count - text.count("re.escape(")


def patterns_in(value: object) -> Iterator[re.Pattern[str] | re.Pattern[bytes]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict | tuple):
        yield from chain.from_iterable(map(patterns_in, value))


def methods_of(module: str, name: str) -> set[str]:
    """The ways in which an expression is used, in its module and where it is imported."""
    users = [sources()[module], *(text for text in sources().values() if f"from {module} import" in text and name in text)]
    calls = rf"\b{name}\.(fullmatch|match|search|sub|findall|split)\("
    return set(chain.from_iterable(re.findall(calls, text) for text in users)) or {"search"}


def seconds(act: Callable[[], object]) -> float:
    """Of this process's own time; the best of three, since a first one may meet a garbage collection."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        act()
        taken.append(time.process_time() - began)
        if taken[-1] < MOST_SECONDS:
            break
    return min(taken)


def test_every_expression_is_among_those_that_are_timed() -> None:
    for name, count in modules_with_expressions():
        values = list(chain.from_iterable(patterns_in(value) for value in vars(importlib.import_module(name)).values()))
        assert len(values) >= count - MADE_LATER.get(name, 0), f"{name}: give an expression a name of the module"


def modules_that_outside_text_reaches() -> list[str]:
    return [name for name, _ in modules_with_expressions() if not name.startswith(OPERATORS_OWN) and name not in CUT_FIRST]


@pytest.mark.parametrize("module", modules_that_outside_text_reaches())
def test_no_expression_is_slow(module: str) -> None:
    for name, value in vars(importlib.import_module(module)).items():
        if not isinstance(value, re.Pattern):
            continue
        for method, text in product(methods_of(module, name), hostile_texts()):
            subject = text if isinstance(value.pattern, str) else text.encode()
            look = getattr(value, method)
            took = seconds(partial(look, " ", subject) if method == "sub" else partial(look, subject))
            assert took < MOST_SECONDS, f"{name}.{method} takes {took:.3f} s at a megabyte of {text[:12]!r}"


@pytest.mark.parametrize("module", sorted(CUT_FIRST))
def test_what_is_cut_first_is_not_slow_either(module: str) -> None:
    for text in hostile_texts():
        took = seconds(partial(CUT_FIRST[module], text))
        assert took < MOST_SECONDS, f"{took:.3f} s at a megabyte of {text[:12]!r}"


def test_the_measure_itself_can_fail() -> None:
    slow = re.compile(r"a[ab]*c")
    assert seconds(partial(slow.search, "a" * 20_000)) > MOST_SECONDS
