"""Pages of a list, as TikTok cuts them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from .call_values import text_of
from .replies import wrong_parameter

T = TypeVar("T")
LARGEST_PAGE: Final = 1_000
DEFAULT_SIZE: Final = 10


class Page(NamedTuple):
    """One page; the first is 1. A page after the last is empty."""

    number: int
    size: int

    def of(self, rows: Sequence[T]) -> list[T]:
        """The rows of this page."""
        return list(rows[(self.number - 1) * self.size : self.number * self.size])

    def info(self, total: int) -> dict[str, int]:
        """TikTok's `page_info`."""
        return {"page": self.number, "page_size": self.size, "total_number": total, "total_page": -(-total // self.size)}


def page_of(values: Mapping[str, Any], *, default: int = DEFAULT_SIZE) -> Page:
    """The page that a call asks for. Raises RefusedCall where there is none such."""
    numbers = []
    for name, missing in (("page", 1), ("page_size", default)):
        text = text_of(values, name)
        if text and not (text.isascii() and text.isdigit()):
            raise wrong_parameter(f"{name}: Not a valid integer.")
        numbers.append(int(text) if text else missing)
    page = Page(*numbers)
    if page.number < 1 or not 1 <= page.size <= LARGEST_PAGE:
        raise wrong_parameter(f"page must be 1 or more, page_size 1 to {LARGEST_PAGE}.")
    return page
