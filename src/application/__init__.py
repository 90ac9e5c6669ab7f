"""The use-cases: connect, select, rotate, sweep, audit, vend, disconnect. Each is one verb; what they need stands in `ports`."""
