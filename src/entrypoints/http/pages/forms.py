"""The fields of a form."""

from __future__ import annotations

from litestar.datastructures import FormMultiDict

from entrypoints.http.pages.rendering import AnyRequest


async def form(request: AnyRequest) -> FormMultiDict:
    """The fields of a form, repetitions included; empty for a body that is none."""
    return await request.form()


def field(form: FormMultiDict, name: str) -> str:
    """One field's text; empty where there is none, or a file."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def fields(form: FormMultiDict, name: str) -> tuple[str, ...]:
    """Every value of a repeated field."""
    return tuple(value for value in form.getall(name, []) if isinstance(value, str))
