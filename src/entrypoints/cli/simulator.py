"""The command `simulator`."""

from typing import Any

import click

from entrypoints import simulation
from entrypoints.cli.command_line import debugging
from entrypoints.cli.error_to_line_and_exit_status import CommandFailure
from entrypoints.cli.listening_port import taken
from entrypoints.cli.uvicorn_shutdown import leave_in_order
from entrypoints.telemetry.logs import configure_logging


def simulate(**values: Any) -> None:
    """Run it until a signal ends it."""
    configure_logging(debug=debugging())
    leave_in_order()
    try:
        simulation.run(values, click.echo)
    except OSError as error:
        if error.filename is not None:  # the state file
            raise
        raise taken(values["host"], values["port"], error) from None
    except ValueError as error:
        raise CommandFailure(str(error)) from None


simulator = click.Command("simulator", params=simulation.options(), callback=simulate, help=simulation.HELP)
