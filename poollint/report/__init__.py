"""Findings to text: pure functions, one module a format."""
