"""What stands in for a port where an installation has nothing behind it."""
