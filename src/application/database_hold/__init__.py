"""Whether the database is on hold: what keeps a restored backup, or a copy, from spending tokens that are not its own."""
