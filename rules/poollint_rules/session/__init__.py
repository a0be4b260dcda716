"""Session state that a pooler in transaction mode does not keep."""
