"""The simulator's state in one file."""

import os
from pathlib import Path

import msgspec

from .state import SimulatorState


class StateFile:
    """The state in one JSON file that is replaced as a whole, so that a kill leaves the old one or the new one.

    It holds living tokens' key, so only its owner may read it. Written whole at every change: meant for the few grants of a demo.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> SimulatorState | None:
        """What was saved last, or None when nothing was; raises ValueError on a file that is not the simulator's."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return msgspec.json.decode(content, type=SimulatorState)
        except msgspec.MsgspecError as error:
            raise ValueError(f"{self._path} is not a state file of the simulator: {error}") from None

    def save(self, state: SimulatorState) -> None:
        """Write the file beside the old one, then put it in its place."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._path.with_name(f"{self._path.name}.new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(state))
        fresh.replace(self._path)
