"""What is done to a session, and from when to when it holds a connection."""
