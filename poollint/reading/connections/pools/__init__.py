"""The pools that are built, and which of them a connection is taken from."""
