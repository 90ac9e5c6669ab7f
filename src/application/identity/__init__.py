"""What keeps a copy of the database, or a backup of it, from spending tokens that are not its own."""
