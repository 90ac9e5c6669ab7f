"""What the use-cases of spend share."""
