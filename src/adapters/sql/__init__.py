"""What is kept, in SQLite or PostgreSQL: one set of tables, one file a port, one place for the manners of each database."""
