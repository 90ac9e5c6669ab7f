"""The fields of a form."""

from urllib.parse import parse_qsl

from litestar.datastructures import FormMultiDict

from entrypoints.http.pages.rendering import AnyRequest

FORM = "application/x-www-form-urlencoded"


async def form(request: AnyRequest) -> FormMultiDict:
    """The fields of a form, repetitions included; empty for a body that is none.

    Read here, since the framework would keep the last thousand bodies in memory.
    """
    kind, _ = request.content_type
    text = (await request.body()).decode("latin-1") if kind == FORM else ""
    return FormMultiDict(parse_qsl(text, keep_blank_values=True))


def field(form: FormMultiDict, name: str) -> str:
    """One field's text; empty where there is none."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def fields(form: FormMultiDict, name: str) -> tuple[str, ...]:
    """Every value of a repeated field."""
    return tuple(value for value in form.getall(name, []) if isinstance(value, str))
