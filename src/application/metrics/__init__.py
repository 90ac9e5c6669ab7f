"""What is counted, and how counts come from the processes to the store."""
