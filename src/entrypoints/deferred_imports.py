"""Importing what a process needs when it needs it, at half the price."""

import gc
from pkgutil import resolve_name
from typing import Any


def imported(place: str) -> Any:  # noqa: ANN401 (whatever is there)
    """What is at `module:name`.

    No garbage is looked for meanwhile, and none ever among what was imported: the search takes as long as the imports do, at
    the start and once more at the end, and modules are no garbage.
    """
    gc.disable()
    try:
        return resolve_name(place)
    finally:
        gc.freeze()
        gc.enable()
