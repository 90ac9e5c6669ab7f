"""Running the simulator of TikTok, apart from all that the product itself is made of: its command starts at once."""

from adapters.tiktok_simulator.command import HELP, options, run

__all__ = ["HELP", "options", "run"]
