"""Runs rules over facts."""
