"""What the use-cases share that keep the dashboard's own database current: settling rows, and bounded calls for people."""
