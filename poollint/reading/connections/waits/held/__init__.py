"""What a function holds while it waits: connections, transactions, and when they began."""
