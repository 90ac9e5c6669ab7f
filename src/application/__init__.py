"""The use-cases, each one verb. What they need stands in `ports`, what several share in `rotation` and `connecting`."""
