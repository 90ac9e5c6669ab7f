"""The command line."""

from entrypoints.cli.command_line import main

__all__ = ["main"]
