"""Blocks and functions that are one transaction, and what sends a statement within them."""
