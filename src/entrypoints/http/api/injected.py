"""How a handler says that one of its parameters is given to it by name, and comes from no request."""

from typing import TypeAlias, TypeVar

from litestar.di import NamedDependency
from litestar.params import SkipValidation

T = TypeVar("T")

Injected: TypeAlias = NamedDependency[SkipValidation[T]]
"""What a handler gets by the parameter's name. It is ours, so nothing looks at whether it fits its type."""
