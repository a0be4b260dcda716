"""Statements that leave something behind in their session, and where they go."""
