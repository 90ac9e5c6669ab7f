"""The doors (HTTP, worker, command line), the settings, and the container that wires everything."""
