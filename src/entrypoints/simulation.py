"""Running the simulator of TikTok, apart from all that the product itself is made of: its command starts at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from adapters.tiktok_simulator.command import HELP, options, run
from adapters.tiktok_simulator.config import Config
from adapters.tiktok_simulator.server import serve

__all__ = ["HELP", "options", "run", "run_simulator"]


def run_simulator(
    *, host: str, port: int, state_file: Path, app: tuple[str, str], redirect_uris: Sequence[str], **config: object
) -> None:
    """Run it until a signal ends it, for one app; `config` is what is not to be as at TikTok, by its fields' names.

    Raises OSError when the port is taken, ValueError for a state file that is not one.
    """
    serve(host, port, config=Config().but(**config), apps=dict([app]), redirect_uris=redirect_uris, state_file=state_file)
