"""Sessions of an ORM: whose they are, and from when to when they hold a connection."""
