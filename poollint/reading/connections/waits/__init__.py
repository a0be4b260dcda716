"""What a function waits for outside the database, and what it holds meanwhile."""
